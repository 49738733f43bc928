"""Publications and retirements that were decided on for a later moment, carried out when it comes.

Nothing is ever forced: what no longer fits when its time has come is stopped, with a sentence for
those whom it concerns.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import audit, clock, outbox
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from kb import drafts, lifecycle, publishing, standing
from kb.lifecycle import checked_reason
from kb.models import Article, Plan, PlannedAction, Revision
from kb.publishing import StaleBase
from kb.stewards import can_publish_in, can_retire
from people.models import User

log = logging.getLogger("firsthand.plans")

MADE, CANCELLED, STOPPED, DONE = "plan.made", "plan.cancelled", "plan.stopped", "plan.done"
LONGEST_AHEAD = timedelta(days=730)
EVERY_SECONDS = 30.0
PORTION = 100  # carried out at once; the rest waits for the next time


def plan_publication(
    session: Session, article: Article, revision: Revision, *, at: datetime, by: User
) -> Plan:
    """Publish `revision` at a later moment, if it still stands on the live text then.

    The caller has seen to it that somebody entitled approved just this text.
    """
    article = _locked(session, article)
    if revision.article_id != article.id:
        raise ValueError("a revision of another article")
    if revision.base_id != standing.base_id(session, article):
        raise StaleBase("The live text has changed since this was written. Nothing was planned.")
    return _plan(session, article, PlannedAction.PUBLISH, at, by, revision=revision)


def plan_retirement(
    session: Session, article: Article, *, at: datetime, reason: str, by: User
) -> Plan:
    """Archive an article at a later moment."""
    article = _locked(session, article)
    if not can_retire(session, by, article):
        raise NotAllowed("Its owner, or those who decide in its topic, plan when it is archived.")
    reason = checked_reason(reason)
    if article.live_revision_id is None or article.archived_at is not None:
        raise Conflict("It is not published at the moment, or archived already.")
    return _plan(session, article, PlannedAction.RETIRE, at, by, because=reason)


def cancel(session: Session, plan_id: int, *, by: User) -> Plan:
    """Let it be; a second time does no harm. A text that waited is its author's again."""
    plan = _open_or_past(session, plan_id)
    if not can_cancel(session, by, plan):
        raise NotAllowed("Whoever planned it, or those who decide in its topic, let it be.")
    if plan.done_at is not None:
        raise Conflict("It has been done already.")
    if plan.stopped_at is None:
        _end(session, plan, f"{by.name} cancelled it.")
        outbox.record(session, CANCELLED, plan.id, by=by.id)
        _note(session, plan, CANCELLED, by, {"outcome": plan.outcome})
    return plan


def can_cancel(session: Session, user: User, plan: Plan) -> bool:
    """Who planned it; who decides in the topic; of a retirement, also the article's owner."""
    if not user.active:
        return False
    if plan.action is PlannedAction.RETIRE and can_retire(session, user, plan.article):
        return True
    return plan.by_id == user.id or can_publish_in(session, user, plan.article.topic_id)


def waiting(session: Session, article_id: int) -> Sequence[Plan]:
    """What is planned for an article, next first."""
    query = sa.select(Plan).where(Plan.article_id == article_id, *_OPEN)
    query = query.options(joinedload(Plan.by), joinedload(Plan.revision))
    return session.scalars(query.order_by(Plan.at, Plan.id)).all()


def find(session: Session, plan_id: int) -> Plan:
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise NotFound("There is no such plan.")
    return plan


_OPEN = (Plan.done_at.is_(None), Plan.stopped_at.is_(None))


def _plan(
    session: Session,
    article: Article,
    action: PlannedAction,
    at: datetime,
    by: User,
    *,
    revision: Revision | None = None,
    because: str = "",
) -> Plan:
    """The same plan twice is one; another one for the same waits until that is cancelled."""
    now = clock.now()
    if not now < at <= now + LONGEST_AHEAD:
        sentence = "Choose a moment that is still to come, within two years."
        raise Invalid(sentence, {"at": sentence})
    for present in waiting(session, article.id):
        if present.action is action:
            wanted = (at, revision.id if revision else None, because)
            if (present.at, present.revision_id, present.because) == wanted:
                return present
            raise Conflict(
                f"{present.by.name} has planned this for {told(present.at)}. Cancel that first."
            )
    plan = Plan(
        article_id=article.id,
        revision_id=revision.id if revision else None,
        action=action,
        at=at,
        by_id=by.id,
        made_at=now,
        because=because,
        done_at=None,
        stopped_at=None,
    )
    session.add(plan)
    session.flush()  # the event names the plan by id
    session.refresh(plan, ["article", "revision", "by"])
    outbox.record(session, MADE, plan.id, by=by.id)
    _note(session, plan, MADE, by, {"at": at.isoformat(), "reason": because})
    return plan


# When the time has come


def carry_out_due(session: Session) -> None:
    """Do what is due, each plan wholly or not at all; what fails keeps nothing else from being done."""
    query = sa.select(Plan.id).where(Plan.at <= clock.now(), *_OPEN)
    for plan_id in session.scalars(query.order_by(Plan.at, Plan.id).limit(PORTION)).all():
        try:
            with session.begin_nested():
                _carry_out(session, _open_or_past(session, plan_id))
        except Exception:
            log.exception("plan %d could not be carried out; it will be tried again", plan_id)


def _carry_out(session: Session, plan: Plan) -> None:
    if plan.done_at is not None or plan.stopped_at is not None:
        return
    article = _locked(session, plan.article)
    try:
        with session.begin_nested():
            _require_as_planned(session, article, plan)
            if plan.action is PlannedAction.PUBLISH:
                _publish(session, article, plan)
            elif article.archived_at is None:
                lifecycle.retire(session, article, reason=plan.because, by=plan.by)
            plan.done_at = clock.now()
            outbox.record(session, DONE, plan.id)
            _note(session, plan, DONE, None, {})
    except DomainError as error:
        _end(session, plan, error.message)
        outbox.record(session, STOPPED, plan.id)
        _note(session, plan, STOPPED, None, {"outcome": plan.outcome})


def _publish(session: Session, article: Article, plan: Plan) -> None:
    assert plan.revision is not None
    try:
        publishing.publish(session, article, plan.revision, by=plan.by)
    except StaleBase:
        last = standing.last_publication(session, article.id)
        assert last is not None
        raise Conflict(
            f"{last.by.name} has published another text of it meanwhile, which this one would undo."
        ) from None
    drafts.discard(session, plan.revision.id)


def _require_as_planned(session: Session, article: Article, plan: Plan) -> None:
    """Refuse what somebody has decided otherwise since."""
    if plan.action is PlannedAction.RETIRE:
        if article.live_revision_id is None:
            raise Conflict("The article is not published any more.")
        return
    last = standing.last_publication(session, article.id)
    if article.hidden_at is not None:
        raise Conflict("The article is hidden while something in it is checked.")
    if article.archived_at is not None and article.archived_at >= plan.made_at:
        raise Conflict("The article was archived meanwhile.")
    if last and last.unpublished_at is not None and last.unpublished_at >= plan.made_at:
        raise Conflict("The article was taken back meanwhile.")


def _end(session: Session, plan: Plan, sentence: str) -> None:
    """Nothing is published; a text that waited is its author's again, with everything typed."""
    plan.stopped_at, plan.outcome = clock.now(), sentence
    if plan.revision is not None:
        drafts.let_go(session, plan.article_id, plan.revision.author_id)


def _note(session: Session, plan: Plan, kind: str, by: User | None, detail: dict[str, str]) -> None:
    """Write down what became of a plan."""
    title = plan.revision.title if plan.revision else standing.title_of(session, plan.article)
    audit.write(
        session,
        kind,
        "article",
        plan.article_id,
        name=title,
        by=by.id if by else None,
        by_name=by.name if by else "",
        detail={"plan": plan.id, "action": plan.action.value} | detail,
    )
    session.flush()


def _open_or_past(session: Session, plan_id: int) -> Plan:
    """The plan, with nobody else acting on it until this transaction ends."""
    plan = session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound("There is no such plan.")
    return plan


def _locked(session: Session, article: Article) -> Article:
    return session.get_one(Article, article.id, with_for_update=True, populate_existing=True)


def told(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"
