"""Settings: read once, typed, and refused by name when unknown or malformed."""

import stat
from pathlib import Path

import pytest

from core import config
from core.config import Config, ConfigError


def load(tmp_path: Path, **settings: str) -> Config:
    environment = {f"FIRSTHAND_{name}": value for name, value in settings.items()}
    return config.load({"FIRSTHAND_DATA": str(tmp_path / "data"), **environment})


def test_without_settings_it_runs_on_this_machine_alone(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.bind == "127.0.0.1:8000"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'firsthand.db'}"
    assert settings.search_url == "tantivy:"
    assert (settings.image_mb, settings.files_mb) == (10, 500)
    assert settings.is_loopback
    assert not settings.is_https


def test_an_unknown_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FIRSTHAND_DATABSE_URL is not a setting"):
        load(tmp_path, DATABSE_URL="sqlite://")


def test_what_is_not_ours_is_not_our_business(tmp_path: Path) -> None:
    config.load({"FIRSTHAND_DATA": str(tmp_path), "PATH": "/bin", "DATABASE_URL": "x"})
    load(tmp_path, TEST_POSTGRESQL="postgresql://x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "many"),
        ("WORKERS", "0"),
        ("IMAGE_MB", "-1"),
        ("FILES_MB", "1.5"),
        ("DIALECT", "markdown"),
        ("SEARCH_RECORDS", "yes"),
    ],
)
def test_a_malformed_setting_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"FIRSTHAND_{name}"):
        load(tmp_path, **{name: value})


def test_an_empty_setting_counts_as_unset(tmp_path: Path) -> None:
    assert load(tmp_path, WORKERS=" ", SEARCH_URL="").workers == 1


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first, again = load(tmp_path), load(tmp_path)
    assert first.secret_key == again.secret_key
    assert len(first.secret_key) >= 32
    mode = (tmp_path / "data" / "secret_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert config.load({"FIRSTHAND_DATA": str(tmp_path / "other")}).secret_key != first.secret_key


def test_a_given_secret_key_is_used_and_a_short_one_refused(tmp_path: Path) -> None:
    assert load(tmp_path, SECRET_KEY="k" * 32).secret_key == "k" * 32
    assert not (tmp_path / "data" / "secret_key").exists()
    with pytest.raises(ConfigError, match="FIRSTHAND_SECRET_KEY"):
        load(tmp_path, SECRET_KEY="k" * 31)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db/kb", "postgresql+psycopg://u:p@db/kb"),
        ("postgresql://u:p@db/kb", "postgresql+psycopg://u:p@db/kb"),
        ("postgresql+psycopg://u@db/kb", "postgresql+psycopg://u@db/kb"),
        ("sqlite:////srv/kb.db", "sqlite:////srv/kb.db"),
    ],
)
def test_a_database_address_gets_our_driver(tmp_path: Path, given: str, used: str) -> None:
    assert load(tmp_path, DATABASE_URL=given).database_url == used


@pytest.mark.parametrize(
    ("bind", "loopback"),
    [
        ("127.0.0.1:8000", True),
        ("127.9.9.9:80", True),
        ("localhost:8000", True),
        ("[::1]:8000", True),
        ("0.0.0.0:8000", False),
        ("[::]:8000", False),
        ("10.0.0.5:8000", False),
        ("kb.example.com:80", False),
    ],
)
def test_whether_only_this_machine_reaches_it(tmp_path: Path, bind: str, loopback: bool) -> None:
    assert load(tmp_path, BIND=bind).is_loopback is loopback


def test_the_base_address_has_no_slash_at_its_end(tmp_path: Path) -> None:
    settings = load(tmp_path, BASE_URL="https://kb.example.com/")
    assert settings.base_url == "https://kb.example.com"
    assert settings.is_https
