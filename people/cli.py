"""Commands about accounts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from flask.cli import AppGroup

from core.db import db
from core.errors import DomainError
from people import accounts
from people.models import Role, User

users_cli = AppGroup("users", help="Add people and change what they may do.")
ROLES = click.Choice([role.value for role in Role])


def init_app(app: Flask) -> None:
    app.cli.add_command(users_cli)


@users_cli.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Their name, as others see it.")
@click.option("--role", type=ROLES, default=Role.EMPLOYEE.value, show_default=True)
@click.option("--team", default="", help="The team they work in.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, name: str, role: str, team: str, password_stdin: bool) -> None:
    """Add a person.

    Example: flask users add anna@example.com --name "Anna Berg" --role curator

    Without --password-stdin a password is asked for on a terminal, or made up and printed.
    """
    password, made_up = _password(password_stdin)
    with _refusing():
        user = accounts.add_person(
            db.session, email=email, name=name, role=Role(role), team=team, password=password
        )
    db.session.commit()
    click.echo(f"Added {user.name} ({user.role.value}); they sign in as {user.email}.")
    if made_up:
        click.echo(f"Password: {password}")


@users_cli.command("role")
@click.argument("email")
@click.argument("role", type=ROLES)
def role(email: str, role: str) -> None:
    """Change somebody's role. Example: flask users role anna@example.com curator"""
    user = _user(email)
    with _refusing():
        accounts.change_role(db.session, user, Role(role), by=None)
    db.session.commit()
    click.echo(f"{user.name} is now {role}.")


@users_cli.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """End somebody's access. Example: flask users deactivate anna@example.com"""
    user = _user(email)
    with _refusing():
        accounts.deactivate(db.session, user, by=None)
    db.session.commit()
    click.echo(f"{user.name} cannot sign in any more.")


def _user(email: str) -> User:
    user = accounts.find_by_email(db.session, email)
    if user is None:
        raise click.ClickException(f"Nobody here has the address {email}.")
    return user


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        raise click.ClickException(error.message) from None


def _password(from_stdin: bool) -> tuple[str, bool]:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n"), False
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True), False
    return accounts.generate_password(), True
