"""Automatic checks: what stands beside a text under review. None of them blocks anything."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.checks import contacts, images, links, numbers, reading, secrets, structure
from curation.checks import similar as similar_texts
from curation.checks.findings import Check, Finding, Group, Report, Severity, report
from curation.checks.kept import Kept
from curation.checks.links import Mention
from curation.checks.reading import Sentence
from curation.checks.sensitive import Marked, cover
from curation.checks.similar import Published
from curation.checks.source import read
from kb.models import Draft, Revision
from people.models import User

__all__ = [
    "Check",
    "Finding",
    "Group",
    "Published",
    "Report",
    "Severity",
    "all_of",
    "of_draft",
    "of_text",
]

_MOST_LINKS = 500


@dataclass(frozen=True)
class _Seen:
    """All that can be said of a text without a database."""

    findings: tuple[Finding, ...]
    marked: tuple[Marked, ...]
    mentions: tuple[Mention, ...]
    sentences: tuple[Sentence, ...]


# By the text itself: one that is shown again and again is looked at once.
_kept: Kept[tuple[int, int, str], _Seen] = Kept(64)


def all_of(
    session: Session,
    revision: Revision,
    *,
    reader: User,
    published: Published | None = None,
    site: str = "",
) -> Report:
    """Everything there is to note about a text, as this person may know it.

    `published` names articles that may say the same, and `site` is the address people know us by.
    """
    seen = _look(revision.body, revision.article.kind.value)
    others = similar_texts.pending(session, reader, revision)
    if published is not None:
        ids = [i for i in published(session, reader, revision) if i != revision.article_id]
        others += similar_texts.published(session, reader, ids)
    return report(
        [
            *seen.findings,
            *_of_strangers(seen.marked, _own_domains(session, seen.marked)),
            *links.dead(session, seen.mentions, site=site),
            *links.astray(session, revision, seen.mentions),
            *similar_texts.similar(revision, seen.sentences, others),
        ]
    )


def of_draft(session: Session, draft: Draft, *, site: str = "") -> Report:
    """What an author may like to know before handing a text in."""
    seen = _look(draft.body, draft.kind.value)
    return report(
        [
            *seen.findings,
            *_of_strangers(seen.marked, _own_domains(session, seen.marked)),
            *links.dead(session, seen.mentions, site=site),
        ]
    )


def of_text(body: str, kind: str, *, own_domains: Collection[str] = ()) -> Report:
    """What can be said of a text alone."""
    seen = _look(body, kind)
    return report([*seen.findings, *_of_strangers(seen.marked, frozenset(own_domains))])


def _look(body: str, kind: str) -> _Seen:
    key = (len(body), hash(body), kind)
    found = _kept.get(key)
    return found if found is not None else _kept.keep(key, _see(body, kind))


def _see(body: str, kind: str) -> _Seen:
    # What is sensitive comes first: all other checks read, and quote, the text with it covered.
    covered, marked = cover(
        body, [*secrets.secrets(body), *numbers.numbers(body), *contacts.contacts(body)]
    )
    source = read(covered)
    named = tuple(links.mentions(source))[:_MOST_LINKS]
    sentences = tuple(reading.sentences(source))
    findings = (
        *structure.headings(source),
        *structure.steps(source, kind),
        *structure.paragraphs(source),
        *images.images(source),
        *reading.reading(sentences),
        *links.unreachable(named),
    )
    return _Seen(findings, tuple(marked), named, sentences)


def _of_strangers(marked: Iterable[Marked], own: frozenset[str]) -> Iterator[Finding]:
    """What is sensitive, but for the addresses of colleagues."""
    return (
        each.finding
        for each in marked
        if not each.domain or own.isdisjoint(_with_parents(each.domain))
    )


def _with_parents(domain: str) -> list[str]:
    """The domain and those above it: who is at mail.our.example is at our.example."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _own_domains(session: Session, marked: Iterable[Marked]) -> frozenset[str]:
    """Those of the domains from which colleagues sign in."""
    named = {each.domain for each in marked if each.domain}
    domains = sorted({wider for domain in named for wider in _with_parents(domain)})[:50]
    if not domains:
        return frozenset()
    has_one = [
        sa.exists().where(User.email.endswith(f"@{domain}", autoescape=True)) for domain in domains
    ]
    answers = session.execute(sa.select(*has_one)).one()
    return frozenset(d for d, is_ours in zip(domains, answers, strict=True) if is_ours)
