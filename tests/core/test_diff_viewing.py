"""How a comparison is looked at lies in its address, and what differs is told in one line."""

import pytest

from core.diff import ImageChange, Picture, Tally, View, in_words, tag_row, view_of


def test_an_address_says_how_to_look() -> None:
    view = view_of({"view": "inline", "on": "source", "since": "round", "all": "1"})
    assert (view.shape, view.on, view.since, view.shows_all) == ("inline", "source", "round", True)


def test_what_an_address_leaves_open_is_as_the_page_has_it() -> None:
    view = view_of({}, on="source")
    assert (view.shape, view.on, view.since, view.shows_all) == ("auto", "source", "live", False)
    assert View().on == "text"


@pytest.mark.parametrize("unknown", [{"view": "3d"}, {"on": ""}, {"since": "'"}, {"all": "yes"}])
def test_what_nobody_offers_is_left_open(unknown: dict[str, str]) -> None:
    assert view_of(unknown) == View()


def test_a_choice_keeps_the_others_that_were_made() -> None:
    view = view_of({"view": "side", "page": "2"})
    assert view.address("/reviews/7", on="source") == "/reviews/7?view=side&on=source"
    assert view.address("/reviews/7", view="inline") == "/reviews/7?view=inline"


PLAN = Picture("/attachments/1/plan.png", "")


@pytest.mark.parametrize(
    ("tally", "fields", "kinds", "line"),
    [
        (Tally(12, 3, 1), ["Title"], [], "12 words added, 3 removed, 1 block moved; title changed"),
        (Tally(1, 0, 2), [], [], "1 word added, 2 blocks moved"),
        (Tally(0, 1234), [], [], "1,234 words removed"),
        (Tally(), ["Title", "Summary", "Tags"], [], "Title, summary and tags changed"),
        (Tally(), [], ["added", "replaced", "added"], "2 images added, 1 image replaced"),
        (Tally(), [], [], "Nothing differs"),
    ],
)
def test_what_differs_is_told_in_words(
    tally: Tally, fields: list[str], kinds: list[str], line: str
) -> None:
    images = [ImageChange(kind, PLAN, PLAN) for kind in kinds]
    assert in_words(tally, fields, images, same_text=True) == line


def test_a_change_of_signs_alone_is_told_too() -> None:
    line = in_words(Tally(), ["Title"], [], same_text=False)
    assert line == "Only spacing, signs or formatting changed; title changed"


def test_tags_are_kept_whole() -> None:
    row = tag_row(["home-office", "vpn"], ["vpn", "home-work"])
    assert row.old is not None
    assert row.new is not None
    assert [(p.text, p.changed) for p in row.old] == [
        ("home-office", True),
        (", ", False),
        ("vpn", False),
    ]
    assert [p.text for p in row.new if p.changed] == ["home-work"]
