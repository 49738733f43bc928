"""Whatever is sent to whichever address, by whomever: an answer in a sentence, never a failure."""

import random
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import reasons, talk, workflow
from curation.models import ReasonUse, State
from kb import dependencies, flags, lifecycle, plans
from kb.policy import Item
from people.models import Role, User
from tests.conftest import Browser, Clock
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    make_user,
    reading,
    republish,
    set_policy,
)

NewClient = Callable[[User], Browser]

SEED = 20261122
STEPS = 600

# Values that a form never holds, and those that only a patient person types.
ODD = [
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "007",
    "999999999",
    "1000000000",
    "9" * 40,
    "-" + "9" * 40,
    "\u0663",
    "NaN",
    "true",
    "null",
    "[]",
    "{}",
    "x" * 10_000,
    "\u202etxet\u202c",
    "\U0001f469\u200d\U0001f4bb" * 40,
    "e\u0301" * 300,
    "\u200b",
    "\ufeff",
    "\ufffe\uffff",
    "a\r\nb\rc\n\td\x0be\x0cf\x1bg\x7f",
    "\u2028\u2029\x85",
    "'; DROP TABLE review; --",
    "%",
    "_%\\",
    "../../../etc/passwd",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "javascript:alert(1)",
    "=1+1",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "%(name)s {name} {0.__class__}",
    "0001-01-01",
    "0001-01-01T00:00",
    "9999-12-31",
    "9999-12-31T23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00+23:59",
    "2026-03-29T02:30",
    "2026-10-25T02:30",
    "2026-02-30",
    "2026-W01-1",
    "20260101",
    "2026-01-01T24:00",
    "25:99",
    "-12:00",
    "Europe/Berlin",
    "Factory",
    "../UTC",
    "posixrules",
    "Europe",
    "/UTC",
    "on",
    "1,2,3",
    "1-" + "9" * 30,
    "\ud7ff",
    "\U0010ffff",
]


@dataclass(frozen=True)
class Form:
    """A form as a page shows it to somebody: its address and what it would send."""

    method: str
    address: str
    fields: tuple[tuple[str, str], ...]


@pytest.fixture
def cast(session: Session, clock: Clock) -> list[User]:
    """People of every sort, among articles and reviews in every state."""
    author, second = make_user(session, "Author"), make_user(session, "Second")
    curator = make_user(session, "Curator", role=Role.CURATOR)
    other = make_user(session, "Other", role=Role.CURATOR)
    admin = make_user(session, "Admin", role=Role.ADMIN)
    named = make_user(session, "Named")
    travel = make_topic(session, "Travel")
    make_topic(session, "Visas", parent=travel, curators=[named], backup=curator)
    item = Item("clear", "Is it clear?")
    set_policy(session, travel, admin, checklist=(item,), fast_lane=True, target_hours=8)
    article = make_article(session, author, title="Book a train", approver=curator)
    republish(session, article, second, title="Book a train early", by=curator)
    hidden = make_article(session, author, title="Hidden", approver=curator)
    lifecycle.hide(session, hidden, reason="A name is in it.", by=curator)
    gone = make_article(session, author, title="Taken back", approver=curator)
    lifecycle.unpublish(session, gone, number=1, reason="Wrong.", by=curator)
    old = make_article(session, author, title="Archived", approver=curator)
    lifecycle.archive(session, old, number=1, reason="Old.", by=curator)
    flags.open_flag(
        session,
        article,
        revision_id=article.live_revision_id or 0,
        reason="wrong",
        text="The price is wrong.",
        by=second,
    )
    thing = dependencies.declare(session, article, kind="system", name="Trainline", by=author)
    dependencies.tell_change(session, thing.id, standing="v2", text="It is v2.", by=curator)
    later = clock.move(days=0).replace(year=2026)
    plans.plan_retirement(session, article, at=later, reason="Then it is over.", by=curator)
    make_draft(session, author, title="A draft", coauthors=[second])
    make_draft(session, second, article=article, body="Quite another text.")
    read = make_review(session, author, state=State.IN_REVIEW, curator=curator, title="Being read")
    thread = talk.comment(
        session,
        read,
        revision_id=read.revision_id,
        first=1,
        last=1,
        text="Which one?",
        suggestion="Restart it.",
        key="k",
        by=curator,
    )
    talk.answer(session, thread, text="That one.", key="k2", by=author)
    make_review(session, second, title="Waiting")
    make_review(session, author, article=article, body="A proposal to it.")
    for state in (State.CHANGES_REQUESTED, State.DECLINED, State.WITHDRAWN, State.APPROVED):
        make_review(session, author, state=state, curator=other, title=f"Once {state}")
    planned = make_review(
        session, second, state=State.IN_REVIEW, curator=curator, title="Planned text"
    )
    workflow.approve(session, planned.id, **reading(planned), at=later, by=curator)
    reasons.add(
        session, topic=None, use=ReasonUse.REQUEST, title="Short", text="Too short.", by=curator
    )
    session.commit()
    return [author, second, curator, other, admin, named]


def test_nothing_that_is_sent_makes_us_fail(
    app: Flask, cast: list[User], new_client: NewClient
) -> None:
    """Pages opened at random, their forms sent with some fields made odd, and whatever else fits."""
    fuzz = Fuzz(app, [new_client(person) for person in cast], random.Random(SEED))
    for _ in range(STEPS):
        fuzz.step()
    assert len(fuzz.forms) > 40
    assert fuzz.accepted > STEPS / 20  # else it would only ever meet the first check


# What ends the sign-in of whoever sends it, or needs the slow hash of a password.
LEFT_OUT = re.compile(r"/signin|/signout|/static|/password|/sessions|activation|/admin/people$")
PARTS = {
    "slug": ["book-a-train", "book-a-train-early", "hidden", "taken-back", "archived"],
    "topic": ["travel", "visas"],
    "kind": ["howto", "story", "poem"],
    "handle": ["author", "curator", "nobody"],
    "name": ["queue", "times", "x.png"],
}
ODD_PARTS = ["0", "999999999", "x", "a%2Fb", "%F0%9F%98%80", "%E2%80%AE", "x" * 300]


class Fuzz:
    """Browsers of several people, and the forms that they have met so far."""

    def __init__(self, app: Flask, browsers: list[Browser], dice: random.Random) -> None:
        self.browsers, self.dice = browsers, dice
        self.forms: dict[tuple[str, str, int], tuple[Form, Browser]] = {}
        self.names: set[str] = set()
        self.accepted = 0
        rules = [rule for rule in app.url_map.iter_rules() if not LEFT_OUT.search(rule.rule)]
        self.rules = sorted(
            (method, rule.rule)
            for rule in rules
            for method in sorted((rule.methods or set()) & {"GET", "POST"})
        )

    def step(self) -> None:
        chance, browser = self.dice.random(), self.dice.choice(self.browsers)
        if chance < 0.4 or not self.forms:
            self.visit(browser)
        elif chance < 0.85:
            form, owner = self.dice.choice(list(self.forms.values()))
            self.send(form, owner if self.dice.random() < 0.8 else browser)
        else:
            self.send_anything(browser)

    def visit(self, browser: Browser) -> None:
        """Open some page, and remember the forms on it."""
        reading = [rule for method, rule in self.rules if method == "GET"]
        address = self.address(self.dice.choice(reading))
        query = {
            name: self.odd("") for name in self.some(self.names, self.dice.choice([0, 0, 0, 2]))
        }
        page = self.ask(browser, "GET", address, query)
        if page.mimetype == "text/html":
            for form in BeautifulSoup(page.text, "html.parser").find_all("form"):
                for found in _forms_of(form, address):
                    key = (found.method, found.address, len(found.fields))
                    if len(found.fields) != 1 and not LEFT_OUT.search(found.address):
                        self.forms[key] = (found, browser)
                        self.names.update(name for name, _ in found.fields)

    def send(self, form: Form, browser: Browser) -> None:
        """As the page would send it, but for a few fields."""
        data: dict[str, str | list[str]] = dict(form.fields)
        for name in self.some(data, self.dice.choice([0, 0, 1, 1, 2, 4])):
            data[name] = self.odd(str(data[name]))
        page = self.ask(browser, form.method, form.address, data)
        self.accepted += form.method == "POST" and page.status_code < 400

    def send_anything(self, browser: Browser) -> None:
        method, rule = self.dice.choice(self.rules)
        data = {name: self.odd("") for name in self.some(self.names, self.dice.randint(0, 12))}
        self.ask(browser, method, self.address(rule), data)

    def ask(
        self, browser: Browser, method: str, address: str, data: dict[str, str | list[str]]
    ) -> TestResponse:
        if method == "GET":
            page = browser.get(address, query_string=data)
        elif self.dice.random() < 0.15:
            page = browser.post(address, json=data)
        else:
            accept = {"Accept": "application/json"} if self.dice.random() < 0.1 else {}
            page = browser.post(address, data=data, headers=accept)
        where = f"{method} {address} {str(data)[:2000]}"
        assert page.status_code < 500, f"{where}: {page.status}"
        if page.status_code in (301, 302, 303):
            assert re.match(r"/(?![/\\])", page.location or ""), f"{where} to {page.location}"
        return page

    def address(self, rule: str) -> str:
        """The address of a route with something put in for each of its parts."""

        def part(found: re.Match[str]) -> str:
            name = found[1].rpartition(":")[2]
            name = "topic" if rule.startswith("/topics") else name
            usual = PARTS.get(name, [str(number) for number in range(1, 9)])
            return self.dice.choice(usual if self.dice.random() < 0.9 else ODD_PARTS)

        return re.sub(r"<([^>]*)>", part, rule)

    def some(self, names: Collection[str], most: int) -> list[str]:
        return self.dice.sample(sorted(names), min(most, len(names)))

    def odd(self, value: str) -> str | list[str]:
        chance = self.dice.random()
        if chance < 0.6:
            return self.dice.choice(ODD)
        if chance < 0.8:
            return str(self.dice.randint(0, 12))
        if chance < 0.9:
            return [self.dice.choice(ODD), str(self.dice.randint(0, 9))]
        return f"{value}{self.dice.choice(ODD)}"


def _forms_of(form: Tag, page: str) -> Iterator[Form]:
    """The form, once for each of the addresses that its buttons send it to."""
    fields = []
    for field in form.find_all(["input", "textarea", "select", "button"]):
        if not (name := str(field.get("name") or "")):
            continue
        options = [str(each.get("value") or "") for each in field.find_all("option")]
        fields.append((name, options[-1] if options else str(field.get("value") or field.text)))
    buttons = form.find_all("button", formaction=True)
    addresses = [str(form.get("action") or page), *(str(each["formaction"]) for each in buttons)]
    for address in addresses:
        yield Form(str(form.get("method") or "get").upper(), address, tuple(fields))
