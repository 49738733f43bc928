"""What curators have said about search: words that mean the same, and what comes first."""

from functools import partial
from typing import Any

from ops.demo import reading
from ops.demo.seeding.story import Story
from search import pins, synonyms


def tell(story: Story) -> None:
    for facts in reading.entries("synonyms.yaml"):
        story.at(story.moment(facts["days_ago"]), partial(_add_synonyms, story, facts))
    for facts in reading.entries("pins.yaml"):
        story.at(story.moment(facts["days_ago"]), partial(_pin, story, facts))


def _add_synonyms(story: Story, facts: dict[str, Any]) -> None:
    topic = story.topics[facts["topic"]] if facts["topic"] else None
    by = story.people[facts["by"]]
    synonyms.add(story.session, synonyms.text_of(facts["words"]), topic=topic, by=by)


def _pin(story: Story, facts: dict[str, Any]) -> None:
    pins.pin(
        story.session,
        facts["query"],
        story.articles[facts["article"]],
        because=facts["because"],
        days=facts["days"],
        by=story.people[facts["by"]],
    )
