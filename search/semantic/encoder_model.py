"""The model itself: from texts to unit vectors; loaded in the encoder's own process alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from search.semantic.encoder_files import MODEL, MODEL_SHA256, TOKENIZER, TOKENIZER_SHA256, checked
from search.semantic.encoder_wire import LONGEST_TEXT
from search.semantic.passages import MOST_TOKENS, Span


class Model:
    """Texts are embedded one by one: with int8 a neighbour in the batch would change a vector."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(checked(*TOKENIZER, TOKENIZER_SHA256)))
        self._tokenizer.no_padding()  # padded to 128, a short query takes ten times as long
        self._tokenizer.no_truncation()
        self._session = _session(checked(*MODEL, MODEL_SHA256))

    def vector(self, text: str) -> NDArray[np.float32]:
        """The meaning of a text's first 128 tokens: their mean, of length one."""
        ids = self._ids(text)
        inputs = np.array([ids], dtype=np.int64)
        (states,) = self._session.run(
            None,
            {
                "input_ids": inputs,
                "attention_mask": np.ones_like(inputs),
                "token_type_ids": np.zeros_like(inputs),
            },
        )
        mean = states[0].mean(axis=0)
        unit: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text[:LONGEST_TEXT]).ids
        # The last one says that the text ends.
        return ids if len(ids) <= MOST_TOKENS else [*ids[: MOST_TOKENS - 1], ids[-1]]

    def spans(self, text: str) -> Iterator[Span]:
        """Where the tokens of a text are, in characters."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        yield from ((start, end) for start, end in encoding.offsets if end > start)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A core each for queries and passages, and none for more: web processes need them, too.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Plans for each length of text ever seen would pile up.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
