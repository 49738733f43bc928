"""Takes the demo content away: its people, articles and topics, but nothing that real people wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import outbox
from core.audit import AuditEntry
from core.outbox import Delivery, Event
from curation.models import (
    OPEN,
    CannedReason,
    ChecklistVerdict,
    InternalNote,
    LineComment,
    Review,
    ReviewEntry,
    SavedFilter,
)
from kb import outcomes
from kb.models import (
    Article,
    ArticleDependency,
    ArticleTag,
    Attachment,
    AttachmentUse,
    Dependency,
    DependencyChange,
    Draft,
    DraftAttachment,
    DraftCoauthor,
    Flag,
    Outcome,
    Plan,
    Publication,
    Revision,
    RevisionCoauthor,
    Topic,
    TopicCurator,
    TopicPolicy,
    Verification,
)
from kb.publishing import PUBLISHED
from people import accounts, company
from people.models import Company, Notice, NoticeChoice, User
from search.models import Gap, GapAsker, Pin, SearchRecord, Synonyms

# Every column that refers to a person is in one of these three; a test looks at the whole schema.
NAMES: tuple[InstrumentedAttribute[Any], ...] = (  # whom one of these names has to stay
    Article.owner_id,
    Article.author_id,
    TopicPolicy.by_id,
    Verification.by_id,
    DependencyChange.by_id,
    Plan.by_id,
    Flag.by_id,
    Flag.handler_id,
    Flag.closed_by_id,
    LineComment.author_id,
    InternalNote.author_id,
    ChecklistVerdict.by_id,
    CannedReason.changed_by_id,
    Revision.author_id,
    RevisionCoauthor.user_id,
    Publication.by_id,
    Review.author_id,
    Review.curator_id,
    ReviewEntry.actor_id,
    Draft.author_id,
    Draft.saved_by_id,
    Synonyms.changed_by_id,
    Pin.by_id,
    Gap.by_id,
)
GOES_ALONG: tuple[InstrumentedAttribute[Any], ...] = (
    Notice.user_id,
    TopicCurator.user_id,
    DraftCoauthor.user_id,
    Attachment.uploader_id,
    SavedFilter.user_id,
    NoticeChoice.user_id,
    Outcome.user_id,
    GapAsker.user_id,
)
LEFT_EMPTY: tuple[InstrumentedAttribute[Any], ...] = (
    Topic.backup_id,
    Article.verified_by_id,
    Review.assignee_id,
    LineComment.resolved_by_id,
    Company.coordinator_id,
    SearchRecord.user_id,
    Pin.removed_by_id,
    Gap.writer_id,
)


@dataclass(frozen=True)
class Removed:
    """How much went, and what had to stay because real people's work stands on it."""

    articles: int
    people: int
    topics: int
    kept_articles: int
    kept_people: int


def remove(session: Session) -> Removed:
    """Everything made by demo people goes; where a real person had a hand in it, it stays.

    A demo person whom something kept still names is not removed, but cannot sign in any more.
    """
    demo = sa.select(User.id).where(User.demo)
    gone, kept = _split_articles(session, demo)
    rested_on = _rested_on(session, gone)
    _remove_searches(session, demo, gone)
    _take_back_outcomes(session, demo)
    _remove_care_of_search(session, demo)
    for article in gone:
        _remove_article(session, article)
    _give_drafts(session, demo)
    session.execute(sa.delete(Draft).where(Draft.author_id.in_(demo)))
    _remove_desk(session, demo, rested_on)
    _remove_company(session, demo)
    session.flush()
    topics = _remove_topics(session)
    _remove_events(session, demo)
    people, kept_people = _remove_people(session)
    return Removed(len(gone), people, topics, len(kept), kept_people)


def _split_articles(session: Session, demo: sa.Select[Any]) -> tuple[list[Article], list[Article]]:
    """Articles that demo people alone wrote, and those in which a real person had a hand."""
    real = sa.select(Revision.article_id).where(
        sa.or_(
            Revision.author_id.not_in(demo),
            Revision.id.in_(
                sa.select(RevisionCoauthor.revision_id).where(RevisionCoauthor.user_id.not_in(demo))
            ),
        )
    )
    touched = sa.select(Article).where(
        Article.id.in_(sa.select(Revision.article_id).where(Revision.author_id.in_(demo)))
    )
    gone = session.scalars(touched.where(Article.id.not_in(real))).all()
    kept = session.scalars(touched.where(Article.id.in_(real))).all()
    return list(gone), list(kept)


def _remove_article(session: Session, article: Article) -> None:
    """With its revisions and reviews; somebody's draft of its next revision becomes a draft of its own."""
    for draft in session.scalars(sa.select(Draft).where(Draft.article_id == article.id)):
        draft.article_id = draft.base_id = None
    reviews = sa.select(Review.id).where(Review.article_id == article.id)
    session.execute(sa.delete(ReviewEntry).where(ReviewEntry.review_id.in_(reviews)))
    session.execute(sa.delete(Review).where(Review.article_id == article.id))
    session.execute(sa.delete(Publication).where(Publication.article_id == article.id))
    session.execute(sa.delete(ArticleTag).where(ArticleTag.article_id == article.id))
    article.live_revision_id = None
    session.flush()
    session.execute(
        sa.update(Revision).where(Revision.article_id == article.id).values(base_id=None)
    )
    outbox.record(session, PUBLISHED, article.id)  # the index reads that it is not there any more
    session.execute(sa.delete(Revision).where(Revision.article_id == article.id))
    session.delete(article)
    session.flush()


def _give_drafts(session: Session, demo: sa.Select[Any]) -> None:
    """A draft in which a real person writes too becomes theirs, with the review it is in."""
    real = (
        sa.select(DraftCoauthor.draft_id, sa.func.min(DraftCoauthor.user_id))
        .join(Draft, Draft.id == DraftCoauthor.draft_id)
        .where(Draft.author_id.in_(demo), DraftCoauthor.user_id.not_in(demo))
        .group_by(DraftCoauthor.draft_id)
        .order_by(DraftCoauthor.draft_id)
    )
    for draft_id, heir in session.execute(real).all():
        _give_draft(session, session.get_one(Draft, draft_id), heir)


def _give_draft(session: Session, draft: Draft, heir: int) -> None:
    theirs = sa.select(Draft.id).where(Draft.author_id == heir)
    article_id, base_id, frozen_id = draft.article_id, draft.base_id, draft.frozen_id
    under_review = draft.under_review
    has_one = theirs.where(Draft.article_id == article_id, Draft.deleted_at.is_(None))
    if (
        article_id and session.scalar(has_one) is not None
    ):  # one draft of an article each: this one stands alone
        article_id = base_id = frozen_id = None
        under_review = False
    else:
        session.execute(
            sa.update(Review)
            .where(Review.article_id == article_id, Review.author_id == draft.author_id)
            .where(Review.stored_state.in_(OPEN))
            .values(author_id=heir)
        )
    is_taken = session.scalar(theirs.where(Draft.key == draft.key)) is not None
    session.execute(
        sa.delete(DraftCoauthor).where(
            DraftCoauthor.draft_id == draft.id, DraftCoauthor.user_id == heir
        )
    )
    # Not through the object: the version would go up, and whoever is writing now could not save.
    session.execute(
        sa.update(Draft)
        .where(Draft.id == draft.id)
        .values(
            author_id=heir,
            key=f"{draft.key}-{draft.id}" if is_taken else draft.key,
            article_id=article_id,
            base_id=base_id,
            frozen_id=frozen_id,
            under_review=under_review,
        )
    )


def _rested_on(session: Session, articles: list[Article]) -> Sequence[int]:
    """Ids of what these articles depend on."""
    ids = [article.id for article in articles]
    query = sa.select(ArticleDependency.dependency_id).where(ArticleDependency.article_id.in_(ids))
    return session.scalars(query.distinct()).all()


def _remove_searches(session: Session, demo: sa.Select[Any], articles: list[Article]) -> None:
    """What demo people looked for; of those whose names are forgotten, what opened such an article."""
    ids = [article.id for article in articles]
    opened = sa.and_(SearchRecord.user_id.is_(None), SearchRecord.opened_id.in_(ids))
    theirs = sa.or_(SearchRecord.user_id.in_(demo), opened)
    session.execute(sa.delete(SearchRecord).where(theirs))


def _take_back_outcomes(session: Session, demo: sa.Select[Any]) -> None:
    """What demo people said of articles, so that those which stay count real people only."""
    theirs = sa.delete(Outcome).where(Outcome.user_id.in_(demo)).returning(Outcome.article_id)
    ids = set(session.scalars(theirs.execution_options(synchronize_session=False)))
    for article in session.scalars(sa.select(Article).where(Article.id.in_(ids))):
        outcomes.recount(session, article)


def _remove_care_of_search(session: Session, demo: sa.Select[Any]) -> None:
    """Synonyms, pins and wanted articles that demo people noted, unless real people ask or write."""
    session.execute(sa.delete(Synonyms).where(Synonyms.changed_by_id.in_(demo)))
    session.execute(sa.delete(Pin).where(Pin.by_id.in_(demo)))
    asked = sa.select(GapAsker.gap_id).where(GapAsker.user_id.not_in(demo))
    written = sa.and_(Gap.writer_id.is_not(None), Gap.writer_id.not_in(demo))
    theirs = sa.select(Gap).where(Gap.by_id.in_(demo), Gap.id.not_in(asked), ~written)
    for gap in session.scalars(theirs):
        session.delete(gap)


def _remove_desk(session: Session, demo: sa.Select[Any], rested_on: Sequence[int]) -> None:
    """Canned reasons that only demo people worded, and what no article rests on any more."""
    session.execute(sa.delete(CannedReason).where(CannedReason.changed_by_id.in_(demo)))
    real = sa.select(DependencyChange.dependency_id).where(DependencyChange.by_id.not_in(demo))
    told = sa.select(DependencyChange.dependency_id).where(DependencyChange.by_id.in_(demo))
    needed = sa.select(ArticleDependency.dependency_id)
    session.execute(
        sa.delete(Dependency).where(
            sa.or_(Dependency.id.in_(told), Dependency.id.in_(rested_on)),
            Dependency.id.not_in(needed),
            Dependency.id.not_in(real),
        )
    )


def _remove_company(session: Session, demo: sa.Select[Any]) -> None:
    """The company's times, if it was a demo person who chose them last."""
    query = sa.select(AuditEntry.actor).where(AuditEntry.action == company.CHANGED)
    last = session.scalar(query.order_by(AuditEntry.id.desc()).limit(1))
    if last is not None and last in session.scalars(demo).all():
        session.execute(sa.delete(Company))


def _remove_events(session: Session, demo: sa.Select[Any]) -> None:
    """What demo people did, as far as it has been delivered; the last one as `core.kept_events` says."""
    waiting = sa.select(Delivery.event_id).where(Delivery.due_at.is_not(None))
    last = sa.select(sa.func.max(Event.id)).scalar_subquery()
    done = sa.delete(Event).where(Event.actor.in_(demo), Event.id.not_in(waiting), Event.id != last)
    session.execute(done.execution_options(synchronize_session=False))


def _remove_people(session: Session) -> tuple[int, int]:
    removed = kept = 0
    for person in session.scalars(sa.select(User).where(User.demo)).all():
        if _is_named(session, person):
            person.active = False
            accounts.end_sessions(person)
            kept += 1
            continue
        for column in GOES_ALONG:
            session.execute(sa.delete(column.class_).where(column == person.id))
        for column in LEFT_EMPTY:
            left = sa.update(column.class_).where(column == person.id)
            session.execute(left.values({column: None}))
        session.flush()
        session.execute(sa.delete(User).where(User.id == person.id))
        removed += 1
    return removed, kept


def _is_named(session: Session, person: User) -> bool:
    """Whether something that stays still names this person, or shows an image of theirs."""
    theirs = sa.select(Attachment.id).where(Attachment.uploader_id == person.id)
    reasons = [column == person.id for column in NAMES]
    reasons += [use.attachment_id.in_(theirs) for use in (AttachmentUse, DraftAttachment)]
    return any(
        session.scalar(sa.select(sa.literal(1)).where(reason).limit(1)) is not None
        for reason in reasons
    )


def _remove_topics(session: Session) -> int:
    """Topics in which nothing is left, children first. A topic that somebody filled stays."""
    removed = 0
    while True:
        used: sa.CompoundSelect[Any] = sa.union(
            sa.select(Article.topic_id),
            sa.select(Revision.topic_id),
            sa.select(Draft.topic_id).where(Draft.topic_id.is_not(None)),
            sa.select(CannedReason.topic_id).where(CannedReason.topic_id.is_not(None)),
            sa.select(Review.topic_id),
            sa.select(Synonyms.topic_id).where(Synonyms.topic_id.is_not(None)),
            sa.select(Gap.topic_id).where(Gap.topic_id.is_not(None)),
            sa.select(Topic.parent_id).where(Topic.parent_id.is_not(None)),
        )
        empty = session.scalars(sa.select(Topic).where(Topic.demo, Topic.id.not_in(used))).all()
        if not empty:
            return removed
        for topic in empty:
            session.delete(topic)
        session.flush()
        removed += len(empty)
