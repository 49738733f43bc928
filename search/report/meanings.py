"""The meanings of wordings, asked of the encoder a few at a time and remembered."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

PATIENCE = 0.7  # seconds that whoever looks waits for meanings that are not known yet
PORTION = 32
MOST_KNOWN = 2_000  # three megabytes


class Encoding(Protocol):
    """What an encoder does for us; see search.semantic.encoder."""

    @property
    def is_there(self) -> bool: ...

    def many(self, texts: Sequence[str], timeout: float) -> "NDArray[float32] | None": ...


class Meanings:
    """Of the wordings that reports were about lately; called by one thread at a time."""

    def __init__(self, encoder: Encoding | None) -> None:
        self._encoder = encoder
        self._known: OrderedDict[str, NDArray[float32]] = OrderedDict()

    @property
    def are_coming(self) -> bool:
        """Whether a later look may find what this one did not wait for."""
        return self._encoder is not None and self._encoder.is_there

    def of(self, wordings: Sequence[str]) -> "NDArray[float32] | None":
        """Their unit vectors; None where the encoder is missing, or needs longer than that."""
        if self._encoder is None or not self._encoder.is_there:
            return None
        import numpy as np

        deadline = time.monotonic() + PATIENCE
        unknown = list(dict.fromkeys(each for each in wordings if each not in self._known))
        for start in range(0, len(unknown), PORTION):
            portion = unknown[start : start + PORTION]
            vectors = self._encoder.many(portion, max(deadline - time.monotonic(), 0.01))
            if vectors is None:
                return None
            self._known |= zip(portion, vectors, strict=True)
        found = np.stack([self._known[each] for each in wordings])
        for wording in wordings:
            self._known.move_to_end(wording)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found
