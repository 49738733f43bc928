"""Accounts: adding people, passwords, roles, ending access, and the last administrator."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed
from people import accounts
from people.models import Role, User
from tests.factories import PASSWORD, make_user

GOOD = "seven green lamps"


def add(session: Session, **changes: str) -> User:
    person = {"email": "anna@example.com", "name": "Anna Berg", "password": GOOD} | changes
    return accounts.add_person(session, **person)  # type: ignore[arg-type]


def test_a_new_person_can_be_found_and_sign_in(session: Session) -> None:
    anna = add(session, email=" Anna@Example.COM ", name="  Anna \n Berg ")
    assert (anna.email, anna.name, anna.handle) == ("anna@example.com", "Anna Berg", "anna-berg")
    assert (anna.role, anna.active, anna.demo) == (Role.EMPLOYEE, True, False)
    assert accounts.find_by_email(session, "ANNA@example.com ") is anna
    assert accounts.find_by_handle(session, "anna-berg") is anna
    assert accounts.check_password(anna, GOOD)
    assert not accounts.check_password(anna, GOOD + "!")
    assert GOOD not in anna.password_hash


def test_two_people_of_one_name_get_two_handles(session: Session) -> None:
    handles = [add(session, email=f"a{n}@example.com").handle for n in range(3)]
    assert handles == ["anna-berg", "anna-berg-2", "anna-berg-3"]
    assert add(session, email="x@example.com", name="Anna").handle == "anna"
    assert add(session, email="y@example.com", name="!!!").handle == "person"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "anna"}, "email"),
        ({"email": "anna@"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": "a@b\nBcc: c@d"}, "email"),
        ({"email": "x" * 65 + "@example.com"}, "email"),
        ({"name": " \u200b "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"password": "Password123!"}, "password"),
        ({"password": "anna@example.com"}, "password"),
        ({"password": "FirstHand2024"}, "password"),
    ],
)
def test_what_does_not_fit_is_named(session: Session, changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, **changes)
    assert set(refused.value.fields) == {field}


def test_an_address_is_one_persons(session: Session) -> None:
    add(session)
    with pytest.raises(Invalid) as refused:
        add(session, email="ANNA@example.com", name="Other")
    assert set(refused.value.fields) == {"email"}


def test_length_makes_a_password_good_not_kinds_of_characters(session: Session) -> None:
    assert accounts.password_problem("just some words", "a@b.c") is None
    assert accounts.password_problem(accounts.generate_password(), "a@b.c") is None
    assert accounts.generate_password() != accounts.generate_password()


def test_checking_a_password_of_nobody_takes_its_time_and_fails() -> None:
    assert not accounts.check_password(None, GOOD)


def test_a_broken_hash_lets_nobody_in(session: Session, alice: User) -> None:
    alice.password_hash = "!"
    assert not accounts.check_password(alice, PASSWORD)


def test_a_hash_of_weaker_parameters_is_known_as_old(alice: User) -> None:
    from argon2 import PasswordHasher

    assert not accounts.is_hash_old(alice)
    alice.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert accounts.is_hash_old(alice)


def test_a_new_password_has_to_be_good_and_ends_all_sessions(alice: User) -> None:
    session_id = alice.get_id()
    with pytest.raises(Invalid) as refused:
        accounts.set_password(alice, "short")
    assert "new" in refused.value.fields
    assert alice.get_id() == session_id
    accounts.set_password(alice, GOOD)
    assert accounts.check_password(alice, GOOD)
    assert alice.get_id() != session_id


# What administrators do


def test_only_administrators_change_accounts(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    for nobody in (alice, cora):
        with pytest.raises(NotAllowed):
            accounts.change_role(session, bob, Role.ADMIN, by=nobody)
        with pytest.raises(NotAllowed):
            accounts.deactivate(session, bob, by=nobody)
        with pytest.raises(NotAllowed):
            accounts.activate(session, bob, by=nobody)
        with pytest.raises(NotAllowed):
            accounts.give_password(session, bob, "hash", by=nobody)
    assert (bob.role, bob.active) == (Role.EMPLOYEE, True)


def test_a_deactivated_administrator_changes_nothing(
    session: Session, bob: User, ada: User
) -> None:
    ada.active = False
    with pytest.raises(NotAllowed):
        accounts.change_role(session, bob, Role.ADMIN, by=ada)


def test_ending_access_ends_sessions_and_can_be_taken_back(
    session: Session, bob: User, ada: User
) -> None:
    session_id = bob.get_id()
    accounts.deactivate(session, bob, by=ada)
    assert not bob.is_active
    assert bob.get_id() != session_id
    assert accounts.find_by_word(session, "bob") is None
    accounts.activate(session, bob, by=ada)
    assert bob.is_active


def test_the_last_administrator_stays_one(session: Session, bob: User, ada: User) -> None:
    make_user(session, "Gone", role=Role.ADMIN, active=False)
    with pytest.raises(Conflict, match="only administrator"):
        accounts.change_role(session, ada, Role.EMPLOYEE, by=ada)
    accounts.change_role(session, ada, Role.ADMIN, by=ada)
    accounts.change_role(session, bob, Role.ADMIN, by=ada)
    accounts.change_role(session, ada, Role.EMPLOYEE, by=bob)
    assert ada.role is Role.EMPLOYEE
    with pytest.raises(Conflict):
        accounts.change_role(session, bob, Role.CURATOR, by=bob)


def test_nobody_ends_their_own_access(session: Session, ada: User) -> None:
    make_user(session, "Adam", role=Role.ADMIN)
    with pytest.raises(Conflict, match="your own"):
        accounts.deactivate(session, ada, by=ada)


def test_what_administrators_do_to_accounts_is_written_down(session: Session, ada: User) -> None:
    anna = accounts.add_person(
        session, email="anna@example.com", name="Anna", password=GOOD, by=ada
    )
    for _click in range(2):  # the second changes nothing, so there is nothing to write
        accounts.change_role(session, anna, Role.CURATOR, by=ada)
    accounts.give_password(session, anna, "hash", by=ada)
    for _click in range(2):
        accounts.deactivate(session, anna, by=None)
    for _click in range(2):
        accounts.activate(session, anna, by=ada)
    session.flush()
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.actor_name, entry.detail) for entry in entries] == [
        ("person.added", "Ada", {"role": "employee"}),
        ("role.changed", "Ada", {"before": {"role": "employee"}, "after": {"role": "curator"}}),
        ("password.given", "Ada", {}),
        ("access.ended", "", {}),
        ("access.given_back", "Ada", {}),
    ]
    assert {(e.thing, e.thing_id, e.thing_name) for e in entries} == {("person", anna.id, "Anna")}


@pytest.mark.parametrize("word", ["bob", "@bob", " BOB@example.com ", "@Bob"])
def test_people_are_found_by_handle_or_address(session: Session, bob: User, word: str) -> None:
    assert accounts.find_by_word(session, word) is bob
