"""One text's way through a worker: parser, bleach with our shaping, nh3."""

import re
from functools import partial

from core.markup import commonmark, python_markdown
from core.markup.first_gate import first_gate
from core.markup.gate import last_gate
from core.markup.parts import Job, MarkupError, Rendered
from core.markup.shaping import Page, Shaper, heading_levels

CELLS = 5000  # in one table

_ENGINES = {"commonmark": commonmark.to_html, "python-markdown": python_markdown.to_html}
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NEVER_TEXT = re.compile("[\x00\ud800-\udfff]")


def lay_out(job: Job) -> Rendered:
    """The finished page; each text gets its own parsers, so none can leave a trace in the next."""
    markup = _ENGINES[job.dialect](plain_source(job.source), job.links)
    _refuse_huge_tables(markup)
    page = Page(heading_levels(markup))
    shaped = first_gate(partial(Shaper, page=page))(markup)
    return Rendered(last_gate()(shaped), page.text, tuple(page.headings))


def plain_source(source: str) -> str:
    """One kind of line end, and nothing that no document may hold."""
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _NEVER_TEXT.sub("\ufffd", _CONTROLS.sub("", lines))


def _refuse_huge_tables(markup: str) -> None:
    for table in markup.split("<table>")[1:]:
        if len(re.findall("<t[dh][ >]", table)) > CELLS:
            raise MarkupError(
                f"A table in this text has more than {CELLS:,} cells. Attach it as a file, or show "
                "the part that matters."
            )
