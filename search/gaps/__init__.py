"""Gap cards: what people look for and nobody has written yet, until somebody has."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core import outbox, periodic
from core.outbox import Event
from search.engines import Engine
from search.pipeline import Pipeline


def init(engine: Engine, pipeline: Pipeline) -> None:
    """Follow what becomes of drafts and articles."""
    from kb import drafts
    from kb.publishing import PUBLISHED
    from kb.topics import ARTICLE_CHANGED
    from search.gaps import answering, searched, telling, writing

    finding = answering.Finding(engine, pipeline)

    def follow(session: Session, events: Sequence[Event]) -> None:
        answering.follow(session, events, finding)

    drafts.follow("search-gaps", writing.note_article)
    # What was hidden when it was published may be shown later.
    kinds = [PUBLISHED, ARTICLE_CHANGED]
    outbox.subscribe(answering.SUBSCRIBER, kinds, follow, batch=50)
    periodic.every("search-gaps", writing.EVERY_SECONDS, writing.open_abandoned)
    periodic.every("search-gap-words", searched.EVERY_SECONDS, searched.forget_hidden)
    telling.init_app()
