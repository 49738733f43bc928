"""What people at Morlund want to be written, and who has begun to write it."""

from functools import partial
from typing import Any

from kb.models import Kind
from ops.demo import reading
from ops.demo.seeding.story import Story
from search.gaps import cards, writing
from search.models import Gap


def tell(story: Story) -> None:
    for facts in reading.entries("gaps.yaml"):
        story.at(story.moment(facts["days_ago"]), partial(_want, story, facts))


def _want(story: Story, facts: dict[str, Any]) -> None:
    by, (first, *others) = story.people[facts["by"]], facts["wordings"]
    about = {"note": facts["note"], "topic": facts["topic"]}
    if others:
        gap = cards.make(story.session, [first, *others], **about, by=by)
    else:
        gap = cards.ask(story.session, first, **about, tell=facts.get("tell", False), by=by)
    if facts.get("writer"):
        story.at(story.moment(facts["begun_days_ago"]), partial(_begin, story, gap, facts))


def _begin(story: Story, gap: Gap, facts: dict[str, Any]) -> None:
    by, dialect = story.people[facts["writer"]], story.config.dialect
    writing.begin(story.session, gap.id, Kind.HOWTO, dialect=dialect, by=by)
