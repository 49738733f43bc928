"""Authors, curators and an administrator do what they like; what must hold, holds after each step."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from core.db import create_engine
from curation import handing_over
from kb import handover, holdings
from tests.conftest import Clock
from tests.curation.machine.company import START, World, make_world
from tests.curation.machine.holding import Holding

STEPS = 100  # of each run
RUNS = {"sqlite": 100, "postgresql": 20}


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
    runs = os.environ.get("FIRSTHAND_TEST_EXAMPLES")
    machine = type("Machine", (Holding,), {"world": world, "clock": clock})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(runs) if runs else RUNS[request.config.getoption("--database")],
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate] if os.environ.get("FAST") else list(Phase),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
