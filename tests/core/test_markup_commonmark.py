"""Our CommonMark against the specification, and against cmark on thousands of real texts."""

import pytest

from core import markup
from tests.core import block_structure, spec_compare
from tests.core.html_trees import tree

DELIBERATE = {
    500: "`foo):` reads as a scheme that we do not know",
    548: "`[[foo]]` is a wiki link",
    590: "`[[foo]]` is a wiki link",
    596: "irc: is no scheme that we link to",
    598: "a+b+c: is no scheme that we link to",
    599: "made-up-scheme: is no scheme that we link to",
    601: "localhost: is no scheme that we link to",
    602: "bare addresses become links",
    608: "bare addresses become links",
    611: "bare addresses become links",
    612: "bare mail addresses become links",
}

# The only files of the two real collections whose blocks differ from cmark's. In each there is a
# block of raw HTML, which cmark passes through as one block and we show as typed.
RAW_HTML = {
    "til/html/render-text-as-superscript.md",
    "handbook/pages/general-information-and-resources/chicago.md",
    "handbook/pages/general-information-and-resources/collaboration-tools.md",
    "handbook/pages/general-information-and-resources/distributed.md",
    "handbook/pages/general-information-and-resources/new-york-city.md",
    "handbook/pages/general-information-and-resources/san-francisco.md",
    "handbook/pages/general-information-and-resources/tech-policies/password-requirements.md",
    "handbook/pages/general-information-and-resources/washington-dc.md",
    "handbook/pages/getting-started/classes/gsa-internal-tools.md",
    "handbook/pages/hiring-staying-or-changing-jobs/resume.md",
    "handbook/pages/training-and-development/external-speaking-request-playbook.md",
    "handbook/pages/training-and-development/working-groups-and-guilds-101.md",
    "handbook/pages/updating-the-handbook/components.md",
    "handbook/pages/updating-the-handbook/shortcodes.md",
}


def test_the_specifications_examples_come_out_as_specified() -> None:
    if not spec_compare.SPECIFICATION.exists():
        pytest.skip("the specification is not here: npm ci brings commonmark-spec")
    counted = [each for each in spec_compare.examples() if not spec_compare.has_raw_html(each[2])]
    pages = markup.render_many((source, "commonmark", {}) for _, _, source, _ in counted)
    different = {
        number
        for (number, _, _, expected), page in zip(counted, pages, strict=True)
        if not isinstance(page, markup.Rendered)
        or spec_compare.normal(tree(page.html)) != spec_compare.normal(tree(expected))
    }
    assert len(counted) > 570
    assert different == DELIBERATE.keys()


def test_real_texts_have_the_blocks_that_cmark_finds_in_them() -> None:
    if not block_structure.DATA.exists():
        pytest.skip("the real texts are not here: ../shared/data")
    paths = list(block_structure.files())
    sources = [block_structure.body(path) for path in paths]
    pages = markup.render_many((source, "commonmark", {}) for source in sources)
    different = {
        path.relative_to(block_structure.DATA).as_posix()
        for path, source, page in zip(paths, sources, pages, strict=True)
        if not isinstance(page, markup.Rendered)
        or block_structure.ours(page.html) != block_structure.theirs(source)
    }
    assert len(paths) > 2000
    assert different == RAW_HTML
    assert all(
        block_structure.raw_html(source)
        for path, source in zip(paths, sources, strict=True)
        if path.relative_to(block_structure.DATA).as_posix() in RAW_HTML
    )
