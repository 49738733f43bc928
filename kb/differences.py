"""What differs between two revisions: the text, what stands beside it, the images."""

import re
from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import diff, languages
from core.diff import Difference, ImageChange, Picture, Row, View
from kb.models import Attachment, Kind, Revision

_NUMBER = re.compile(r"/attachments/(\d{1,9})/")
_KINDS = {Kind.HOWTO: "How-to", Kind.STORY: "Story"}


def between(
    session: Session, old: Revision | None, new: Revision, *, view: View | None = None
) -> Difference:
    """All of it, looked at as `view` says; without an old text the new one is shown unmarked."""
    view = view or View()
    if old is None:
        return _new(new, view)
    fields = field_changes(old, new)
    lines = diff.compare_lines(old.body, new.body, most=None if view.shows_all else diff.MOST_ROWS)
    images = diff.compare_images(diff.pictures(old.html), diff.pictures(new.html))
    blocks = _blocks(old, new) if view.on == "text" else None
    summary = diff.in_words(
        lines.tally, [name for name, _ in fields], images, same_text=old.body == new.body
    )
    return Difference(
        view=view,
        fields=tuple(fields),
        source=lines if view.on == "source" else None,
        rendered=blocks,
        images=tuple(_with_sizes(session, images)),
        summary=summary,
        is_too_different=view.on == "text" and blocks is None,
    )


def field_changes(old: Revision, new: Revision) -> list[tuple[str, Row]]:
    """What differs beside the text: (name of the field, both forms)."""
    pairs = [
        ("Title", old.title, new.title),
        ("Summary", old.summary, new.summary),
        ("Topic", old.topic.name, new.topic.name),
    ]
    if old.article_id != new.article_id:
        pairs.append(("Kind", _KINDS[old.article.kind], _KINDS[new.article.kind]))
    rows = [(name, diff.words(before, after)) for name, before, after in pairs if before != after]
    if old.language and new.language and old.language != new.language:
        pair = (languages.NAMES.get(text.language, text.language) for text in (old, new))
        rows.append(("Language", diff.words(*pair)))
    if sorted(old.tags) != sorted(new.tags):
        rows.append(("Tags", diff.tag_row(old.tags, new.tags)))
    return rows


def _new(new: Revision, view: View) -> Difference:
    lines = diff.whole(new.body)
    return Difference(
        view=view,
        fields=(),
        source=lines if view.on == "source" else None,
        rendered=diff.whole_page(new.html) if view.on == "text" else None,
        images=(),
        summary=f"A new article of {lines.tally.added:,} words",
        is_new=True,
    )


def _blocks(old: Revision, new: Revision) -> diff.Blocks | None:
    try:
        return diff.compare_rendered(old.html, new.html)
    except diff.TooDifferent:
        return None


def _with_sizes(session: Session, changes: Iterable[ImageChange]) -> Iterable[ImageChange]:
    """Dimensions as the images have them, for a text need not tell them; one query, if any."""
    changes = list(changes)
    shown = [picture for change in changes for picture in (change.old, change.new) if picture]
    numbers = {number for picture in shown if (number := _number(picture)) is not None}
    if not numbers:
        return changes
    query = sa.select(Attachment.id, Attachment.width, Attachment.height).where(
        Attachment.id.in_(numbers)
    )
    sizes = {row.id: (row.width, row.height) for row in session.execute(query)}

    def sized(picture: Picture | None) -> Picture | None:
        size = sizes.get(_number(picture) or 0) if picture else None
        return replace(picture, width=size[0], height=size[1]) if picture and size else picture

    return [ImageChange(change.kind, sized(change.old), sized(change.new)) for change in changes]


def _number(picture: Picture) -> int | None:
    match = _NUMBER.match(picture.address)
    return int(match[1]) if match else None
