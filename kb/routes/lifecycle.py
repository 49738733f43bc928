"""One decision about a published article each: a small form with a reason and one clear button."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, render_template, request
from sqlalchemy.orm import Session

from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.web import number
from kb import lifecycle, queries, stewards
from kb.models import Article, Publication
from kb.routes import bp
from kb.routes.care import required
from kb.routes.managing import Sent, article_at, last_text, moved, page_of_form, to_article
from people.models import User
from people.signin import me


@dataclass(frozen=True)
class Act:
    """One decision with a reason: what its page says, who may, what it does."""

    name: str
    heading: str
    lead: str
    button: str
    done: str
    may: Callable[[Session, User, Article], bool]
    do: Callable[[Article, Sent], Any]
    is_danger: bool = False


def _seen(sent: Sent) -> dict[str, Any]:
    """What every act is given: the text that was looked at, why, and by whom."""
    return {"number": number(sent.get("number")), "reason": sent.get("reason", ""), "by": me()}


def _hide(article: Article, sent: Sent) -> None:
    lifecycle.hide(db.session, article, reason=sent.get("reason", ""), by=me())


ARCHIVE = Act(
    "archive",
    "Archive",
    "It can still be read at its address, with a line that says why it is no longer kept up. It"
    " leaves search, lists and the first page, and nobody is asked to check it any more.",
    "Archive",
    "Archived. It can still be read at its address.",
    stewards.can_retire,
    lambda article, sent: lifecycle.archive(db.session, article, **_seen(sent)),
)
UNARCHIVE = Act(
    "unarchive",
    "Bring back",
    "It is found again in search and lists.",
    "Bring back from the archive",
    "It is back from the archive.",
    stewards.can_retire,
    lambda article, sent: lifecycle.unarchive(db.session, article, **_seen(sent)),
)
UNPUBLISH = Act(
    "unpublish",
    "Take back",
    "Readers do not see it any more, not at its address either. Its authors and curators still do,"
    " and any of its texts can be published again.",
    "Take back",
    "Taken back. Readers do not see it any more.",
    stewards.can_steer,
    lambda article, sent: lifecycle.unpublish(db.session, article, **_seen(sent)),
    is_danger=True,
)
HIDE = Act(
    "hide",
    "Hide",
    "For something sensitive that cannot wait. Readers see at once that it is being checked, and"
    " nothing of the text. You, its authors and other curators still read it.",
    "Hide from readers",
    "Hidden. Readers do not see it until somebody shows it again.",
    stewards.can_hide,
    _hide,
    is_danger=True,
)
SHOW = Act(
    "show",
    "Show again",
    "Readers see it again, as it stands now. Earlier texts can be read in its history: if one of"
    " them holds what is sensitive, take the article back instead.",
    "Show to readers again",
    "Readers see it again.",
    stewards.can_hide,
    lambda article, sent: lifecycle.show(db.session, article, **_seen(sent)),
)
ROLL_BACK = Act(
    "rollback",
    "Go back to an earlier text",
    "It is published once more, with the credit of those who wrote it. What readers have now stays"
    " in the history.",
    "Publish this text again",
    "Published again.",
    stewards.can_steer,
    lambda article, sent: lifecycle.roll_back(
        db.session, article, to=number(sent.get("to")), **_seen(sent)
    ),
)


# Their pages


@bp.get("/articles/<slug>/archive")
def archive_form(slug: str) -> Any:
    return _form(slug, _archiving)


@bp.post("/articles/<slug>/archive")
def archive(slug: str) -> Any:
    return _decide(slug, _sent_act(ARCHIVE, UNARCHIVE))


@bp.get("/articles/<slug>/unpublish")
def unpublish_form(slug: str) -> Any:
    return _form(slug, lambda _: UNPUBLISH)


@bp.post("/articles/<slug>/unpublish")
def unpublish(slug: str) -> Any:
    return _decide(slug, UNPUBLISH)


@bp.get("/articles/<slug>/visibility")
def visibility_form(slug: str) -> Any:
    return _form(slug, lambda article: HIDE if article.hidden_at is None else SHOW)


@bp.post("/articles/<slug>/visibility")
def visibility(slug: str) -> Any:
    return _decide(slug, _sent_act(HIDE, SHOW))


@bp.get("/articles/<slug>/rollback")
def rollback_form(slug: str) -> Any:
    return _form(slug, lambda _: ROLL_BACK)


@bp.post("/articles/<slug>/rollback")
def rollback(slug: str) -> Any:
    return _decide(slug, ROLL_BACK)


def _archiving(article: Article) -> Act:
    return ARCHIVE if article.archived_at is None else UNARCHIVE


def _sent_act(*acts: Act) -> Act:
    """The act that the button named: what the page offered, whatever has happened since."""
    named = request.form.get("act", acts[0].name)
    return next((act for act in acts if act.name == named), acts[0])


def _form(slug: str, choose: Callable[[Article], Act]) -> Any:
    article = article_at(slug)
    if article is None:
        return moved(slug, str(request.endpoint), **request.args.to_dict())
    act = choose(article)
    if not act.may(db.session, me(), article):
        raise NotAllowed("This is for those who decide in its topic.")
    return _decision_page(article, act, request.args.to_dict())


def _decide(slug: str, act: Act) -> Any:
    article = required(slug)
    sent = request.form.to_dict()
    try:
        act.do(article, sent)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _decision_page(article, act, sent, error), error.status
    db.session.commit()
    flash(act.done)
    return to_article(article)


def _decision_page(article: Article, act: Act, sent: Sent, error: DomainError | None = None) -> str:
    earlier = _earlier(article, sent) if act is ROLL_BACK else None
    return render_template(
        "kb/decision.html",
        act=act,
        earlier=earlier,
        address=request.path,
        **page_of_form(article, sent, error),
    )


def _earlier(article: Article, sent: Sent) -> Publication:
    """The text to go back to; without one named, the last."""
    last = last_text(article)
    wanted = number(sent.get("to")) or last.number
    return queries.publication(db.session, article.id, wanted) or abort(404)
