"""All that the page of one review shows, to its author, to who reads it, and to others who may see it."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, request
from markupsafe import Markup

from core.db import db
from core.diff import Difference
from core.web import settings
from curation import (
    approvals,
    checklist,
    checks,
    clock,
    differences,
    queries,
    reasons,
    samples,
    talk,
    workflow,
)
from curation.models import Action, Review, State
from curation.permissions import Rights, can_see_queue, can_withdraw
from curation.talk import Thread
from kb import drafts, plans, policy, reverts
from kb.models import Revision
from kb.permissions import can_edit_draft
from people import company
from people.models import User
from people.signin import me


def context(found: Review) -> dict[str, Any]:
    """For templates/curation/review.html."""
    reader = me()
    queries.load(db.session, found)
    rights = Rights(db.session, reader, found)
    texts = _texts(found, reader)
    return (
        _standing(found, rights)
        | texts
        | _talk(found, rights, texts["difference"])
        | _checks(found, reader)
        | _desk(found, rights)
        | (_outcome(found, reader) if not found.is_open else {})
    )


def _standing(found: Review, rights: Rights) -> dict[str, Any]:
    """Whose turn it is, and what this person can do."""
    reader, author = rights.user, rights.is_author
    draft = drafts.of_article(db.session, found.author, found.article_id) if author else None
    waiting = found.state in queries.WAITING
    position = queries.position(db.session, found) if waiting else None
    return {
        "review": found,
        "revision": found.revision,
        "draft": draft if draft and can_edit_draft(reader, draft) else None,
        "pace": clock.standing_words(db.session, found, position) if found.is_open else "",
        "overdue": clock.is_overdue(found),
        "can_decide": rights.decides,
        "can_withdraw": can_withdraw(reader, found),
        "is_holder": found.holder_id == reader.id,
        "is_author": author,
        "sees_queue": can_see_queue(reader),
        "decision": None if waiting else _last_act(found),
        "done": workflow.DONE,
        "claim_minutes": int(workflow.CLAIM.total_seconds() // 60),
        "longest_reason": workflow.LONGEST_REASON,
    }


def _last_act(found: Review) -> Any:
    quiet = (Action.EXPIRE, Action.ESCALATE, Action.ASSIGN)
    return [entry for entry in found.entries if entry.action not in quiet][-1]


def _outcome(found: Review, reader: User) -> dict[str, Any]:
    """What became of it after the decision."""
    plan = queries.plan_of(db.session, found) if "at" in _last_act(found).detail else None
    target = _last_act(found).detail.get("target")
    return {
        "plan": plan,
        "can_cancel_plan": plan is not None and plans.can_cancel(db.session, reader, plan),
        "can_look_at_sample": samples.can_look(db.session, reader, found),
        "duplicate_of": queries.live_article(db.session, reader, target) if target else None,
    }


# The texts


def _texts(found: Review, reader: User) -> dict[str, Any]:
    revision, live = found.revision, queries.live_text(db.session, reader, found)
    moved = workflow.is_stale(found) and live is not None
    former = queries.former_round(db.session, found)
    view = differences.view_of(request.args, on="source")
    since_round = view.since == "round" and former is not None
    compared = former if since_round else _compared(found, live)
    return {
        "html": Markup(revision.html),
        "live": live,
        "compared": compared,
        "former": former,
        "difference": differences.seen_before(db.session, compared, revision, view=view),
        "old_name": _old_name(found, live, since_round),
        "rounds": [("live", _against(found, live)), ("round", f"Round {found.round - 1}")]
        if former
        else [],
        "moved": moved,
        **(_stale(found, live) if moved and live else {"live_changes": None, "merge": None}),
        "reverts": _reverts(found, live),
        "edited": _edited(found),
    }


def _compared(found: Review, live: Revision | None) -> Revision | None:
    """What readers have now; of a decided text, or where that is withheld, what it was written on."""
    return (live or found.revision.base) if found.is_open else found.revision.base


def _against(found: Review, live: Revision | None) -> str:
    return "What is live" if found.is_open and live else "What was live"


def _old_name(found: Review, live: Revision | None, since_round: bool) -> str:
    if since_round:
        return f"Round {found.round - 1}"
    return "Live now" if found.is_open and live else "Before"


def _stale(found: Review, live: Revision) -> dict[str, Any]:
    """Both differences: what was approved meanwhile, and what this text changes."""
    base = found.revision.base
    if base is None:
        return {"live_changes": None, "merge": None}
    return {
        "live_changes": differences.between(db.session, base, live),
        "own_changes": differences.between(db.session, base, found.revision),
        "merge": workflow.merge_with_live(found),
    }


def _reverts(found: Review, live: Revision | None) -> Sequence[reverts.Revert]:
    """Places in which the text would take back what was approved before."""
    if not found.is_open or live is None or found.revision.base_id != live.id:
        return []
    return reverts.found_in(db.session, found.article_id, live, found.revision.body)


def _edited(found: Review) -> Difference | None:
    """Exactly what the curator changed in approving it."""
    former = [
        entry.detail["edited_from"] for entry in found.entries if "edited_from" in entry.detail
    ]
    if not former:
        return None
    typed = db.session.get(Revision, former[-1])
    return differences.between(db.session, typed, found.revision) if typed else None


# What is said about it


def _talk(found: Review, rights: Rights, difference: Difference) -> dict[str, Any]:
    threads = talk.threads(db.session, found)
    placed = _placed(threads, difference)
    beside = {thread.number for each in placed.values() for thread in each}
    return {
        "threads": threads,
        "placed": placed,
        "listed": [thread for thread in threads if thread.number not in beside],
        "open_threads": sum(thread.is_open for thread in threads),
        "can_comment": rights.comments,
        "notes_visible": rights.sees_notes,
        "internal_notes": talk.notes_for(db.session, rights),
        "key": secrets.token_hex(12),
        "longest_comment": talk.LONGEST_COMMENT,
    }


def _placed(threads: Sequence[Thread], difference: Difference) -> dict[int, list[Thread]]:
    """Threads by the line of the source, as far as the page shows it, that each ends at."""
    if difference.source is None:
        return {}
    shown = {row.new_line for part in difference.source.stretches for row in part.rows}
    placed: dict[int, list[Thread]] = defaultdict(list)
    for thread in threads:
        if thread.lines and thread.lines.last in shown:
            placed[thread.lines.last].append(thread)
    return placed


def _checks(found: Review, reader: User) -> dict[str, Any]:
    """Of what is decided already nobody asks any more."""
    if not found.is_open:
        return {"report": None}
    report = checks.all_of(
        db.session,
        found.revision,
        reader=reader,
        published=current_app.extensions.get("similar_published"),
        site=settings().base_url,
    )
    return {"report": report}


def _desk(found: Review, rights: Rights) -> dict[str, Any]:
    """What curators have at hand: the rules, the checklist, canned reasons; for authors their tasks."""
    reader, author = rights.user, rights.is_author
    tasks = checklist.tasks(db.session, found) if author else []
    standing = approvals.standing(found)
    deciders = _deciders(found, rights) if found.is_open else []
    shared = {
        "tasks": tasks,
        "task_places": checklist.places(found, tasks),
        "approved_by": [e.actor for e in _endorsements(found) if e.actor_id in standing],
        "has_approved": reader.id in standing,
        "deciders": deciders,
    }
    if author or not rights.sees_notes:
        return shared
    rules = policy.of(db.session, found.topic_id)
    board = checklist.board(db.session, found, rules)
    holds = found.holder_id == reader.id
    return shared | {
        "rules": rules,
        "publishes": rules.may_publish(standing | {reader.id}),
        "board": board,
        "board_places": checklist.places(found, [line.former for line in board if line.former]),
        "canned": reasons.offered(db.session, found.topic_id) if holds else [],
        "zone": reader.time_zone or company.times(db.session).time_zone,
        "colleagues": _colleagues(found, reader, deciders),
    }


def _deciders(found: Review, rights: Rights) -> Sequence[User]:
    """Who may decide now; whoever has approved the text has done their part."""
    done = approvals.standing(found)
    people = queries.deciders(db.session, found, rights.deciders)
    return [person for person in people if person.id not in done]


def _colleagues(found: Review, reader: User, deciders: Sequence[User]) -> list[tuple[str, str]]:
    """Whom this person may ask to read it."""
    if found.state not in queries.WAITING or not can_see_queue(reader):
        return []
    return [(each.handle, each.name) for each in deciders if each.id != reader.id]


def _endorsements(found: Review) -> Sequence[Any]:
    kinds = (Action.ENDORSE, Action.EDIT_AND_ENDORSE)
    return [entry for entry in found.entries if entry.action in kinds]


def prefilled(found: Review, typed: Mapping[str, str]) -> str:
    """The reason with a canned one put in, where somebody chose one without a script."""
    chosen = request.args.get("canned", "")
    reason = typed.get("reason", request.args.get("reason", ""))
    if not chosen.isdigit() or len(chosen) > 9 or found.state is not State.IN_REVIEW:
        return reason
    return reasons.prefill(db.session, found, int(chosen), reason, by=me())
