"""Authors, curators and an administrator do what they like; what must hold, holds after each step."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from core.db import create_engine
from curation import handing_over
from curation.models import Action
from kb import handover, holdings
from tests.conftest import Clock
from tests.curation.machine.company import START, World, make_world
from tests.curation.machine.holding import Holding

STEPS = 100  # of each run
RUNS = {"sqlite": 30, "postgresql": 10}  # FIRSTHAND_TEST_EXAMPLES=100 tries 10,000 steps


@pytest.fixture
def world(database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(handover, "_parts", {})
    holdings.init_app()
    handing_over.init_app()
    clock.time = START
    engine = create_engine(database_url).execution_options(writing=True)
    with engine.connect() as connection, connection.begin() as transaction:
        yield make_world(connection)
        transaction.rollback()
    engine.dispose()


def test_whatever_people_do_the_rules_hold(
    world: World, clock: Clock, request: pytest.FixtureRequest
) -> None:
    given = os.environ.get("FIRSTHAND_TEST_EXAMPLES")
    runs = int(given) if given else RUNS[request.config.getoption("--database")]
    happened: Counter[str] = Counter()
    about = {"world": world, "clock": clock, "happened": happened}
    machine = type("Machine", (Holding,), about)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    if runs >= 500:  # then all of it has been tried, and has come about
        assert {action.value for action in Action} <= set(happened)
        assert {"planned", "stopped", "merged", "hidden"} <= set(happened)
