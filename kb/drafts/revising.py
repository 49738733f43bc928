"""The next text of a proposal while it is under review: edited, brought up to date, or with a suggestion."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Invalid
from kb import rendering
from kb.drafts.freezing import freeze, missing_fields
from kb.drafts.images import images_in, note_images, record_uses
from kb.drafts.working import start
from kb.forms import DraftFields
from kb.merging import Text
from kb.models import Article, Draft, Revision
from kb.rendering import Rendering
from people.models import User


def revise(
    session: Session,
    former: Revision,
    text: Text,
    rendering_: Rendering,
    *,
    by: User,
    note: str,
    base: Revision | None,
    credit: bool,
) -> Revision:
    """A revision in the place of `former`, which stays as it is; the draft behind it follows.

    `credit` names `by` beside the author. Raises Invalid for what is missing.
    """
    missing = missing_fields(text)
    if missing:
        raise Invalid("Before it can be published: " + " ".join(missing.values()), missing)
    assert text.topic_id is not None
    helped = [person for person in former.coauthors if person.id != by.id]
    if (credit and by.id != former.author_id) or by.id in {
        person.id for person in former.coauthors
    }:
        helped.append(session.get_one(User, by.id))  # whoever is signed in belongs to no session
    revision = Revision(
        article_id=former.article_id,
        base_id=base.id if base else None,
        title=text.title,
        summary=text.summary,
        body=text.body,
        dialect=former.dialect,
        tags=list(text.tags),
        topic_id=text.topic_id,
        language=text.language or former.language,
        author_id=former.author_id,
        byline=former.byline,
        writers=sorted({*former.writers, by.id} if credit else former.writers),
        note=note,
        created_at=clock.now(),
        html="",
        text="",
        headings=[],
        rules=0,
        coauthors=helped,
    )
    session.add(revision)
    session.flush()  # what follows refers to its id
    rendering.apply(session, revision, rendering_)
    _move_draft(session, former, revision, by)
    return revision


def propose_for(
    session: Session,
    author: User,
    article: Article,
    text: Text,
    rendering_: Rendering,
    *,
    note: str,
    by: User,
) -> Revision:
    """A frozen change to `article` in somebody's name, put together by `by`, who is credited too."""
    fields = DraftFields(
        text.title,
        text.summary,
        text.body,
        tuple(text.tags),
        text.topic_id,
        language=text.language,
    )
    draft = start(
        session,
        fields,
        key=f"merged by {by.id} at {clock.now().isoformat()}",
        kind=article.kind,
        by=author,
        dialect="",
        article=article,
    )
    note_images(session, draft, images_in(draft.body), by)
    draft.writers = sorted({author.id, by.id})
    revision = freeze(session, draft, rendering_, note=note, by=author)
    if by.id != author.id:
        revision.coauthors.append(session.get_one(User, by.id))
        session.flush()  # who wrote it is asked of the database
    return revision


def _move_draft(session: Session, former: Revision, revision: Revision, by: User) -> None:
    query = sa.select(Draft).where(Draft.frozen_id == former.id).with_for_update(of=Draft)
    drafts = session.scalars(query.execution_options(populate_existing=True)).all()
    for draft in drafts:
        note_images(session, draft, images_in(revision.body) - images_in(former.body), by)
        record_uses(session, revision, draft)
        draft.frozen_id = revision.id
    if not drafts:  # handed in by an import: there is no draft to open images to
        record_uses(session, revision)
