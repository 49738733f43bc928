"""Looks for links that lead readers nowhere, or to where they should not be sent any more."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.markup import link_key
from core.markup.wiki import WIKI_LINK
from curation.checks.findings import Check, Finding, Severity
from curation.checks.source import Source
from kb import rendering
from kb.models import Article, ArticleSlug, AttachmentUse, Revision

_OWN = re.compile(
    r"(?P<before>\]\([ \t]{0,3}<?|\]:[ \t]{0,3}<?|(?P<site>https?://[^\s/()<>\[\]\"'`]{1,200}))"
    r"/(?P<room>articles|drafts|reviews|attachments)/(?P<name>[^\s()<>\"'`#?/\[\]]{1,300})"
)
_TARGET = re.compile(r"\]\([ \t]{0,3}<?([^\s()<>]{1,300})")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]{0,30}:|[/#?]", re.I)


@dataclass(frozen=True, slots=True)
class Mention:
    """Something in the source that names another page of ours."""

    line: int
    what: str  # wiki, articles, drafts, reviews, attachments, anchor or file
    target: str
    written: str


class _Standing(NamedTuple):
    is_live: bool
    is_archived: bool
    is_hidden: bool
    title: str


def mentions(source: Source) -> Iterator[Mention]:
    """Every link to a page of ours, outside code."""
    for number, line in source.prose:
        if "[[" in line:
            for wiki in WIKI_LINK.finditer(line):
                key = link_key(wiki[1].removesuffix("\\"))
                if key:
                    yield Mention(number, "wiki", key, wiki[0])
        if "/" in line:
            for own in _OWN.finditer(line):
                name = unquote(own["name"].rstrip(".,;:!?*_"))
                yield Mention(number, own["room"], name, own["site"] or "")
        if "](" in line:
            for target in _TARGET.finditer(line):
                if target[1][0] == "#":
                    yield Mention(number, "anchor", unquote(target[1][1:]), target[1])
                elif not _ELSEWHERE.match(target[1]):
                    yield Mention(number, "file", target[1], target[1])


def unreachable(named: Sequence[Mention]) -> Iterator[Finding]:
    """What can be said of links without asking the database."""
    for mention in named:
        if mention.what == "file":
            yield _finding(
                mention,
                Severity.LOOK,
                f"This link names a file or a site without https:// in front: “{mention.target}”."
                " For readers it leads nowhere.",
            )
        elif mention.what in ("drafts", "reviews") and not mention.written:
            sentence = "This link leads to a page that readers cannot open."
            yield _finding(mention, Severity.WARN, sentence)


def dead(session: Session, named: Sequence[Mention], *, site: str = "") -> Iterator[Finding]:
    """Links to articles that are not there, were archived or moved."""
    ours = [m for m in named if m.what != "articles" or m.written in ("", site)]
    wanted = [m.target for m in ours if m.what == "wiki"]
    slugs = {m.target for m in ours if m.what == "articles"}
    wiki = rendering.resolve(session, wanted).articles if wanted else {}
    former = _former(session, slugs) if slugs else {}
    ids = {i for i in (*wiki.values(), *former.values()) if i is not None}
    standings = _standings(session, ids, slugs) if ids or slugs else {}
    for mention in ours:
        if mention.what == "wiki":
            yield from _judged(mention, standings.get(wiki.get(mention.target)))
        elif mention.what == "articles":
            yield from _judged_address(mention, standings, former)


def astray(session: Session, revision: Revision, named: Sequence[Mention]) -> Iterator[Finding]:
    """Links to places that are not in this text, and images that are not there for its readers."""
    yield from _anchors(revision, named)
    yield from _images(session, revision, named)


def _judged(mention: Mention, standing: _Standing | None) -> Iterator[Finding]:
    if standing is None or not standing.is_live or standing.is_hidden:
        what = "No published article has this title or address."
        yield _finding(mention, Severity.WARN, f"This link leads nowhere. {what}")
    elif standing.is_archived:
        yield _finding(
            mention, Severity.LOOK, f"This link leads to “{standing.title}”, which is archived."
        )


def _judged_address(
    mention: Mention, standings: Mapping[int | str | None, _Standing], former: Mapping[str, int]
) -> Iterator[Finding]:
    direct = standings.get(mention.target)
    moved = standings.get(former.get(mention.target))
    amiss = list(_judged(mention, direct or moved))
    if direct is None and moved is not None and not amiss:
        sentence = f"This is a former address of “{moved.title}”. It still works."
        yield _finding(mention, Severity.NOTE, sentence)
    yield from amiss


def _former(session: Session, slugs: set[str]) -> dict[str, int]:
    query = sa.select(ArticleSlug.slug, ArticleSlug.article_id).where(ArticleSlug.slug.in_(slugs))
    return {row.slug: row.article_id for row in session.execute(query)}


def _standings(
    session: Session, ids: set[int], slugs: set[str]
) -> dict[int | str | None, _Standing]:
    """How articles stand, by id and by slug."""
    query = (
        sa.select(
            Article.id,
            Article.slug,
            Article.live_revision_id,
            Article.archived_at,
            Article.hidden_at,
            Revision.title,
        )
        .outerjoin(Revision, Revision.id == Article.live_revision_id)
        .where(sa.or_(Article.id.in_(ids), Article.slug.in_(slugs)))
    )
    found: dict[int | str | None, _Standing] = {}
    for row in session.execute(query):
        standing = _Standing(
            row.live_revision_id is not None,
            row.archived_at is not None,
            row.hidden_at is not None,
            row.title or "",
        )
        found[row.id] = standing
        if row.slug is not None:
            found[row.slug] = standing
    return found


def _anchors(revision: Revision, named: Sequence[Mention]) -> Iterator[Finding]:
    anchors = {str(heading[1]) for heading in revision.headings}
    for mention in named:
        if mention.what == "anchor" and anchors and mention.target not in anchors:
            sentence = f"No heading of this text has the address “#{mention.target}”."
            yield _finding(mention, Severity.LOOK, sentence)


def _images(session: Session, revision: Revision, named: Sequence[Mention]) -> Iterator[Finding]:
    shown = [m for m in named if m.what == "attachments" and not m.written]
    if not shown:
        return
    uses = sa.select(AttachmentUse.attachment_id).where(AttachmentUse.revision_id == revision.id)
    there = set(map(str, session.scalars(uses)))
    for mention in shown:
        if mention.target not in there:
            yield _finding(
                mention,
                Severity.WARN,
                "Readers will not see this image: it is gone, or its author may not share it.",
            )


def _finding(mention: Mention, severity: Severity, sentence: str) -> Finding:
    written = mention.written if mention.what in ("wiki", "anchor", "file") else ""
    path = f"{mention.written}/{mention.what}/{mention.target}"
    return Finding(Check.LINKS, severity, mention.line, mention.line, sentence, written or path)
