"""Hostile text costs its author a sentence and nobody else anything."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import markup, sandbox
from core.errors import Invalid
from core.markup import gate
from tests.core.html_trees import dangers, tree

DATA = Path(__file__).parents[2].parent / "shared" / "data"
XSS = ("ammonia_tests", "bleach_tests", "mxss_sonar", "owasp_filter_evasion")

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the hostile texts are not here")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


# Where a piece of hostile text may stand.
PLACES = (
    "{}",
    "    {}",
    "`{}`",
    "[a]({})",
    "[a](<{}>)",
    '[a](/x "{}")',
    "![{}](/attachments/1/a.png)",
    "![a]({})",
    "<{}>",
    "[a]: {}\n\n[a]",
    "# {}",
    "```{}\nx\n```",
    "| a |\n|---|\n| {} |",
    "- [ ] {}",
    "a[^1]\n\n[^1]: {}",
    "[[{}]]",
    "[[a|{}]]",
    "> [!NOTE]\n> {}",
)


@needs_data
@pytest.mark.parametrize("dialect", markup.DIALECTS)
@pytest.mark.parametrize("name", XSS)
def test_hostile_html_and_markdown_hold_nothing_that_could_run(name: str, dialect: str) -> None:
    codes = [line["code"] for line in lines_of(DATA / "xss" / f"{name}.jsonl")]
    # The whole set as it is, and each line in one further place, so that each place meets many.
    sources = codes + [
        PLACES[number % len(PLACES)].replace("{}", " ".join(code.split()))
        for number, code in enumerate(codes)
    ]
    pages = list(markup.render_many((source, dialect, {}) for source in sources))
    bad = {
        source: found
        for source, page in zip(sources, pages, strict=True)
        if isinstance(page, markup.Rendered) and (found := dangers(page.html))
    }
    assert bad == {}
    assert sum(isinstance(page, Invalid) for page in pages) <= len(pages) * 0.02


@needs_data
@pytest.mark.parametrize("name", XSS)
def test_the_last_gate_alone_lets_nothing_through_that_could_run(name: str) -> None:
    clean = gate.last_gate()
    for line in lines_of(DATA / "xss" / f"{name}.jsonl"):
        assert dangers(clean(line["code"])) == [], line["id"]


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<p onclick=x>a</p>",
        "<a href='java\nscript:x'>a</a>",
        "<a href='data:text/html,x'>a</a>",
        "<img src='https://example.com/x.png'>",
        "<p style='position:fixed'>a</p>",
        "<p id=body>a</p>",
        "<svg><a href=/x>a</a></svg>",
        "<input type=text>",
    ],
)
def test_the_judge_of_these_tests_sees_what_is_dangerous(html: str) -> None:
    assert dangers(html) != []


@pytest.mark.parametrize(
    "href",
    [
        "javascript:1",
        "JavaScript:123",
        "java\tscript:x",
        "\x01javascript:x",
        "java\u2028script:x",
        "java\u200bscript:x",
        "\u00a0javascript:x",
        "vbscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "localhost:8000",
        "\\\\evil.example",
        "/\\evil.example",
        "https://example.com/\u202egnp.exe",
        " https://example.com",
        "",
    ],
)
def test_an_address_that_misleads_is_no_link(href: str) -> None:
    assert not gate.is_safe_href(href)


@pytest.mark.parametrize(
    "href",
    ["/articles/x", "#h-x", "x.md", "?a=b:c", "https://example.com:8443/a", "mailto:a@b.example",
     "tel:+491234", "HTTPS://EXAMPLE.COM", "/a:b"],
)  # fmt: skip
def test_an_honest_address_is_a_link(href: str) -> None:
    assert gate.is_safe_href(href)


@pytest.mark.parametrize(
    "src",
    [
        "/attachments/1/../../signout",
        "/attachments/1/..",
        "/attachments/1/a.png?x",
        "//evil.example/attachments/1/a.png",
        "https://evil.example/a.png",
        "/signout",
        "attachments/1/a.png",
        "data:image/png;base64,AAAA",
    ],
)
@pytest.mark.parametrize("dialect", markup.DIALECTS)
def test_no_image_but_ours_is_ever_loaded(src: str, dialect: str) -> None:
    html = markup.render(f"![a]({src}) ![b][r]\n\n[r]: {src}", dialect=dialect).html
    assert [node for node in tree(html).walk() if node.tag == "img"] == []


@needs_data
@pytest.mark.parametrize("dialect", markup.DIALECTS)
def test_texts_that_hang_parsers_are_each_answered_in_time(dialect: str) -> None:
    def seconds(text: str) -> float:
        begin = time.monotonic()
        with contextlib.suppress(Invalid):
            markup.render(text, dialect=dialect)
        return time.monotonic() - begin

    lines = lines_of(DATA / "markdown" / "pathological.jsonl")
    with ThreadPoolExecutor(2) as threads:
        taken = dict(
            zip(
                [line["name"] for line in lines],
                threads.map(seconds, [line["text"] for line in lines]),
                strict=True,
            )
        )
    assert len(taken) == 52
    # Two seconds of the processor for the text; the rest is for a loaded machine.
    most = sandbox.SECONDS * sandbox.BY_THE_CLOCK + 3
    assert {name: took for name, took in taken.items() if took > most} == {}


def test_a_text_that_takes_too_long_is_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid, match="takes too long to lay out") as refused:
        markup.render("[" * 6000, dialect="python-markdown")
    assert refused.value.fields == {"body": refused.value.message}


def test_a_text_of_more_than_256_kb_is_refused() -> None:
    assert markup.render("word " * 50_000).text.startswith("word word")
    with pytest.raises(Invalid, match="This text has 300 kB; the longest we accept is 256 kB"):
        markup.render("é" * 150 * 1024)


@pytest.mark.parametrize("dialect", markup.DIALECTS)
def test_a_table_of_more_than_5000_cells_is_refused(dialect: str) -> None:
    def table(rows: int) -> str:
        return "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * rows

    two_tables = f"{table(1300)}\n\nand\n\n{table(1300)}"
    assert markup.render(two_tables, dialect=dialect).html.count("<td>") == 5200
    with pytest.raises(Invalid, match="more than 5,000 cells"):
        markup.render(table(2600), dialect=dialect)


@pytest.mark.parametrize(
    "deep", ["> " * 200 + "a", "".join("  " * n + "- a\n" for n in range(120))]
)
def test_text_nested_too_deeply_is_refused_and_not_cut_short(deep: str) -> None:
    with pytest.raises(Invalid, match="nested too deeply"):
        markup.render(deep + "\n\nthe end")


def test_code_beyond_100_kb_is_shown_without_colours() -> None:
    code = "x = 1\n" * 10_000
    html = markup.render(f"```py\n{code}```\n\n```py\n{code}```").html
    coloured, _, plain = html.partition("</pre>")
    assert 'class="mi"' in coloured
    assert "x = 1\nx = 1\n" in plain
    assert 'class="mi"' not in plain


@settings(max_examples=150, derandomize=True)
@given(
    source=st.text(max_size=300)
    | st.text(
        st.sampled_from(list("[]()!<>&*_`~#|:-^\\\n \t1.xh/@{}=\u2022\ud800\x00\x1b")), max_size=120
    ),
    dialect=st.sampled_from(markup.DIALECTS),
)
def test_no_text_makes_rendering_fail_in_any_other_way(source: str, dialect: str) -> None:
    try:
        page = markup.render(source, dialect=dialect)
    except Invalid:
        return
    assert dangers(page.html) == []
    assert "\x00" not in page.html + page.text
    (page.html + page.text).encode()  # no half characters
