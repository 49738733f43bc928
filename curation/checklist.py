"""The topic's checklist beside a text: yes or no to each item, and what becomes a task of its author."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.text import unfold_lines
from curation.lines import Lines, Shift
from curation.models import ChecklistVerdict, Review, State
from curation.permissions import is_author
from curation.workflow.moving import (
    CLAIM,
    hold,
    locked,
    require_current,
    require_decider,
    require_holder,
)
from curation.workflow.table import WrongState, last_act
from kb import policy
from kb.models import Revision
from kb.policy import Item, Policy
from people.models import User

LONGEST_REASON = 1000
# From then on its authors see what was ticked in this round; before, it is a curator's working paper.
TOLD = (State.CHANGES_REQUESTED, State.APPROVED, State.DECLINED)


@dataclass(frozen=True)
class Verdict:
    """What a curator says to one item; `fulfilled` is None while it is open."""

    item: str
    fulfilled: bool | None
    reason: str = ""
    lines: Lines | None = None


@dataclass(frozen=True)
class Line:
    """One item as the page shows it: what is said to it now, and what was said in the round before."""

    item: Item
    verdict: ChecklistVerdict | None
    former: ChecklistVerdict | None

    @property
    def was_missing(self) -> bool:
        return self.former is not None and not self.former.fulfilled


# Reading


def board(session: Session, review: Review, rules: Policy | None = None) -> list[Line]:
    """The checklist of this round, what was missing in the last one first.

    While the review is open it is the topic's list as it is now; afterwards, what was ticked.
    """
    rounds = _by_round(session, review)
    now = {verdict.item: verdict for verdict in rounds.get(review.round, ())}
    before = {verdict.item: verdict for verdict in _last_before(rounds, review.round)}
    items = [Item(verdict.item, verdict.text) for verdict in now.values()]
    if review.is_open:
        rules = rules or policy.of(session, review.topic_id)
        items = list(rules.checklist)
        listed = {item.key for item in items}
        items += [Item(each.item, each.text) for each in now.values() if each.item not in listed]
    lines = [Line(item, now.get(item.key), before.get(item.key)) for item in items]
    return sorted(lines, key=lambda line: not line.was_missing)


def former(session: Session, review: Review) -> Sequence[ChecklistVerdict]:
    """The verdicts of the last round before this one that has any, the Nos first."""
    found = _last_before(_by_round(session, review), review.round)
    return sorted(found, key=lambda verdict: (verdict.fulfilled, verdict.id))


def tasks(session: Session, review: Review) -> Sequence[ChecklistVerdict]:
    """What its authors are asked to do: each No of the round that they have been told of."""
    rounds = _by_round(session, review)
    is_told = review.state in TOLD
    told = rounds.get(review.round, []) if is_told else _last_before(rounds, review.round)
    return [verdict for verdict in told if not verdict.fulfilled]


def places(review: Review, verdicts: Iterable[ChecklistVerdict]) -> dict[int, Lines]:
    """Where the lines that verdicts point at stand in the present text, by the verdict's id."""
    shifts: dict[int, Shift] = {}
    found = {}
    for verdict in verdicts:
        if verdict.first_line is None or verdict.last_line is None:
            continue
        if verdict.revision_id not in shifts:
            old = _revision(review, verdict)
            shifts[verdict.revision_id] = Shift(old.body, review.revision.body)
        now = shifts[verdict.revision_id].of(Lines(verdict.first_line, verdict.last_line))
        if now is not None:
            found[verdict.id] = now
    return found


def words(session: Session, review: Review, number: int | None = None) -> str:
    """The Nos of a round, else of the present one, as a message carries them; empty without any."""
    ticked = _by_round(session, review).get(number or review.round, ())
    refused = [verdict for verdict in ticked if not verdict.fulfilled]
    if not refused:
        return ""
    return "\n".join(["From the checklist:", *(f"- {_sentence(verdict)}" for verdict in refused)])


def _sentence(verdict: ChecklistVerdict) -> str:
    sentence = f"Not yet: {verdict.text}"
    if verdict.reason:
        sentence += f" {' '.join(verdict.reason.split())}"
    if verdict.first_line is not None and verdict.last_line is not None:
        sentence += f" ({lines_words(Lines(verdict.first_line, verdict.last_line))})"
    return sentence


def lines_words(lines: Lines) -> str:
    """ "line 3", "lines 3 to 5" """
    if lines.first == lines.last:
        return f"line {lines.first}"
    return f"lines {lines.first} to {lines.last}"


def _by_round(session: Session, review: Review) -> dict[int, list[ChecklistVerdict]]:
    query = (
        sa.select(ChecklistVerdict)
        .where(ChecklistVerdict.review_id == review.id)
        .options(joinedload(ChecklistVerdict.by))
        .order_by(ChecklistVerdict.round, ChecklistVerdict.id)
    )
    rounds: dict[int, list[ChecklistVerdict]] = {}
    for verdict in session.scalars(query):
        rounds.setdefault(verdict.round, []).append(verdict)
    return rounds


def _last_before(
    rounds: Mapping[int, list[ChecklistVerdict]], number: int
) -> list[ChecklistVerdict]:
    earlier = [each for each in rounds if each < number]
    return list(rounds[max(earlier)]) if earlier else []


def _revision(review: Review, verdict: ChecklistVerdict) -> Revision:
    session = sa.orm.object_session(review)
    assert session is not None
    return session.get_one(Revision, verdict.revision_id)


# Ticking


def record(
    session: Session, review_id: int, verdicts: Sequence[Verdict], *, version: int, by: User
) -> Review:
    """Keep what the holder ticked; the same again changes nothing, and items not named stay as they are.

    It is a sign of life: the claim goes on.
    """
    review = _held(session, review_id, version, by)
    items = {item.key: item for item in policy.of(session, review.topic_id).checklist}
    present = {v.item: v for v in _by_round(session, review).get(review.round, ())}
    _check(review, verdicts, {*items, *present})
    for verdict in verdicts:
        there = present.get(verdict.item)
        if verdict.fulfilled is None:
            if there is not None:
                session.delete(there)
        elif there is None:
            session.add(_new(review, items[verdict.item], verdict, by))
        elif not _says(there, verdict):
            _fill(there, review, verdict, by)
    session.flush()
    return review


def tick(
    session: Session, review_id: int, verdict_id: int, *, done: bool, by: User
) -> ChecklistVerdict:
    """An author marks a task as done, or not; for their own overview, and for who reads it next."""
    review = locked(session, review_id)
    verdict = session.get(ChecklistVerdict, verdict_id)
    if verdict is None or verdict.review_id != review.id or verdict.fulfilled:
        raise NotFound("There is no such task.")
    if not is_author(session, by, review) or not by.active:
        raise NotAllowed("Its authors tick off what they have done.")
    if done is (verdict.done_at is not None):
        return verdict
    if review.state is not State.CHANGES_REQUESTED or verdict.round != review.round:
        raise Conflict("The text is not with you at the moment, so this cannot be ticked.")
    verdict.done_at = clock.now() if done else None
    return verdict


def _held(session: Session, review_id: int, version: int, by: User) -> Review:
    """A review that this person is reading, in the version that they see."""
    review = locked(session, review_id)
    require_decider(session, review, by)
    if review.claim_ran_out and review.curator_id == by.id:
        hold(review, by)  # nobody else took it meanwhile: go on as if in time
    if review.state is not State.IN_REVIEW:
        raise WrongState(review, last_act(review))
    require_holder(review, by)
    require_current(review, version)
    review.claimed_until = clock.now() + CLAIM
    return review


def _check(review: Review, verdicts: Sequence[Verdict], known: set[str]) -> None:
    """Raises Invalid naming each verdict that does not fit."""
    errors = {}
    last = review.revision.body.count("\n") + 1
    for verdict in verdicts:
        name = f"verdict-{verdict.item}"
        if verdict.item not in known:
            errors["checklist"] = (
                "The topic's checklist has changed meanwhile. Look at it again, please."
            )
        elif len(unfold_lines(verdict.reason).strip()) > LONGEST_REASON:
            errors[name] = f"What is missing takes at most {LONGEST_REASON} characters."
        elif verdict.lines and not 1 <= verdict.lines.first <= verdict.lines.last <= last:
            errors[name] = f"Choose lines between 1 and {last}."
    if errors:
        raise Invalid(" ".join(dict.fromkeys(errors.values())), errors)


def _new(review: Review, item: Item, verdict: Verdict, by: User) -> ChecklistVerdict:
    made = ChecklistVerdict(
        review_id=review.id,
        round=review.round,
        item=item.key,
        text=item.text,
        done_at=None,
    )
    _fill(made, review, verdict, by)
    return made


def _fill(row: ChecklistVerdict, review: Review, verdict: Verdict, by: User) -> None:
    """A Yes needs no words and points at nothing."""
    assert verdict.fulfilled is not None
    refused = not verdict.fulfilled
    lines = verdict.lines if refused else None
    row.fulfilled = verdict.fulfilled
    row.reason = unfold_lines(verdict.reason).strip() if refused else ""
    row.first_line, row.last_line = (lines.first, lines.last) if lines else (None, None)
    row.revision_id, row.by_id, row.at = review.revision_id, by.id, clock.now()


def _says(row: ChecklistVerdict, verdict: Verdict) -> bool:
    """Whether this is what the row says already."""
    if row.fulfilled or verdict.fulfilled:
        return row.fulfilled is verdict.fulfilled
    lines = (verdict.lines.first, verdict.lines.last) if verdict.lines else (None, None)
    return (row.reason, row.first_line, row.last_line) == (
        unfold_lines(verdict.reason).strip(),
        *lines,
    )
