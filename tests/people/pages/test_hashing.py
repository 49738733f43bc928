"""Hashing is slow by design: nobody else's writing waits for it."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from core.db import Database
from people import accounts
from people.models import Role, User
from tests.conftest import Browser
from tests.factories import PASSWORD

NewClient = Callable[[User], Browser]
NEW = "seven green lamps"


class WatchedHasher(PasswordHasher):
    """Hashes as ever, and meanwhile somebody else writes, who fails if the database is locked."""

    database: Database
    hashed = 0

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self.write()
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        self.write()
        return bool(super().verify(*args, **kwargs))

    def write(self) -> None:
        with self.database.writing() as session:
            session.execute(sa.update(User).values(team="Sales"))
            session.commit()
        self.hashed += 1


@pytest.fixture
def hasher(database: Database, monkeypatch: pytest.MonkeyPatch, alice: User) -> WatchedHasher:
    assert alice.password_hash  # made before anybody watches
    hasher = WatchedHasher(time_cost=1, memory_cost=64, parallelism=1)
    hasher.database = database
    monkeypatch.setattr(accounts, "_hasher", hasher)
    return hasher


def test_signing_in_with_an_old_hash(client: Browser, alice: User, hasher: WatchedHasher) -> None:
    form = {"email": alice.email, "password": PASSWORD}
    assert client.post("/signin", data=form).status_code == 303
    assert hasher.hashed == 2


def test_changing_the_password(new_client: NewClient, alice: User, hasher: WatchedHasher) -> None:
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert new_client(alice).post("/settings/password", data=form).status_code == 303
    assert hasher.hashed == 2


def test_adding_a_person(new_client: NewClient, ada: User, hasher: WatchedHasher) -> None:
    form = {"name": "Anna Berg", "email": "anna@example.com", "role": Role.EMPLOYEE.value}
    assert new_client(ada).post("/admin/people", data=form).status_code == 200
    assert hasher.hashed == 1


def test_giving_a_password(
    new_client: NewClient, ada: User, alice: User, hasher: WatchedHasher
) -> None:
    assert new_client(ada).post(f"/admin/people/{alice.id}/password").status_code == 200
    assert hasher.hashed == 1
