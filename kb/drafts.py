"""Working copies: saved without overwriting anybody, deleted and taken back, frozen for review."""

import re
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.exc import StaleDataError

from core import clock
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from kb import merging, rendering
from kb.forms import LONGEST_BODY, DraftFields
from kb.models import (
    Article,
    Attachment,
    AttachmentUse,
    Draft,
    DraftAttachment,
    DraftCoauthor,
    Kind,
    Publication,
    Revision,
)
from kb.permissions import can_delete_draft, can_edit_draft, can_read_attachment, is_published
from kb.rendering import Rendering
from people.models import User

UNDO_DAYS = 30
ATTACHMENT = re.compile(r"/attachments/([0-9]{1,15})/")


class SavedMeanwhile(Conflict):
    """Somebody, or another window, saved this draft since; `draft` is what stands there now."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            f"{draft.saved_by.name} saved this draft since you opened it. Nothing was overwritten;"
            " compare both texts."
        )
        self.draft = draft


class BaseMoved(Conflict):
    """The live text changed since this draft was started from it."""


def start(
    session: Session,
    fields: DraftFields,
    *,
    key: str,
    kind: Kind,
    by: User,
    dialect: str,
    article: Article | None = None,
    base_id: int | None = None,
) -> Draft:
    """A new draft; the same page saving twice makes one.

    `base_id` is the published revision that the page was filled from; it need not be live any more.

    Raises SavedMeanwhile if this person has another draft of the article already.
    """
    if (existing := _begun(session, fields, key=key, by=by, article=article)) is not None:
        return existing
    base = _base(session, article, base_id) if article else None
    now = clock.now()
    draft = Draft(
        author_id=by.id,
        key=key,
        article=article,
        base=base,
        kind=article.kind if article else kind,
        dialect=base.dialect if base else dialect,
        byline=base.byline if base else None,
        created_at=now,
        saved_at=now,
        saved_by_id=by.id,
        deleted_at=None,
        frozen_id=None,
        under_review=False,
        title="",
        summary="",
        body="",
        tags=[],
        topic_id=None,
    )
    try:
        with session.begin_nested():
            _fill(session, draft, fields, by)
            session.add(draft)
            session.flush()  # its address carries the id
    except IntegrityError:  # perhaps the same page, or another window, saved at this very moment
        existing = _begun(session, fields, key=key, by=by, article=article)
        if existing is None:
            raise
        return existing
    _note_images(session, draft, _images(draft.body), by)
    return draft


def _begun(
    session: Session, fields: DraftFields, *, key: str, by: User, article: Article | None
) -> Draft | None:
    """The draft that this page, or another window, has made already, with these fields saved to it."""
    same_page = session.scalar(sa.select(Draft).where(Draft.author_id == by.id, Draft.key == key))
    if same_page is not None:  # its first save arrived, though the page does not know it
        return save(session, same_page, fields, version=1, by=by)
    other = of_article(session, by, article.id) if article else None
    if other is not None and not _same(other, fields, by):
        raise SavedMeanwhile(other)
    return other


def _base(session: Session, article: Article, base_id: int | None) -> Revision | None:
    """What a page was filled from, if that was ever published; else the live text."""
    published = (
        sa.select(Revision)
        .join(Publication, Publication.revision_id == Revision.id)
        .where(Publication.article_id == article.id, Revision.id == base_id)
    )
    return session.scalar(published.limit(1)) or article.live_revision


def save(session: Session, draft: Draft, fields: DraftFields, *, version: int, by: User) -> Draft:
    """Keep what was typed; raises SavedMeanwhile if it was typed over an older version."""
    if not can_edit_draft(by, draft):
        raise NotFound("There is no such draft.")
    if draft.deleted_at is not None:
        raise Conflict(
            "This draft was deleted. Take that back on your drafts page, then save again."
        )
    if draft.locked:
        raise Conflict("This text is under review. Withdraw it first; then you can change it.")
    if version != draft.version:
        if _same(draft, fields, by):
            return draft  # the same save again, after an answer that got lost
        raise SavedMeanwhile(draft)
    images = _images(fields.body) - _images(draft.body)
    _fill(session, draft, fields, by)
    draft.saved_at, draft.saved_by_id = clock.now(), by.id
    try:
        session.flush()
    except StaleDataError:
        session.rollback()
        raise SavedMeanwhile(session.get_one(Draft, draft.id)) from None
    _note_images(session, draft, images, by)
    return draft


def delete(draft: Draft, *, by: User) -> None:
    """Put a draft away; it can be taken back for 30 days."""
    if by.id != draft.author_id:
        raise NotAllowed("Only its author can delete this draft.")
    if not can_delete_draft(by, draft):
        raise Conflict("This draft cannot be deleted while it is under review; withdraw it first.")
    draft.deleted_at = draft.deleted_at or clock.now()


def restore(session: Session, draft: Draft, *, by: User) -> Draft:
    """Take a deletion back. If another draft of the same article was begun since, this one stands alone."""
    if draft.author_id != by.id:
        raise NotFound("There is no such draft.")
    if draft.deleted_at is not None:
        if draft.article_id is not None and of_article(session, by, draft.article_id):
            draft.article_id = draft.base_id = None
        draft.deleted_at = None
    return draft


def purge(session: Session) -> int:
    """Remove drafts deleted more than 30 days ago; returns how many."""
    limit = clock.now() - timedelta(days=UNDO_DAYS)
    gone = session.scalars(sa.select(Draft).where(Draft.deleted_at < limit)).all()
    for draft in gone:
        session.delete(draft)
    return len(gone)


def find(session: Session, draft_id: int, by: User) -> Draft:
    """A draft this person may write in; for everybody else there is none."""
    draft = session.get(Draft, draft_id)
    if draft is None or not can_edit_draft(by, draft):
        raise NotFound("There is no such draft, or it is not yours.")
    return draft


def of_article(session: Session, by: User, article_id: int) -> Draft | None:
    """This person's draft of an article's next revision."""
    mine = sa.select(Draft).where(
        Draft.author_id == by.id, Draft.article_id == article_id, Draft.deleted_at.is_(None)
    )
    return session.scalar(mine)


def listed(session: Session, user: User, *, deleted: bool = False) -> Sequence[Draft]:
    """Drafts this person writes in, last saved first; or those deleted that can be taken back."""
    together = sa.select(DraftCoauthor.draft_id).where(DraftCoauthor.user_id == user.id)
    mine = sa.or_(Draft.author_id == user.id, Draft.id.in_(together))
    if deleted:
        since = clock.now() - timedelta(days=UNDO_DAYS)
        query = sa.select(Draft).where(Draft.author_id == user.id, Draft.deleted_at >= since)
    else:
        query = sa.select(Draft).where(mine, Draft.deleted_at.is_(None))
    query = query.options(joinedload(Draft.author), joinedload(Draft.article))
    return session.scalars(query.order_by(Draft.saved_at.desc(), Draft.id.desc())).all()


# Towards review and back


def freeze(
    session: Session, draft: Draft, rendering_: Rendering, *, note: str, by: User
) -> Revision:
    """Make a revision of the draft and lock it; raises Invalid for what is missing."""
    if not can_edit_draft(by, draft):
        raise NotFound("There is no such draft.")
    if draft.deleted_at is not None or draft.locked:
        raise Conflict("This draft is under review or deleted already.")
    check_complete(draft)
    article = _article(session, draft, by)
    if draft.base_id != article.live_revision_id:
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
    return revision


def thaw(session: Session, revision_id: int) -> None:
    """Open the draft behind a revision again, with everything typed, for another round."""
    for draft in session.scalars(sa.select(Draft).where(Draft.frozen_id == revision_id)):
        draft.frozen_id = None


def let_go(session: Session, article_id: int, author_id: int) -> None:
    """The review has ended without publishing: the draft is its author's alone again."""
    theirs = sa.select(Draft).where(Draft.article_id == article_id, Draft.author_id == author_id)
    for draft in session.scalars(theirs):
        draft.frozen_id, draft.under_review = None, False


def discard(session: Session, revision_id: int) -> None:
    """The draft has done its work: its revision is live."""
    for draft in session.scalars(sa.select(Draft).where(Draft.frozen_id == revision_id)):
        session.delete(draft)


def rebase(session: Session, draft: Draft, *, by: User) -> int:
    """Carry the changes over to the live text; returns how many places need the author's choice."""
    if not can_edit_draft(by, draft):
        raise NotFound("There is no such draft.")
    return carry_over(draft, by=by)


def carry_over(draft: Draft, *, by: User) -> int:
    """As `rebase`, for whoever may: the curator who sends a text back does it for its author."""
    if draft.locked:
        raise Conflict("This text is under review. Withdraw it first.")
    base, live = draft.base, draft.article.live_revision if draft.article else None
    if live is None or draft.base_id == live.id:
        return 0
    if base is None:
        raise NotAllowed("This draft was not started from the live text.")
    merged = merging.merge(base.body, draft.body, live.body)
    if len(merged.text.encode()) > LONGEST_BODY:
        raise Invalid(
            "Together, both texts are too long. Shorten yours first.", {"body": "Too long."}
        )
    for field in ("title", "summary", "topic_id"):
        if getattr(draft, field) == getattr(base, field):
            setattr(draft, field, getattr(live, field))
    kept = [tag for tag in live.tags if tag in draft.tags or tag not in base.tags]
    draft.tags = kept + [tag for tag in draft.tags if tag not in base.tags and tag not in kept]
    draft.body, draft.base = merged.text, live
    draft.saved_at, draft.saved_by_id = clock.now(), by.id
    return merged.conflicts


def base_moved(draft: Draft) -> bool:
    return draft.article is not None and draft.base_id != draft.article.live_revision_id


def check_complete(draft: Draft) -> None:
    """Raise Invalid naming every field that a submission still needs."""
    missing = {}
    if not draft.title:
        missing["title"] = "Give it a title."
    if not draft.summary:
        missing["summary"] = "Say in one line what a reader gets."
    if draft.topic_id is None:
        missing["topic"] = "Choose a topic."
    if not draft.body.strip():
        missing["body"] = "Write the text."
    elif merging.has_conflict_marks(draft.body):
        missing["body"] = (
            "Two versions of a passage still stand between <<<<<<< and >>>>>>>. Keep what is right."
        )
    if missing:
        raise Invalid("Before it can be submitted: " + " ".join(missing.values()), missing)


def _fill(session: Session, draft: Draft, fields: DraftFields, by: User) -> None:
    draft.title, draft.summary, draft.body = fields.title, fields.summary, fields.body
    draft.writers = sorted({*(draft.writers or ()), by.id})
    draft.tags, draft.topic_id = list(fields.tags), fields.topic_id
    # Co-authors write, but do not choose who else does; and a name typed by half takes nobody out.
    if by.id == draft.author_id and "coauthors" not in fields.doubts:
        wanted = [i for i in fields.coauthor_ids if i != draft.author_id]
        if [person.id for person in draft.coauthors] != wanted:
            draft.coauthors = list(session.scalars(sa.select(User).where(User.id.in_(wanted))))


def _same(draft: Draft, fields: DraftFields, by: User) -> bool:
    if by.id == draft.author_id and {p.id for p in draft.coauthors} != set(fields.coauthor_ids):
        return False
    return (draft.title, draft.summary, draft.body, draft.tags, draft.topic_id) == (
        fields.title,
        fields.summary,
        fields.body,
        list(fields.tags),
        fields.topic_id,
    )


def differs(one: Draft | Revision, other: Draft | Revision) -> bool:
    """Whether a reader or a curator would see a difference between two texts."""
    fields = ("title", "summary", "body", "tags", "topic_id")
    return any(getattr(one, field) != getattr(other, field) for field in fields)


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


def _images(body: str) -> set[int]:
    """Numbers of the attachments that a text names."""
    return {int(found) for found in ATTACHMENT.findall(body)}


def _note_images(session: Session, draft: Draft, numbers: set[int], by: User) -> None:
    """Open images to all who write in the draft, if whoever put them into it may see them.

    Anybody can type any number, or name somebody as co-author; neither must show what is not theirs.
    """
    for number in numbers:
        attachment = session.get(Attachment, number)
        if attachment and can_read_attachment(session, by, attachment):
            session.merge(DraftAttachment(draft_id=draft.id, attachment_id=number))
    if numbers:
        session.flush()  # whether an image may be seen is asked of the database


def record_uses(session: Session, revision: Revision, draft: Draft | None = None) -> None:
    """Note which attachments the text shows, so that its readers see them: only those put there rightly."""
    for number in _images(revision.body):
        attachment = session.get(Attachment, number)
        if attachment and _is_rightly_there(session, attachment, revision, draft):
            session.add(AttachmentUse(attachment_id=attachment.id, revision_id=revision.id))


def _is_rightly_there(
    session: Session, attachment: Attachment, revision: Revision, draft: Draft | None
) -> bool:
    if draft is None:  # an import: its author alone wrote it
        return can_read_attachment(session, revision.author, attachment)
    noted = session.get(DraftAttachment, (draft.id, attachment.id))
    return noted is not None or is_published(session, attachment)


def skeleton(kind: Kind) -> str:
    """What a new text of this kind starts from."""
    return SKELETONS[kind]


SKELETONS = {
    Kind.HOWTO: """## When to use this

Who needs this, and when.

## Before you start

- What has to be at hand: access, forms, tools.

## Steps

1. First, do this.
2. Then do that.

## Check that it worked

How you can tell.

## If it does not work

What to try, and whom to ask.
""",
    Kind.STORY: """## The situation

What happened, where, and what was at stake.

## What I did

Step by step, also what turned out wrong.

## What came of it

The result, in numbers if there are any.

## What I would do differently

What others can take from it.
""",
}
