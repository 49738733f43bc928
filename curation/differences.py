"""How far a proposal goes: what it changes, how much, and whether that is more than words."""

import re
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy.orm import Session

from core import diff
from core.diff import Difference, View, view_of
from core.text import fold
from curation.checks.kept import Kept
from kb.differences import between, field_changes
from kb.merging import Text
from kb.models import Revision

__all__ = [
    "Difference",
    "View",
    "between",
    "field_changes",
    "seen_before",
    "size",
    "touches",
    "touches_as_typed",
    "view_of",
]


_kept: Kept[tuple[object, ...], Difference] = Kept(16)  # those that somebody looks at just now


def seen_before(session: Session, old: Revision | None, new: Revision, *, view: View) -> Difference:
    """As `between`, worked out once while the same two texts are looked at again and again."""
    key = (_shown(old) if old else None, _shown(new), view.on, view.shows_all)
    found = _kept.get(key) or _kept.keep(key, between(session, old, new, view=view))
    return replace(found, view=view)


def _shown(revision: Revision) -> tuple[object, ...]:
    """All that a comparison shows of a text: what is equal in this looks alike."""
    return (
        revision.title,
        revision.summary,
        revision.topic.name,
        tuple(revision.tags),
        revision.article_id,
        revision.body,
        revision.html,
    )


def size(old: Text | None, new: Text) -> int:
    """How many words differ, title, summary and tags included; a word put for another counts once."""
    return diff.words_that_differ(_everything(old) if old else "", _everything(new))


def touches(old: Revision, new: Revision) -> bool:
    """Whether any number, command or link came, went or changed; in doubt, yes."""
    return old.dialect != new.dialect or list(_delicate(old)) != list(_delicate(new))


def touches_as_typed(old: Text, new: Text) -> bool:
    """The same, as far as can be said of a text that is not rendered yet."""
    return list(_delicate_as_typed(old)) != list(_delicate_as_typed(new))


def _everything(text: Text) -> str:
    return "\n".join((text.title, text.summary, ", ".join(text.tags), text.body))


# fmt: off
_NUMBER_WORDS = frozenset({
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    "hundred", "thousand", "million", "billion", "dozen", "half", "third", "quarter", "fifth",
    "sixth", "seventh", "eighth", "ninth", "tenth", "first", "second", "once", "twice", "thrice",
    "double", "triple", "single", "both", "hundreds", "thousands", "millions", "billions",
    "dozens", "halves", "thirds", "quarters", "january", "february", "march", "april", "may",
    "june", "july", "august", "september", "october", "november", "december", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "monday", "tuesday",
    "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu", "fri",
    "sat", "sun", "noon", "midnight", "today", "tomorrow", "yesterday", "hourly", "daily",
    "weekly", "fortnightly", "monthly", "quarterly", "yearly", "annually", "percent", "euro",
    "euros", "dollar", "dollars", "pound", "pounds", "cent", "cents",
})
# fmt: on
_SIGNS = "\"'`*_()[]{}<>.,;:!?|“”‘’…"
_CODE = re.compile(r"<code[^>]*>(.*?)</code>", re.DOTALL)
_LINK = re.compile(r'<(?:a|img)[^>]*? (?:href|src)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
# As typed: what stands between backticks, fences and what they hold, addresses, wiki links.
_TYPED = re.compile(
    r"(?P<fence>`{3,}|~{3,})[\s\S]*?(?:(?P=fence)|\Z)"
    r"|(?P<tick>`{1,2})[^`\n]*(?P=tick)"
    r"|\[\[[^\[\]\n]{1,400}\]\]"
    r"|(?:https?:|www\.|mailto:|/attachments/)[^\s<>\"]+"
    r"|\]\([^)\n]*\)"
    r"|[\w.+-]+@[\w.-]+"
)


def _delicate(revision: Revision) -> Iterator[str]:
    """The passages that a reader would follow to the letter, in order."""
    shown = str(revision.html)
    yield from _delicate_as_typed(revision)
    yield from (_TAG.sub("", code) for code in _CODE.findall(shown))
    yield from _LINK.findall(shown)


def _delicate_as_typed(text: Text) -> Iterator[str]:
    typed = _everything(text)
    yield from _numbers(typed)
    yield from (match[0] for match in _TYPED.finditer(typed))


def _numbers(text: str) -> Iterator[str]:
    """Whatever holds a digit or says a number, a date or an amount, each with the word after it."""
    for paragraph in re.split(r"\n\s*\n", text):
        follows = False
        for chunk in paragraph.split():
            word = fold(chunk.strip(_SIGNS))
            is_number = any(c.isnumeric() for c in word) or not _NUMBER_WORDS.isdisjoint(
                re.split(r"\W+", word)
            )
            if is_number or (follows and word):
                yield word
            follows = is_number or (follows and not word)
