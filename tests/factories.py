"""Makes people, topics, drafts, articles and reviews, by the functions the application uses."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import escape
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.markup import Rendered
from core.text import slugify
from curation import workflow
from curation.models import Review, State
from kb import drafts, outcomes, policy, publishing, rendering
from kb.forms import DraftFields
from kb.merging import Text
from kb.models import Article, Attachment, Draft, Kind, Revision, Topic, TopicPolicy
from kb.policy import Policies
from kb.rendering import Rendering
from people import accounts
from people.models import Role, User

PASSWORD = "a quiet morning in march"


@cache
def _password_hash() -> str:
    """Hashing is slow by design, so everybody here shares one hash."""
    somebody = User(email="somebody@example.com")
    accounts.set_password(somebody, PASSWORD)
    return somebody.password_hash


def _next(session: Session, table: Any) -> int:
    return (session.scalar(sa.select(sa.func.max(table.id))) or 0) + 1


def make_user(
    session: Session,
    name: str = "",
    *,
    role: Role = Role.EMPLOYEE,
    email: str = "",
    active: bool = True,
    team: str = "",
) -> User:
    """A person whose password is PASSWORD."""
    name = name or f"Person {_next(session, User)}"
    handle = slugify(name)
    user = User(
        handle=handle,
        name=name,
        email=email or f"{handle}@example.com",
        team=team,
        role=role,
        active=active,
        demo=False,
        password_hash=_password_hash(),
        session_key=f"key of {handle}",
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    return user


def make_topic(
    session: Session,
    name: str = "",
    *,
    slug: str = "",
    parent: Topic | None = None,
    curators: Sequence[User] = (),
    backup: User | None = None,
) -> Topic:
    name = name or f"Topic {_next(session, Topic)}"
    topic = Topic(
        slug=slug or slugify(name),
        name=name,
        description="",
        parent=parent,
        curators=list(curators),
        backup=backup,
    )
    session.add(topic)
    session.flush()
    return topic


def any_topic(session: Session) -> Topic:
    """The first topic there is, or a new one."""
    return session.scalar(sa.select(Topic).order_by(Topic.id)) or make_topic(session, "Travel")


def fields(
    session: Session,
    *,
    title: str = "Reset the VPN",
    summary: str = "Back online in a minute.",
    body: str = "Restart the client.\n\nThen sign in again.",
    tags: Sequence[str] = (),
    topic: Topic | None = None,
    coauthors: Sequence[User] = (),
    language: str = "",
) -> DraftFields:
    """A complete text as the editor sends it."""
    return DraftFields(
        title=title,
        summary=summary,
        body=body,
        tags=tuple(tags),
        topic_id=(topic or any_topic(session)).id,
        coauthor_ids=tuple(person.id for person in coauthors),
        language=language,
    )


def fields_of(draft: Draft, **changes: Any) -> DraftFields:
    """What the editor sends for this draft, but for some changes."""
    values: dict[str, Any] = {
        "title": draft.title,
        "summary": draft.summary,
        "body": draft.body,
        "tags": tuple(draft.tags),
        "topic_id": draft.topic_id,
        "coauthor_ids": tuple(person.id for person in draft.coauthors),
        "language": draft.language,
    }
    return DraftFields(**(values | changes))


def as_form(text: Text, body: str, topic_id: int | None = None) -> DraftFields:
    """What the editor sends of this text, but for its body."""
    topic = text.topic_id if topic_id is None else topic_id
    return DraftFields(text.title, text.summary, body, tuple(text.tags), topic)


def make_draft(
    session: Session,
    by: User,
    *,
    article: Article | None = None,
    kind: Kind = Kind.HOWTO,
    key: str = "",
    dialect: str = "commonmark",
    **text: Any,
) -> Draft:
    """A saved draft, of the next revision of `article` if given; `text` as for fields()."""
    if article is not None and article.live_revision is not None:
        live = article.live_revision
        live_text = {
            "title": live.title,
            "summary": live.summary,
            "body": live.body,
            "tags": live.tags,
        }
        text = {**live_text, "topic": live.topic, **text}
    return drafts.start(
        session,
        fields(session, **text),
        key=key or f"page {_next(session, Draft)}",
        kind=kind,
        by=by,
        dialect=dialect,
        article=article,
    )


def edit(session: Session, draft: Draft, *, by: User | None = None, **changes: Any) -> Draft:
    """Save a draft with some fields changed."""
    sent = fields_of(draft, **changes)
    return drafts.save(session, draft, sent, version=draft.version, by=by or draft.author)


def rendering_for(text: Text) -> Rendering:
    """As the sandbox would render plain words; for tests that are not about rendering."""
    html = "".join(f"<p>{escape(part)}</p>\n" for part in text.body.split("\n\n"))
    rendered = Rendered(html=html, text=text.body, headings=())
    dialect = getattr(text, "dialect", "commonmark")  # a form and a merged text have none
    return Rendering(rendering.digest(text.body, dialect), rendered, {})


def submit(session: Session, draft: Draft, *, note: str = "", by: User | None = None) -> Review:
    return workflow.submit(session, draft, rendering_for(draft), note=note, by=by or draft.author)


def make_review(
    session: Session,
    by: User,
    *,
    state: State = State.SUBMITTED,
    curator: User | None = None,
    draft: Draft | None = None,
    article: Article | None = None,
    note: str = "",
    **text: Any,
) -> Review:
    """A review brought to the state wanted by its workflow; `curator` holds or decided it."""
    draft = draft or make_draft(session, by, article=article, **text)
    review = submit(session, draft, note=note)
    bring_to(session, review, state, curator)
    return review


class Read(TypedDict):
    version: int
    revision: int


def reading(review: Review) -> Read:
    """What a decision names: the review and the text as they stand now."""
    return {"version": review.version, "revision": review.revision_id}


def bring_to(session: Session, review: Review, state: State, curator: User | None) -> None:
    """From submitted to the state wanted."""
    if state is State.SUBMITTED:
        return
    if state is State.WITHDRAWN:
        workflow.withdraw(session, review.id, by=review.author)
        return
    assert curator is not None, f"somebody has to bring it to {state}"
    workflow.claim(session, review.id, by=curator)
    if state is State.IN_REVIEW:
        return
    read = reading(review)
    if state is State.APPROVED:
        workflow.approve(session, review.id, **read, by=curator)
    elif state is State.DECLINED:
        workflow.decline(session, review.id, **read, reason="We have this already.", by=curator)
    else:
        workflow.request_changes(session, review.id, **read, reason="Say for whom.", by=curator)


def brought_up(session: Session, review: Review, by: User) -> bool:
    """Carry a proposal over to the text that is live now, as happens after each publication."""
    merge = workflow.merge_with_live(review)
    if merge is None:
        return False
    return workflow.bring_up(session, review.id, merge, rendering_for(merge.text), by=by)


def merged_into(
    session: Session, review: Review, target: Article, by: User, *, text: Text | None = None
) -> Review:
    """Close a review as a duplicate of `target`, to which `text` is proposed instead."""
    return workflow.merge_into(
        session,
        review.id,
        **reading(review),
        target=target,
        text=text,
        rendering=rendering_for(text) if text else None,
        reason="",
        by=by,
    )


def make_article(
    session: Session,
    author: User,
    *,
    approver: User | None = None,
    published: bool = True,
    **text: Any,
) -> Article:
    """An article with a live revision, or without one when not `published`."""
    draft = make_draft(session, author, **text)
    revision = drafts.freeze(session, draft, rendering_for(draft), note="", by=author)
    article = revision.article
    if published:
        publishing.publish(session, article, revision, by=approver or author)
        drafts.discard(session, revision.id)
        session.flush()
    return article


def make_revision(session: Session, article: Article, author: User, **text: Any) -> Revision:
    """The next text of an article, frozen and waiting for publication."""
    draft = make_draft(session, author, article=article, **text)
    return drafts.freeze(session, draft, rendering_for(draft), note="", by=author)


def republish(
    session: Session, article: Article, author: User, *, by: User | None = None, **text: Any
) -> Revision:
    """The next text of an article, live at once."""
    revision = make_revision(session, article, author, **text)
    publishing.publish(session, article, revision, by=by or author)
    drafts.discard(session, revision.id)
    session.flush()
    return revision


def make_attachment(
    session: Session, uploader: User, *, sha256: str = "", size: int = 1000
) -> Attachment:
    """A row without a file; tests about the bytes use kb.attachments."""
    attachment = Attachment(
        sha256=sha256 or f"{_next(session, Attachment):064x}",
        name="plan.png",
        media_type="image/png",
        size=size,
        width=10,
        height=10,
        uploader_id=uploader.id,
        uploaded_at=clock.now(),
    )
    session.add(attachment)
    session.flush()
    return attachment


def settle(session: Session) -> None:
    """End the request: what is looked at next is what the database has."""
    session.commit()
    session.expire_all()


def set_policy(session: Session, topic: Topic, by: User, **rules: Any) -> TopicPolicy:
    """Change some of a topic's own rules, as an administrator does on its page."""
    known = Policies(session)
    return policy.change(
        session,
        topic,
        replace(known.rules(topic.id), **rules),
        expected_number=known.number(topic.id),
        note="",
        by=by,
    )


def said(
    session: Session, article: Article, by: User, *, worked: bool = True, query: str = ""
) -> bool:
    """A reader says whether the live text worked."""
    assert article.live_revision_id is not None
    live = article.live_revision_id
    return outcomes.say(session, article, revision_id=live, worked=worked, query=query, by=by)
