"""What tests about people share: a mail server, settings, and something to tell."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import config
from core.config import Config
from tests.people import smtp
from tests.people.smtp import MailServer


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A mail server on this machine."""
    with smtp.running() as server:
        yield server


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Config]:
    """`configured(mail_url)`: settings that name this mail server."""

    def configured(mail_url: str = "") -> Config:
        return config.load(
            {
                "FIRSTHAND_DATA": str(tmp_path),
                "FIRSTHAND_BASE_URL": "https://kb.example.com/",
                "FIRSTHAND_MAIL_URL": mail_url,
                "FIRSTHAND_MAIL_FROM": "Firsthand <kb@example.com>",
            }
        )

    return configured
