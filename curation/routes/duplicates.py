"""A text that says what an article says already: closed, or what it adds proposed to that article."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from core.db import db
from core.errors import DomainError, Invalid
from core.markup import link_key
from core.web import number, posted, wants_json
from curation import workflow
from curation.models import Review
from curation.permissions import can_decide
from curation.routes.blueprint import bp
from curation.routes.editing import held, rendered
from curation.routes.review import readable, refused, sent_reason, what_was_read
from kb import forms, queries, topics
from kb.models import Article
from kb.queries import visible_to
from kb.rendering import slug_at
from people.signin import me

NOT_FOUND = "No published article goes by that. Try its title, or its address."
MOST_OFFERED = 5


@bp.get("/reviews/<int:review_id>/duplicate")
def duplicate(review_id: int) -> Any:
    """Choose the article that is there already, then what of this text it should have."""
    found = held(review_id)
    named = request.args.get("target", "")
    target = _target(named)
    if target is None:
        errors = {"target": NOT_FOUND} if named.strip() else {}
        return _page(found, None, {"target": named}, errors=errors)
    return _page(found, target, _joined(found, target))


@bp.post("/reviews/<int:review_id>/duplicate")
def join(review_id: int) -> Any:
    sent = posted()
    found = readable(review_id)
    target = _target(sent.get("target", ""))
    try:
        if target is None or target.live_revision is None:
            raise Invalid(NOT_FOUND, {"target": NOT_FOUND})
        proposes = sent.get("propose") == "1"
        text, made = rendered(target.live_revision, sent) if proposes else (None, None)
        if "again" in sent:
            html = Markup(made.rendered.html) if made else None
            return _page(found, target, sent, preview=html)
        done = workflow.merge_into(
            db.session,
            review_id,
            **what_was_read(),
            target=target,
            text=text,
            rendering=made,
            reason=sent_reason(),
            by=me(),
        )
    except DomainError as error:
        db.session.rollback()
        return _again(review_id, error, sent)
    db.session.commit()
    flash(f"Closed as a duplicate. {done.author.name} is told, and keeps the text.")
    if done.merged_into_id:
        return redirect(url_for("curation.review", review_id=done.merged_into_id), 303)
    return redirect(url_for("curation.queue"), 303)


def _again(review_id: int, error: DomainError, sent: Mapping[str, str]) -> Any:
    found = readable(review_id)
    if wants_json() or not (found.is_open and can_decide(db.session, me(), found)):
        return refused(review_id, error)
    errors = error.fields if isinstance(error, Invalid) else {}
    target = _target(sent.get("target", ""))
    return _page(found, target, sent, problem=error.message, errors=errors), error.status


def _page(
    found: Review,
    target: Article | None,
    form: Mapping[str, str],
    *,
    problem: str = "",
    errors: Mapping[str, str] | None = None,
    preview: Markup | None = None,
) -> str:
    is_holder = found.holder_id == me().id
    return render_template(
        "curation/duplicate.html",
        review=found,
        revision=found.revision,
        target=target,
        offered=[] if target else _offered(found),
        form=form,
        preview_html=preview,
        words=workflow.title_words(found),
        is_holder=is_holder,
        claim_minutes=int(workflow.CLAIM.total_seconds() // 60),
        version=found.version if is_holder else number(form.get("version")),
        topics=topics.tree(db.session).choices(),
        problem=problem,
        errors=errors or {},
        limits={"title": forms.LONGEST_TITLE, "summary": forms.LONGEST_SUMMARY},
        longest_reason=workflow.LONGEST_REASON,
    )


def _target(named: str) -> Article | None:
    """A published article by its address, as somebody pastes it, or by its title."""
    slug = slug_at(named)
    if not slug:
        return None
    moved = queries.moved_article(db.session, me(), slug)
    found = queries.article_by_slug(db.session, me(), moved or slug) or _titled(named)
    return found if found is not None and found.live_revision_id is not None else None


def _titled(title: str) -> Article | None:
    query = sa.select(Article).where(Article.title_key == link_key(title), visible_to(me()))
    return db.session.scalar(query.order_by(Article.id).limit(1))


def _offered(found: Review) -> Sequence[Article]:
    """Published articles that may say the same, the likeliest first; another room knows them."""
    similar = current_app.extensions.get("similar_published")
    ids = list(similar(db.session, me(), found.revision))[:MOST_OFFERED] if similar else []
    query = sa.select(Article).where(Article.id.in_(ids), visible_to(me()))
    articles = db.session.scalars(query.options(joinedload(Article.live_revision))).all()
    return sorted(articles, key=lambda article: ids.index(article.id))


def _joined(found: Review, target: Article) -> dict[str, str]:
    """The live text with the submission below it, for the curator to work together."""
    assert target.live_revision is not None
    live = target.live_revision
    body = f"{live.body.rstrip()}\n\n## {found.revision.title}\n\n{found.revision.body}"
    return forms.shown_revision(live) | {"body": body}
