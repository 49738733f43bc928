"""Starts Firsthand for `make run`: tables up to date, a new database filled, then the server."""

import argparse
import os
import socket
import sys

import sqlalchemy as sa

from core import sandbox
from core.cli import db_cli
from core.config import ROOT, Config, ConfigError
from core.db import db
from ops import demo
from people.models import User

FIRST_ADMINISTRATOR = """\
Nobody can sign in yet. Add the first administrator, in another terminal:
  .venv/bin/flask users add you@example.com --name "Your Name" --role admin
Or look around among invented people first: .venv/bin/flask demo"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m ops.run", description=__doc__)
    arguments.add_argument("--empty", action="store_true", help="no demo content in a new database")
    wanted = arguments.parse_args()
    try:
        prepare(seed=not wanted.empty)
    except ConfigError as error:
        sys.exit(f"Firsthand cannot start: {error}.")
    sandbox.shutdown()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"])


def prepare(*, seed: bool) -> None:
    """Bring the database to where the server can start, and say who can sign in."""
    from wsgi import create_app

    app = create_app()
    config: Config = app.config["FIRSTHAND"]
    _require_free(config.bind)
    with app.app_context():
        is_new = not sa.inspect(db.engine).has_table(User.__tablename__)
        db_cli.main(["upgrade"], standalone_mode=False)
        if is_new and seed and config.is_loopback:
            print("Filling the new database with demo content ...", flush=True)
            demo.fill(db, config)
        print(_who_can_sign_in(), flush=True)
    db.close()


def _who_can_sign_in() -> str:
    with db.reading() as session:
        if not session.scalar(sa.select(sa.func.count()).select_from(User)):
            return FIRST_ADMINISTRATOR
        return demo.sign_in_line(session)


def _require_free(bind: str) -> None:
    """Say what is wrong before the server would say it five times over."""
    if bind.startswith("unix:"):
        return
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise ConfigError(
                f"FIRSTHAND_BIND: {bind} cannot be used ({error.strerror}); stop what uses it,"
                " or name another address: FIRSTHAND_BIND=127.0.0.1:8001 make run"
            ) from None


if __name__ == "__main__":
    main()
