"""What curators see of searches: clusters of what was asked in vain, how often people find, never who."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from kb.models import Topic
from kb.topics import tree
from people.models import User
from search.keys import key_of
from search.models import SearchRecord
from search.query import parse
from search.report import clusters, masking, meanings, period
from search.report.lists import Lists
from search.report.success import Rate, Success, Successes
from search.report.vain import Vain
from tests.conftest import Clock
from tests.factories import make_article, make_topic, make_user

Search = Callable[..., SearchRecord]


@pytest.fixture
def people(session: Session) -> list[User]:
    return [make_user(session, f"Reader {letter}") for letter in "abc"]


@pytest.fixture
def search(session: Session, clock: Clock) -> Search:
    """Somebody searched, so many days ago."""

    def search(
        by: User | None, query: str, *, days: float = 1, found: int = 0, **facts: object
    ) -> SearchRecord:
        record = SearchRecord(
            at=clock.now() - timedelta(days=days),
            query=query,
            key=key_of(parse(query)),
            found=found,
            user_id=by.id if by else None,
            **facts,
        )
        session.add(record)
        session.flush()
        return record

    return search


def wordings(session: Session, which: Vain, days: str = "30d") -> list[str]:
    found = Lists(None).of(session, which, period.chosen(session, days))
    return [each.wordings[0] for each in found]


# Putting together


def test_average_links_join_what_is_alike_and_nothing_else() -> None:
    near = [
        [1.0, 0.9, 0.2, 0.1],
        [0.9, 1.0, 0.7, 0.1],
        [0.2, 0.7, 1.0, 0.6],
        [0.1, 0.1, 0.6, 1.0],
    ]
    assert clusters.clustered(near, 0.5) == [[0, 1], [2, 3]]  # 1 and 2 are alike, 0 and 2 are not
    assert clusters.clustered(near, 0.25) == [[0, 1, 2, 3]]
    assert clusters.clustered(near, 0.95) == [[0], [1], [2], [3]]
    assert clusters.clustered([], 0.5) == []


def test_chains_find_what_looking_at_all_pairs_finds() -> None:
    random = np.random.default_rng(4)
    for _ in range(20):
        points = random.normal(size=(25, 6))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        near = clusters.by_meaning(points.astype(np.float32))
        assert clusters.clustered(near, 0.4) == by_all_pairs(np.array(near), 0.4)


def by_all_pairs(near: NDArray[np.float64], enough: float) -> list[list[int]]:
    """Average-link clustering as the textbook has it."""
    groups = [[n] for n in range(len(near))]
    while len(groups) > 1:
        averages = [
            (near[np.ix_(a, b)].mean(), i, j)
            for i, a in enumerate(groups)
            for j, b in enumerate(groups[:i])
        ]
        best, i, j = max(averages)
        if best < enough:
            break
        groups[j] += groups.pop(i)
    return sorted(sorted(each) for each in groups)


def test_without_an_encoder_rare_words_in_common_put_wordings_together(
    session: Session, people: list[User], search: Search
) -> None:
    for person, query in zip(
        people, ["clean the grinder", "grinder cleaning", "book a hotel"], strict=True
    ):
        search(person, query)
    [both, alone] = Lists(None).of(session, Vain.NOTHING, period.chosen(session, "30d"))
    assert (both.people, both.searches, len(both.keys)) == (2, 2, 2)
    assert alone.wordings == ("book a hotel",)


class Encoder:
    """An encoder that knows two meanings."""

    is_there = True

    def __init__(self, *, in_time: int = 1000) -> None:
        self.in_time = in_time

    def many(self, texts: Sequence[str], timeout: float) -> NDArray[np.float32] | None:
        self.in_time -= len(texts)
        if self.in_time < 0:
            return None
        coffee = [any(word in text for word in ("grinder", "mill")) for text in texts]
        return np.array([[1, 0] if each else [0, 1] for each in coffee], np.float32)


def test_an_encoder_puts_together_what_means_the_same(
    session: Session, people: list[User], search: Search
) -> None:
    for person, query in zip(people, ["dirty grinder", "wash the mill", "hotel"], strict=True):
        search(person, query)
    found = Lists(Encoder()).of(session, Vain.NOTHING, period.chosen(session, "30d"))
    assert [each.people for each in found] == [2, 1]


def test_an_encoder_that_has_no_time_is_asked_for_the_rest_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meanings, "PORTION", 2)
    encoder = Encoder(in_time=2)
    asked = meanings.Meanings(encoder)
    assert asked.of(["grinder", "mill", "hotel"]) is None
    assert asked.are_coming
    encoder.in_time = 1
    found = asked.of(["grinder", "mill", "hotel"])
    assert found is not None
    assert found.tolist() == [[1, 0], [1, 0], [0, 1]]


# What is on which list


def test_a_search_is_on_one_list_at_most(
    session: Session, people: list[User], search: Search, alice: User
) -> None:
    ann, ben, _ = people
    article = make_article(session, alice)
    later = search(ann, "tunnel", found=2, opened_id=article.id)
    search(ann, "vpn", found=3, refined_to_id=later.id)
    search(ann, "vnp", found=0, refined_to_id=later.id)
    search(ben, "printer", found=3)
    search(ben, "opened", found=3, opened_id=article.id)
    assert wordings(session, Vain.NOTHING) == ["vnp"]
    assert wordings(session, Vain.REFINED) == ["vpn"]
    assert wordings(session, Vain.UNOPENED) == ["printer"]


def test_only_the_days_chosen_count(session: Session, people: list[User], search: Search) -> None:
    search(people[0], "hotel", days=10)
    assert wordings(session, Vain.NOTHING, "7d") == []
    assert wordings(session, Vain.NOTHING, "30d") == ["hotel"]
    assert wordings(session, Vain.NOTHING, "no such period") == ["hotel"]


def test_a_person_counts_once_and_forgotten_ones_as_searches(
    session: Session, people: list[User], search: Search
) -> None:
    for query in ("clean the grinder", "grinder cleaning"):
        search(people[0], query, days=2)
    for _ in range(3):
        search(None, "clean the grinder", days=60)
    [cluster] = Lists(None).of(session, Vain.NOTHING, period.chosen(session, "90d"))
    assert (cluster.people, cluster.searches, cluster.unnamed) == (1, 5, 3)


# How often people find


def test_a_search_succeeds_with_what_was_opened_in_other_words(
    session: Session, people: list[User], search: Search, alice: User, clock: Clock
) -> None:
    travel = make_topic(session, "Travel")
    visas = make_topic(session, "Visas", parent=travel)
    article = make_article(session, alice, topic=visas)
    facts = {"found": 1, "topic_id": visas.id}
    last = search(people[0], "visa", opened_id=article.id, worked=True, **facts)
    second = search(people[0], "entry", refined_to_id=last.id, **facts)
    search(people[0], "entrance", refined_to_id=second.id, days=8, found=0)
    search(people[1], "passport", found=1, topic_id=travel.id, worked=False)
    found = rates(session)
    assert found.total == Rate(searches=4, opened=3, worked=1, failed=1)
    assert found.spans[-2:] == [Rate(1, 1), Rate(3, 2, 1, 1)]
    assert [(node.name, rate.searches) for node, rate in found.topics] == [("Travel", 3)]
    assert found.nothing == Rate(1, 1)
    of_topic = rates(session, travel)
    assert of_topic.total.searches == 3
    assert [(node.name, rate.opened) for node, rate in of_topic.topics] == [
        ("Visas", 2),
        ("Travel", 0),
    ]


def test_what_found_nothing_counts_for_no_topic_though_one_was_written_down(
    session: Session, people: list[User], search: Search, alice: User
) -> None:
    travel = make_topic(session, "Travel")
    article = make_article(session, alice, topic=travel)
    weak = {"found": 0, "topic_id": travel.id}
    opened = search(people[0], "nearest shown", opened_id=article.id, **weak)
    search(people[0], "asked before that", refined_to_id=opened.id, **weak)
    search(people[1], "entry", found=0)
    search(people[1], "visa", found=2, topic_id=travel.id)
    found = rates(session)
    assert found.nothing == Rate(3, 2)
    assert [(node.name, rate) for node, rate in found.topics] == [("Travel", Rate(1))]
    assert rates(session, travel).total == Rate(1)


def rates(session: Session, topic: Topic | None = None) -> Success:
    topics = tree(session)
    days = period.chosen(session, "30d")
    node = topics.by_id[topic.id] if topic else None
    return Successes().of(session, days, topics, node)


@pytest.mark.parametrize(("key", "spans"), [("7d", 7), ("30d", 5), ("90d", 13), ("12m", 53)])
def test_weeks_end_today(session: Session, clock: Clock, key: str, spans: int) -> None:
    days = period.chosen(session, key)
    assert len(days.spans) == spans
    assert days.spans[-1][1] == clock.now().date()
    assert days.spans[0][0] == days.first
    assert days.borders == sorted(set(days.borders))


# What is kept from readers of a report


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("mail priya.raman@example.com about leave", "mail […] about leave"),
        ("sick note +49 170 1234567", "sick note […]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN […]"),
        ("my password is hunter2", "my password is […]"),
        ("login ghp4a8B2c9D1e7F3g6H5", "login […]"),
        ("error ERR-1042 on M4 2025", "error ERR-1042 on M4 2025"),
        ("part 4711-08 v2.3 10.0.0.1", "part 4711-08 v2.3 10.0.0.1"),
        ("internationalisation of documentation", "internationalisation of documentation"),
    ],
)
def test_what_may_be_personal_is_shortened(query: str, shown: str) -> None:
    assert masking.masked(query) == shown
