"""Synonyms: the page on which curators keep them, and a look at what a change would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotAllowed, Unavailable
from core.web import number, posted
from kb import queries, topics
from kb.keeping import Keeper
from kb.models import Topic
from kb.queries import ResultRow
from people.signin import me
from search import search_of_app, synonyms
from search.asking import ask
from search.book import Book, books
from search.engines import EngineError
from search.models import Synonyms
from search.permissions import can_curate_search
from search.pipeline import Results
from search.preview import Change, preview
from search.query import Query
from search.routes import bp


@dataclass(frozen=True)
class Shown:
    """What the page shows besides the list: a form as it was sent, and what came of it."""

    form: Mapping[str, str]
    problem: DomainError | None = None
    changes: Sequence[Change] | None = None  # none: nobody has asked

    @property
    def errors(self) -> Mapping[str, str]:
        return self.problem.fields if isinstance(self.problem, Invalid) else {}


@bp.get("/search/synonyms")
def list_synonyms() -> Any:
    return _page(Shown({"words": request.args.get("words", "")[: synonyms.LONGEST]}))


@bp.post("/search/synonyms")
def add_synonyms() -> Any:
    sent = posted()
    try:
        topic = _topic(sent)
        if sent.get("action") == "preview":
            return _page(Shown(sent, changes=_changes(sent, topic)))
        made = synonyms.add(db.session, sent.get("words", ""), topic=topic, by=me())
    except (Invalid, Unavailable) as error:
        db.session.rollback()
        return _page(Shown(sent, error)), error.status
    db.session.commit()
    flash(f"Saved, and search knows it already: {synonyms.text_of(made.words)}.")
    return redirect(url_for(".list_synonyms"), 303)


@bp.get("/search/synonyms/<int:group_id>")
def synonyms_to_change(group_id: int) -> Any:
    found = synonyms.find(db.session, group_id)
    if found.removed_at is not None:
        return redirect(url_for(".list_synonyms"), 303)
    return _page(Shown(_as_it_is(found)), found)


@bp.post("/search/synonyms/<int:group_id>")
def change_synonyms(group_id: int) -> Any:
    found, sent = synonyms.find(db.session, group_id), posted()
    try:
        topic = _topic(sent)
        if sent.get("action") == "preview":
            return _page(Shown(sent, changes=_changes(sent, topic, found)), found)
        synonyms.change(
            db.session,
            found,
            sent.get("words", ""),
            topic=topic,
            version=number(sent.get("version")),
            by=me(),
        )
    except (Conflict, Invalid, Unavailable) as error:
        db.session.rollback()
        now = str(found.version) if isinstance(error, Conflict) else sent.get("version", "")
        return _page(Shown({**sent, "version": now}, error), found), error.status
    db.session.commit()
    flash(f"Saved, and search knows it already: {synonyms.text_of(found.words)}.")
    return redirect(url_for(".list_synonyms"), 303)


@bp.post("/search/synonyms/<int:group_id>/removal")
def remove_synonyms(group_id: int) -> Any:
    found = synonyms.find(db.session, group_id)
    synonyms.remove(db.session, found, by=me())
    db.session.commit()
    flash(
        f"Removed: {synonyms.text_of(found.words)}. You can bring it back at the end of the page."
    )
    return redirect(url_for(".list_synonyms"), 303)


@bp.post("/search/synonyms/<int:group_id>/return")
def bring_synonyms_back(group_id: int) -> Any:
    found = synonyms.find(db.session, group_id)
    try:
        synonyms.bring_back(db.session, found, by=me())
    except Invalid as error:
        db.session.rollback()
        return _page(Shown({}, error)), error.status
    db.session.commit()
    flash(f"Search knows it again: {synonyms.text_of(found.words)}.")
    return redirect(url_for(".list_synonyms"), 303)


def _page(shown: Shown, opened: Synonyms | None = None) -> str:
    """The list, with the form to add to it; or with one of its groups opened to be changed."""
    if not can_curate_search(db.session, me()):
        raise NotAllowed("Synonyms are for curators, and for those who decide in a topic.")
    keeper = Keeper(db.session, me())
    find = request.args.get("find", "")[: synonyms.LONGEST_ENTRY]
    found = synonyms.listed(db.session, find=find)
    return render_template(
        "search/synonyms.html",
        places=[(name, list(rows)) for name, rows in groupby(found, lambda row: row.topic_name)],
        removed=synonyms.removed(db.session),
        opened=opened if opened is None or opened.removed_at is None else None,
        shown=shown,
        find=find,
        mine=keeper,
        topics=[(node.slug, words) for node, words in keeper.topics()],
        everywhere=keeper.may(None),
        longest=synonyms.LONGEST,
    )


def _as_it_is(group: Synonyms) -> dict[str, str]:
    topic = db.session.get(Topic, group.topic_id) if group.topic_id else None
    return {
        "words": synonyms.text_of(group.words),
        "topic": topic.slug if topic else "",
        "version": str(group.version),
    }


def _topic(sent: Mapping[str, str]) -> Topic | None:
    slug = sent.get("topic", "").strip()
    if not slug:
        return None
    topic = topics.find(db.session, slug) or topics.find_moved(db.session, slug)
    if topic is None:
        sentence = "That topic is not there any more. Choose another."
        raise Invalid(sentence, {"topic": sentence})
    return topic


# What a change would do


def _changes(
    sent: Mapping[str, str], topic: Topic | None, group: Synonyms | None = None
) -> list[Change]:
    entries = synonyms.checked_for(
        db.session, sent.get("words", ""), topic=topic, but=group, by=me()
    )
    present = books(db.session)
    changed = present.with_group(synonyms.imagined(entries, topic, group.id if group else 0))
    db.session.commit()  # nothing; but others could not write while dozens of searches are made
    try:
        with db.reading() as session:
            return preview(session, present, changed, partial(_ask, session))
    except EngineError:
        raise Unavailable(
            "The search index cannot be asked at present. Nothing is lost; try again in a minute."
        ) from None


def _ask(session: Session, query: Query, book: Book) -> Results[ResultRow]:
    """What this person would find, ranked as any search is. Nothing of it is kept as a search."""
    room = search_of_app()

    def rows(ids: Sequence[int]) -> dict[int, ResultRow]:
        return queries.result_rows(session, me(), ids)

    return room.repairer.asking(lambda: ask(session, room.pipeline, query, rows, book=book))
