"""Towards review and back: a draft is frozen into a revision, opened again, or has done its work."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict, Invalid, NotFound
from kb import merging, rendering, standing
from kb.drafts.images import record_uses
from kb.drafts.rebasing import BaseMoved
from kb.drafts.working import locked
from kb.merging import Text
from kb.models import Article, Draft, Revision
from kb.permissions import can_edit_draft
from kb.rendering import Rendering
from people.models import User

# Called with a draft that is handed in, when its article is known; by name, each once.
_followers: dict[str, Callable[[Session, Draft], None]] = {}


def follow(name: str, follower: Callable[[Session, Draft], None]) -> None:
    """Let a room above note, in the same transaction, of which article a draft is the text.

    The draft may be gone at once, when nobody has to review it: an event would come too late.
    """
    _followers[name] = follower


def freeze(
    session: Session, draft: Draft, rendering_: Rendering, *, note: str, by: User
) -> Revision:
    """Make a revision of the draft and lock it; raises Invalid for what is missing."""
    draft = locked(session, draft)
    if not can_edit_draft(by, draft):
        raise NotFound("There is no such draft.")
    if draft.deleted_at is not None or draft.locked:
        raise Conflict("This draft is under review or deleted already.")
    check_complete(draft)
    article = _article(session, draft, by)
    if draft.base_id != standing.base_id(session, article):
        raise BaseMoved(
            "The live text has changed since you started. Bring your draft up to date first;"
            " nothing you wrote is lost."
        )
    if draft.base is not None and not differs(draft, draft.base):
        raise Invalid(
            "Nothing differs from the live text yet.", {"body": "Change something first."}
        )
    revision = _revision(session, draft, article, note)
    rendering.apply(session, revision, rendering_)
    record_uses(session, revision, draft)
    draft.frozen_id, draft.under_review = revision.id, True
    for follower in _followers.values():
        follower(session, draft)
    return revision


def thaw(session: Session, revision_id: int) -> None:
    """Open the draft behind a revision again, for another round, with the text as it stands."""
    for draft in _these(session, Draft.frozen_id == revision_id):
        _take_back(session, draft)


def let_go(session: Session, article_id: int, author_id: int) -> None:
    """The review has ended without publishing: the draft is its author's alone again."""
    for draft in _these(session, Draft.article_id == article_id, Draft.author_id == author_id):
        _take_back(session, draft)
        draft.under_review = False


def _these(session: Session, *conditions: sa.ColumnElement[bool]) -> Sequence[Draft]:
    """Drafts as they are now; whoever saves one at this moment comes before or after."""
    query = sa.select(Draft).where(*conditions).with_for_update(of=Draft)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _take_back(session: Session, draft: Draft) -> None:
    """What was accepted, edited or brought up to date meanwhile is in the draft from now on."""
    revision = session.get(Revision, draft.frozen_id) if draft.frozen_id else None
    draft.frozen_id = None
    if revision is None or (not differs(draft, revision) and draft.base_id == revision.base_id):
        return
    draft.title, draft.summary, draft.body = revision.title, revision.summary, revision.body
    draft.tags, draft.topic_id = list(revision.tags), revision.topic_id
    draft.base_id = revision.base_id
    draft.writers = sorted({*draft.writers, *revision.writers})


def discard(session: Session, revision_id: int) -> None:
    """The draft has done its work: its revision is live."""
    for draft in _these(session, Draft.frozen_id == revision_id):
        session.delete(draft)


def check_complete(draft: Draft) -> None:
    """Raise Invalid naming every field that a submission still needs."""
    missing = missing_fields(draft)
    if missing:
        raise Invalid("Before it can be submitted: " + " ".join(missing.values()), missing)


def missing_fields(text: Text) -> dict[str, str]:
    """Fields that a draft, a form or a revision still needs, each with what to do."""
    missing = {}
    if not text.title:
        missing["title"] = "Give it a title."
    if not text.summary:
        missing["summary"] = "Say in one line what a reader gets."
    if text.topic_id is None:
        missing["topic"] = "Choose a topic."
    if not text.body.strip():
        missing["body"] = "Write the text."
    elif merging.has_conflict_marks(text.body):
        missing["body"] = (
            "Two versions of a passage still stand between <<<<<<< and >>>>>>>. Keep what is right."
        )
    return missing


def differs(one: Text, other: Text) -> bool:
    """Whether a reader or a curator would see a difference between two texts."""
    fields = ("title", "summary", "body", "topic_id")
    return (
        list(one.tags) != list(other.tags)
        or any(getattr(one, field) != getattr(other, field) for field in fields)
        or bool(one.language and other.language and one.language != other.language)
    )


def _article(session: Session, draft: Draft, by: User) -> Article:
    """The article this draft belongs to; a new one gets its address when it is first published."""
    if draft.article is None:
        assert draft.topic_id is not None
        draft.article = Article(
            slug=None,
            title_key=None,
            kind=draft.kind,
            topic_id=draft.topic_id,
            owner_id=draft.author_id,
            live_revision_id=None,
            published_at=None,
            created_at=clock.now(),
        )
        session.add(draft.article)
        session.flush()  # the revision refers to its id
        return draft.article
    return standing.locked(session, draft.article)


def _revision(session: Session, draft: Draft, article: Article, note: str) -> Revision:
    assert draft.topic_id is not None
    revision = Revision(
        article_id=article.id,
        base_id=draft.base_id,
        title=draft.title,
        summary=draft.summary,
        body=draft.body,
        dialect=draft.dialect,
        tags=list(draft.tags),
        topic_id=draft.topic_id,
        language=draft.language,
        author_id=draft.author_id,
        byline=draft.byline,
        writers=list(draft.writers),
        note=note,
        created_at=clock.now(),
        html="",
        text="",
        headings=[],
        rules=0,
        coauthors=list(draft.coauthors),
    )
    session.add(revision)
    session.flush()  # what follows refers to its id
    return revision
