"""Whatever is sent to whichever address, by whomever: an answer in a sentence, never a failure."""

import random
import re
import time
from collections.abc import Callable, Iterator
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
SECONDS = 16.0

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
    is_upload: bool


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
    flag = {"reason": "wrong", "text": "The price is wrong.", "by": second}
    flags.open_flag(session, article, revision_id=article.live_revision_id or 0, **flag)
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
    """Real forms with some fields made odd, and every address with fields of any form."""
    dice = random.Random(SEED)
    browsers = [new_client(person) for person in cast]
    addresses = list(_addresses(app))
    forms = [form for browser in browsers for form in _forms(browser, addresses)]
    names = sorted({name for form in forms for name, _ in form.fields})
    end = time.monotonic() + SECONDS
    sent = 0
    while time.monotonic() < end:
        browser = dice.choice(browsers)
        if dice.random() < 0.7:
            _send(browser, dice.choice(forms), dice)
        else:
            _send_at_random(browser, dice.choice(addresses), names, dice)
        sent += 1
    assert sent > 100


def _addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """Each route with its method; numbers and names are put in later."""
    skipped = ("/signin", "/signout", "/static", "/settings/password", "/settings/sessions")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(skipped) or re.search(r"deactivation|password", rule.rule):
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, rule.rule


SLUGS = ["book-a-train", "book-a-train-early", "hidden", "taken-back", "archived", "travel"]


def _forms(browser: Browser, addresses: list[tuple[str, str]]) -> Iterator[Form]:
    """The forms of every page that this person can open."""
    seen = set()
    for method, rule in addresses:
        if method != "GET":
            continue
        for text in SLUGS if "<slug>" in rule else [str(n) for n in range(1, 9)]:
            address = re.sub(r"<[^>]*>", text, rule)
            if address in seen:
                continue
            seen.add(address)
            page = browser.get(address)
            _assert_answered(page, "GET", address, {})
            if page.mimetype == "text/html":
                for form in BeautifulSoup(page.text, "html.parser").find_all("form"):
                    yield _form(form, address)


def _form(form: Tag, page: str) -> Form:
    fields = []
    for field in form.find_all(["input", "textarea", "select", "button"]):
        if not (name := str(field.get("name") or "")):
            continue
        options = [str(each.get("value") or "") for each in field.find_all("option")]
        value = options[-1] if options else str(field.get("value") or field.text)
        fields.append((name, value))
    return Form(
        str(form.get("method") or "get").upper(),
        str(form.get("action") or page),
        tuple(fields),
        form.get("enctype") == "multipart/form-data",
    )


def _send(browser: Browser, form: Form, dice: random.Random) -> None:
    if re.search(r"/signout|deactivation|/password|/sessions", form.address):
        return
    data: dict[str, str | list[str]] = dict(form.fields)
    for name in dice.sample(sorted(data), min(len(data), dice.choice([0, 1, 1, 2, 4]))):
        data[name] = _odd(dice, data[name])
    _ask(browser, form.method, form.address, data, dice)


def _send_at_random(
    browser: Browser, address: tuple[str, str], names: list[str], dice: random.Random
) -> None:
    method, rule = address
    part = dice.choice([*SLUGS, *map(str, range(12)), "x", "%F0%9F%98%80", "a%2Fb", "999999999"])
    data = {name: _odd(dice, "") for name in dice.sample(names, dice.randint(0, 12))}
    _ask(browser, method, re.sub(r"<[^>]*>", part, rule), data, dice)


def _odd(dice: random.Random, value: str | list[str]) -> str | list[str]:
    chance = dice.random()
    if chance < 0.6:
        return dice.choice(ODD)
    if chance < 0.8:
        return str(dice.randint(0, 12))
    if chance < 0.9:
        return [dice.choice(ODD), str(dice.randint(0, 9))]
    return f"{value}{dice.choice(ODD)}"


def _ask(
    browser: Browser,
    method: str,
    address: str,
    data: dict[str, str | list[str]],
    dice: random.Random,
) -> None:
    if method == "GET":
        page = browser.get(address, query_string=data)
    elif dice.random() < 0.15:
        page = browser.post(address, json=data)
    else:
        accept = {"Accept": "application/json"} if dice.random() < 0.1 else {}
        page = browser.post(address, data=data, headers=accept)
    _assert_answered(page, method, address, data)


def _assert_answered(page: TestResponse, method: str, address: str, data: object) -> None:
    assert page.status_code < 500, f"{method} {address} {str(data)[:1500]}: {page.status}"
    if page.status_code in (301, 302, 303):
        assert re.match(r"/(?![/\\])", page.location or ""), f"{method} {address} to {page.location}"
