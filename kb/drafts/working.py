"""Working copies: saved without overwriting anybody, deleted and taken back."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.errors import Conflict, NotAllowed, NotFound
from kb import standing
from kb.drafts.images import images_in, note_images
from kb.forms import DraftFields
from kb.models import (
    Article,
    Draft,
    DraftCoauthor,
    Kind,
    Publication,
    Revision,
)
from kb.permissions import can_delete_draft, can_edit_draft, can_read_withheld
from people.models import User

UNDO_DAYS = 30


class SavedMeanwhile(Conflict):
    """Somebody, or another window, saved this draft since; `draft` is what stands there now."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            f"{draft.saved_by.name} saved this draft since you opened it. Nothing was overwritten;"
            " compare both texts."
        )
        self.draft = draft


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
    base = _base(session, article, base_id, by) if article else None
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
        language="",
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
    note_images(session, draft, images_in(draft.body), by)
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


def _base(session: Session, article: Article, base_id: int | None, by: User) -> Revision | None:
    """What a page was filled from, if that was published and is theirs to read; else the ground."""
    publication = session.scalar(
        sa.select(Publication)
        .where(Publication.article_id == article.id, Publication.revision_id == base_id)
        .limit(1)
    )
    if publication is None or (
        publication.unpublished_at is not None and not can_read_withheld(session, by, article)
    ):
        return standing.ground_of(article)
    return publication.revision


def locked(session: Session, draft: Draft) -> Draft:
    """The draft as it is now; nobody else changes it before this transaction ends."""
    query = sa.select(Draft).where(Draft.id == draft.id).with_for_update(of=Draft)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such draft any more.")
    return found


def save(session: Session, draft: Draft, fields: DraftFields, *, version: int, by: User) -> Draft:
    """Keep what was typed; raises SavedMeanwhile if it was typed over an older version."""
    draft = locked(session, draft)
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
    images = images_in(fields.body) - images_in(draft.body)
    _fill(session, draft, fields, by)
    draft.saved_at, draft.saved_by_id = clock.now(), by.id
    session.flush()
    note_images(session, draft, images, by)
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


def _fill(session: Session, draft: Draft, fields: DraftFields, by: User) -> None:
    draft.title, draft.summary, draft.body = fields.title, fields.summary, fields.body
    draft.writers = sorted({*(draft.writers or ()), by.id})
    draft.tags, draft.topic_id = list(fields.tags), fields.topic_id
    draft.language = fields.language
    # Co-authors write, but do not choose who else does; and a name typed by half takes nobody out.
    if by.id == draft.author_id and "coauthors" not in fields.doubts:
        wanted = [i for i in fields.coauthor_ids if i != draft.author_id]
        if [person.id for person in draft.coauthors] != wanted:
            draft.coauthors = list(session.scalars(sa.select(User).where(User.id.in_(wanted))))


def _same(draft: Draft, fields: DraftFields, by: User) -> bool:
    if by.id == draft.author_id and {p.id for p in draft.coauthors} != set(fields.coauthor_ids):
        return False
    saved = (draft.title, draft.summary, draft.body, draft.tags, draft.topic_id, draft.language)
    return saved == (
        fields.title,
        fields.summary,
        fields.body,
        list(fields.tags),
        fields.topic_id,
        fields.language,
    )
