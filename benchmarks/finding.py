"""How long after an approval a reader finds the text: all of it through HTTP, as people do it."""

import re
import secrets
import time
from collections.abc import Iterator

from benchmarks.client import Client
from benchmarks.content import AUTHOR, CURATOR, READER, Content
from benchmarks.pages import found
from benchmarks.server import Server
from benchmarks.table import Figure, percentile

PATIENCE = 30.0
_LETTERS = "bcdfghklmnprstvz"


def measure(server: Server, content: Content, count: int) -> Iterator[Figure]:
    author, curator, reader = (
        Client.signed_in(server.port, email) for email in (AUTHOR, CURATOR, READER)
    )
    times = [_approve_and_find(author, curator, reader, content.topics[0]) for _ in range(count)]
    beside = f"p50 {percentile(times, 0.5):.2f}, longest {max(times):.2f}; {count} approvals"
    yield Figure("approved to findable: p95", percentile(times, 0.95), "s", 1, beside)


def _approve_and_find(author: Client, curator: Client, reader: Client, topic: str) -> float:
    """Seconds from sending the approval until a search by another person shows the article."""
    word = "".join(secrets.choice(_LETTERS) for _ in range(12))
    review = _submit(author, word, topic)
    curator.post(f"{review}/claim", {})
    read = dict(re.findall(r'name="(version|revision)" value="(\d+)"', curator.read(review)))
    approved = time.perf_counter()
    answer = curator.post(f"{review}/approval", dict(read))
    if answer.status != 303:
        raise SystemExit(f"An approval was answered with {answer.status}.")
    while f"/articles/how-we-use-{word}" not in reader.read(found(word)):
        if time.perf_counter() - approved > PATIENCE:
            raise SystemExit("An approved article was not found within half a minute.")
        time.sleep(0.01)
    return time.perf_counter() - approved


def _submit(author: Client, word: str, topic: str) -> str:
    """The address of a new review."""
    draft = {
        "kind": "howto",
        "title": f"How we use {word}",
        "summary": "In three steps.",
        "topic": topic,
        "tags": "benchmark",
        "body": f"1. Fetch the {word}.\n2. Use it.\n3. Put the {word} back.\n",
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
