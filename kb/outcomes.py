"""Readers say whether an article worked for them; each person's last word counts, its authors' do not.

That it worked stays said. That it did not was said of a text: once another one is live, it counts
against the article no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox, periodic
from core.db import insert
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.outbox import Event
from core.text import one_line
from kb.models import Article, Outcome, Publication, Revision
from kb.permissions import can_read_article, contributed
from people import company
from people.models import User

SAID = "article.outcome"  # or taken back: the row says which

LONGEST_QUERY = 500


class Kept(Protocol):
    """What says whether readers are to use a text: an article, or the page of one."""

    @property
    def hidden_at(self) -> datetime | None: ...
    @property
    def archived_at(self) -> datetime | None: ...


def is_asked(thing: Kept, *, is_live: bool) -> bool:
    """Whether readers are asked: of what is live, neither hidden nor archived."""
    return is_live and thing.hidden_at is None and thing.archived_at is None


def wrote_of(session: Session, user: User, article: Article) -> bool:
    """Whether somebody wrote or helped to write any text of it that readers had."""
    return bool(session.scalar(sa.select(contributed(sa.literal(article.id), user.id))))


# Saying so


def parse(worked: str) -> bool:
    """What the form sent; raises Invalid for anything else."""
    if worked not in ("yes", "no"):
        raise Invalid("Say whether it worked or did not.")
    return worked == "yes"


def say(
    session: Session, article: Article, *, revision_id: int, worked: bool, query: str = "", by: User
) -> bool:
    """Note whether the text that was read worked, in the place of what this person said before.

    Returns whether that text is still the live one.
    """
    article = _locked(session, article, by)
    _require_published(session, article, revision_id)
    said = {"revision_id": revision_id, "worked": worked}
    if not _says_already(session, article, by, said):
        _write(session, article, said, one_line(query)[:LONGEST_QUERY], by)
        recount(session, article)
        outbox.record(session, SAID, article.id, by=by.id)
    return revision_id == article.live_revision_id


def take_back(session: Session, article: Article, *, by: User) -> None:
    """As if this person had said nothing."""
    article = _locked(session, article, by)
    own = (Outcome.article_id == article.id, Outcome.user_id == by.id)
    gone = session.execute(sa.delete(Outcome).where(*own).returning(Outcome.user_id)).all()
    if gone:
        recount(session, article)
        outbox.record(session, SAID, article.id, by=by.id)


def _locked(session: Session, article: Article, by: User) -> Article:
    """The article as it is now, of which this person may say whether it worked.

    Locked, so that two who say so at once are both counted.
    """
    article = session.get_one(Article, article.id, with_for_update=True, populate_existing=True)
    if not can_read_article(session, by, article):
        raise NotFound("There is no such article.")
    if not is_asked(article, is_live=article.live_revision_id is not None):
        raise Conflict("Readers are not to use this article any more, so nobody is asked.")
    if wrote_of(session, by, article):
        raise NotAllowed("You have written in this article. What its readers say counts.")
    return article


def _require_published(session: Session, article: Article, revision_id: int) -> None:
    query = sa.select(Publication.id).where(
        Publication.article_id == article.id, Publication.revision_id == revision_id
    )
    if session.scalar(query.limit(1)) is None:
        raise Invalid("Open the article again, and say whether what you see there worked.")


def _says_already(session: Session, article: Article, by: User, said: dict[str, Any]) -> bool:
    query = sa.select(Outcome.revision_id, Outcome.worked).where(
        Outcome.article_id == article.id, Outcome.user_id == by.id
    )
    row = session.execute(query).first()
    return row is not None and dict(row._mapping) == said


def _write(session: Session, article: Article, said: dict[str, Any], query: str, by: User) -> None:
    statement = insert(session, Outcome.__table__).values(
        article_id=article.id, user_id=by.id, query=query, at=clock.now(), **said
    )
    new = statement.excluded
    # Whoever changes their mind comes from the article's page, but had once searched for it. The
    # words keep their time, so that they are forgotten in it.
    old = Outcome.__table__.c
    is_known = sa.and_(new.query == "", old.query != "")
    found_by = {name: sa.case((is_known, old[name]), else_=new[name]) for name in ("query", "at")}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["article_id", "user_id"],
            set_={**{name: new[name] for name in said}, **found_by},
        )
    )


# Counting


def carry_over(session: Session, former: Revision, copy: Revision) -> None:
    """The same text goes live again, perhaps by another title: what was said of it goes along."""
    session.execute(
        sa.update(Outcome)
        .where(Outcome.revision_id == former.id)
        .values(revision_id=copy.id)
        .execution_options(synchronize_session=False)
    )


def recount(session: Session, article: Article) -> None:
    """What readers said of an article, for the text that is live now."""
    of_readers = (
        Outcome.article_id == article.id,
        ~contributed(Outcome.article_id, Outcome.user_id),  # they may have become authors since
    )
    failed = sa.and_(~Outcome.worked, Outcome.revision_id == article.live_revision_id)
    row = session.execute(
        sa.select(
            sa.func.count(sa.case((Outcome.worked, 1))), sa.func.count(sa.case((failed, 1)))
        ).where(*of_readers)
    ).one()
    article.worked, article.failed = row[0], row[1]
    session.flush()


# Reading, forgetting


@dataclass(frozen=True)
class Failing:
    """An article whose live text did not work for some of its readers."""

    slug: str
    title: str
    worked: int
    failed: int


def failing(session: Session, owner: User, *, limit: int = 10) -> list[Failing]:
    """Articles that this person looks after and that did not work, for most readers first."""
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(Article.slug, Revision.title, Article.worked, Article.failed)
        .join(Revision, Revision.id == Article.live_revision_id)
        .where(
            Article.owner_id == owner.id,
            Article.failed > 0,
            Article.hidden_at.is_(None),
            Article.archived_at.is_(None),
        )
        .order_by(Article.failed.desc(), Article.worked, Article.id)
    )
    return [Failing(*row) for row in session.execute(query.limit(limit))]


def init(*, keeps_words: bool) -> None:
    """Forget every hour, and as soon as the company wants to keep nothing of searches."""

    def forget_now(session: Session, _events: Sequence[Event] = ()) -> None:
        forget(session, keeps_words=keeps_words)

    periodic.every("outcomes", company.FORGET_NAMES_SECONDS, forget_now)
    outbox.subscribe("outcome-words", [company.KEEPS_NOTHING], forget_now, inside=True)


def forget(session: Session, *, keeps_words: bool = True) -> None:
    """Forget by what words people had found an article, once nobody needs to know.

    Where nothing is to be kept of searches any more, that is now.
    """
    keeps_words = keeps_words and company.keeps_searches(session)
    kept = company.NAMES_KEPT if keeps_words else timedelta()
    old = sa.and_(Outcome.at <= clock.now() - kept, Outcome.query != "")
    session.execute(sa.update(Outcome).where(old).values(query=""))
