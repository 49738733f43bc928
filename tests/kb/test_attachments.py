"""Images in texts: who may see them, each person's share, one file for one image, harmless names."""

import json
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core import config
from core.config import Config
from core.errors import Invalid, TooLarge
from core.images import CleanImage
from kb import attachments, drafts
from kb.models import Attachment, AttachmentUse
from kb.permissions import can_read_attachment
from people.models import User
from tests.factories import (
    edit,
    make_article,
    make_attachment,
    make_draft,
    make_review,
    make_topic,
    make_user,
    republish,
)

NAMES = Path(__file__).parents[2].parent / "shared" / "data" / "uploads" / "names.json"


def shows(attachment: Attachment) -> str:
    return f"Look: ![plan](/attachments/{attachment.id}/plan.png)"


def viewers(session: Session, attachment: Attachment, people: list[User]) -> set[str]:
    session.flush()
    return {person.name for person in people if can_read_attachment(session, person, attachment)}


@pytest.fixture
def cast(alice: User, bob: User, cora: User, ada: User) -> list[User]:
    return [alice, bob, cora, ada]


@pytest.fixture
def plan(session: Session, alice: User) -> Attachment:
    return make_attachment(session, alice)


def test_an_image_that_no_text_uses_is_its_uploaders_alone(
    session: Session, cast: list[User], plan: Attachment
) -> None:
    assert viewers(session, plan, cast) == {"Alice"}


def test_an_image_in_a_draft_is_its_authors_alone(
    session: Session, alice: User, cast: list[User], plan: Attachment
) -> None:
    make_draft(session, alice, body=shows(plan))
    assert viewers(session, plan, cast) == {"Alice"}


def test_those_who_write_together_see_each_others_images(
    session: Session, alice: User, bob: User, cast: list[User], plan: Attachment
) -> None:
    draft = make_draft(session, alice, body=shows(plan), coauthors=[bob])
    assert viewers(session, plan, cast) == {"Alice", "Bob"}
    bobs = make_attachment(session, bob)
    edit(session, draft, by=bob, body=shows(plan) + shows(bobs))
    assert viewers(session, bobs, cast) == {"Alice", "Bob"}


def test_an_image_under_review_is_for_its_authors_and_curators(
    session: Session, alice: User, cast: list[User], plan: Attachment
) -> None:
    dora = make_user(session, "Dora")
    topic = make_topic(session, "Payroll", curators=[dora])
    make_review(session, alice, body=shows(plan), topic=topic)
    assert viewers(session, plan, [*cast, dora]) == {"Alice", "Cora", "Ada", "Dora"}


def test_a_published_image_is_everybodys_and_stays_so_in_history(
    session: Session, alice: User, cast: list[User], plan: Attachment
) -> None:
    article = make_article(session, alice, body=shows(plan))
    assert viewers(session, plan, cast) == {"Alice", "Bob", "Cora", "Ada"}
    republish(session, article, alice, body="Without it.")
    assert viewers(session, plan, cast) == {"Alice", "Bob", "Cora", "Ada"}


def test_naming_somebodys_image_in_ones_own_text_shows_nothing(
    session: Session, bob: User, cast: list[User], plan: Attachment
) -> None:
    draft = make_draft(session, bob, body=shows(plan))
    assert viewers(session, plan, cast) == {"Alice"}
    make_review(session, bob, draft=draft)
    assert viewers(session, plan, cast) == {"Alice"}


def test_making_somebody_a_coauthor_does_not_open_their_images(
    session: Session, alice: User, bob: User, cast: list[User], plan: Attachment
) -> None:
    draft = make_draft(session, bob, body=shows(plan), coauthors=[alice])
    assert viewers(session, plan, cast) == {"Alice"}
    make_review(session, bob, draft=draft)
    assert viewers(session, plan, cast) == {"Alice"}


def test_a_deleted_draft_shows_its_images_to_nobody_else(
    session: Session, alice: User, bob: User, cast: list[User], plan: Attachment
) -> None:
    draft = make_draft(session, alice, body=shows(plan), coauthors=[bob])
    drafts.delete(draft, by=alice)
    assert viewers(session, plan, cast) == {"Alice"}


def test_a_number_that_only_begins_alike_is_another_image(
    session: Session, alice: User, bob: User, cast: list[User]
) -> None:
    made = [make_attachment(session, alice) for _ in range(12)]
    make_draft(session, alice, body=shows(made[11]), coauthors=[bob])
    assert viewers(session, made[0], cast) == {"Alice"}


# Keeping


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    return config.load(
        {"FIRSTHAND_DATA": str(tmp_path), "FIRSTHAND_IMAGE_MB": "1", "FIRSTHAND_FILES_MB": "1"}
    )


def image(data: bytes = b"pixels") -> CleanImage:
    return CleanImage(data=data, media_type="image/png", width=3, height=2, extension="png")


def test_the_same_image_again_is_the_same_attachment(
    session: Session, alice: User, bob: User, settings: Config
) -> None:
    first = attachments.keep(session, settings, image(), name="a.png", by=alice)
    again = attachments.keep(session, settings, image(), name="b.png", by=alice)
    bobs = attachments.keep(session, settings, image(), name="a.png", by=bob)
    assert again is first
    assert bobs.id != first.id
    stored = [path for path in (settings.data / "files").rglob("*") if path.is_file()]
    assert [path.name for path in stored] == [first.sha256]
    assert attachments.read(settings, bobs) == b"pixels"


def test_each_person_has_a_share_of_their_own(
    session: Session, alice: User, bob: User, settings: Config
) -> None:
    attachments.keep(session, settings, image(b"x" * 900_000), name="a.png", by=alice)
    with pytest.raises(TooLarge):
        attachments.keep(session, settings, image(b"y" * 100_001), name="b.png", by=alice)
    attachments.keep(session, settings, image(b"z" * 100_000), name="c.png", by=alice)
    attachments.keep(session, settings, image(b"y" * 100_001), name="b.png", by=bob)


def test_an_image_over_the_limit_is_refused_before_it_is_opened(settings: Config) -> None:
    attachments.check_size(settings, 1_000_000)
    with pytest.raises(TooLarge, match="at most 1 MB"):
        attachments.check_size(settings, 1_000_001)
    with pytest.raises(Invalid, match="empty"):
        attachments.check_size(settings, 0)


def test_bytes_that_are_gone_are_an_error_of_the_store(
    session: Session, alice: User, settings: Config
) -> None:
    with pytest.raises(OSError, match="No such file"):
        attachments.read(settings, make_attachment(session, alice))


def check_harmless(name: str, cleaned: str) -> None:
    stem, _, ending = cleaned.rpartition(".")
    assert ending == "png"
    assert 1 <= len(stem) <= 80
    assert all(c.isalnum() or c in "-_" for c in stem), (name, cleaned)


def test_every_hostile_file_name_comes_out_harmless() -> None:
    if not NAMES.exists():
        pytest.skip("../shared/data is not here")
    sent = json.loads(NAMES.read_text())
    names = [entry if isinstance(entry, str) else entry["name"] for entry in sent]
    assert len(names) > 10
    for name in names:
        check_harmless(name, attachments.clean_name(name, "png"))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("plan.png", "plan.png"),
        ("Grundriss Büro.JPG", "Grundriss-Büro.png"),
        ("..\\..\\plan.exe.png", "plan-exe.png"),
        ("/etc/passwd", "passwd.png"),
        ("a/../b.gif", "b.png"),
        (".png", "png.png"),
        ("", "image.png"),
        ("<script>.svg", "script.png"),
    ],
)
def test_a_name_keeps_what_is_readable_in_it(name: str, kept: str) -> None:
    assert attachments.clean_name(name, ".png") == kept


def test_the_markdown_describes_the_image_by_its_name(session: Session, alice: User) -> None:
    attachment = make_attachment(session, alice)
    attachment.name = "floor-plan_2.png"
    assert attachments.markdown(attachment, "/attachments/1/x.png") == (
        "![floor plan 2](/attachments/1/x.png#10x10)"
    )


def test_a_coauthor_cannot_borrow_the_authors_right(
    session: Session, alice: User, bob: User, cast: list[User], plan: Attachment
) -> None:
    """Bob types the number of Alice's image into their draft; her saving it again changes nothing."""
    draft = make_draft(session, alice, coauthors=[bob])
    edit(session, draft, by=bob, body=shows(plan))
    edit(session, draft, by=alice, body=shows(plan) + " More.")
    assert viewers(session, plan, cast) == {"Alice"}
    make_review(session, alice, draft=draft)
    assert viewers(session, plan, cast) == {"Alice"}


def test_an_image_of_the_live_text_stays_in_the_next(
    session: Session, alice: User, bob: User, cast: list[User], plan: Attachment
) -> None:
    article = make_article(session, alice, body=shows(plan))
    revision = republish(session, article, bob, body=shows(plan) + " Still there.")
    used = session.get(AttachmentUse, (plan.id, revision.id))
    assert used is not None
