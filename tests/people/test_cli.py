"""Commands about accounts."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from people.models import Role, User
from tests.factories import make_user, settle


@pytest.mark.parametrize(
    "command", [["role", "ada@example.com", "employee"], ["deactivate", "ada@example.com"]]
)
def test_the_last_administrator_is_not_removed_by_command_either(
    app: Flask, session: Session, ada: User, command: list[str]
) -> None:
    make_user(session, "Gone", role=Role.ADMIN, active=False)
    settle(session)
    result = app.test_cli_runner().invoke(args=["users", *command])
    assert result.exit_code == 1
    assert "only administrator" in result.output
    settle(session)
    assert ada.is_admin


def test_one_of_two_administrators_can_be_removed(app: Flask, session: Session, ada: User) -> None:
    make_user(session, "Adam", role=Role.ADMIN)
    settle(session)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["users", "role", "ada@example.com", "admin"]).exit_code == 0
    assert runner.invoke(args=["users", "deactivate", "ada@example.com"]).exit_code == 0
    settle(session)
    assert not ada.active
    settle(session)
    assert runner.invoke(args=["users", "role", "ada@example.com", "curator"]).exit_code == 0
