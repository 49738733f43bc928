"""A duplicate as a decision: what it adds goes on as a proposal to the article that is there already."""

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from core.errors import Conflict, Invalid, NotAllowed
from curation.models import Action, Review
from curation.permissions import may_decide_in
from curation.workflow.moving import checked_reason, move, to_decide
from curation.workflow.submission import new_review
from kb import drafts, lifecycle, policy, standing
from kb.merging import Text
from kb.models import Article
from kb.rendering import Rendering
from kb.topics import ARTICLE_CHANGED
from people.models import User


def merge_into(
    session: Session,
    review_id: int,
    *,
    version: int,
    revision: int,
    target: Article,
    text: Text | None,
    rendering: Rendering | None,
    reason: str,
    by: User,
) -> Review:
    """Close it as a duplicate of `target`.

    With a `text`, that is proposed to `target` in its author's name, helped by `by`, and decided by
    somebody else. Without one nothing is added but the words of its title, by which `target` is
    found from now on; that is for those who decide in its topic.
    """
    review = to_decide(session, review_id, Action.MERGE_INTO, version, revision, by)
    is_hidden = target.hidden_at is not None
    if target.id == review.article_id or target.live_revision is None or is_hidden:
        sentence = "Choose another article that is published, and that its author may read."
        raise Invalid(sentence, {"target": sentence})
    if review.article.live_revision_id is not None:
        raise Conflict("This changes an article that is published; only new ones are duplicates.")
    detail = {"target": target.id, "words": title_words(review)}
    review.policy_id = policy.of(session, review.topic_id).policy_id
    if text is None:
        if not may_decide_in(session, by, target.topic_id):
            raise NotAllowed(
                "The article belongs to another topic's curators. Propose your text to them instead."
            )
        _add_keywords(session, target, title_words(review))
    note = checked_reason(reason) or f"We have this already: {target.live_revision.title}."
    move(session, review, Action.MERGE_INTO, by=by, note=note, detail=detail)
    drafts.let_go(session, review.article_id, review.author_id)
    if text is not None and rendering is not None:
        proposal = _propose(session, review, target, text, rendering, by)
        review.merged_into_id = proposal.id
    return review


def _propose(
    session: Session, review: Review, target: Article, text: Text, rendering: Rendering, by: User
) -> Review:
    author = review.author
    if drafts.of_article(session, author, target.id) is not None:
        raise Conflict(
            f"{author.name} is working on a change to that article already."
            " Ask for changes here instead, and name that article."
        )
    frozen = drafts.propose_for(
        session, author, target, text, rendering, note=f"From {review.revision.title}", by=by
    )
    return new_review(session, frozen, author=author, note=frozen.note, by=by)


def keep_title_words(session: Session, review: Review) -> None:
    """Once a merged text is approved, its article is found by the words of the duplicate's title."""
    merged = sa.select(Review).where(Review.merged_into_id == review.id)
    for duplicate in session.scalars(merged):
        _add_keywords(session, review.article, title_words(duplicate))


def _add_keywords(session: Session, article: Article, words: list[str]) -> None:
    article = standing.locked(session, article)
    lifecycle.keep_keywords(article, words)
    outbox.record(session, ARTICLE_CHANGED, article.id)


def title_words(review: Review) -> list[str]:
    """The words of a title, as keywords."""
    return list(dict.fromkeys(re.findall(r"[\w'-]{2,40}", review.revision.title.lower())))[:12]
