"""What odd queries cost: 5,000 that nobody would type on purpose, through the whole pipeline.

    python -m benchmarks.odd_queries [--articles 10000] [--engine tantivy] [--texts FOLDER]

Signs that mean something in queries and in markup, broken characters, other writings, ten thousand
of anything. All times are of the clock on the wall, in milliseconds, passages included.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.search import TEXTS, made_documents, whole_search
from benchmarks.table import Figure, percentile, print_figures
from search.documents import entry
from search.engines import open_engine
from search.pipeline import Pipeline

COUNT, SEED = 5_000, 20251122
LONGEST = 10_000

PIECES = (
    *('"', '""', '"""', "“", "”", "„", "«", "'", "`", "-", "--", "-" * 50, "+", "*", "?", "~", "^"),
    *(
        "(",
        ")",
        "((",
        "[",
        "]",
        "{",
        "}",
        "/",
        "\\",
        "|",
        "&&",
        "||",
        "!",
        "<",
        ">",
        "=",
        ":",
        "::",
    ),
    *("AND", "OR", "NOT", "NEAR/3", "tag:", "TAG:", "kind:", "topic:", "author:", "-tag:", "x:y"),
    *(
        'tag:""',
        'tag:"',
        '-"',
        '-"a b"',
        "-author:-",
        "kind:kind:howto",
        'topic:"-"',
        "id:1",
        "_:_",
    ),
    *(
        "\0",
        "\x01",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\t",
        "\r\n",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "\uffff",
    ),
    *(
        "🙂",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "\U0010ffff",
        "\ud800",
        "\udfff",
        "\ud83d",
        "\u200b",
        "\u200d",
        "\xad",
    ),
    *(
        "\u202e",
        "\u202a",
        "\u2066",
        "שלום",
        "مرحبا بالعالم",
        "e\u0301",
        "\u0301",
        "Z" + "\u0351" * 40,
    ),
    *(
        "東京都庁",
        "全文検索エンジン",
        "図書館の開館時間は何時ですか",
        "한국어 검색",
        "ภาษาไทย",
        "ｆｕｌｌ",
    ),
    *("٣٤", "１２３", "²", "½", "Ⅷ", "①", "ß", "ẞ", "İ", "ı", "ﬁ", "ﷺ", "ǅ", "Ω", "Ω", "μ", "ſ"),
    *(
        "' OR 1=1 --",
        "'; DROP TABLE article; --",
        "%",
        "_",
        "%00",
        "${x}",
        "{{ 7 * 7 }}",
        "{% raw %}",
    ),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</mark>",
        "&lt;",
        "&#0;",
        "]]>",
    ),
    *("ERR-1042", "v2.3", "v2.3.4-rc.1+x", "1e309", "0x", "a.b.c", "C++", "C#", "../../etc/passwd"),
    *("http://x/?q=\xa0", "a@b.c", "1/0", "nan", "None", "true", "BREAK", "\u241e", "language=de"),
    *("a", "the", "how do I", "was ist", "git", "printer", "reset", "vim", "commit", "x" * 300),
)


def odd_queries(count: int, seed: int = SEED) -> Iterator[str]:
    """As many as wanted, always the same."""
    chooser = random.Random(seed)
    ways: Sequence[Callable[[random.Random], str]] = (
        *(_some, _some, _some, _spaced, _spaced, _spaced),
        *(_any_characters, _quoted, _repeated, _long_word),
    )
    yield from PIECES[:count]
    for _ in range(count - len(PIECES)):
        yield chooser.choice(ways)(chooser)


def _some(chooser: random.Random) -> str:
    return "".join(chooser.choices(PIECES, k=chooser.randint(1, 12)))


def _spaced(chooser: random.Random) -> str:
    return " ".join(chooser.choices(PIECES, k=chooser.randint(1, 40)))


def _any_characters(chooser: random.Random) -> str:
    highest = chooser.choice((0x7F, 0x24F, 0xFFFF, 0x10FFFF))
    return "".join(chr(chooser.randint(0, highest)) for _ in range(chooser.randint(1, 200)))


def _quoted(chooser: random.Random) -> str:
    inner = _spaced(chooser)
    for _ in range(chooser.randint(1, 4)):
        sign, field = chooser.choice(("", "-")), chooser.choice(("", "tag:", "author:", "nothing:"))
        inner = f'{sign}{field}"{inner}"'
    return inner


def _repeated(chooser: random.Random) -> str:
    piece = chooser.choice(PIECES) + chooser.choice(("", " ", " -", ' "'))
    return (piece * LONGEST)[: chooser.choice((501, 4_000, LONGEST))]


def _long_word(chooser: random.Random) -> str:
    letters = chooser.choice(("abcdefgh", "äöüßé", "東京都検索", "0123456789", "a-", "a."))
    return "".join(chooser.choices(letters, k=chooser.choice((50, 400, LONGEST))))


def main() -> None:
    arguments = argparse.ArgumentParser(
        prog="python -m benchmarks.odd_queries", description=(__doc__ or "").split("\n")[0]
    )
    arguments.add_argument("--articles", type=int, default=10_000)
    arguments.add_argument("--queries", type=int, default=COUNT)
    arguments.add_argument("--engine", default="tantivy")
    arguments.add_argument("--texts", type=Path, default=TEXTS)
    wanted = arguments.parse_args()
    load = os.getloadavg()[0]
    print(f"{wanted.engine}, {wanted.articles} articles; load {load:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        print_figures(measure(wanted.engine, Path(folder), wanted))


def measure(name: str, folder: Path, wanted: argparse.Namespace) -> Iterator[Figure]:
    engine = open_engine(f"{name}:", folder)
    texts = {}
    with engine.rebuild() as fresh:
        for document in made_documents(wanted.texts, wanted.articles):
            fresh.put(entry(document))
            texts[document.id] = document.text
    pipeline = Pipeline(engine)
    whole_search(pipeline, texts, "gti")  # the speller is made with the first unknown word
    queries = list(odd_queries(wanted.queries))
    times = [_time(pipeline, texts, query) for query in queries]
    worst = queries[times.index(max(times))]
    yield Figure("odd queries: p50", percentile(times, 0.5), "ms")
    yield Figure("odd queries: p95", percentile(times, 0.95), "ms")
    yield Figure("odd queries: p99", percentile(times, 0.99), "ms", 300, f"{len(times)} queries")
    yield Figure("odd queries: longest", max(times), "ms", None, ascii(worst[:60]))


def _time(pipeline: Pipeline, texts: dict[int, str], query: str) -> float:
    start = time.perf_counter()
    whole_search(pipeline, texts, query)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
