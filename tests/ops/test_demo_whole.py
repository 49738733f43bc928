"""The whole demo company: filled as `make run` fills it, and taken away again without a trace."""

import shutil
from pathlib import Path

import sqlalchemy as sa

from core.db import db
from core.models import Model
from core.outbox import Worker
from ops import demo
from tests.ending import end
from wsgi import create_app

# What stays: that somebody did something, and that it was delivered; when the clock strikes next.
JOURNALS = {"audit_entry", "event", "delivery", "periodic_task"}


def test_the_demo_company_can_be_taken_away_without_a_trace(
    demo_company: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo_company, tmp_path, dirs_exist_ok=True)
    url = f"sqlite:///{tmp_path / 'firsthand.db'}"
    app = create_app(
        {
            "FIRSTHAND_DATA": str(tmp_path),
            "FIRSTHAND_DATABASE_URL": url,
            "FIRSTHAND_SEMANTIC": "off",
        }
    )
    with app.app_context():
        full = _rows()
        demo.remove(db.session)
        db.session.commit()
        Worker(db, tmp_path).drain()
        left = _rows()
    end()
    assert {"review", "flag", "plan", "search_record", "saved_filter", "company"} < full.keys()
    assert left.keys() <= JOURNALS


def _rows() -> dict[str, int]:
    """How many rows each table has, without the empty ones."""
    with db.reading() as session:
        counts = {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Model.metadata.sorted_tables
        }
    return {name: number for name, number in counts.items() if number}
