"""A form that is sent after the session ended: refused, but what was typed is shown again."""

from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from people.models import User
from tests.conftest import Browser
from tests.factories import make_review


def test_a_reason_sent_after_the_session_ended_can_be_copied(
    client: Browser, session: Session, alice: User
) -> None:
    review = make_review(session, alice)
    reason = "Step 3 is missing. <b>Please</b> add it."
    answer = client.post(f"/reviews/{review.id}/decline", data={"reason": reason, "version": "1"})
    assert answer.status_code == 401
    soup = BeautifulSoup(answer.text, "html.parser")
    shown = [f.get("value") or f.get_text().strip() for f in soup.select("[readonly]")]
    assert shown == [reason]
    assert soup.select_one("form[action='/signin'] input[name=password]") is not None
    session.refresh(review)
    assert review.is_open


def test_a_form_without_text_leads_to_signing_in(client: Browser) -> None:
    answer = client.post("/inbox/reading")
    assert answer.status_code == 303
    assert answer.location.startswith("/signin")
