"""The one table of settings: read once from the environment or `.env`, typed, refused when unknown."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "FIRSTHAND_"
TEST_PREFIX = "FIRSTHAND_TEST_"  # read by the test suite alone, never by the application


class ConfigError(Exception):
    """A setting is unknown, missing or malformed; the message names it."""


@dataclass(frozen=True)
class Setting:
    """One row of the table: the environment's name without the prefix, how to read it, what it is for."""

    name: str
    parse: Callable[[str], Any]
    default: str
    help: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number


def _path(text: str) -> Path:
    return (ROOT / text).resolve()


def _dialect(text: str) -> str:
    if text not in ("commonmark", "python-markdown"):
        raise ValueError("must be commonmark or python-markdown")
    return text


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("must be on or off")
    return text == "on"


SETTINGS = (
    Setting("DATA", _path, "var", "Folder of everything local: database, files, index, secret key"),
    Setting("BIND", str, "127.0.0.1:8000", "Address and port the web server listens on"),
    Setting("WORKERS", _positive, "1", "Web processes"),
    Setting("BASE_URL", str, "", "Address people use, for links in mail; http://BIND when unset"),
    Setting("SECRET_KEY", str, "", "Signs cookies; made and kept in the data folder when unset"),
    Setting("DATABASE_URL", str, "", "SQLAlchemy address; SQLite in the data folder when unset"),
    Setting("SEARCH_URL", str, "tantivy:", "tantivy:, whoosh: or OpenSearch's https://host:9200"),
    Setting("SEMANTIC", _switch, "on", "Whether search goes by meaning, too, where installed"),
    Setting("SEARCH_RECORDS", _switch, "on", "Whether what people search for is kept"),
    Setting("MAIL_URL", str, "", "smtp://user:password@host:587; mail goes to the log when unset"),
    Setting("MAIL_FROM", str, "Firsthand <firsthand@localhost>", "Sender of mail"),
    Setting("DIALECT", _dialect, "commonmark", "Markdown dialect of new drafts"),
    Setting("IMAGE_MB", _positive, "10", "Largest image, in megabytes"),
    Setting("FILES_MB", _positive, "500", "All images of one person, in megabytes"),
)


@dataclass(frozen=True)
class Config:
    """The settings of one running application."""

    data: Path
    bind: str
    workers: int
    base_url: str
    secret_key: str
    database_url: str
    search_url: str
    semantic: bool
    search_records: bool
    mail_url: str
    mail_from: str
    dialect: str
    image_mb: int
    files_mb: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        host = self.bind.rsplit(":", 1)[0].strip("[]")
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def is_https(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"


def load(environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings; raises ConfigError with the variable's name."""
    given = _given(environment)
    unknown = sorted(
        name
        for name in given
        if name not in {s.variable for s in SETTINGS} and not name.startswith(TEST_PREFIX)
    )
    if unknown:
        raise ConfigError(f"{unknown[0]} is not a setting of Firsthand; see the table in README.md")
    values = {setting.name.lower(): _value(setting, given) for setting in SETTINGS}
    values["data"].mkdir(parents=True, exist_ok=True)
    values["base_url"] = (values["base_url"] or f"http://{values['bind']}").rstrip("/")
    values["secret_key"] = values["secret_key"] or _kept_secret(values["data"])
    if len(values["secret_key"]) < 32:
        raise ConfigError("FIRSTHAND_SECRET_KEY must have at least 32 characters")
    values["database_url"] = _database_url(values["database_url"], values["data"])
    return Config(**values)


def environment_of_others() -> dict[str, str]:
    """This process's environment without our settings, for a program that has no need of secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _given(environment: Mapping[str, str] | None) -> dict[str, str]:
    if environment is None:
        from_file = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
        environment = {**from_file, **os.environ}
    return {name: value for name, value in environment.items() if name.startswith(PREFIX)}


def _value(setting: Setting, given: Mapping[str, str]) -> Any:
    text = given.get(setting.variable, "").strip() or setting.default
    try:
        return setting.parse(text)
    except ValueError as error:
        raise ConfigError(f"{setting.variable}: {error}") from None


def _database_url(url: str, data: Path) -> str:
    if not url:
        return f"sqlite:///{data / 'firsthand.db'}"
    # The address everybody copies from a hosting page names no driver; ours is psycopg.
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _kept_secret(data: Path) -> str:
    """One machine's own key: made once, readable by its owner only."""
    path = data / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text().strip()
