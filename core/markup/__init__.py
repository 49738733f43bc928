"""Turns Markdown into safe HTML and plain text; nothing else in the project does.

The work itself (`pipeline`) happens in a worker process. This module stays light, since every web
process imports it.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from core import sandbox
from core.errors import Invalid, Unavailable
from core.markup.parts import Heading, Job, Link, MarkupError, Rendered
from core.markup.wiki import link_key, wiki_targets

__all__ = [
    "DIALECTS",
    "LONGEST",
    "RULES",
    "Heading",
    "Link",
    "Rendered",
    "link_key",
    "render",
    "render_many",
    "wiki_targets",
]

RULES = 1  # raise it when the same text would come out differently: cached pages are then rebuilt
DIALECTS = ("commonmark", "python-markdown")
LONGEST = 256 * 1024  # bytes

_NO_LINKS: Mapping[str, Link] = MappingProxyType({})
_TOO_SLOW = (
    "This text takes too long to lay out. Look for very long runs of brackets, stars or other "
    "signs, or split it into several articles."
)
_TOO_BIG = "This text needs too much memory to lay out. Split it into several articles."
_NOT_LAID_OUT = "This text could not be laid out. Try to find the passage by removing parts of it."

log = logging.getLogger(__name__)


def render(
    source: str, *, dialect: str = "commonmark", links: Mapping[str, Link] = _NO_LINKS
) -> Rendered:
    """The text as a page; Invalid, with a sentence for its author, when it cannot become one.

    `links` maps the keys of `wiki_targets` to the articles that were found for them.
    """
    job = _job(source, dialect, links)
    try:
        return sandbox.run(_lay_out, job)
    except Exception as error:
        outcome = _refused(error)
        if outcome is error:
            raise
        raise outcome from error


def render_many(
    items: Iterable[tuple[str, str, Mapping[str, Link]]],
) -> Iterator[Rendered | Invalid]:
    """For each (source, dialect, links) the page or why there is none, in the same order."""
    for outcome in sandbox.run_many(_lay_out, (_job(*item) for item in items)):
        if isinstance(outcome, Rendered):
            yield outcome
            continue
        refused = _refused(outcome)
        if not isinstance(refused, Invalid):
            raise refused
        yield refused


def _job(source: str, dialect: str, links: Mapping[str, Link]) -> Job:
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}")
    size = len(source.encode("utf-8", "replace"))
    if size > LONGEST:
        refusal = (
            f"This text has {size // 1024} kB; the longest we accept is {LONGEST // 1024} kB. "
            "Split it into several articles."
        )
        return Job("", dialect, refusal=refusal)
    return Job(source, dialect, dict(links))


def _lay_out(job: Job) -> Rendered:
    if job.refusal:
        raise MarkupError(job.refusal)
    from core.markup import pipeline  # only in a worker: the parsers are not for web processes

    return pipeline.lay_out(job)


def _refused(error: Exception) -> Exception:
    if isinstance(error, sandbox.Overloaded):
        return Unavailable("Many texts are being laid out right now. Try again in a moment.")
    if isinstance(error, MarkupError):
        sentence = str(error)
    elif isinstance(error, sandbox.TaskTimedOut):
        sentence = _TOO_SLOW
    elif isinstance(error, sandbox.TaskCrashed):
        sentence = _TOO_BIG
    else:
        log.error("A text could not be laid out", exc_info=error)
        sentence = _NOT_LAID_OUT
    return Invalid(sentence, {"body": sentence})
