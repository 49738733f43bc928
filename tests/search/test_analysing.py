"""Documents that are analysed in other processes come back as if they had been analysed here."""

import os
from pathlib import Path

import pytest

from search import analysing
from search.documents import Document, entry

DOCUMENTS = [Document(n, f"Number {n}", "Don\u2019t reset user_id. Été. " * n) for n in range(7)]
PORTIONS = [DOCUMENTS[:3], DOCUMENTS[3:4], [], DOCUMENTS[4:6], DOCUMENTS[6:]]
ENTRIES = [[entry(document) for document in portion] for portion in PORTIONS]
READS_AND_DIES = """
import os, pickle, sys
pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(b"half an answ")
sys.stdout.buffer.flush()
os.kill(os.getpid(), 9)
"""


def children():
    return {
        pid
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    }


@pytest.mark.parametrize("processes", [0, 1, 2, 9])
def test_entries_are_the_same_and_in_order_whoever_makes_them(processes):
    before = children()
    assert list(analysing.entries(PORTIONS, processes)) == ENTRIES
    assert children() == before


@pytest.mark.parametrize("program", ["", READS_AND_DIES])
def test_what_a_lost_process_leaves_undone_is_analysed_here(program, tmp_path, monkeypatch, caplog):
    start = tmp_path / "start.py"
    start.write_text(program)
    monkeypatch.setattr(analysing, "_PROGRAM", start)
    assert list(analysing.entries(PORTIONS, 2)) == ENTRIES
    assert "is lost" in caplog.text


def test_a_rebuild_that_is_broken_off_leaves_no_process_behind():
    before = children()
    portions = analysing.entries(PORTIONS, 2)
    next(portions)
    assert len(children() - before) == 2
    portions.close()
    assert children() == before


def test_few_documents_are_not_worth_a_process():
    assert analysing.processes_for(analysing.FEWEST - 1) == 0
    if (os.cpu_count() or 1) > 1:
        assert analysing.processes_for(analysing.FEWEST) >= 2
