"""What people want to be told, and the link by which they leave without signing in."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from core.config import Config
from core.errors import Invalid, NotFound
from people import choices, inbox, zones
from people.choices import SORTS, Choice
from people.models import MailChoice, User
from tests.conftest import Deliveries
from tests.people.smtp import MailServer
from tests.people.test_inbox import told

Configured = Callable[[str], Config]
NOTHING = Choice(inbox=False, mail=MailChoice.NEVER)


def token(address: str) -> str:
    return address.rpartition("/")[2]


def test_what_was_not_chosen_is_as_the_sort_says(session: Session, alice: User, bob: User) -> None:
    choices.choose(session, alice.id, {"comments": NOTHING})
    chosen = choices.chosen(session, alice.id)
    assert chosen["comments"] == NOTHING
    others = {key: choice for key, choice in chosen.items() if key != "comments"}
    assert others == {k: choices.default(s) for k, s in SORTS.items() if k != "comments"}
    assert choices.chosen(session, bob.id)["comments"] != NOTHING


def test_choosing_twice_is_choosing_once(session: Session, alice: User) -> None:
    for _click in range(2):
        choices.choose(session, alice.id, {"comments": NOTHING})
        session.flush()
    assert choices.chosen(session, alice.id)["comments"] == NOTHING


@pytest.mark.parametrize("key", ["account", "gossip", ""])
def test_what_cannot_be_chosen_is_refused(session: Session, alice: User, key: str) -> None:
    with pytest.raises(Invalid):
        choices.choose(session, alice.id, {key: NOTHING})


def test_without_mail_what_waited_for_it_is_shown_or_forgotten(
    session: Session, alice: User
) -> None:
    for_mail = Choice(inbox=False, mail=MailChoice.DAILY)
    choices.choose(session, alice.id, {"comments": for_mail, "care": for_mail})
    comment, care = told(session, alice, about="comments"), told(session, alice, about="care")
    in_inbox = Choice(inbox=True, mail=MailChoice.NEVER)
    choices.choose(session, alice.id, {"comments": in_inbox, "care": NOTHING})
    session.expire_all()
    assert (comment.shown, care.shown) == (True, False)
    assert (comment.digest_due_at, care.digest_due_at) == (None, None)


# The way out


def test_the_link_in_a_mail_ends_this_mail_and_no_other(
    session: Session, alice: User, bob: User, configured: Configured
) -> None:
    settings = configured("")
    way = choices.read_way_out(
        session, settings, token(choices.way_out(settings, alice.id, ["comments", "care"]))
    )
    assert [sort.key for sort in way.sorts] == ["comments", "care"]
    choices.leave(session, way)
    wanted = {
        k: c.mail is not MailChoice.NEVER for k, c in choices.chosen(session, alice.id).items()
    }
    assert [key for key, is_wanted in wanted.items() if not is_wanted] == ["comments", "care"]
    assert MailChoice.NEVER not in {c.mail for c in choices.chosen(session, bob.id).values()}


def test_who_leaves_still_finds_all_of_it_in_the_inbox(
    session: Session, alice: User, configured: Configured
) -> None:
    settings = configured("")
    choices.choose(session, alice.id, {"care": Choice(inbox=False, mail=MailChoice.DAILY)})
    waiting = told(session, alice, about="care")
    way = choices.read_way_out(
        session, settings, token(choices.way_out(settings, alice.id, ["care"]))
    )
    choices.leave(session, way)
    session.expire_all()
    assert waiting.shown
    assert told(session, alice, about="care").shown


def test_there_is_no_way_out_of_what_concerns_ones_account(
    alice: User, configured: Configured
) -> None:
    assert choices.way_out(configured(""), alice.id, ["account", ""]) == ""


def test_a_link_that_we_did_not_write_is_refused(
    session: Session, alice: User, configured: Configured
) -> None:
    settings = configured("")
    good = token(choices.way_out(settings, alice.id, ["comments"]))
    payload, _, signature = good.partition(".")
    for bad in (
        "",
        "x",
        payload,
        f"{payload}.",
        # Its first letter, not its last: of that one's six bits the signature may use only two.
        f"{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        f"A{good}",
        token(choices.way_out(settings, 999, ["comments"])),
    ):
        with pytest.raises(NotFound):
            choices.read_way_out(session, settings, bad)


@pytest.mark.parametrize("about", ["reviews_mine", "account"])
def test_mail_programs_are_offered_the_way_out_where_there_is_one(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    about: str,
) -> None:
    settings = configured(post.url)
    inbox.init_app(settings)
    told(session, alice, about=about)
    outbox.drain()
    [mail] = post.messages
    if about == "account":
        assert mail["List-Unsubscribe"] is None
        assert "/unsubscribe/" not in mail.get_content()
        return
    address = str(mail["List-Unsubscribe"]).strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in mail.get_content()
    way = choices.read_way_out(session, settings, token(address))
    assert (way.user_id, [sort.key for sort in way.sorts]) == (alice.id, [about])


# The time zone


def test_a_time_zone_is_one_of_the_list_or_the_companys(session: Session, alice: User) -> None:
    zones.choose(alice, "Europe/Copenhagen")
    assert zones.of(session, alice).key == "Europe/Copenhagen"
    for odd in ("Mars/Olympus", "../etc/passwd", "Europe/Copenhagen "):
        with pytest.raises(Invalid):
            zones.choose(alice, odd)
    assert alice.time_zone == "Europe/Copenhagen"
    zones.choose(alice, "")
    assert zones.of(session, alice).key == "UTC"
