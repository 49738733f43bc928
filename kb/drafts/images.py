"""Which images a text names, and who may see them through it."""

import re

from sqlalchemy.orm import Session

from kb.models import Attachment, AttachmentUse, Draft, DraftAttachment, Revision
from kb.permissions import can_read_attachment, is_published
from people.models import User

ATTACHMENT = re.compile(r"/attachments/([0-9]{1,15})/")


def images_in(body: str) -> set[int]:
    """Numbers of the attachments that a text names."""
    return {int(found) for found in ATTACHMENT.findall(body)}


def note_images(session: Session, draft: Draft, numbers: set[int], by: User) -> None:
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
    for number in images_in(revision.body):
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
