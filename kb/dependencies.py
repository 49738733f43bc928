"""What articles rest on outside of themselves: systems, versions, forms, links; and what changes there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from core import audit, clock, outbox
from core.errors import Invalid, NotAllowed, NotFound
from core.text import fold, one_line
from kb import standing, verification
from kb.models import (
    Article,
    ArticleDependency,
    Dependency,
    DependencyChange,
    DependencyKind,
    TopicCurator,
)
from people.models import Role, User

CHANGED = "dependency.changed"  # the subject is the change
LONGEST_NAME, LONGEST_STANDING, LONGEST_TEXT = 100, 60, 300
MOST = 20  # that one article rests on
MOST_SUGGESTIONS = 200


# What an article rests on


def declare(session: Session, article: Article, *, kind: str, name: str, by: User) -> Dependency:
    """Say that an article rests on something; naming it again changes nothing."""
    verification.require(session, by, article)
    kind_, name = _parse(kind, name)
    thing = _thing(session, kind_, name)
    if session.get(ArticleDependency, (article.id, thing.id)) is not None:
        return thing
    if len(of_article(session, article)) >= MOST:
        sentence = f"An article names at most {MOST} things that it rests on."
        raise Invalid(sentence, {"name": sentence})
    row = ArticleDependency(article_id=article.id, dependency_id=thing.id, change_id=None)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the same click, at the same moment
        return thing
    _audit(session, "dependency.declared", article, thing, by)
    return thing


def withdraw(session: Session, article: Article, dependency_id: int, *, by: User) -> None:
    """It does not rest on that any more; what changed there is no reason to check it then."""
    verification.require(session, by, article)
    row = session.get(ArticleDependency, (article.id, dependency_id))
    if row is None:
        return
    thing = row.dependency
    session.delete(row)
    session.flush()
    tell_reasons(session, [article.id])
    _audit(session, "dependency.withdrawn", article, thing, by)


def _parse(kind: str, name: str) -> tuple[DependencyKind, str]:
    errors = {}
    name = one_line(name)
    if kind not in list(DependencyKind):
        errors["kind"] = "Choose what sort of thing it is."
    if not name:
        errors["name"] = "Name what the article rests on, such as “travel form”."
    elif len(name) > LONGEST_NAME:
        errors["name"] = f"A name has at most {LONGEST_NAME} characters."
    if errors:
        raise Invalid("Not saved. " + " ".join(errors.values()), errors)
    return DependencyKind(kind), name


def _thing(session: Session, kind: DependencyKind, name: str) -> Dependency:
    """The thing of this name, or a new one; how it is written makes no other thing of it."""
    key = f"{kind.value}:{fold(name)}"
    query = sa.select(Dependency).where(Dependency.key == key)
    thing = session.scalar(query)
    if thing is not None:
        return thing
    thing = Dependency(kind=kind, name=name, key=key, standing="", changed_at=None)
    try:
        with session.begin_nested():
            session.add(thing)
    except IntegrityError:
        return session.scalars(query).one()
    return thing


def of_article(session: Session, article: Article) -> Sequence[ArticleDependency]:
    """What an article rests on, by name, with what changed there and was not checked yet."""
    query = (
        sa.select(ArticleDependency)
        .join(Dependency, Dependency.id == ArticleDependency.dependency_id)
        .where(ArticleDependency.article_id == article.id)
        .options(joinedload(ArticleDependency.dependency), joinedload(ArticleDependency.change))
    )
    return session.scalars(query.order_by(Dependency.name, Dependency.id)).all()


def suggestions(session: Session, article: Article) -> Sequence[str]:
    """Names in use, and the sites that the article's text links to."""
    own = {row.dependency.name for row in of_article(session, article)}
    used = session.scalars(
        sa.select(Dependency.name).distinct().order_by(Dependency.name).limit(MOST_SUGGESTIONS)
    )
    hosts = linked_hosts(article.live_revision.html) if article.live_revision else []
    return [name for name in dict.fromkeys([*hosts, *used]) if name not in own]


def linked_hosts(html: str) -> list[str]:
    """The other sites that a rendered text links to, in their order."""
    addresses = (part.split('"', 1)[0] for part in html.split('href="')[1:])
    outside = (each for each in addresses if each.startswith(("https://", "http://")))
    return list(dict.fromkeys(host for each in outside if (host := _host(each))))[:10]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # no address at all, such as http://[
        return ""


# Something changed


def can_tell(session: Session, user: User, dependency_id: int | None = None) -> bool:
    """Curators and administrators; whoever owns an article that rests on the thing."""
    if not user.active:
        return False
    if user.role in (Role.CURATOR, Role.ADMIN):
        return True
    named = sa.select(TopicCurator.user_id).where(TopicCurator.user_id == user.id)
    owns = (
        sa.select(Article.id)
        .join(ArticleDependency, ArticleDependency.article_id == Article.id)
        .where(Article.owner_id == user.id)
    )
    if dependency_id is not None:
        owns = owns.where(ArticleDependency.dependency_id == dependency_id)
    return any(session.scalar(query.limit(1)) is not None for query in (named, owns))


def tell_change(
    session: Session, dependency_id: int, *, standing: str, text: str = "", by: User
) -> DependencyChange:
    """Something changed: whatever rests on it needs a check. The same word twice counts once."""
    thing = find(session, dependency_id, lock=True)
    if not can_tell(session, by, thing.id):
        raise NotAllowed("Curators, and owners of articles that rest on it, say what has changed.")
    standing, text = _parse_change(thing, standing, text)
    last = last_change(session, thing)
    if last is not None and _is_same(last, thing, standing, text):
        return last
    before = thing.standing
    change = DependencyChange(dependency_id=thing.id, by_id=by.id, at=clock.now(), text=text)
    session.add(change)
    session.flush()  # the articles name it
    thing.standing, thing.changed_at = standing or thing.standing, change.at
    articles = dependants(session, thing.id)
    session.execute(
        sa.update(ArticleDependency)
        .where(ArticleDependency.dependency_id == thing.id)
        .where(ArticleDependency.article_id.in_(articles))
        .values(change_id=change.id)
    )
    tell_reasons(session, articles)
    outbox.record(session, CHANGED, change.id, by=by.id)
    audit.write(
        session,
        CHANGED,
        "dependency",
        thing.id,
        name=thing.name,
        by=by.id,
        by_name=by.name,
        detail={"before": before, "after": standing, "text": text, "articles": len(articles)},
    )
    return change


def _parse_change(thing: Dependency, standing: str, text: str) -> tuple[str, str]:
    errors = {}
    standing, text = one_line(standing), one_line(text)
    if not standing and not text:
        errors["standing"] = "Say how it is now, such as “v3”."
    if len(standing) > LONGEST_STANDING:
        errors["standing"] = f"At most {LONGEST_STANDING} characters, please."
    if len(text) > LONGEST_TEXT:
        errors["text"] = f"At most {LONGEST_TEXT} characters, please."
    if errors:
        raise Invalid("Not saved. " + " ".join(errors.values()), errors)
    return standing, text or f"{thing.name[:1].upper()}{thing.name[1:]} is now {standing}"


def _is_same(last: DependencyChange, thing: Dependency, standing: str, text: str) -> bool:
    return (
        last.text == text
        and (not standing or thing.standing == standing)
        and clock.now() - last.at < timedelta(days=1)
    )


def dependants(session: Session, dependency_id: int) -> Sequence[int]:
    """Ids of the published articles that rest on a thing."""
    query = (
        sa.select(Article.id)
        .join(ArticleDependency, ArticleDependency.article_id == Article.id)
        .where(
            ArticleDependency.dependency_id == dependency_id,
            Article.live_revision_id.is_not(None),
            Article.archived_at.is_(None),
        )
    )
    return session.scalars(query.order_by(Article.id)).all()


def tell_reasons(session: Session, article_ids: Sequence[int]) -> None:
    """Write into each article why it needs a check, from what changed and was not checked yet."""
    query = (
        sa.select(ArticleDependency.article_id, DependencyChange.text)
        .join(DependencyChange, DependencyChange.id == ArticleDependency.change_id)
        .where(ArticleDependency.article_id.in_(article_ids))
        .order_by(DependencyChange.id)
    )
    texts: dict[int, list[str]] = defaultdict(list)
    for article_id, text in session.execute(query):
        texts[article_id].append(text)
    by_reason: dict[str, list[int]] = defaultdict(list)
    for article_id in article_ids:
        by_reason[_joined(texts[article_id])].append(article_id)
    for reason, ids in by_reason.items():
        session.execute(sa.update(Article).where(Article.id.in_(ids)).values(check_reason=reason))


def _joined(sentences: Iterable[str]) -> str:
    """Sentences one after another; the last without its full stop, as lines end here."""
    return ". ".join(each.rstrip(". ") for each in dict.fromkeys(sentences))


# Reading


@dataclass(frozen=True)
class Thing:
    """Something that articles rest on, as the list shows it."""

    id: int
    kind: DependencyKind
    name: str
    standing: str
    changed_at: datetime | None
    articles: int
    unchecked: int


def listed(session: Session) -> Sequence[Thing]:
    """Everything that published articles rest on, what most rest on first."""
    live = sa.and_(
        Article.live_revision_id.is_not(None),
        Article.archived_at.is_(None),
        Article.hidden_at.is_(None),
    )
    count = sa.func.count(Article.id)
    unchecked = sa.func.count(sa.case((live, ArticleDependency.change_id)))
    query = (
        sa.select(
            Dependency.id,
            Dependency.kind,
            Dependency.name,
            Dependency.standing,
            Dependency.changed_at,
            count,
            unchecked,
        )
        .join(ArticleDependency, ArticleDependency.dependency_id == Dependency.id)
        .join(Article, sa.and_(Article.id == ArticleDependency.article_id, live))
        .group_by(Dependency.id)
        .order_by(count.desc(), Dependency.name, Dependency.id)
    )
    return [Thing(*row) for row in session.execute(query)]


def find(session: Session, dependency_id: int, *, lock: bool = False) -> Dependency:
    query = sa.select(Dependency).where(Dependency.id == dependency_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    thing = session.scalar(query)
    if thing is None:
        raise NotFound("There is no such thing here.")
    return thing


def last_change(session: Session, thing: Dependency) -> DependencyChange | None:
    return next(iter(changes(session, thing, limit=1)), None)


def changes(session: Session, thing: Dependency, *, limit: int = 20) -> Sequence[DependencyChange]:
    """What changed, newest first."""
    query = sa.select(DependencyChange).where(DependencyChange.dependency_id == thing.id)
    query = query.options(joinedload(DependencyChange.by)).order_by(DependencyChange.id.desc())
    return session.scalars(query.limit(limit)).all()


def _audit(session: Session, action: str, article: Article, thing: Dependency, by: User) -> None:
    audit.write(
        session,
        action,
        "article",
        article.id,
        name=standing.title_of(session, article),
        by=by.id,
        by_name=by.name,
        detail={"kind": thing.kind.value, "thing": thing.name},
    )
