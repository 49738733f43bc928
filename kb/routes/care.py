"""Looking after articles: what waits to be checked, saying that a text is still true, handing it on."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Conflict, Invalid
from core.web import number, own_address, page_of
from kb import dependencies, flags, handover, outcomes, queries, standing, tasks, verification
from kb.care_notices import REASONS, RESULTS
from kb.models import Article, DependencyKind, FlagState
from kb.routes import bp
from kb.routes.managing import moved
from kb.tasks import Wanted
from kb.topics import find, tree
from people import accounts
from people.models import User
from people.signin import me

STATES = {FlagState.OPEN: "Somebody is looking at it", **RESULTS}


@bp.get("/care")
def care() -> Any:
    """One's own tasks; with `list=topics` what waits in the topics where one decides."""
    topic_ids = tasks.topics_of(db.session, me())
    if request.args.get("list") == "topics" and topic_ids:
        return _topics_list(topic_ids)
    return render_template(
        "kb/care.html",
        tasks=tasks.of_owner(db.session, me()),
        flags=flags.handled_by(db.session, me()),
        flagged=flags.opened_by(db.session, me()),
        failing=outcomes.failing(db.session, me()),
        reasons=REASONS,
        states=STATES,
        waiting_in_topics=tasks.count_in_topics(db.session, Wanted(topic_ids)) if topic_ids else 0,
        decides=bool(topic_ids),
    )


def _topics_list(topic_ids: list[int]) -> Any:
    all_topics = tree(db.session)
    chosen = find(db.session, request.args.get("topic", ""))
    shown = set(all_topics.below(chosen.id)) & set(topic_ids) if chosen else set(topic_ids)
    wanted = Wanted(sorted(shown), overdue_only="overdue" in request.args)
    page = page_of(tasks.count_in_topics(db.session, wanted))
    return render_template(
        "kb/care_topics.html",
        tasks=tasks.in_topics(db.session, wanted, offset=page.offset, limit=page.size),
        page=page,
        flags=flags.in_topics(db.session, wanted.topic_ids),
        reasons=REASONS,
        rejected=flags.rejected_by_owners(db.session, wanted.topic_ids),
        topics=[(node.slug, words) for node, words in _choices(topic_ids)],
        topic=chosen.slug if chosen else "",
        overdue_only=wanted.overdue_only,
        days_shown=flags.DAYS_SHOWN,
    )


def _choices(topic_ids: list[int]) -> list[tuple[Any, str]]:
    """The topics in which somebody decides, as a select shows them."""
    found = tree(db.session)
    indent = "\N{NO-BREAK SPACE}" * 4
    return [
        (node, indent * depth + node.name) for node, depth in found.walk() if node.id in topic_ids
    ]


# One article


@bp.get("/articles/<slug>/care")
def article_care(slug: str) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return moved(slug, "kb.article_care")
    return care_page(found)


def care_page(
    article: Article,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    """All about the upkeep of an article; `form` is what somebody typed that did not fit."""
    may = verification.can_verify(db.session, me(), article)
    return render_template(
        "kb/care_article.html",
        article=article,
        title=standing.title_of(db.session, article),
        may_verify=may,
        days=verification.interval(db.session, article),
        topic_days=verification.topic_days(db.session, article),
        history=verification.history(db.session, article),
        rests_on=dependencies.of_article(db.session, article),
        suggestions=dependencies.suggestions(db.session, article) if may else [],
        kinds=KINDS,
        limits=(verification.LEAST_DAYS, verification.LONGEST_DAYS),
        form=form or {},
        errors=errors or {},
    )


KINDS = [
    (DependencyKind.SYSTEM.value, "System"),
    (DependencyKind.VERSION.value, "Version"),
    (DependencyKind.FORM.value, "Form"),
    (DependencyKind.LINK.value, "Link"),
]


@bp.post("/articles/<slug>/verification")
def verify(slug: str) -> Any:
    article = required(slug)
    try:
        made = verification.verify(
            db.session,
            article,
            seen=number(request.form.get("revision")),
            by=me(),
            note=request.form.get("note", ""),
        )
    except (Conflict, Invalid) as error:
        return refused(article, error)
    db.session.commit()
    flash(f"Checked. Next time: {verification.day(made.next_due_at)}.")
    return back(article)


@bp.post("/articles/<slug>/interval")
def choose_interval(slug: str) -> Any:
    article = required(slug)
    days = request.form.get("days", "").strip()
    try:
        verification.set_interval(db.session, article, days=number(days) if days else None, by=me())
    except (Conflict, Invalid) as error:
        return refused(article, error)
    db.session.commit()
    flash(f"A check is believed for {verification.interval(db.session, article)} days now.")
    return back(article)


@bp.post("/articles/<slug>/ownership")
def hand_over(slug: str) -> Any:
    article = required(slug)
    try:
        to = person_named(request.form.get("to", ""), field="to")
        handover.give(db.session, article, to=to, seen=number(request.form.get("owner")), by=me())
    except (Conflict, Invalid) as error:
        return refused(article, error)
    db.session.commit()
    flash(f"{to.name} looks after it from now on, and is told.")
    return back(article)


def required(slug: str) -> Article:
    """The article of an address, also of a former one: the page may have been open for long."""
    present = queries.article_by_slug(db.session, me(), slug)
    if present is None and (target := queries.moved_article(db.session, me(), slug)):
        present = queries.article_by_slug(db.session, me(), target)
    return present or abort(404)


def person_named(word: str, *, field: str) -> User:
    """Whom somebody means; raises Invalid for nobody."""
    person = accounts.find_by_word(db.session, word) if word.strip() else None
    if person is None:
        sentence = (
            f"Nobody here goes by {word.strip()}. Use an e-mail address or a handle."
            if word.strip()
            else "Say who, by an e-mail address or a handle."
        )
        raise Invalid(sentence, {field: sentence})
    return person


def refused(article: Article, error: Conflict | Invalid) -> Any:
    """The page with everything typed, and what is wrong with it."""
    db.session.rollback()
    errors = named(error)
    return care_page(article, form=request.form.to_dict(), errors=errors), error.status


def named(error: Conflict | Invalid) -> Mapping[str, str]:
    """What is wrong by the field it is about; under no name what is about none."""
    return (error.fields if isinstance(error, Invalid) else {}) or {"": error.message}


def back(article: Article) -> Any:
    """Where the button stood."""
    target = own_address(request.form.get("next"))
    return redirect(target or url_for("kb.article_care", slug=article.slug), 303)
