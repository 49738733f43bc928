"""The encoder: texts that mean the same are near, and without it everything else goes on."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import ROOT
from search.semantic import encoder as encoder_module
from search.semantic import encoder_files
from search.semantic.encoder import Encoder, EncoderMissing, missing_packages, quantised

np = pytest.importorskip("numpy")


def asked(encoder: Encoder, text: str) -> "np.ndarray":
    vector = encoder.query(text, timeout=10)
    assert vector is not None
    return vector


# Meaning


def test_the_same_text_has_the_same_vector_of_length_one(encoder: Encoder) -> None:
    first = asked(encoder, "The printer is on fire")
    assert first.shape == (384,)
    assert abs(float(np.linalg.norm(first)) - 1) < 1e-5
    assert (asked(encoder, "  The  printer is\non fire ") == first).all()
    (among_others, _) = encoder.many(["The printer is on fire", "Lunch"], timeout=10)
    assert (among_others == first).all()


def test_the_model_is_the_one_whose_vectors_are_published(encoder: Encoder) -> None:
    # sentence-transformers' own example for all-MiniLM-L6-v2: .6660 and .1046 with full weights.
    weather = asked(encoder, "The weather is lovely today.")
    sunny = asked(encoder, "It's so sunny outside!")
    stadium = asked(encoder, "He drove to the stadium.")
    assert abs(float(weather @ sunny) - 0.666) < 0.05
    assert abs(float(weather @ stadium) - 0.105) < 0.05


def test_what_is_said_in_other_words_is_nearer_than_what_is_something_else(
    encoder: Encoder,
) -> None:
    query = asked(encoder, "my laptop will not turn on")
    same = asked(encoder, "computer does not start")
    other = asked(encoder, "how to book a meeting room")
    assert query @ same > 0.5 > 0.3 > query @ other


def test_only_the_first_128_tokens_of_a_text_count(encoder: Encoder) -> None:
    begins = "toner " * 126
    long, longer = encoder.many([begins + "holiday", begins + "summer " * 3000], timeout=20)
    assert (long == longer).all()


def test_nothing_has_no_vector(encoder: Encoder) -> None:
    assert encoder.query(" \n") is None
    assert encoder.many([], timeout=1).shape == (0, 384)
    assert encoder.embed([]).shape == (0, 384)


@pytest.mark.parametrize(
    "text", ["\ud83d", "\0", "😀" * 300, "印刷できない", "\u202eabc", "a" * 50_000]
)
def test_odd_texts_have_a_vector_like_any_other(encoder: Encoder, text: str) -> None:
    assert abs(float(np.linalg.norm(asked(encoder, text))) - 1) < 1e-5
    assert encoder.embed([cut.text for cut in encoder.cut(text, text)]).any(axis=1).all()


# Bytes


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), sharpness=st.floats(0, 4))
def test_a_cosine_of_quantised_vectors_is_off_by_no_more_than_promised(
    seed: int, sharpness: float
) -> None:
    vectors = np.random.default_rng(seed).normal(size=(20, 384)).astype(np.float32)
    vectors *= np.abs(vectors) ** sharpness  # from even ones to those with a few large components
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    small = quantised(vectors)
    assert small.dtype == np.int8
    assert (np.abs(small).max(axis=1) == 127).all()
    units = small / np.linalg.norm(small.astype(np.float32), axis=1, keepdims=True)
    allowed = 0.08 * np.abs(vectors).max(axis=1)
    assert (np.abs(vectors @ units.T - vectors @ vectors.T) <= allowed[None, :]).all()
    both = allowed[None, :] + allowed[:, None]
    assert (np.abs(units @ units.T - vectors @ vectors.T) <= both).all()


def test_vectors_are_kept_as_bytes_that_hardly_lose_anything(encoder: Encoder) -> None:
    texts = ["Reset the VPN", "The toner is in the cupboard", "Book the train early"]
    exact, small = encoder.many(texts, timeout=10), encoder.embed(texts)
    assert (small == quantised(exact)).all()
    units = small / np.linalg.norm(small.astype(np.float32), axis=1, keepdims=True)
    assert np.abs(units @ exact.T - exact @ exact.T).max() < 0.005


def test_a_vector_of_nothing_stays_nothing() -> None:
    assert not quantised(np.zeros((1, 384), np.float32)).any()


# Without it


def is_absent(encoder: Encoder) -> None:
    assert not encoder.is_there
    assert not encoder.is_ready
    assert encoder.query("printer") is None
    assert encoder.many(["printer"], timeout=10) is None
    with pytest.raises(EncoderMissing):
        encoder.embed(["printer"])
    with pytest.raises(EncoderMissing):
        encoder.cut("Printer", "toner")


def test_switched_off_it_answers_nothing_and_leaves_no_trace(tmp_path: Path) -> None:
    is_absent(Encoder(tmp_path / "search", on=False))
    assert not (tmp_path / "search").exists()


def test_without_a_package_it_answers_nothing_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    missing_packages.cache_clear()
    try:
        with caplog.at_level(logging.INFO, "firsthand"):
            is_absent(Encoder(tmp_path))
    finally:
        missing_packages.cache_clear()
    assert [record.getMessage() for record in caplog.records] == [
        "Search goes by words alone: without onnxruntime."
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_application_starts_on_a_machine_without_any_of_the_packages(tmp_path: Path) -> None:
    program = f"""
import sys
sys.modules.update(dict.fromkeys({(*encoder_module.PACKAGES, "usearch", "ir_measures")!r}))
import wsgi
from search.semantic.encoder import Encoder
from pathlib import Path
wsgi.create_app({{"FIRSTHAND_DATA": {str(tmp_path)!r}}})
assert Encoder(Path({str(tmp_path)!r})).query("printer") is None
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)


def test_a_file_of_the_model_that_somebody_changed_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("onnxruntime")
    from search.semantic import encoder_model

    monkeypatch.setattr(encoder_model, "TOKENIZER_SHA256", "0" * 64)
    with pytest.raises(encoder_files.Damaged, match="not the file we know"):
        encoder_model.Model()


def test_it_knows_words_and_neither_slips_nor_pieces_of_words(encoder: Encoder) -> None:
    assert all(map(encoder.knows, ("taxi", "sometimes", "length", "guidelines")))
    assert not any(map(encoder.knows, ("", "txi", "somtimes", "lenght", "ing", "##ing", "2015")))


def test_without_its_packages_it_knows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not Encoder(tmp_path, on=False).knows("taxi")
    monkeypatch.setattr(encoder_files, "TOKENIZER_SHA256", "another")
    encoder_files.words.cache_clear()
    try:
        assert not Encoder(tmp_path).knows("taxi")
    finally:
        encoder_files.words.cache_clear()
