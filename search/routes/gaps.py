"""Wanted articles: what people look for, who writes it, and what curators decide about it."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from core.text import one_line, quoted
from core.web import number, page_of, posted, settings
from kb import forms
from kb.models import Draft
from kb.topics import tree
from people.signin import me
from search import search_of_app
from search.engines import EngineError
from search.gaps import answering, cards, listing, words, writing
from search.models import Gap, GapState
from search.permissions import can_claim, can_curate_search, can_see_gap, writes
from search.routes import bp

STATE_WORDS = {
    GapState.OPEN: "Wanted",
    GapState.CLAIMED: "Being written",
    GapState.ANSWERED: "Answered",
    GapState.DISMISSED: "Closed",
}
MOST_TO_JOIN = 200  # cards offered when two are to become one


@bp.get("/search/gaps")
def gaps() -> Any:
    curates = can_curate_search(db.session, me())
    offered = [s for s in GapState if curates or s is not GapState.DISMISSED]
    asked = request.args.get("state", "")
    state = next((each for each in offered if each == asked), GapState.OPEN)
    page = page_of(listing.count(db.session, state))
    return render_template(
        "search/gaps.html",
        state=state,
        states=[(each, STATE_WORDS[each]) for each in offered],
        cards=listing.cards(db.session, me(), state, offset=page.offset, limit=page.size),
        mine=listing.written_by(db.session, me()) if state is GapState.OPEN else [],
        page=page,
        curates=curates,
        words=words,
    )


@bp.get("/search/gaps/new")
def new_gap() -> Any:
    """The form; the words of a search come along in the address."""
    carried = {name: request.args.get(name, "")[:500] for name in ("q", "topic")}
    return _ask_page(carried | {"tell": "1"}, {})


@bp.post("/search/gaps")
def ask() -> Any:
    """Ask colleagues for what was not found; curators say which searches asked for it."""
    sent = posted()
    try:
        gap = _asked(sent)
    except Invalid as error:
        db.session.rollback()
        return _ask_page(sent, error.fields), error.status
    db.session.commit()
    flash(_asked_words(gap, sent.get("q", "")))
    if not can_see_gap(db.session, me(), gap):
        return redirect(url_for("search.gaps"), 303)
    return _to(gap)


def _asked(sent: Mapping[str, str]) -> Gap:
    note, topic = sent.get("note", ""), sent.get("topic", "")
    wording, searches = sent.get("q", ""), request.form.getlist("search", type=number)
    if searches and can_curate_search(db.session, me()):
        return cards.make(db.session, [wording], searches=searches, note=note, topic=topic, by=me())
    return cards.ask(
        db.session, wording, note=note, tell=bool(sent.get("tell")), topic=topic, by=me()
    )


def _asked_words(gap: Gap, wording: str) -> str:
    if gap.state is GapState.ANSWERED:
        return "Somebody has written that. Look whether it is what you meant."
    if gap.state is GapState.DISMISSED:
        return f"Somebody asked for that before, and curators closed it: {gap.closed_because}"
    if gap.query != one_line(wording):
        before = f"It was asked for before, as {quoted(gap.query)}, and that is one card now."
        return f"{before} Your colleagues see it among the wanted articles."
    return "Your colleagues see it among the wanted articles."


def _ask_page(sent: Mapping[str, str], errors: Mapping[str, str]) -> str:
    choices = tree(db.session).choices()
    return render_template("search/ask.html", form=sent, errors=errors, topics=choices)


@bp.get("/search/gaps/<int:gap_id>")
def gap(gap_id: int) -> Any:
    return _page(_seen(gap_id))


@bp.post("/search/gaps/<int:gap_id>/claim")
def claim_gap(gap_id: int) -> Any:
    _seen(gap_id)
    claimed = writing.claim(db.session, gap_id, by=me())
    db.session.commit()
    flash("It is yours to write. Choose how to begin.")
    return _to(claimed)


@bp.post("/search/gaps/<int:gap_id>/writing")
def write_gap(gap_id: int) -> Any:
    """The draft that answers it; taken by whoever begins it."""
    _seen(gap_id)
    kind = forms.parse_kind(posted().get("kind"))
    draft = writing.begin(db.session, gap_id, kind, dialect=settings().dialect, by=me())
    db.session.commit()
    return redirect(url_for("kb.draft", draft_id=draft.id), 303)


@bp.post("/search/gaps/<int:gap_id>/release")
def release_gap(gap_id: int) -> Any:
    _seen(gap_id)
    released = writing.give_back(db.session, gap_id, by=me())
    db.session.commit()
    flash("It is open to others again.")
    return _to(released)


@bp.post("/search/gaps/<int:gap_id>/telling")
def tell_gap(gap_id: int) -> Any:
    """Whether this person wants to be told when it is written."""
    found = _seen(gap_id)
    if posted().get("tell"):
        if found.state not in (GapState.OPEN, GapState.CLAIMED):
            raise Conflict("This card is closed, so there is nothing more to be told.")
        cards.want_to_know(db.session, found, by=me())
        flash("You will be told when it is written.")
    else:
        cards.want_no_more(db.session, found, by=me())
        flash("You will not be told.")
    db.session.commit()
    return _to(found)


@bp.post("/search/gaps/<int:gap_id>/change")
def change_gap(gap_id: int) -> Any:
    sent = posted()
    return _decided(
        gap_id,
        sent,
        lambda version: cards.change(
            db.session,
            gap_id,
            query=sent.get("q", ""),
            note=sent.get("note", ""),
            topic=sent.get("topic", ""),
            version=version,
            by=me(),
        ),
        "Saved.",
    )


@bp.post("/search/gaps/<int:gap_id>/dismissal")
def dismiss_gap(gap_id: int) -> Any:
    sent = posted()
    reason = sent.get("reason", "")
    return _decided(
        gap_id,
        sent,
        lambda version: cards.dismiss(db.session, gap_id, reason=reason, version=version, by=me()),
        "Closed. Those who asked are told why, and whoever asks for it again reads it.",
    )


@bp.post("/search/gaps/<int:gap_id>/reopening")
def reopen_gap(gap_id: int) -> Any:
    return _decided(
        gap_id,
        posted(),
        lambda version: cards.reopen(db.session, gap_id, version=version, by=me()),
        "It is wanted again.",
    )


@bp.post("/search/gaps/<int:gap_id>/merge")
def merge_gap(gap_id: int) -> Any:
    sent = posted()
    into = number(sent.get("into"))
    return _decided(
        gap_id,
        sent,
        lambda version: cards.merge(db.session, gap_id, into=into, version=version, by=me()),
        "Both are one card now.",
    )


@bp.post("/search/gaps/<int:gap_id>/answer")
def answer_gap(gap_id: int) -> Any:
    """A curator knows the article that answers it."""
    sent = posted()
    return _decided(
        gap_id,
        sent,
        lambda version: answering.answer_with(
            db.session,
            gap_id,
            sent.get("article", ""),
            _rank(gap_id, sent.get("article", "")),
            version=version,
            by=me(),
        ),
        "Answered. Those who asked are told.",
    )


def _rank(gap_id: int, address: str) -> int | None:
    room = search_of_app()
    finding = answering.Finding(room.engine, room.pipeline)
    db.session.commit()  # nothing yet; but others could not write while it is searched for
    try:
        with db.reading() as session:
            return answering.rank_of(session, gap_id, address, finding, by=me())
    except EngineError:
        raise Unavailable(
            "The search index cannot be asked at present. Nothing is lost; try again in a minute."
        ) from None


def _decided(gap_id: int, sent: Mapping[str, str], act: Any, done: str) -> Any:
    """What a curator decides of a card as they saw it; refused, it comes back as it was typed."""
    found = _seen(gap_id)
    try:
        after = act(number(sent.get("version")))
    except DomainError as error:
        if not isinstance(error, (Conflict, Invalid, Unavailable)):
            raise
        db.session.rollback()
        return _page(found, form=sent, problem=error), error.status
    db.session.commit()
    flash(done)
    return _to(after)


def _seen(gap_id: int) -> Gap:
    found = db.session.get(Gap, gap_id)
    if found is None or not can_see_gap(db.session, me(), found):
        raise NotFound("There is no such card.")
    return found


def _to(gap: Gap) -> Any:
    return redirect(url_for("search.gap", gap_id=gap.id), 303)


def _page(
    found: Gap, form: Mapping[str, str] | None = None, problem: DomainError | None = None
) -> str:
    db.session.refresh(found)
    curates = can_curate_search(db.session, me())
    [card] = listing.seen(db.session, me(), [found])
    mine = writes(me(), found)
    draft = db.session.get(Draft, found.draft_id) if mine and found.draft_id else None
    return render_template(
        "search/gap.html",
        card=card,
        gap=found,
        state_words=STATE_WORDS,
        draft=draft if draft and draft.deleted_at is None else None,
        is_mine=mine,
        can_claim=can_claim(me(), found),
        curates=curates,
        is_asker=listing.is_asker(db.session, found, me()),
        topics=tree(db.session).choices() if curates else [],
        others=_others(found) if curates else [],
        form=form or {},
        errors=problem.fields if isinstance(problem, Invalid) else {},
        problem=problem.message if problem else "",
        words=words,
    )


def _others(gap: Gap) -> list[tuple[int, str]]:
    """Cards to which this one could be joined."""
    query = sa.select(Gap.id, Gap.query).where(
        Gap.id != gap.id, Gap.state.in_((GapState.OPEN, GapState.CLAIMED))
    )
    rows = db.session.execute(query.order_by(Gap.query).limit(MOST_TO_JOIN))
    return [(row.id, row.query) for row in rows]
