"""The people of the demo company whom the tests play, and what they write."""

from typing import Any

from playwright.sync_api import Locator, Page

AUTHOR = "tomasz-wieczorek"
READER = "rasmus-thygesen"
CURATOR = "mette-dahl"
SECOND_CURATOR = "joost-van-der-veen"
ADMINISTRATOR = "oluwaseun-adeyemi"

# Whoever has the role curator decides in this topic, for it names none of its own.
TOPIC = "customers-and-sales"
TOPIC_NAME = "Customers and sales"


def email(person: str) -> str:
    return f"{person.replace('-', '.')}@morlund.example"


def make_draft(page: Page, title: str, **text: str) -> dict[str, Any]:
    """A complete draft of the person in this window, saved without its editor."""
    fields = {
        "kind": "howto",
        "title": title,
        "summary": "What to do, in one line.",
        "topic": TOPIC,
        "body": "First look.\n\nThen leap.",
    }
    answer = page.context.request.post("/drafts", data=fields | text)
    assert answer.status == 201, answer.text()
    draft: dict[str, Any] = answer.json()
    return draft


def submit_draft(page: Page, draft: dict[str, Any], note: str = "") -> str:
    """Hands a draft in; the address of its review."""
    answer = page.context.request.post(f"{draft['url']}/submission", form={"note": note})
    assert "/reviews/" in answer.url, answer.text()
    return answer.url


def flash(page: Page) -> Locator:
    """What the page before said about what was done."""
    return page.locator(".flashes")
