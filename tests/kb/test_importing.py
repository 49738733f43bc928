"""Bringing folders in: what becomes of each file, twice, and of files that mean harm."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from core.config import Config
from core.outbox import Event
from curation.models import Review
from kb import drafts, publishing, queries, topics
from kb.importing import front_matter, titles
from kb.importing.front_matter import FrontMatterError
from kb.importing.linking import local_path
from kb.importing.references import references
from kb.models import (
    Article,
    Attachment,
    AttachmentUse,
    Draft,
    Kind,
    Publication,
    Revision,
    Topic,
)
from people.models import User
from tests.factories import edit, make_topic, make_user, republish

DATA = Path(__file__).parents[3] / "shared" / "data"


@dataclass
class Outcome:
    """What the command answered."""

    status: int
    output: str
    report: dict[str, Any]

    def counts(self) -> tuple[int, int, int]:
        return self.report["created"], self.report["changed"], self.report["unchanged"]

    def skipped(self) -> dict[str, str]:
        return {each["path"]: each["reason"] for each in self.report["skipped"]}

    def notes(self) -> str:
        return "\n".join(f"{each['path']}: {each['note']}" for each in self.report["notes"])


Import = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "handbook"
    path.mkdir()
    return path


@pytest.fixture
def bring(app: Flask, session: Session, alice: User, folder: Path) -> Import:
    def bring(*options: str, where: Path = folder, author: str = "alice@example.com") -> Outcome:
        session.commit()
        arguments = ["kb", "import", str(where), "--author", author, *options]
        result = app.test_cli_runner().invoke(args=[*arguments, "--json"])
        session.expire_all()
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        report = json.loads(result.stdout) if result.exit_code == 0 else {}
        return Outcome(result.exit_code, result.output, report)

    return bring


def put(folder: Path, path: str, text: str | bytes) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return target


def picture(color: str = "red", *, size: tuple[int, int] = (20, 10), format: str = "PNG") -> bytes:
    output = BytesIO()
    Image.new("RGB", size, color).save(output, format)
    return output.getvalue()


def article(session: Session, slug: str) -> Article:
    return session.scalars(sa.select(Article).where(Article.slug == slug)).one()


def live(session: Session, slug: str) -> Revision:
    revision = article(session, slug).live_revision
    assert revision is not None
    return revision


def draft(session: Session, title: str) -> Draft:
    return session.scalars(sa.select(Draft).where(Draft.title == title)).one()


# One file


def test_the_first_heading_becomes_the_title_and_leaves_the_text(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "vim/x.md", "# Use `:w` **now**\n\nSave early. Save often.\n\n## More\n\nText\n")
    assert bring("--publish").counts() == (1, 0, 0)
    revision = live(session, "use-w-now")
    assert revision.title == "Use :w now"
    assert revision.summary == "Save early. Save often."
    assert revision.body == "Save early. Save often.\n\n## More\n\nText\n"
    assert "<h2" in revision.html


def test_without_a_heading_the_file_name_is_the_title(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "it/reset-the_vpn.md", "Restart it.")
    bring("--publish")
    assert live(session, "reset-the-vpn").title == "Reset the vpn"


def test_front_matter_fills_the_fields_and_foreign_keys_are_ignored(
    bring: Import, folder: Path, session: Session
) -> None:
    bob = make_user(session, "Bob Stone")
    put(
        folder,
        "a/b.md",
        "---\ntitle: 'no'\nsummary: Short.\ntags: [VPN, Mac]\ntopic: [IT, Network]\nkind: story\n"
        "author: Bob Stone\ndate: 2024-02-03 10:00:00 +0200\npermalink: /x/\nlayout: {a: [b]}\n"
        "---\n\n# Kept\n\nText\n",
    )
    outcome = bring("--publish")
    assert outcome.report["notes"] == []
    made = article(session, "no")
    revision = live(session, "no")
    assert (revision.title, revision.summary, revision.tags) == ("no", "Short.", ["vpn", "mac"])
    assert revision.body == "# Kept\n\nText\n"
    assert made.kind is Kind.STORY
    assert made.topic.name == "Network"
    assert made.topic.parent is not None
    assert made.topic.parent.name == "IT"
    assert (revision.author_id, revision.byline) == (bob.id, None)
    assert made.published_at is not None
    assert made.published_at.isoformat() == "2024-02-03T08:00:00+00:00"
    assert revision.created_at == made.created_at == made.published_at


def test_an_author_who_is_no_user_is_kept_as_text_beside_the_one_who_imports(
    bring: Import, folder: Path, session: Session, alice: User
) -> None:
    put(folder, "a.md", "---\ntitle: One\nauthor: Grace Hopper <grace@elsewhere.org>\n---\nText\n")
    bring("--publish")
    revision = live(session, "one")
    assert (revision.author_id, revision.byline) == (alice.id, "Grace Hopper")
    publication = session.scalars(sa.select(Publication)).one()
    assert publication.by_id == alice.id


def test_dates_that_cannot_be_right_are_left_out_and_reported(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "a.md", "---\ntitle: One\ndate: 9999-01-01\n---\nText\n")
    put(folder, "b.md", "---\ntitle: Two\ndate: 2024-13-45\n---\nText\n")
    outcome = bring("--publish")
    assert outcome.counts() == (2, 0, 0)
    assert "9999-01-01 cannot be right" in outcome.notes()
    assert "“2024-13-45” is not a date" in outcome.notes()
    assert article(session, "one").created_at.year < 9999


@pytest.mark.parametrize("body", ["", "\n\n", "<!-- nothing -->\n"])
def test_a_file_without_text_is_an_article_all_the_same(
    bring: Import, folder: Path, session: Session, body: str
) -> None:
    put(folder, "moved.md", f"---\ntitle: Moved away\n---\n{body}")
    assert bring("--publish").counts() == (1, 0, 0)
    assert live(session, "moved-away").summary == "Moved away"


def test_a_site_generators_title_that_stands_twice_is_shown_once(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "a.md", "---\ntitle: Hello there\n---\n\n# Hello There\n\nText\n")
    bring("--publish")
    assert live(session, "hello-there").body == "Text\n"


# Topics


def test_folders_become_topics_below_one_another_and_existing_ones_are_used(
    bring: Import, folder: Path, session: Session
) -> None:
    it = make_topic(session, "IT")
    put(folder, "it/network-access/a.md", "# A\n")
    put(folder, "top.md", "# Top\n")
    bring("--publish")
    topic = article(session, "a").topic
    assert (topic.name, topic.parent_id) == ("Network access", it.id)
    assert article(session, "top").topic.name == "Handbook"
    assert session.scalar(sa.select(sa.func.count()).select_from(Topic)) == 3


def test_the_topic_option_overrides_folders_and_files(
    bring: Import, folder: Path, session: Session
) -> None:
    make_topic(session, "Travel")
    put(folder, "it/a.md", "---\ntitle: A\ntopic: Elsewhere\n---\nx")
    bring("--publish", "--topic", "travel")
    assert article(session, "a").topic.name == "Travel"
    assert topics.find(session, "it") is None


# Links


def test_links_between_imported_files_become_article_links(
    bring: Import, folder: Path, session: Session
) -> None:
    put(
        folder,
        "a/one.md",
        "# One\n\n[two **b**](../b/two.md#the-end) [again](../b/two) `[no](../b/two.md)`\n"
        "[ref][r] [web](https://x.org/two.md) [gone](gone.md)\n\n[r]: ../b/two.md 'T'\n",
    )
    put(folder, "b/two.md", "# Two\n\n[back](<../a/one.md>)\n")
    put(folder, "c/two.md", "# Two\n\n[mine](two.md) [other](../b/two.md)\n")
    outcome = bring("--publish")
    assert live(session, "one").body == (
        "[two **b**](/articles/two#h-the-end) [again](/articles/two) `[no](../b/two.md)`\n"
        "[ref][r] [web](https://x.org/two.md) [gone](gone.md)\n\n[r]: /articles/two 'T'\n"
    )
    assert live(session, "two").body == "[back](/articles/one)\n"
    assert live(session, "two-2").body == "[mine](/articles/two-2) [other](/articles/two)\n"
    assert outcome.notes() == "a/one.md: The link to gone.md leads to no imported file."
    assert '<a href="/articles/two#h-the-end">' in live(session, "one").html


def test_links_between_drafts_are_wiki_links_where_those_can_say_it(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "one.md", "# One\n\n[Two](two.md), [see](two.md), [*see*](two.md)\n")
    put(folder, "two.md", "# Two\n")
    bring()
    body = draft(session, "One").body
    assert body == "[[Two]], [[Two|see]], [*see*](/articles/two)\n"


# Images


def test_images_come_along_once_and_are_readable_with_their_article(
    bring: Import, folder: Path, session: Session, bob: User
) -> None:
    put(folder, "img/plan.png", picture())
    put(folder, "a/one.md", "# One\n\n![The plan](../img/plan.png 'T') [big](../img/plan.png)\n")
    put(folder, "two.md", "# Two\n\n![Same](img/plan.png)\n")
    assert bring("--publish").report["notes"] == []
    kept = session.scalars(sa.select(Attachment)).one()
    address = f"/attachments/{kept.id}/plan.png#20x10"
    assert live(session, "one").body == f"![The plan]({address} 'T') [big]({address})\n"
    assert 'width="20"' in live(session, "one").html
    uses = session.scalars(sa.select(AttachmentUse.revision_id)).all()
    assert set(uses) == {live(session, "one").id, live(session, "two").id}


def test_images_that_are_refused_are_reported_and_show_their_description(
    bring: Import, folder: Path, session: Session, tmp_path: Path
) -> None:
    put(tmp_path, "secret.png", picture())
    put(folder, "logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    put(folder, "broken.png", picture()[:50])
    put(folder, "empty.png", b"")
    (folder / "leak.png").symlink_to(tmp_path / "secret.png")
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.png")
    targets = ["logo.svg", "broken.png", "empty.png", "leak.png", "out/secret.png", "pipe.png"]
    targets += ["gone.png", "../secret.png", str(tmp_path / "secret.png"), "%2e%2e/secret.png"]
    body = "\n".join(f"![alt {number}]({target})" for number, target in enumerate(targets))
    put(folder, "a.md", f"# A\n\n{body}\n\n![remote](https://x.org/y.png)\n")
    outcome = bring("--publish")
    assert outcome.counts() == (1, 0, 0)
    for target in targets:
        assert f"The image {target} was not taken along" in outcome.notes()
    assert len(outcome.report["notes"]) == len(targets)
    assert session.scalars(sa.select(Attachment)).all() == []
    revision = live(session, "a")
    assert "![alt 0](logo.svg)" in revision.body
    assert '<span class="missing-image">alt 0</span>' in revision.html
    assert "![remote](https://x.org/y.png)" in revision.body


# Again


def test_importing_again_changes_what_changed_and_nothing_else(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "a.md", "# A\n\nOne\n")
    put(folder, "b.md", "# B\n\nOne ![x](x.png)\n")
    put(folder, "x.png", picture())
    bring("--publish")
    events = session.scalars(sa.select(Event)).all()
    assert bring("--publish").counts() == (0, 0, 2)
    put(folder, "a.md", "# A\n\nTwo\n")
    assert bring("--publish").counts() == (0, 1, 1)
    put(folder, "x.png", picture("blue"))
    assert bring("--publish").counts() == (0, 1, 1)
    assert live(session, "a").body == "Two\n"
    assert len(queries.publications(session, article(session, "a").id)) == 2
    published = sa.select(Event).where(Event.kind == publishing.PUBLISHED)
    assert len(session.scalars(published).all()) == len(events) + 2


def test_a_folder_that_was_moved_is_the_same_folder(bring: Import, folder: Path) -> None:
    for name in "abc":
        put(folder, f"{name}.md", f"# {name}\n")
    bring("--publish")
    moved = folder.rename(folder.with_name("elsewhere"))
    put(moved, "a.md", "# a\n\nchanged\n")
    assert bring("--publish", where=moved).counts() == (0, 1, 2)


def test_the_same_file_name_in_another_folder_is_another_article(
    bring: Import, folder: Path, tmp_path: Path, session: Session
) -> None:
    put(folder, "README.md", "# One\n")
    put(tmp_path / "other", "README.md", "# Two\n")
    bring("--publish")
    assert bring("--publish", where=tmp_path / "other").counts() == (1, 0, 0)
    assert live(session, "one").title == "One"


def test_a_text_that_was_changed_here_is_not_overwritten_but_becomes_a_draft(
    bring: Import, folder: Path, session: Session, alice: User, bob: User
) -> None:
    put(folder, "a.md", "# A\n\nOne\n")
    bring("--publish")
    imported = live(session, "a")
    republish(session, article(session, "a"), bob, body="Better")
    put(folder, "a.md", "# A\n\nTwo\n")
    outcome = bring("--publish")
    assert "became a draft of Alice" in outcome.notes()
    assert live(session, "a").body == "Better"
    mine = draft(session, "A")
    assert (mine.author_id, mine.body, mine.base_id) == (alice.id, "Two\n", imported.id)
    assert bring("--publish").counts() == (0, 0, 1)


# Drafts and reviews


def test_without_options_files_become_drafts_of_the_author(
    bring: Import, folder: Path, session: Session, alice: User
) -> None:
    put(folder, "a.md", "---\nauthor: Grace\n---\n# A\n\nText.\n")
    assert bring().counts() == (1, 0, 0)
    mine = draft(session, "A")
    assert (mine.author_id, mine.summary, mine.byline) == (alice.id, "Text.", "Grace")
    assert session.scalars(sa.select(Revision)).all() == []
    assert bring().counts() == (0, 0, 1)
    put(folder, "a.md", "# A\n\nMore.\n")
    assert bring().counts() == (0, 1, 0)
    assert draft(session, "A").body == "More.\n"


def test_a_draft_that_somebody_worked_on_is_not_overwritten(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "a.md", "# A\n\nText.\n")
    bring()
    edit(session, draft(session, "A"), body="My own words")
    put(folder, "a.md", "# A\n\nMore.\n")
    assert "nothing was overwritten" in bring().skipped()["a.md"]
    assert "nothing was overwritten" in bring("--publish").skipped()["a.md"]
    assert draft(session, "A").body == "My own words"


def test_a_deleted_draft_stays_deleted(bring: Import, folder: Path, session: Session) -> None:
    put(folder, "a.md", "# A\n\nText.\n")
    bring()
    gone = draft(session, "A")
    drafts.delete(gone, by=gone.author)
    assert bring().counts() == (0, 0, 1)
    put(folder, "a.md", "# A\n\nMore.\n")
    assert "was deleted here" in bring().skipped()["a.md"]


def test_drafts_imported_before_can_be_published_by_importing_again(
    bring: Import, folder: Path, session: Session
) -> None:
    put(folder, "a.md", "# A\n\nText.\n")
    bring()
    assert bring("--publish").counts() == (0, 1, 0)
    assert live(session, "a").body == "Text.\n"
    assert session.scalars(sa.select(Draft)).all() == []
    assert bring("--publish").counts() == (0, 0, 1)


def test_submit_hands_every_text_to_review_with_its_byline(
    bring: Import, folder: Path, session: Session, alice: User
) -> None:
    put(folder, "a.md", "---\nauthor: Grace\ntitle: A\n---\nText.\n")
    put(folder, "empty.md", "# Empty\n")
    outcome = bring("--submit")
    assert outcome.counts() == (2, 0, 0)
    assert "It stays a draft of Alice" in outcome.notes()
    review = session.scalars(sa.select(Review)).one()
    assert (review.author_id, review.revision.title) == (alice.id, "A")
    assert review.revision.byline == "Grace"
    assert bring("--submit").skipped() == {}
    put(folder, "a.md", "# A\n\nMore.\n")
    assert "under review" in bring("--submit").skipped()["a.md"]
    assert "under review" in bring("--publish").skipped()["a.md"]


def test_submit_is_refused_where_nobody_reviews(bring: Import, folder: Path, app: Flask) -> None:
    del app.extensions["submit_revision"]
    put(folder, "a.md", "# A\n")
    outcome = bring("--submit")
    assert outcome.status == 1
    assert "Nobody reviews here" in outcome.output


# Refusals


def test_a_request_that_cannot_be_met_ends_with_status_1_and_wrong_usage_with_2(
    bring: Import, folder: Path
) -> None:
    assert bring(author="nobody@example.com").status == 1
    assert bring("--topic", "nowhere").status == 1
    assert bring("--dialect", "latin").status == 2
    assert bring(where=folder / "missing").status == 2


def test_hostile_and_broken_files_are_reported_and_stop_nothing(
    bring: Import, folder: Path, tmp_path: Path, session: Session
) -> None:
    put(tmp_path, "outside.md", "# Outside\n")
    put(folder, "good.md", "# Good\n")
    put(folder, "latin1.md", "# Caf\xe9".encode("latin-1"))
    put(folder, "nul.md", b"# A\0B")
    put(folder, "huge.md", b"x" * 30_000_000)
    put(folder, "long.md", b"x " * 140_000)
    put(folder, "yaml.md", "---\ntitle: [unclosed\n---\n# X\n")
    bomb = "---\na: &a [x]\n" + "".join(f"b{n}: [*a, *a]\n" for n in range(9)) + "---\n# X\n"
    put(folder, "bomb.md", bomb)
    put(folder, "keys.md", "---\n" + "".join(f"k{n}: 1\n" for n in range(3000)) + "---\n# X\n")
    put(folder, "deep.md", "---\na: " + "[" * 500 + "]" * 500 + "\n---\n# X\n")
    put(folder, "object.md", "---\ntitle: !!python/name:os.system\n---\n# Harmless\n")
    put(folder, "number.md", "---\ntitle: " + "9" * 5000 + "\n---\n# X\n")
    put(folder, "brackets.md", "# B\n\n" + "[" * 60_000)
    put(folder, "dir.md/inner.md", "# Inner\n")
    put(folder, ".git/config.md", "# Hidden\n")
    os.mkfifo(folder / "pipe.md")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    (folder / "loop").symlink_to(folder)
    put(folder, "utf16.md", "\ufeff# Sixteen\n".encode("utf-16-le"))
    put(folder, "bom.md", "\ufeff---\ntitle: Marked\n---\r\nText\r\n".encode())
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("# Odd name\n")
    outcome = bring("--publish")
    assert outcome.status == 0
    skipped = outcome.skipped()
    expected = [
        "latin1",
        "nul",
        "huge",
        "long",
        "yaml",
        "bomb",
        "keys",
        "deep",
        "pipe",
        "link",
        "dir",
    ]
    assert {f"{name}.md" for name in expected} <= set(skipped)
    assert {".git", "loop"} <= set(skipped)
    titles_there = set(session.scalars(sa.select(Revision.title)))
    assert {"Good", "Inner", "Sixteen", "Marked", "Odd name"} <= titles_there
    assert not {"Outside", "Hidden"} & titles_there
    assert "aliases are not accepted" in skipped["bomb.md"]
    assert bring("--publish").counts()[:2] == (0, 0)


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("a/b.md", "c.md", ("a/c.md", "")),
        ("a/b.md", "../c%20d.md#e", ("c d.md", "e")),
        ("a/b.md", "../../c.md", None),
        ("a/b.md", "..%2f..%2fc.md", None),
        ("a/b.md", "/etc/passwd", None),
        ("a/b.md", "//host/c.md", None),
        ("a/b.md", "file:///etc/passwd", None),
        ("a/b.md", "#here", None),
        ("a/b.md", "", None),
        ("a/b.md", "c\0.md", None),
    ],
)
def test_only_relative_paths_inside_the_folder_are_followed(
    source: str, target: str, found: tuple[str, str] | None
) -> None:
    assert local_path(source, target) == found


# The parts


def test_links_are_found_where_markdown_has_them_and_not_in_code() -> None:
    text = (
        "[a](1) ![b](<2 2>) [![c](3)](4 'T') `[no](0)` ``[no](0) ` ``\n<!-- [no](0) -->\n"
        "\\[no](0)\n\n    [no](0)\n\n```\n[no](0)\n```\n- x\n\n    [d](5)\n\n  ~~~\n  [no](0)\n  ~~~\n"
        "> ```\n> [no](0)\n\n[e](6(7)) [f]( 8 ) [no] (0) [no](0 0)\n[r]: <9>\n[^n]: [g](10)\n"
    )
    targets = [each.target for each in references(text)]
    assert targets == ["1", "2 2", "3", "4", "5", "6(7)", "8", "9", "10"]


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("# A #\n\ntext", "A", "text"),
        ("intro\n\n## A\n\ntext", "A", "intro\n\ntext"),
        ("A *b*\n=====\n\ntext", "A b", "text"),
        ("```\n# no\n```\n\n# Yes", "Yes", "```\n# no\n```\n\n"),
        ("<!--\n# no\n-->\n# Yes", "Yes", "<!--\n# no\n-->\n"),
        ("#hashtag\n\ntext", "", "#hashtag\n\ntext"),
        ("- a\n---\n", "", "- a\n---\n"),
        ("# C# and List<String>", "C# and List<String>", ""),
        ("# [Link](x.md) ![i](y) snake_case_name \\*x\\*", "Link i snake_case_name *x*", ""),
    ],
)
def test_titles_are_found_and_read_as_plain_words(text: str, title: str, rest: str) -> None:
    assert titles.split_title(text) == (title, rest)


@pytest.mark.parametrize(
    ("page", "summary"),
    [
        ("<p>One <em>two</em>. Three.</p><p>Four</p>", "One two. Three."),
        ("<ul><li>item</li></ul><p>Words</p>", "Words"),
        ("<ul><li>item</li></ul>", "item"),
        ('<p>{% include "x" %}</p><p>Words<sup><a>1</a></sup></p>', "Words"),
        ("<p>" + "Long words. " * 30 + "</p>", ("Long words. " * 20).strip()),
        ("<p>" + "word " * 80 + "</p>", "word " * 48 + "word…"),
        ("", ""),
    ],
)
def test_the_summary_is_the_first_paragraph_cut_at_a_sentence(page: str, summary: str) -> None:
    assert titles.summarise(page, 250) == summary


def test_front_matter_is_words_only() -> None:
    fields, body = front_matter.split("---\na: no\nb: 1e999\nc: ~\nd: '~'\n---\n\n\nBody")
    assert fields == {"a": "no", "b": "1e999", "c": "", "d": "~"}
    assert body == "\nBody"


@pytest.mark.parametrize(
    "text", ["---\n", "---\nno end", "---\n\nA text.\n\n---\n", "--- \n- a\n---\n"]
)
def test_rules_and_lists_at_the_top_are_no_front_matter(text: str) -> None:
    assert front_matter.split(text) == (None, text)


def test_a_key_that_is_a_list_is_refused() -> None:
    with pytest.raises(FrontMatterError):
        front_matter.split("---\n? [a]\n: b\n---\n")


# Real folders


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_a_real_handbook_comes_in_whole_and_only_once(bring: Import, session: Session) -> None:
    handbook = DATA / "handbook"
    outcome = bring("--publish", where=handbook)
    assert outcome.counts() == (len(list(handbook.rglob("*.md"))), 0, 0)
    assert outcome.report["skipped"] == []
    html = session.scalars(sa.select(Revision.html)).all()
    assert any("{% page" in page for page in html)
    assert not any("<!--" in page or "prettier-ignore" in page for page in html)
    assert bring("--publish", where=handbook).counts()[:2] == (0, 0)


@pytest.mark.long
@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_a_real_folder_of_short_notes_comes_in_whole(bring: Import, session: Session) -> None:
    til = DATA / "til"
    outcome = bring("--publish", where=til)
    assert outcome.counts() == (len(list(til.rglob("*.md"))), 0, 0)
    index = live(session, "til")
    dead = outcome.notes().count("README.md: The link to")
    assert index.body.count("](/articles/") > 1800
    assert index.body.count(".md)") == dead
    known = set(session.scalars(sa.select(Article.slug)))
    linked = {part.partition(")")[0] for part in index.body.split("](/articles/")[1:]}
    assert linked <= known


def test_the_configuration_limits_images(
    bring: Import, folder: Path, app: Flask, session: Session
) -> None:
    config: Config = app.config["FIRSTHAND"]
    put(folder, "x.png", b"\x89PNG" + b"x" * config.image_mb * 1_000_000)
    put(folder, "a.md", "# A\n\n![x](x.png)\n")
    assert "Too large: 10.0 MB" in bring("--publish").notes()
