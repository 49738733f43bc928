"""Images of two texts: paired by name or place, told apart by address and description."""

import pytest

from core.diff import ImageChange, Picture, compare_images, pictures


def picture(number: int, name: str = "a.png", description: str = "A plan") -> Picture:
    return Picture(f"/attachments/{number}/{name}", description)


def changes(old: list[Picture], new: list[Picture]) -> list[tuple[str, str, str]]:
    return [
        (c.kind, c.old.address if c.old else "", c.new.address if c.new else "")
        for c in compare_images(old, new)
    ]


def test_images_are_read_from_the_page_with_what_it_says_of_them() -> None:
    page = (
        '<p><img src="/attachments/3/a.png" alt="&lt;b&gt; &amp; &quot;c&quot;" title="t" width="10"'
        ' height="20" loading="lazy" decoding="async"> and <img src="/attachments/4/b.png" alt=""></p>'
    )
    assert pictures(page) == [
        Picture("/attachments/3/a.png", '<b> & "c"', 10, 20),
        Picture("/attachments/4/b.png", ""),
    ]
    assert pictures(page)[0].name == "a.png"


def test_the_same_images_in_another_order_are_no_difference() -> None:
    one, two = picture(1), picture(2, "b.png")
    assert compare_images([one, two], [two, one]) == []


def test_an_image_in_the_place_of_another_replaced_it() -> None:
    between = [picture(1, "first.png"), picture(2, "old.png"), picture(3, "last.png")]
    new = [between[0], picture(9, "new.png"), between[2]]
    assert changes(between, new) == [
        ("replaced", "/attachments/2/old.png", "/attachments/9/new.png")
    ]


def test_an_image_of_the_same_name_replaced_it_wherever_it_stands() -> None:
    old = [picture(1, "plan.png"), picture(2, "key.png")]
    new = [picture(2, "key.png"), picture(7, "plan.png")]
    assert changes(old, new) == [("replaced", "/attachments/1/plan.png", "/attachments/7/plan.png")]


def test_what_came_and_what_went() -> None:
    one, two = picture(1, "a.png"), picture(2, "b.png")
    assert changes([], [one]) == [("added", "", one.address)]
    assert changes([one, two], [two]) == [("removed", one.address, "")]


def test_another_description_of_the_same_image_is_a_difference() -> None:
    old, new = picture(1), picture(1, description="The plan of the second floor")
    assert compare_images([old], [new]) == [ImageChange("described", old, new)]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_image_shown_several_times_is_counted_as_often(times: int) -> None:
    one = picture(1)
    again = [Picture(one.address, one.description) for _ in range(times)]
    assert [c.kind for c in compare_images([one], again)] == ["added"] * (times - 1)
