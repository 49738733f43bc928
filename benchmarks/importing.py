"""How many documents a second `flask kb import --publish` brings in, rendering included.

.venv/bin/python -m benchmarks.importing ../shared/data/til
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import wsgi
from core.db import db
from core.models import Model
from people import accounts

EMAIL = "anna@example.com"


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        app = wsgi.create_app({"FIRSTHAND_DATA": data})
        Model.metadata.create_all(db.engine)
        with db.writing() as session:
            password = accounts.generate_password()
            accounts.add_person(session, email=EMAIL, name="Anna Berg", password=password)
            session.commit()
        for run in ("first", "again"):
            begin, cpu = time.perf_counter(), time.process_time()
            result = app.test_cli_runner().invoke(
                args=["kb", "import", str(folder), "--author", EMAIL, "--publish", "--json"]
            )
            seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
            report = json.loads(result.stdout)
            count = report["created"] + report["changed"] + report["unchanged"]
            skipped = len(report["skipped"])
            print(
                f"{run}: {count} documents, {skipped} skipped, {seconds:.1f} s, "
                f"{count / seconds:.0f} a second, "
                f"{1000 * cpu / count:.1f} ms of this process a document"
            )
        db.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
