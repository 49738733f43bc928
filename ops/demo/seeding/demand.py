"""What people looked for and what they read: searches of the last weeks, views of the last months."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from kb import views
from ops.demo import reading
from ops.demo.seeding.story import Story
from search import records
from search.records import Opened, Searched

VIEW_DAYS = 60
NEW_WITHIN = timedelta(days=14)  # what has just been published is read more
RANDOM = 20250311  # the same company every time


def tell(story: Story) -> None:
    """Once everything else has been told: only what is published is found and read."""
    story.at(story.now, lambda: _keep_searches(story))
    story.at(story.now, lambda: views.write(story.session, dict(_views(story))))


def _keep_searches(story: Story) -> None:
    searches: dict[Searched, int] = {}
    openings: dict[Opened, int] = {}
    for facts in reading.entries("searches.yaml"):
        for searched in _searches(story, facts):
            searches[searched] = 1
            if facts.get("opened"):
                article = story.articles[facts["opened"]]
                assert article.slug is not None
                openings[_opened(searched, article.slug, facts["rank"])] = 1
    records.write_searches(story.session, searches)
    story.session.flush()
    if openings:
        records.write_openings(story.session, openings)


def _searches(story: Story, facts: Mapping[str, Any]) -> Iterator[Searched]:
    """The same words by several people, spread over the days, each in a wording of their own."""
    random = Random(facts["words"][0])
    people = facts["people"]
    if isinstance(people, int):
        others = [h for h in story.people if h not in facts.get("but", ())]
        people = random.sample(others, people)
    for handle in people:
        days = random.uniform(*facts["days"])
        yield Searched(
            story.now - timedelta(days=days),
            story.people[handle].id,
            random.choice(facts["words"]),
            facts.get("found", 0),
            facts.get("topic", ""),
        )


def _opened(searched: Searched, slug: str, rank: int) -> Opened:
    moment = searched.at + timedelta(seconds=20)
    return Opened(moment, searched.user_id, searched.query, slug, rank)


def _views(story: Story) -> Iterator[tuple[tuple[int, date], int]]:
    """Some articles are read much more than others, and all of them little at weekends."""
    random = Random(RANDOM)
    for slug in sorted(story.articles):
        article = story.articles[slug]
        if article.live_revision_id is None:
            continue
        assert article.published_at is not None
        usual = min(random.paretovariate(1.3), 14)
        days: Counter[date] = Counter()
        for ago in range(VIEW_DAYS):
            moment = story.now - timedelta(days=ago)
            rate = usual * (2 if abs(moment - article.published_at) < NEW_WITHIN else 1)
            rate *= 1 if story.calendar.is_working_day(moment.date()) else 0.1
            days[moment.date()] += _poisson(random, rate)
        yield from (((article.id, day), number) for day, number in days.items() if number)


def _poisson(random: Random, rate: float) -> int:
    number, passed = 0, random.expovariate(1)
    while passed < rate:
        number += 1
        passed += random.expovariate(1)
    return number
