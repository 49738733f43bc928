"""What tests share: a database each, the cast, an obedient clock, the application, a browser."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import curation.models  # noqa: F401  (with its tables and those of search, the schema is whole)
import search.models  # noqa: F401
from core import clock as clock_module
from core import outbox as outbox_module
from core import periodic, sandbox, tally, turns
from core.db import Database, create_engine
from core.models import Model
from core.outbox import Worker
from people.models import Role, User
from search import repair
from search.semantic.encoder import Encoder
from tests import needs
from tests.demo_company import made_once
from tests.ending import end
from tests.factories import make_user
from tests.kept import keep_routes, keep_statements

# An ordinary run tries the same random cases each time, so that it fails by what was changed and by
# nothing else; FIRSTHAND_TEST_ALL=1 tries others with every run. How long one takes says nothing of
# the rule: the machine may be busy.
hypothesis_settings.register_profile(
    "others", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "the same", hypothesis_settings.get_profile("others"), derandomize=True, database=None
)
hypothesis_settings.load_profile("others" if os.environ.get("FIRSTHAND_TEST_ALL") else "the same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="run on this database; postgresql needs FIRSTHAND_TEST_POSTGRESQL",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--database") == "postgresql" and not os.environ.get(
        "FIRSTHAND_TEST_POSTGRESQL"
    ):
        raise pytest.UsageError(
            "--database postgresql needs FIRSTHAND_TEST_POSTGRESQL; see scripts/with-postgresql"
        )


# What these find out about a database, others find out as well; on the second one they are left out
# of the ordinary run for its length. FIRSTHAND_TEST_ALL=1 runs them there, too.
SAME_ON_BOTH = (
    "pages/",
    "search/",
    "curation/test_states",
    "curation/test_checks",
    "kb/test_exporting",
    "kb/test_importing",
)


# Files that take a minute or more: begun first, in this order, so that no process has nothing to do
# at the end.
LONG = (
    "house/test_pages",
    "curation/test_interleavings",
    "curation/test_workflow_machine",
    "curation/test_killed",
    "search/opensearch/test_killed",
    "browser/",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what uses a database is run: the rest would only say the same again."""
    if not os.environ.get("FIRSTHAND_TEST_ALL"):
        long = [each for each in items if each.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [each for each in items if each not in long]
    items.sort(key=_turn)
    if config.getoption("--database") == "sqlite":
        return
    uses = [_uses_a_database(each) for each in items]
    config.hook.pytest_deselected(
        items=[each for each, used in zip(items, uses, strict=True) if not used]
    )
    items[:] = [each for each, used in zip(items, uses, strict=True) if used]


def _turn(item: pytest.Item) -> int:
    path = item.path.as_posix()
    return next((turn for turn, part in enumerate(LONG) if part in path), len(LONG))


def _uses_a_database(item: pytest.Item) -> bool:
    same = any(part in item.path.as_posix() for part in SAME_ON_BOTH)
    if same and not os.environ.get("FIRSTHAND_TEST_ALL"):
        return False
    return bool({"database_url", "demo_site"} & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With FIRSTHAND_TEST_NO_SKIPS=1, where everything is meant to be there, a skip fails."""
    report = yield
    if (
        os.environ.get("FIRSTHAND_TEST_NO_SKIPS")
        and report.skipped
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session", autouse=True)
def _workers_end_with_the_run() -> Iterator[None]:
    yield
    sandbox.shutdown()


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        keep_routes(patch)
        keep_statements(patch)
        yield


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subscribers are the process's own; each test begins without those of the one before."""
    monkeypatch.setattr(outbox_module, "_subscribers", {})
    monkeypatch.setattr(periodic, "_tasks", {})
    monkeypatch.setattr(tally, "_writers", {})
    monkeypatch.setattr(tally, "_counts", {})


@pytest.fixture(autouse=True)
def _nobody_has_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does anybody wait for what somebody of the same number did in another test."""
    for name in ("texts", "images"):
        monkeypatch.setattr(turns, name, turns.Turns(slow=60.0))


@pytest.fixture(autouse=True)
def _nobody_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who searches before there is an index waits for it, however slow the machine."""
    monkeypatch.setattr(repair, "PATIENCE", 60.0)


# The database


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and nothing in them; copying it beats making it."""
    path = tmp_path_factory.mktemp("template") / "firsthand.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def demo_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a Firsthand that `make run` filled just now, made once a run: to be copied."""
    shared = tmp_path_factory.getbasetemp()
    return made_once(shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared)


@pytest.fixture(scope="session")
def _server() -> Iterator[sa.Engine]:
    """A PostgreSQL database for this process (each xdist worker is one)."""
    with needs.postgresql_database() as url:
        _create_tables(url)
        engine = create_engine(url)
        yield engine
        engine.dispose()


def _create_tables(url: str) -> None:
    engine = create_engine(url)
    Model.metadata.create_all(engine)
    engine.dispose()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database with all tables."""
    if request.config.getoption("--database") == "sqlite":
        template: Path = request.getfixturevalue("_template")
        shutil.copy(template, tmp_path / "firsthand.db")
        return f"sqlite:///{tmp_path / 'firsthand.db'}"
    server: sa.Engine = request.getfixturevalue("_server")
    _empty(server)
    return server.url.render_as_string(hide_password=False)


def _empty(server: sa.Engine) -> None:
    """Take away what the test before left. TRUNCATE would make every table anew, rows or not."""
    tables = {table.name for table in Model.metadata.sorted_tables}
    with server.begin() as connection:
        counting = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
        begun = {name.removesuffix("_id_seq") for name in connection.scalars(sa.text(counting))}
        # Keys and triggers sleep meanwhile: some tables name each other, and some refuse.
        clearing = ["SET LOCAL session_replication_role = replica"]
        clearing += [f"DELETE FROM {table}" for table in sorted(tables)]
        clearing += [f"ALTER SEQUENCE {table}_id_seq RESTART" for table in sorted(begun & tables)]
        connection.exec_driver_sql("; ".join(clearing))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The test's own door to the database, beside the application's."""
    database = Database()
    database.open(database_url)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session that writes. The client and the outbox commit it before they do anything."""
    with database.writing() as session:
        yield session


# Time


class Clock:
    """Stands still until told to move."""

    def __init__(self) -> None:
        self.time = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> datetime:
        """Go on by `minutes=30`, `days=1` and so on; returns the new time."""
        self.time += timedelta(**by)
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(clock_module, "now", clock.now)
    return clock


# The cast


@pytest.fixture
def alice(session: Session) -> User:
    """An author."""
    return make_user(session, "Alice")


@pytest.fixture
def bob(session: Session) -> User:
    """A colleague."""
    return make_user(session, "Bob")


@pytest.fixture
def cora(session: Session) -> User:
    """A curator."""
    return make_user(session, "Cora", role=Role.CURATOR)


@pytest.fixture
def carl(session: Session) -> User:
    """A second curator."""
    return make_user(session, "Carl", role=Role.CURATOR)


@pytest.fixture
def ada(session: Session) -> User:
    """An administrator."""
    return make_user(session, "Ada", role=Role.ADMIN)


# The application


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The environment of the application; a test changes it before it asks for `app`."""
    return {
        "FIRSTHAND_DATA": str(tmp_path),
        "FIRSTHAND_DATABASE_URL": database_url,
        "FIRSTHAND_SECRET_KEY": "a key for tests that nobody else uses",
        "FIRSTHAND_BASE_URL": "http://kb.example.com",
        "FIRSTHAND_SEMANTIC": "off",  # a process with a model of 200 MB: for those who ask
    }


@pytest.fixture(scope="session")
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each template is compiled once for all the applications that tests make."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: dict[str, str], _compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    import wsgi  # late: the domain's tests need no web

    app = wsgi.create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = _compiled_templates
    yield app
    end()


class Browser(FlaskClient):
    """A client before whose requests everything that the test prepared is in the database."""

    session: Session

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        self.session.commit()
        response = super().open(*args, **kwargs)
        self.session.expire_all()  # what the test looks at next is what the request left
        return response


@pytest.fixture
def client(app: Flask, session: Session) -> Browser:
    """A browser in which nobody is signed in."""
    browser = Browser(app, app.response_class, use_cookies=True)
    browser.session = session
    return browser


@pytest.fixture
def new_client(app: Flask, session: Session) -> Callable[[User], Browser]:
    """A further browser, in which this person is signed in."""

    def new_client(user: User) -> Browser:
        browser = Browser(app, app.response_class, use_cookies=True)
        browser.session = session
        _sign_in(browser, user)
        return browser

    return new_client


@pytest.fixture
def sign_in() -> Callable[[FlaskClient, User], None]:
    """`sign_in(client, user)` gives the browser this person's cookie, without their password."""
    return _sign_in


def _sign_in(client: FlaskClient, user: User) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user.get_id()
        cookie["_fresh"] = True


class Deliveries(Worker):
    """The worker, before whose rounds everything that the test did is in the database."""

    session: Session

    def deliver_due(self) -> int:
        self.session.commit()
        tried = super().deliver_due()
        self.session.expire_all()
        return tried


@pytest.fixture
def outbox(database: Database, session: Session, tmp_path: Path) -> Deliveries:
    """`outbox.drain()` delivers all that is due to whoever has subscribed."""
    deliveries = Deliveries(database, tmp_path)
    deliveries.session = session
    return deliveries


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    """An encoder that is ready; its process serves all tests of this run that ask for it."""
    needs.encoder()
    encoder = Encoder(tmp_path_factory.mktemp("encoder"), idle=5)
    assert encoder.wait()
    yield encoder
    encoder.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium, or a skip that says how to bring it."""
    return needs.chromium()


def leads_to_signin(response: TestResponse) -> bool:
    """Whether somebody who is not signed in is asked to: sent there, or shown it with what they typed."""
    if response.status_code == 303:
        return response.location.startswith("/signin")
    return response.status_code == 401 and 'action="/signin"' in response.text
