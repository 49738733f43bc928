"""Proposals whose live text has changed: carried over at once, where that is clean, as the outbox does."""

import sqlalchemy as sa

from curation import workflow
from curation.models import Review, State
from kb import rendering
from kb.models import Article
from ops.demo.seeding.story import Story
from people.models import User


def bring_up(story: Story, article: Article, *, by: User) -> None:
    """As `curation.merges` does after a publication, in the present transaction."""
    query = sa.select(Review).where(
        Review.article_id == article.id,
        Review.stored_state.in_((State.SUBMITTED, State.IN_REVIEW)),
    )
    for review in story.session.scalars(query).all():
        merge = workflow.merge_with_live(review)
        if merge is None or not merge.text.is_clean:
            continue
        rendered = rendering.render(story.session, merge.text.body, review.revision.dialect)
        workflow.bring_up(story.session, review.id, merge, rendered, by=by)
