"""What a rendering holds beside its HTML, wiki links, and the other dialect."""

import pytest

from core import markup
from core.errors import Invalid
from core.markup import Heading, Link
from tests.core.html_trees import tree


def levels(source: str) -> list[int]:
    return [heading.level for heading in markup.render(source).headings]


# The plain text


def test_the_text_is_what_readers_see_one_block_a_line() -> None:
    source = (
        '# Tea & milk\n\nPut *water* in the `kettle`\nand [wait](/x "no").\n\n- one\n- two\n\n'
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nmake tea\n  now\n```\n\n![A cup](/x.png)\n"
    )
    assert markup.render(source).text == (
        "Tea & milk\nPut water in the kettle and wait.\none\ntwo\na b\n1 2\nmake tea\n  now\nA cup"
    )


def test_the_text_leaves_out_marks_that_belong_to_no_sentence() -> None:
    source = "word[^1] [[Nothing here]] <!-- hush -->\n\n- [x] done\n\n[^1]: why"
    assert markup.render(source).text == "word Nothing here\ndone\nwhy"


def test_an_empty_text_is_an_empty_page() -> None:
    assert markup.render(" \n") == markup.Rendered(html="", text="", headings=())


# Headings


def test_headings_are_listed_with_the_anchors_they_carry() -> None:
    page = markup.render("## What's *new*?\n\n### API & `x`\n\n## What's new?")
    assert page.headings == (
        Heading(2, "h-whats-new", "What's new?"),
        Heading(3, "h-api--x", "API & x"),
        Heading(2, "h-whats-new-1", "What's new?"),
    )
    ids = [node.attributes["id"] for node in tree(page.html).walk() if "id" in node.attributes]
    assert ids == [heading.anchor for heading in page.headings]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("# a\n## b\n### c", [2, 3, 4]),
        ("## a\n### b\n## c", [2, 3, 2]),
        ("### a\n#### b", [2, 3]),
        ("# a\n#### b\n## c", [2, 3, 3]),
        ("### a\n# b", [2, 2]),
        ("# a\n## b\n### c\n#### d\n##### e\n###### f", [2, 3, 4, 5, 6, 6]),
    ],
)
def test_the_outline_begins_at_two_and_skips_no_level(typed: str, shown: list[int]) -> None:
    assert levels(typed) == shown


@pytest.mark.parametrize(
    "heading", ["## a-1\n## a\n## a", "## a\n## a\n## a-1", "## !\n## ?\n## !"]
)
def test_no_two_headings_share_an_anchor(heading: str) -> None:
    anchors = [each.anchor for each in markup.render(heading).headings]
    assert len(set(anchors)) == 3


# Wiki links


def test_targets_are_found_once_each_in_a_folded_form() -> None:
    source = "[[Reset  a Password]] [[reset a password|x]] [[ＡＢＣ]] [[\n]] [[]] [x] [[Straße]]"
    assert markup.wiki_targets(source) == ["reset a password", "abc", "strasse"]


def test_every_link_that_rendering_looks_up_is_among_the_targets() -> None:
    source = "[[A]] | [[b|B]]\n\n| x |\n|---|\n| [[C\\|c]] |\n\n- [[d]]\n\n> [[E [f]]"
    found = {key: Link(f"/articles/{key}", key) for key in markup.wiki_targets(source)}
    html = markup.render(source, links=found).html
    hrefs = {node.attributes["href"] for node in tree(html).walk() if node.tag == "a"}
    assert hrefs == {"/articles/a", "/articles/b", "/articles/c", "/articles/d"}


@pytest.mark.parametrize("source", ["[" * 200_000, "[[a" * 80_000, "[[" + "a" * 250_000])
def test_targets_are_looked_for_in_linear_time(source: str) -> None:
    assert markup.wiki_targets(source) == []


def test_commonmark_links_come_before_wiki_links() -> None:
    links = {"a": Link("/articles/a", "A")}
    assert 'href="/x"' in markup.render("[[a]](/x)", links=links).html
    assert 'href="/y"' in markup.render("[[a]]\n\n[a]: /y", links=links).html
    assert "wiki-link" not in markup.render("`[[a]]`", links=links).html


# Many at once


def test_many_texts_come_back_in_order_with_their_refusals_in_place() -> None:
    texts = [f"number {number}" for number in range(40)]
    texts[7] = "x" * 300_000
    pages = list(markup.render_many((text, "commonmark", {}) for text in texts))
    assert isinstance(pages[7], Invalid)
    assert [page.text for page in pages if isinstance(page, markup.Rendered)] == [
        text for text in texts if len(text) < 100
    ]


def test_an_unknown_dialect_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="unknown dialect 'textile'"):
        markup.render("a", dialect="textile")


# Python-Markdown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"),
        ("<div>\n**a**\n</div>", "<p>&lt;div&gt;\n<strong>a</strong>\n&lt;/div&gt;</p>"),
        ("a <!-- b --> c", "<p>a  c</p>"),
        ("<!-- a\n\nb -->\n\nc", "<p>c</p>"),
        ("`<!-- a -->`", "<p><code>&lt;!-- a --&gt;</code></p>"),
        ("~~a~~", "<p><del>a</del></p>"),
        ("*[KB]: Knowledge base\n\nthe KB", '<p>the <abbr title="Knowledge base">KB</abbr></p>'),
        ("a\n:   b", "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>"),
        ("[[A]]", '<p><a href="/articles/a" class="wiki-link">A</a></p>'),
        (
            '!!! warning "Hot"\n    Tea.',
            '<div class="callout callout-warning" role="note">\n<p class="callout-title">Hot</p>\n'
            "<p>Tea.</p>\n</div>",
        ),
        (
            '??? note "More"\n    Tea.',
            "<details>\n<summary>More</summary>\n<p>Tea.</p>\n</details>",
        ),
        (
            "a {: #body onclick=x .y }\n\n# B {: #location }",
            '<p>a {: #body onclick=x .y }</p>\n<h2 id="h-location">B</h2>',
        ),
        (
            "- [x] a",
            '<ul>\n<li class="task"><input type="checkbox" disabled="" checked="" '
            'aria-label="Done"> a</li>\n</ul>',
        ),
    ],
)
def test_the_python_markdown_dialect(typed: str, shown: str) -> None:
    links = {"a": Link("/articles/a", "A")}
    assert markup.render(typed, dialect="python-markdown", links=links).html.strip() == shown


def test_code_is_coloured_in_both_dialects_alike() -> None:
    source = "```python\nprint('hello')\n```\n"
    first, second = (markup.render(source, dialect=each).html for each in markup.DIALECTS)
    assert first.replace("\n", "") == second.replace("\n", "")
    assert 'data-language="Python"' in first
