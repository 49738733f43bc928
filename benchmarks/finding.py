"""How long after an approval a reader finds the text: all of it through HTTP, as people do it."""

import re
import secrets
import time
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.client import Client
from benchmarks.content import AUTHOR, CURATOR, READER, Content
from benchmarks.pages import found
from benchmarks.server import Server
from benchmarks.table import Figure, percentile
from core.text import slugify

PATIENCE = 30.0
_LETTERS = "bcdfghklmnprstvz"


# A title, a sentence, and a question without any of their words; their cosines are .39 to .67.
SUBJECTS = (
    ("Watering the orchids", "Twice in a week is plenty.", "keep flowers alive"),
    ("Bicycles in the cellar", "Lock yours to the rail.", "where can I park my bike"),
    (
        "Lost umbrellas",
        "The porter keeps them for a month.",
        "left my things behind when it rained",
    ),
    ("Sore backs", "A physiotherapist comes on Mondays.", "massage against pain from sitting"),
    ("Bringing your dog", "Ask your neighbours first.", "are pets allowed"),
    ("Vegetarian lunches", "The canteen cooks one each day.", "food without meat"),
    ("Train tickets to customers", "Second class, booked early.", "business travel by rail"),
    ("Prayer room", "Third floor, open to everybody.", "place for religion and quiet"),
    ("Snow on the car park", "The porter clears it by seven.", "winter ice outside"),
    ("Retirement party", "Cake is on us.", "farewell celebration for an old colleague"),
)


def measure(server: Server, content: Content, count: int) -> Iterator[Figure]:
    people = _People.of(server)
    times = []
    for _ in range(count):
        word = "".join(secrets.choice(_LETTERS) for _ in range(12))
        body = f"1. Fetch the {word}.\n2. Use it.\n3. Put the {word} back.\n"
        times.append(_approve_and_find(people, f"How we use {word}", body, word, content.topics[0]))
    yield _figure("approved to findable by words: p95", times, 1)


def measure_meaning(server: Server, content: Content, count: int) -> Iterator[Figure]:
    """By questions that have no word in common with the articles, so that words do not find them.

    Asked among these articles only: how far up they come among all others is measured elsewhere.
    """
    people = _People.of(server)
    times = []
    for number in range(count):
        title, sentence, question = SUBJECTS[number % len(SUBJECTS)]
        if number >= len(SUBJECTS):
            title = f"{title}, part {number}"
        asked = f"{question} tag:benchmark"
        times.append(_approve_and_find(people, title, f"{sentence}\n", asked, content.topics[0]))
    yield _figure("approved to findable by meaning: p95", times, 3)


def _figure(name: str, times: list[float], limit: float) -> Figure:
    beside = f"p50 {percentile(times, 0.5):.2f}, longest {max(times):.2f}; {len(times)} approvals"
    return Figure(name, percentile(times, 0.95), "s", limit, beside)


class _People(NamedTuple):
    author: Client
    curator: Client
    reader: Client

    @classmethod
    def of(cls, server: Server) -> "_People":
        return cls(*(Client.signed_in(server.port, e) for e in (AUTHOR, CURATOR, READER)))


def _approve_and_find(people: _People, title: str, body: str, question: str, topic: str) -> float:
    """Seconds from sending the approval until a search by another person shows the article."""
    review = _submit(people.author, title, body, topic)
    people.curator.post(f"{review}/claim", {})
    page = people.curator.read(review)
    read = dict(re.findall(r'name="(version|revision)" value="(\d+)"', page))
    # As it is typed: a word that no article has must not be taken for a slip.
    address = found(question) + "&exact=1"
    approved = time.perf_counter()
    answer = people.curator.post(f"{review}/approval", dict(read))
    if answer.status != 303:
        raise SystemExit(f"An approval was answered with {answer.status}.")
    while f"/articles/{slugify(title)}" not in people.reader.read(address):
        if time.perf_counter() - approved > PATIENCE:
            raise SystemExit(f"{title}: approved, and not found within half a minute.")
        time.sleep(0.01)
    return time.perf_counter() - approved


def _submit(author: Client, title: str, body: str, topic: str) -> str:
    """The address of a new review."""
    draft = {
        "kind": "howto",
        "title": title,
        "summary": "In short.",
        "topic": topic,
        "tags": "benchmark",
        "body": body,
    }
    made = author.post("/drafts", dict(draft), as_json=True)
    if made.status != 201:
        raise SystemExit(f"A draft was answered with {made.status}.")
    id_ = re.search(rb'"id":\s*(\d+)', made.body)
    assert id_, "a saved draft has an id"
    submitted = author.post(f"/drafts/{id_[1].decode()}/submission", {"note": ""})
    if submitted.status != 303:
        raise SystemExit(f"A submission was answered with {submitted.status}.")
    return submitted.headers["location"]
