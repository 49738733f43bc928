"""Who is told what became of an article, of a plan, of what somebody handed over."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.outbox import Event
from core.text import quoted
from kb import flags, handover, plans, standing
from kb.lifecycle import (
    ARCHIVED,
    HIDDEN,
    PLACED,
    ROLLED_BACK,
    SHOWN,
    UNARCHIVED,
    UNPUBLISHED,
)
from kb.models import Article, Plan, PlannedAction
from people.models import User
from people.telling import Composer, Message, listen

# What happened, as the subject of a notice names it, and what was done, as its sentence does.
WORDS = {
    UNPUBLISHED: ("Taken back", "has taken {title} back: readers do not see it any more."),
    ARCHIVED: ("Archived", "has archived {title}: it can be read, but is no longer found."),
    UNARCHIVED: ("Kept up again", "has brought {title} back from the archive."),
    HIDDEN: ("Hidden", "has hidden {title} from readers while it is checked."),
    SHOWN: ("Shown again", "has shown {title} to readers again."),
    ROLLED_BACK: ("An earlier text", "has brought an earlier text of {title} back."),
    PLACED: ("Moved or renamed", "has given {title} another title or topic; its text is the same."),
}


def init_app() -> None:
    listen("lifecycle-notices", COMPOSERS)


# What became of an article


def _about_article(session: Session, event: Event) -> Iterator[Message]:
    """Its owner and who wrote the last text; of what an owner did, those who decide in its topic."""
    article, actor = session.get(Article, event.subject), _actor(session, event)
    last = standing.last_publication(session, event.subject)
    if article is None or last is None:
        return
    title = last.revision.title
    subject, did = WORDS[event.kind]
    text = f"{actor} {did.format(title=quoted(title))}"
    if reason := event.data.get("reason"):
        text += f"\n\n{reason}"
    path = f"/articles/{article.slug}"
    writers = [last.revision.author_id, *(person.id for person in last.revision.coauthors)]
    if event.actor != article.owner_id and article.owner.active:
        writers.insert(0, article.owner_id)
    for user_id in dict.fromkeys(writers):
        yield Message(user_id, f"{subject}: {title}", text, path, "reviews_mine")
    if event.actor == article.owner_id or not article.owner.active:
        for person in flags.responsible(session, article.topic_id):
            if person.id not in writers:
                yield Message(person.id, f"{subject}: {title}", text, path, "care")


# What became of a plan


def _planned(session: Session, event: Event) -> Iterator[Message]:
    """A retirement that somebody planned for what another one keeps up."""
    plan = session.get(Plan, event.subject)
    if plan is None or plan.action is not PlannedAction.RETIRE or plan.stopped_at is not None:
        return
    title = standing.title_of(session, plan.article)
    text = (
        f"{plan.by.name} has planned to archive {quoted(title)} on {plans.told(plan.at)}."
        f"\n\n{plan.because}"
    )
    path = f"/articles/{plan.article.slug}"
    yield Message(plan.article.owner_id, f"To be archived: {title}", text, path, "reviews_mine")


def _stopped(session: Session, event: Event) -> Iterator[Message]:
    """Who planned it, and of a text also who wrote it."""
    plan = session.get(Plan, event.subject)
    if plan is None:
        return
    title = plan.revision.title if plan.revision else standing.title_of(session, plan.article)
    verb = "published" if plan.action is PlannedAction.PUBLISH else "archived"
    text = f"{quoted(title)} was not {verb} as planned for {plans.told(plan.at)}: {plan.outcome}"
    if plan.revision is not None:
        text += "\n\nThe text is in its author's drafts, with everything typed."
    path = f"/articles/{plan.article.slug}" if plan.article.slug else "/drafts"
    for user_id in dict.fromkeys([plan.by_id, *_writers(plan)]):
        yield Message(user_id, f"Not {verb} as planned: {title}", text, path, "reviews_mine")


def _carried_out(session: Session, event: Event) -> Iterator[Message]:
    plan = session.get(Plan, event.subject)
    if plan is None or plan.revision is None:
        return  # of a retirement, `article.archived` tells
    title, path = plan.revision.title, f"/articles/{plan.article.slug}"
    text = f"{quoted(title)} is published now, as planned. Everybody can find it."
    for user_id in _writers(plan):
        yield Message(user_id, f"Published: {title}", text, path, "reviews_mine")


def _writers(plan: Plan) -> list[int]:
    if plan.revision is None:
        return []
    return [plan.revision.author_id, *(person.id for person in plan.revision.coauthors)]


# What was handed over


def _given(session: Session, event: Event) -> Iterator[Message]:
    article = session.get(Article, event.subject)
    if article is None:
        return
    title, path = standing.title_of(session, article), f"/articles/{article.slug}"
    actor, concerned = _actor(session, event), [event.data.get("from"), event.data.get("to")]
    new = session.get(User, event.data.get("to") or 0)
    if new is None:
        return
    for user_id in filter(None, concerned):
        who = "you" if user_id == new.id else new.name
        text = f"{actor} has handed {quoted(title)} over to {who}: who keeps it up is asked when it is due."
        yield Message(user_id, f"Handed over: {title}", text, path, "handover")


def _handed_over(session: Session, event: Event) -> Iterator[Message]:
    person, actor = session.get(User, event.subject), _actor(session, event)
    if person is None:
        return
    for user_id, counts in event.data.get("receivers", {}).items():
        what = ", ".join(handover.in_words(counts))
        text = f"{actor} has handed over to you what {person.name} looked after: {what}."
        yield Message(int(user_id), f"Yours now, from {person.name}", text, "/care", "handover")


COMPOSERS: dict[str, Composer] = {
    **dict.fromkeys(WORDS, _about_article),
    plans.MADE: _planned,
    plans.STOPPED: _stopped,
    plans.CANCELLED: _stopped,
    plans.DONE: _carried_out,
    handover.GIVEN: _given,
    handover.HANDED_OVER: _handed_over,
}


def _actor(session: Session, event: Event) -> str:
    name = session.scalar(sa.select(User.name).where(User.id == event.actor))
    return name or "Somebody"
