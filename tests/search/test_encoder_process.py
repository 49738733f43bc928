"""The encoder's process: one on each data folder, whatever happens to it or to those who use it."""

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config import ROOT
from search.semantic import encoder_wire as wire
from search.semantic.encoder import Encoder, EncoderMissing
from search.semantic.encoder_process import Desk
from tests import needs

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def new_encoder(tmp_path: Path) -> Iterator[Callable[..., Encoder]]:
    """`new_encoder()`: as another web process on the same data folder would have it."""
    needs.encoder()
    made: list[Encoder] = []

    def new_encoder(idle: float = 5, folder: Path = tmp_path) -> Encoder:
        made.append(Encoder(folder, idle=idle))
        return made[-1]

    yield new_encoder
    for each in made:
        each.close()
    _leave(tmp_path)


def _leave(folder: Path, version: int = wire.VERSION) -> None:
    soon = time.monotonic() + 5
    try:
        with wire.connect(wire.socket_path(folder, version), soon) as connection:
            wire.send(connection, wire.LEAVE, b"", soon)
    except OSError:
        pass


def process(folder: Path, version: int = wire.VERSION) -> int:
    """Which process listens."""
    with wire.connect(wire.socket_path(folder, version), time.monotonic() + 5) as connection:
        asked = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int(struct.unpack("3i", asked)[0])


def comes_true(fact: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not fact() and time.monotonic() < until:
        time.sleep(0.02)
    return fact()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@linux
def test_the_first_query_starts_it_and_does_not_wait_and_alone_it_ends(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    encoder = new_encoder(idle=0.5)
    assert encoder.query("printer", timeout=20) is None
    assert comes_true(lambda: encoder.query("printer") is not None)
    pid = process(tmp_path)
    encoder.close()
    assert comes_true(lambda: is_gone(pid))
    assert not wire.socket_path(tmp_path).exists()
    assert "The encoder ends." in wire.log_path(tmp_path).read_text()


@linux
def test_after_a_kill_nobody_waits_and_another_one_starts(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    encoder, other = new_encoder(), new_encoder()
    assert encoder.wait()
    assert other.wait()
    before = encoder.query("printer", timeout=20)
    first = process(tmp_path)
    os.kill(first, signal.SIGKILL)
    assert comes_true(lambda: is_gone(first))
    assert encoder.query("scanner", timeout=20) is None
    assert (encoder.query("printer") == before).all()  # it is known here
    assert encoder.wait()
    assert process(tmp_path) != first
    # Who embeds waits, instead: here for the one that the other process has brought.
    assert other.embed(["printer"]).shape == (1, 384)
    assert (other.query("printer", timeout=20) == before).all()


@linux
def test_many_who_start_one_at_once_share_one(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    encoders = [new_encoder() for _ in range(4)]
    for each in encoders:
        each.query("printer")
    assert all(each.wait() for each in encoders)
    ours = subprocess.run(["pgrep", "-f", f"encoder_start.py {tmp_path} "], capture_output=True)
    assert ours.stdout.split() == [str(process(tmp_path)).encode()]


def test_a_socket_that_a_dead_one_left_is_in_nobodys_way(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    with socket.socket(socket.AF_UNIX) as dead, wire.address(wire.socket_path(tmp_path)) as name:
        dead.bind(name)
    assert new_encoder().wait()


@linux
def test_one_that_nobody_can_find_any_more_makes_room(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    lost = new_encoder()
    assert lost.wait()
    pid = process(tmp_path)
    wire.socket_path(tmp_path).unlink()
    assert new_encoder().wait()
    assert comes_true(lambda: is_gone(pid))


@linux
def test_a_newer_version_sends_the_older_away_but_not_the_other_way_round(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    encoder = new_encoder()
    assert encoder.wait()
    old = process(tmp_path)
    newer = wire.VERSION + 1
    program = ROOT / "search" / "semantic" / "encoder_start.py"
    subprocess.run([sys.executable, "-P", program, tmp_path, str(newer), "5"], check=True)
    try:
        assert comes_true(lambda: is_gone(old))
        assert comes_true(lambda: wire.socket_path(tmp_path, newer).exists())
        new = process(tmp_path, newer)
        assert encoder.embed(["printer"]).shape == (1, 384)  # with an older one again
        assert not is_gone(new)
    finally:
        _leave(tmp_path, newer)


@linux
def test_it_is_its_users_alone_and_holds_none_of_the_settings(
    tmp_path: Path, new_encoder: Callable[..., Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRSTHAND_SECRET_KEY", "what only the pages know")
    deep = tmp_path / ("a" * 60) / ("b" * 60)  # too long for the address of a socket
    assert new_encoder(folder=deep).wait()
    assert stat.S_IMODE(wire.socket_path(deep).stat().st_mode) == 0o600
    assert stat.S_IMODE(wire.log_path(deep).stat().st_mode) == 0o600
    assert b"FIRSTHAND_SECRET_KEY" not in Path(f"/proc/{process(deep)}/environ").read_bytes()
    _leave(deep)


@linux
def test_one_that_hangs_is_left_alone_until_it_answers_again(
    tmp_path: Path, new_encoder: Callable[..., Encoder]
) -> None:
    encoder = new_encoder()
    assert encoder.wait()
    pid = process(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    try:
        for number in range(3):
            assert encoder.is_ready
            assert encoder.query(f"printer {number}", timeout=0.05) is None
        assert not encoder.is_ready
        assert encoder.query("printer", timeout=20) is None
    finally:
        os.kill(pid, signal.SIGCONT)
    assert encoder.wait()
    assert encoder.query("printer", timeout=20) is not None
    assert process(tmp_path) == pid


def test_where_none_can_be_started_search_goes_on_and_embedding_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    needs.encoder()
    (tmp_path / "search").write_text("a file where a folder should be")
    encoder = Encoder(tmp_path / "search")
    assert not encoder.wait()
    for _ in range(3):
        assert encoder.query("printer") is None
    with pytest.raises(EncoderMissing, match="does not answer"):
        encoder.embed(["printer"])
    assert len([record for record in caplog.records if record.name == "firsthand.search"]) == 1


@linux
def test_a_forked_process_speaks_on_connections_of_its_own(encoder: Encoder) -> None:
    program = f"""
import os, sys
from pathlib import Path
from search.semantic.encoder import Encoder
encoder = Encoder(Path({str(encoder._folder)!r}))
assert encoder.wait()
vector = encoder.query("printer", timeout=20)
child = os.fork()
assert encoder.wait()
assert (encoder.many(["printer"] * 20, timeout=20) == vector).all()
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
encoder.close()
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


class Slow:
    """In place of the model: waits before its first text until it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.busy = threading.Event()
        self.done: list[str] = []

    def vector(self, text: str) -> "Slow":
        if text != "query":
            self.busy.set()
            assert self.go_on.wait(20)
        self.done.append(text)
        return self

    def tobytes(self) -> bytes:
        return b""


def test_a_query_waits_for_no_passage_and_reports_come_before_articles() -> None:
    model = Slow()
    desk = Desk(model)  # type: ignore[arg-type]

    def ask(kind: int, *texts: str) -> threading.Thread:
        thread = threading.Thread(target=desk.answer, args=(kind, wire.packed(texts)))
        thread.start()
        return thread

    articles = ask(wire.EMBED, "one", "two", "three")
    assert model.busy.wait(20)
    assert comes_true(lambda: desk._others.qsize() == 2)
    report = ask(wire.MANY, "report")
    assert comes_true(lambda: desk._others.qsize() == 3)
    desk.answer(wire.QUERY, wire.packed(["query"]))
    assert model.done == ["query"]
    model.go_on.set()
    articles.join(20)
    report.join(20)
    assert model.done == ["query", "one", "report", "two", "three"]


def test_a_message_that_makes_no_sense_is_refused_and_the_next_one_answered(
    encoder: Encoder,
) -> None:
    soon = time.monotonic() + 20
    with wire.connect(wire.socket_path(encoder._folder), soon) as connection:
        for kind, body in [(99, b"[]"), (wire.QUERY, b"no JSON"), (wire.CUT, b'["title"]')]:
            wire.send(connection, kind, body, soon)
            assert wire.receive(connection, soon)[0] == wire.REFUSAL
        wire.send(connection, wire.GREET, b"", soon)
        assert wire.receive(connection, soon) == (wire.ANSWER, wire.NAME.encode())
