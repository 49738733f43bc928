"""Rendered revisions: made on write, with wiki links resolved, and made anew when a link's end moves."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import languages, markup
from core.db import Database
from core.errors import Conflict, Invalid
from core.markup import Link, Rendered
from core.outbox import Event
from core.text import slugify
from kb.models import Article, ArticleSlug, Revision, RevisionLink


@dataclass(frozen=True)
class Rendering:
    """What the renderer made of one text, and where its wiki links led."""

    digest: str  # of the source, so that nobody publishes another text under this rendering
    rendered: Rendered
    links: Mapping[str, int | None]  # key -> article id


@dataclass(frozen=True)
class Resolved:
    """Where the wiki links of one text lead."""

    links: dict[str, Link]
    articles: dict[str, int | None]


def article_path(slug: str) -> str:
    """An article's address; fixed, so that it can be written into rendered texts."""
    return f"/articles/{quote(slug)}"


def slug_at(address: str) -> str:
    """The slug in an address as somebody pastes it: its server, query and fragment do not count."""
    path = address.strip().partition("#")[0].partition("?")[0]
    return unquote(path.rstrip("/").rpartition("/")[2])


def digest(body: str, dialect: str) -> str:
    return hashlib.sha256(f"{dialect}\0{body}".encode()).hexdigest()


def resolve(session: Session, keys: Iterable[str]) -> Resolved:
    """Look up wiki-link targets by title, slug or former slug, with two queries for any number."""
    wanted = {key: slugify(key) for key in dict.fromkeys(keys)}
    if not wanted:
        return Resolved({}, {})
    found = _by_title_or_slug(session, wanted) | _by_former_slug(session, wanted)
    links, articles = {}, {}
    for key, slug in wanted.items():
        hit = found.get(("title", key)) or found.get(("slug", slug)) or found.get(("former", slug))
        articles[key] = hit.id if hit else None
        if hit and hit.slug:
            links[key] = Link(href=article_path(hit.slug), title=hit.title)
    return Resolved(links, articles)


def render(session: Session, body: str, dialect: str) -> Rendering:
    """Render one text; raises Invalid with a sentence for its author. Slow: hold no lock meanwhile."""
    resolved = resolve(session, markup.wiki_targets(body))
    rendered = markup.render(body, dialect=dialect, links=resolved.links)
    return Rendering(digest(body, dialect), rendered, resolved.articles)


def render_many(
    session: Session, texts: Sequence[tuple[str, str]]
) -> Iterator[Rendering | Invalid]:
    """Render (body, dialect) pairs side by side, answering in their order."""
    targets = [markup.wiki_targets(body) for body, _ in texts]
    resolved = resolve(session, (key for keys in targets for key in keys))
    items = [
        (body, dialect, {key: resolved.links[key] for key in keys if key in resolved.links})
        for (body, dialect), keys in zip(texts, targets, strict=True)
    ]
    for (body, dialect), keys, answer in zip(
        texts, targets, markup.render_many(items), strict=True
    ):
        if isinstance(answer, Invalid):
            yield answer
        else:
            yield Rendering(
                digest(body, dialect), answer, {key: resolved.articles[key] for key in keys}
            )


def apply(session: Session, revision: Revision, rendering: Rendering) -> None:
    """Keep a rendering with its revision; refused if it is of another text."""
    if rendering.digest != digest(revision.body, revision.dialect):
        raise Conflict("The text changed while it was being read. Please try again.")
    revision.html = rendering.rendered.html
    revision.text = rendering.rendered.text
    revision.headings = [[h.level, h.anchor, h.text] for h in rendering.rendered.headings]
    revision.rules = markup.RULES
    if not revision.language:
        revision.language = languages.detect(revision.title, revision.summary, revision.text)
    session.flush()  # links refer to the revision's id
    session.execute(sa.delete(RevisionLink).where(RevisionLink.revision_id == revision.id))
    session.add_all(
        RevisionLink(revision_id=revision.id, key=key, article_id=article_id)
        for key, article_id in rendering.links.items()
    )


def rerender(db: Database, revision_ids: Sequence[int]) -> int:
    """Render revisions again in a few at a time; returns how many could not be rendered any more."""
    refused = 0
    for start in range(0, len(revision_ids), 50):
        chunk = revision_ids[start : start + 50]
        with db.reading() as session:
            query = sa.select(Revision.id, Revision.body, Revision.dialect).where(
                Revision.id.in_(chunk)
            )
            rows = session.execute(query).all()
            answers = list(render_many(session, [(row.body, row.dialect) for row in rows]))
        with db.writing() as session:
            for row, answer in zip(rows, answers, strict=True):
                if isinstance(answer, Invalid):
                    refused += 1
                else:
                    apply(session, session.get_one(Revision, row.id), answer)
            session.commit()
    return refused


def relink(db: Database, session: Session, events: Sequence[Event]) -> None:
    """After articles appeared, went or changed their name: render again what links to them.

    And they themselves: where their own links lead may have changed since they were written.
    """
    ids = {event.subject for event in events}
    keys = _names(session, ids)
    linking = sa.select(RevisionLink.revision_id).where(
        sa.or_(RevisionLink.key.in_(keys), RevisionLink.article_id.in_(ids))
    )
    live = sa.select(Article.live_revision_id)
    with_links = sa.select(RevisionLink.revision_id)
    themselves = sa.and_(
        Revision.article_id.in_(ids),
        sa.or_(Revision.id.in_(with_links), Revision.rules != markup.RULES),
    )
    query = sa.select(Revision.id).where(
        sa.or_(Revision.id.in_(linking), themselves), Revision.id.in_(live)
    )
    stale = list(session.scalars(query))
    session.rollback()  # the reading is done; do not hold it open while rendering
    rerender(db, stale)


def _names(session: Session, ids: set[int]) -> set[str]:
    """Every key under which wiki links may mean these articles."""
    slugs = session.execute(sa.select(Article.slug, Article.title_key).where(Article.id.in_(ids)))
    names = {name for row in slugs for name in row if name}
    names |= set(
        session.scalars(sa.select(ArticleSlug.slug).where(ArticleSlug.article_id.in_(ids)))
    )
    # A link may spell a slug as words: "reset the vpn" for reset-the-vpn.
    candidates = session.scalars(sa.select(RevisionLink.key).distinct())
    return names | {key for key in candidates if slugify(key) in names}


@dataclass(frozen=True)
class _Hit:
    id: int
    slug: str | None
    title: str


Found = dict[tuple[str, str], _Hit]


def _by_title_or_slug(session: Session, wanted: Mapping[str, str]) -> Found:
    query = (
        sa.select(Article.id, Article.slug, Article.title_key, Revision.title)
        .join(Revision, Revision.id == Article.live_revision_id)
        .where(
            sa.or_(Article.title_key.in_(wanted), Article.slug.in_(wanted.values())),
            Article.hidden_at.is_(None),  # a link would show its title
        )
        .order_by(Article.id.desc())  # of several with one title, the first one wins
    )
    found: Found = {}
    for row in session.execute(query):
        hit = _Hit(row.id, row.slug, row.title)
        found[("title", row.title_key)] = hit
        found[("slug", row.slug)] = hit
    return found


def _by_former_slug(session: Session, wanted: Mapping[str, str]) -> Found:
    query = (
        sa.select(ArticleSlug.slug.label("former"), Article.id, Article.slug, Revision.title)
        .join(Article, Article.id == ArticleSlug.article_id)
        .join(Revision, Revision.id == Article.live_revision_id)
        .where(ArticleSlug.slug.in_(wanted.values()), Article.hidden_at.is_(None))
    )
    return {("former", r.former): _Hit(r.id, r.slug, r.title) for r in session.execute(query)}
