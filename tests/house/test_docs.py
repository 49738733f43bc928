"""What the pages of the documentation lead to is there, and what lies beside them is shown by one."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.house.files import ROOT, files, name

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 3_000_000  # of all pictures: every clone carries them
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *files("docs", suffix=".md")]


def links(page: Path, *, pictures: bool) -> list[tuple[str, str]]:
    """Words and target of each link of a page, or of each picture in it."""
    text = CODE.sub("", page.read_text())
    found = LINK.findall(text)
    return [(words, target) for mark, words, target in found if bool(mark) == pictures]


def headings(page: Path) -> set[str]:
    """The anchors of a page, as the pages of a repository's host make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_the_documentation_leads_somewhere(page: Path) -> None:
    for words, target in links(page, pictures=False):
        address = urlsplit(target)
        if address.scheme:
            continue
        file = page.parent / unquote(address.path) if address.path else page
        assert file.exists(), f"{words}: there is no {target}"
        assert not address.fragment or address.fragment in headings(file), f"{words}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_picture_of_the_documentation_is_there_and_described(page: Path) -> None:
    for words, target in links(page, pictures=True):
        assert (page.parent / target).is_file(), f"there is no {target}; make screenshots takes it"
        assert len(words) > 20, f"{target} needs a description for those who do not see it"


def test_every_picture_is_shown_on_some_page() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for _, target in links(page, pictures=True)
    }
    assert {path for path in PICTURES.iterdir() if path not in shown} == set()


def test_the_pictures_are_small_enough_to_be_carried_along() -> None:
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < MOST_BYTES
