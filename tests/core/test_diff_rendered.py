"""Differences of texts as readers see them: nothing is lost, nothing is unsafe, and it reads well."""

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diff import Block, TooDifferent, compare_rendered, rendered, whole_page
from core.markup.parts import Job
from core.markup.pipeline import lay_out
from tests.core.html_trees import dangers, tree

PIECES = [
    "# Before you go",
    "## Before you leave",
    "Ask the travel office for the *form* and send it back the same day.",
    "Ask the travel office for the **new form** and send it back the same week.",
    "Whoever comes home late may start later on the next working day.[^1]",
    "- pack a charger\n- pack an adapter\n- tell your team where you are",
    "- tell your team where you are\n- pack a charger and a cable\n  - for the phone\n  - for the laptop",
    "1. open the form\n2. fill it in\n\n   with care\n3. send it",
    "- [x] booked\n- [ ] insured",
    "- [ ] booked\n- [ ] insured",
    "| a | b |\n|---|--:|\n| hotel | 90 |\n| train | 45 |",
    "| a | b |\n|---|--:|\n| train | 47 |\n| flight | 300 |\n| hotel | 90 |",
    "```python\ndef go(where):\n    return book(where)\n```",
    "```python\ndef go(where, when):\n    return book(where)\n```\n",
    "> [!WARNING]\n> Keep `receipts` & tickets.",
    "> [!WARNING]\n> Keep all `receipts` & tickets <for> a year.",
    "![A form](/attachments/1/form.png#20x10)",
    "![The form](/attachments/2/form.png)",
    "See [the site](https://example.com/a?b=1&c=2) and [below](#before-you-go).",
    "See [the site](https://example.com/b) and [below](#before-you-go).",
    "Term\n: what it means",
    "***",
    "A fence of `<script>` and \\<b> and &amp;.",
]
articles = st.lists(st.sampled_from(PIECES), max_size=8).map(
    lambda pieces: "\n\n".join(pieces) + "\n\n[^1]: With the consent of their lead.\n"
)


def page(source: str) -> str:
    return lay_out(Job(source, "commonmark")).html


def blocks(old: str, new: str) -> list[Block]:
    return [block for s in compare_rendered(old, new).stretches for block in s.blocks]


def inline(block: Block) -> str:
    """What one column shows of it."""
    if block.kind == "same" or block.kind == "changed" or block.new is not None:
        return str(block.both)
    return str(block.old)


_BLOCKS = ["blockquote", "dd", "div", "dl", "dt", "li", "ol", "p", "pre", "section", "table", "td"]
_BLOCKS += ["th", "tr", "ul", *(f"h{level}" for level in range(1, 7))]


def words_of(html: str, *, without: str = "") -> list[str]:
    spaced = re.sub(r"</(li|p|t[dh]|h\d|d[dt]|div|pre)>", r"</\1> ", html)
    soup = BeautifulSoup(spaced, "html.parser")
    for element in soup.select(".diff-note, .footnote-backref"):
        element.decompose()
    for element in soup.find_all(without) if without else ():
        element.decompose()
    for block in soup.find_all(_BLOCKS):  # what stands in the next one is another word
        block.insert_before(" ")
        block.insert_after(" ")
    return re.findall(r"\w+", soup.get_text(""))


def is_safe(html: object) -> bool:
    """As safe as any text of ours, but for `<ins>`, which those do not have."""
    return not list(dangers(re.sub(r"</?ins>", "", str(html))))


def side(found: list[Block], name: str) -> str:
    return "\n".join(str(getattr(b, name)) for b in found if getattr(b, name) is not None)


@given(articles, articles)
@settings(max_examples=60)
def test_each_side_is_the_whole_text_in_order(old: str, new: str) -> None:
    before, after = page(old), page(new)
    found = blocks(before, after)
    assert words_of(side(found, "old")) == words_of(before)
    assert words_of(side(found, "new")) == words_of(after)


@given(articles, articles)
@settings(max_examples=60)
def test_one_column_holds_every_word_of_both_texts(old: str, new: str) -> None:
    before, after = page(old), page(new)
    shown = "\n".join(inline(block) for block in blocks(before, after))
    assert set(words_of(before)) <= set(words_of(shown, without="ins"))
    assert set(words_of(after)) <= set(words_of(shown, without="del"))
    if "diff-moved" not in shown:
        arrived = "\n".join(
            inline(block) for block in blocks(before, after) if block.new is not None
        )
        assert words_of(arrived, without="del") == words_of(after)


@given(articles, articles)
@settings(max_examples=60)
def test_what_comes_out_is_safe_and_leads_nowhere_on_the_page(old: str, new: str) -> None:
    for block in blocks(page(old), page(new)):
        for html in (block.old, block.new, block.both):
            assert " id=" not in str(html or "")
            assert 'href="#' not in str(html or "")
            assert is_safe(html or "")


@given(articles)
@settings(max_examples=30)
def test_equal_texts_show_no_change(text: str) -> None:
    compared = compare_rendered(page(text), page(text))
    assert compared.changes == 0
    assert {b.kind for s in compared.stretches for b in s.blocks} <= {"same"}


@given(articles, articles)
@settings(max_examples=60)
def test_nothing_changed_is_folded_away(old: str, new: str) -> None:
    for stretch in compare_rendered(page(old), page(new)).stretches:
        if stretch.folded:
            assert {block.kind for block in stretch.blocks} == {"same"}


@given(articles, articles)
@settings(max_examples=60)
def test_a_moved_block_knows_where_its_other_place_is(old: str, new: str) -> None:
    found = {block.number: block for block in blocks(page(old), page(new))}
    for block in found.values():
        if block.kind == "moved":
            other = found[block.other or 0]
            assert other.other == block.number
            assert (other.old is None) != (block.old is None)


def only(old: str, new: str) -> Block:
    (block,) = [b for b in blocks(page(old), page(new)) if b.kind != "same"]
    return block


def test_words_are_marked_where_they_changed() -> None:
    block = only("Send the *old* form today.", "Send the *new* form today.")
    assert block.old == "<p>Send the <em><del>old</del></em> form today.</p>"
    assert block.new == "<p>Send the <em><ins>new</ins></em> form today.</p>"
    assert block.both == "<p>Send the <em><del>old</del><ins>new</ins></em> form today.</p>"


def test_emphasis_alone_is_a_change() -> None:
    block = only("Keep this in mind for now.", "Keep **this** in mind for now.")
    assert block.new == "<p>Keep <strong><ins>this</ins></strong> in mind for now.</p>"


def test_another_address_of_a_link_is_a_change() -> None:
    block = only(
        "Read [the rules](https://example.com/1) first.",
        "Read [the rules](https://example.com/2) first.",
    )
    soup = BeautifulSoup(str(block.both), "html.parser")
    assert [(a["href"], a.find(["ins", "del"]).name) for a in soup.find_all("a")] == [
        ("https://example.com/1", "del"),
        ("https://example.com/2", "ins"),
    ]


def test_an_item_added_to_a_list_leaves_the_others_alone() -> None:
    block = only("- one thing\n- another thing", "- one thing\n- a third one\n- another thing")
    soup = BeautifulSoup(str(block.both), "html.parser")
    assert [li.get("class") for li in soup.find_all("li")] == [None, ["diff-added"], None]
    assert soup.find_all("del") == []


def test_an_item_put_elsewhere_in_its_list_is_marked_as_moved() -> None:
    items = ["open the form in the portal", "fill in all of the fields", "send it to your lead now"]
    old = "\n".join(f"- {item}" for item in items)
    new = "\n".join(f"- {item}" for item in [items[1], items[2], items[0]])
    soup = BeautifulSoup(str(only(old, new).both), "html.parser")
    moved = [li.get_text() for li in soup.select("li.diff-moved")]
    assert moved == [f"Moved from here: {items[0]}", f"Moved to here: {items[0]}"]
    assert not soup.find_all(["ins", "del"])


def test_rows_of_a_table_are_compared_cell_by_cell() -> None:
    head = "| what | cost |\n|---|--:|\n"
    old = head + "| train | 45 |\n| hotel | 90 |"
    new = head + "| train | 47 |\n| flight | 300 |\n| hotel | 90 |"
    soup = BeautifulSoup(str(only(old, new).new), "html.parser")
    rows = [[str(cell) for cell in row.find_all("td")] for row in soup.select("tbody tr")]
    assert '<td class="align-right"><ins>47</ins></td>' in rows[0]
    assert rows[0][0] == "<td>train</td>"


def test_lines_of_code_are_compared_with_their_own_new_form() -> None:
    old = "```\nmake clean\nmake test\n```"
    new = "```\nmake lint\nmake clean\nmake test fast\n```"
    soup = BeautifulSoup(str(only(old, new).new), "html.parser")
    assert [ins.get_text() for ins in soup.find_all("ins")] == ["make lint\n", " fast"]


def test_ticking_a_task_is_a_change() -> None:
    block = only("- [ ] insured", "- [x] insured")
    assert "<ins><input" in str(block.new)
    assert "insured</ins>" not in str(block.new)


def test_a_paragraph_put_elsewhere_is_moved_and_its_changed_words_marked() -> None:
    parts = [
        "Ask the travel office for the form and send it back.",
        "Whoever comes home late may start later on the next day.",
        "Keep the receipts of everything that you paid for yourself.",
    ]
    found = blocks(
        page("\n\n".join(parts)),
        page("\n\n".join([parts[1], parts[2], parts[0].replace("form", "paper")])),
    )
    went, came = [block for block in found if block.kind == "moved"]
    assert (went.other, came.other) == (came.number, went.number)
    assert "<del>form</del>" in str(went.old)
    assert "<del>form</del><ins>paper</ins>" in str(came.both)


def test_another_image_stands_beside_the_old_one() -> None:
    block = only(
        "Press here: ![Key](/attachments/1/a.png)", "Press here: ![Key](/attachments/2/a.png)"
    )
    assert '<del><img src="/attachments/1/a.png"' in str(block.both)
    assert '<ins><img src="/attachments/2/a.png"' in str(block.both)


def test_a_heading_that_becomes_a_paragraph_keeps_its_words_readable() -> None:
    found = blocks(page("## Pack light for the road"), page("Pack light for the road"))
    assert {block.kind for block in found} == {"changed"}


def test_what_an_author_struck_out_is_not_taken_for_removed() -> None:
    block = only("Pay ~~cash~~ by card.", "Pay ~~cash~~ by any card.")
    assert block.new == "<p>Pay <s>cash</s> by <ins>any </ins>card.</p>"
    html = lay_out(Job("Pay ~~cash~~ by card.", "python-markdown")).html
    assert "<s>cash</s>" in str(whole_page(html).stretches[0].blocks[0].new)


def test_marks_of_their_own_do_not_let_an_author_play_the_comparison() -> None:
    html = '<p class="diff-removed" onclick="x()">a <ins class="x">b</ins><script>1</script></p>'
    (block,) = blocks("", html)
    assert is_safe(block.new)
    assert "onclick" not in str(block.new)


@pytest.mark.parametrize("size", ["MOST_HTML", "MOST_CHANGED"])
def test_what_is_too_much_is_refused(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, size, 20)
    with pytest.raises(TooDifferent):
        compare_rendered(page("One text about this."), page("Another one on that."))


def test_two_long_texts_that_share_little_are_still_compared() -> None:
    old = page(
        "\n\n".join(f"Paragraph {n} of the first text, short as it is." for n in range(2000))
    )
    new = page("\n\n".join(f"A second one has other words in {n}, quite so." for n in range(2000)))
    assert blocks(old, new)


def test_a_page_with_nothing_to_compare_it_with_is_shown_unmarked() -> None:
    shown = whole_page(page("# One\n\nTwo."))
    assert [b.new for s in shown.stretches for b in s.blocks] == ["<h2>One</h2>", "<p>Two.</p>"]
    assert shown.changes == 0


def test_the_pages_compared_are_trees_again() -> None:
    block = only("- a\n- b", "- a\n- b\n- c")
    assert tree(str(block.both))
