"""Another process that delivers, killed at a chosen moment of its talk with the mail server."""

import os
import signal
import subprocess
import sys
import threading

from sqlalchemy.orm import Session

from core.config import ROOT, Config
from tests.people.smtp import MailServer

DELIVER = """
from core import config
from core.db import Database
from core.outbox import Worker
from people import inbox

settings = config.load()
database = Database()
database.open(settings.database_url)
inbox.init_app(settings)
Worker(database, settings.data).drain()
"""


def die_while_mailing(session: Session, settings: Config, post: MailServer, moment: str) -> None:
    """Let a process deliver what is due, until the server would answer to `moment`; then kill it."""
    session.commit()
    reached, go_on = threading.Event(), threading.Event()

    def wait(said: str) -> None:
        if said == moment:
            reached.set()
            go_on.wait(20)

    post.before = wait
    engine = session.get_bind().engine
    environment = {
        "FIRSTHAND_DATA": str(settings.data),
        "FIRSTHAND_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "FIRSTHAND_BASE_URL": settings.base_url,
        "FIRSTHAND_MAIL_URL": settings.mail_url,
        "FIRSTHAND_SEMANTIC": "off",
        "PATH": os.environ["PATH"],
    }
    with subprocess.Popen([sys.executable, "-c", DELIVER], cwd=ROOT, env=environment) as process:
        assert reached.wait(20)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    post.before = lambda said: None
    go_on.set()
