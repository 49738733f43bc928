"""Looks at how a text is built: levels of headings, steps of a how-to, length of paragraphs."""

from collections.abc import Iterator

from curation.checks.findings import Check, Finding, Severity, shortened
from curation.checks.source import Source, words_of

LONGEST_PARAGRAPH = 150  # words; more than a phone shows at once


def headings(source: Source) -> Iterator[Finding]:
    """Headings that skip a level. The highest one used stands directly below the title."""
    above = min((heading.level for heading in source.headings), default=1) - 1
    for heading in source.headings:
        if heading.level > above + 1:
            yield Finding(
                Check.HEADINGS,
                Severity.NOTE,
                heading.line,
                heading.line,
                f"This heading skips a level: {'#' * heading.level} where"
                f" {'#' * (above + 1)} would come next.",
                shortened(heading.text),
            )
        above = heading.level


def steps(source: Source, kind: str) -> Iterator[Finding]:
    """A how-to without anything that can be followed one after the other."""
    if kind == "howto" and not source.steps:
        yield Finding(
            Check.STEPS,
            Severity.LOOK,
            None,
            None,
            "This is a how-to without numbered steps. People follow a numbered list more easily.",
        )


def paragraphs(source: Source) -> Iterator[Finding]:
    """Paragraphs in which a reader loses their place."""
    for passage in source.passages:
        if passage.kind == "code" or passage.kind == "table":
            continue
        count = len(passage.text.split())
        if count <= LONGEST_PARAGRAPH:
            continue
        heard = words_of(passage.text)
        count = len(heard.split())
        if count > LONGEST_PARAGRAPH:
            what = "item of a list" if passage.kind == "item" else "paragraph"
            yield Finding(
                Check.PARAGRAPHS,
                Severity.NOTE,
                passage.first,
                passage.last,
                f"This {what} has {count} words. Split where a new thought begins.",
                shortened(heard),
            )
