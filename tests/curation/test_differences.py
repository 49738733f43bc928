"""How far a proposal goes, which decides where it stands in the queue and whether it may go live at once."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markup.parts import Job
from core.markup.pipeline import lay_out
from curation import differences

BODY = """\
Open the client and press the red key for 3 days.

1. Run `vpn --reset` twice.
2. Read [the rules](https://example.com/rules) and [[Ask for help]].

```
make clean
```

![A plan](/attachments/7/plan.png)

Call extension 4711 before the first of March, it costs 1,500.00 € or 5 %.
"""


@dataclass
class Text:
    """As much of a revision as matters here."""

    title: str = "Reset the VPN"
    summary: str = "Back online in a minute."
    body: str = BODY
    tags: list[str] = field(default_factory=lambda: ["vpn"])
    dialect: str = "commonmark"

    @property
    def html(self) -> str:
        return lay_out(Job(self.body, self.dialect)).html


def size(old: Text | None, new: Text) -> int:
    return differences.size(old, new)  # type: ignore[arg-type]


def touches(old: Text, new: Text) -> bool:
    return differences.touches(old, new)  # type: ignore[arg-type]


def changed(old: str, new: str) -> Text:
    assert old in BODY
    return Text(body=BODY.replace(old, new))


def test_nothing_changed_is_no_change() -> None:
    assert size(Text(), Text()) == 0
    assert not touches(Text(), Text())


def test_all_words_of_a_new_article_are_new() -> None:
    assert size(None, Text(title="One two", summary="three", body="four five", tags=["six"])) == 6


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (changed("red key", "blue key"), 1),
        (changed("red key", "key"), 1),
        (changed("press the red key", "press the large red key"), 1),
        (Text(title="Reset our VPN"), 1),
        (Text(summary="Back online in a moment."), 1),
        (Text(tags=["vpn", "linux"]), 1),
    ],
)
def test_words_that_differ_are_counted_wherever_they_stand(new: Text, words: int) -> None:
    assert size(Text(), new) == words


def test_what_moved_counts_as_much_as_what_changed() -> None:
    first, second = "One thing to know about it.", "Quite another thing to think of."
    assert size(Text(body=f"{first}\n\n{second}"), Text(body=f"{second}\n\n{first}")) >= 6


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("red key", "blue key"),
        ("Open the client", "Please open the client"),
        ("Call extension", "Phone extension"),
        ("press the red key", "press the red button"),
    ],
)
def test_plain_words_may_change_without_touching_anything(old: str, new: str) -> None:
    assert not touches(Text(), changed(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3 days", "4 days"),
        ("3 days", "3 weeks"),
        ("3 days", "three days"),
        ("twice", "once"),
        ("4711", "4712"),
        ("March", "April"),
        ("the first of", "the second of"),
        ("1,500.00", "1.500,00"),
        ("1,500.00 €", "1,500.00 $"),
        ("5 %", "5"),
        ("vpn --reset", "vpn --reset --hard"),
        ("`vpn --reset`", "vpn --reset"),
        ("make clean", "make clean all"),
        ("make clean", "make  clean"),
        ("example.com/rules", "example.com/rule"),
        ("[the rules](https://example.com/rules)", "the rules"),
        ("[[Ask for help]]", "[[Ask for more]]"),
        ("[[Ask for help]]", "Ask for help"),
        ("/attachments/7/plan.png", "/attachments/8/plan.png"),
        ("![A plan](/attachments/7/plan.png)\n", ""),
        ("press", "press `Esc` and"),
        ("press", "write to help@example.com or press"),
        ("2. Read", "2. Wait.\n3. Read"),
    ],
)
def test_a_number_a_command_or_a_link_is_never_touched_unseen(old: str, new: str) -> None:
    assert touches(Text(), changed(old, new))
    assert touches(changed(old, new), Text())


def test_title_summary_and_tags_are_looked_at_too() -> None:
    assert touches(Text(), Text(title="Reset the VPN 2"))
    assert touches(Text(), Text(summary="Back online in 2 minutes."))
    assert touches(Text(), Text(tags=["vpn", "windows-11"]))


def test_the_same_text_in_another_dialect_may_say_something_else() -> None:
    assert touches(Text(), Text(dialect="python-markdown"))


def test_an_address_defined_apart_is_a_link_too() -> None:
    old = "Read [the rules][1] first.\n\n[1]: https://example.com/a"
    assert touches(Text(body=old), Text(body=old.replace("/a", "/b")))


def test_indented_code_is_a_command_too() -> None:
    old = "Run this:\n\n    make clean\n\nThen wait."
    assert touches(Text(body=old), Text(body=old.replace("clean", "tidy")))


words = st.lists(st.sampled_from(["press", "the", "key", "and", "wait", "now"]), max_size=12)


@given(words, words, st.integers(0, 9), st.integers(0, 9))
def test_another_digit_anywhere_is_seen(
    before: list[str], after: list[str], one: int, other: int
) -> None:
    def text(digit: int) -> Text:
        return Text(body=" ".join([*before, str(digit), *after]))

    assert touches(text(one), text(other)) == (one != other)
