"""What reviewing adds to pages of the knowledge base."""

from typing import Any

from flask import Flask, render_template, request
from markupsafe import Markup

from core.db import db
from core.web import fill_slot, posted, settings
from curation import checklist, checks, clock, fast_lane, queries, talk, workflow
from curation.models import Action
from curation.permissions import can_see_queue, can_withdraw
from kb.forms import LONGEST_NOTE
from kb.models import Article, Draft, Topic
from people import company
from people.signin import me


def init_app(app: Flask) -> None:
    fill_slot(app, "draft.returned", returned)
    fill_slot(app, "draft.submit", submit_button)
    fill_slot(app, "drafts.submissions", submissions)
    fill_slot(app, "home.yours", on_home)
    fill_slot(app, "article.proposals", proposals)
    fill_slot(app, "topic.pace", pace)


def returned(draft: Draft | None = None, **_: Any) -> Markup:
    """Why a text came back, for its author to have before their eyes while they change it."""
    review = queries.of_draft(db.session, draft) if draft and not draft.locked else None
    if review is None or draft is None:
        return Markup("")
    decision = workflow.last_act(review)
    if decision.action not in (Action.REQUEST_CHANGES, Action.DECLINE, Action.MERGE_INTO):
        return Markup("")
    tasks = checklist.tasks(db.session, review)
    return Markup(
        render_template(
            "curation/_returned.html",
            draft=draft,
            review=review,
            decision=decision,
            threads=[each for each in talk.threads(db.session, review) if each.is_open],
            tasks=tasks,
            task_places=checklist.places(review, tasks),
        )
    )


def submit_button(draft: Draft | None = None, **_: Any) -> Markup:
    """The button that hands a draft in, or where its review stands."""
    review = queries.of_draft(db.session, draft) if draft else None
    return Markup(
        render_template(
            "curation/_submit.html",
            draft=draft,
            review=review,
            can_withdraw=review is not None and can_withdraw(me(), review),
            note=posted().get("note", "") if request.method == "POST" else "",
            report=checks.of_draft(db.session, draft, site=settings().base_url)
            if draft and request.endpoint == "curation.check_draft"
            else None,
            longest_note=LONGEST_NOTE,
            lane=fast_lane.open_to(db.session, draft) if draft and not draft.locked else None,
        )
    )


def submissions(**_: Any) -> Markup:
    """One's own submissions, on the drafts page."""
    return Markup(
        render_template(
            "curation/_submissions.html", reviews=queries.submissions_of(db.session, me())
        )
    )


def on_home(**_: Any) -> Markup:
    """Where one's open submissions stand, and for curators what waits for them."""
    mine = [r for r in queries.submissions_of(db.session, me(), limit=20) if r.is_open][:5]
    waiting = None
    if can_see_queue(me()):
        waiting = queries.first_in_line(db.session, me(), limit=3)
    return Markup(render_template("curation/_home.html", reviews=mine, waiting=waiting))


def proposals(article: Article, **_: Any) -> Markup:
    """On an article's history: proposals and former reviews that this person may read."""
    reviews = queries.of_article(db.session, me(), article.id)
    return (
        Markup(render_template("curation/_proposals.html", reviews=reviews))
        if reviews
        else Markup("")
    )


def pace(topic: Topic, **_: Any) -> Markup:
    """How long a decision took lately, beside how long it should take."""
    found = clock.pace(db.session, topic.id)
    if found is None:
        return Markup("")
    calendar = company.calendar(db.session)
    words = calendar.in_words(found.median), calendar.in_words(found.p75)
    return Markup(
        "<p>In the last three months half of the answers came within {},"
        " and three in four within {}.</p>"
    ).format(*words)
