"""Choosing, place by place, between one's own text and the live one where both were changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import Invalid
from core.text import unfold_lines
from kb import merging
from kb.forms import LONGEST_BODY, DraftFields
from kb.merging import Choice, Part, Text

KINDS = ("mine", "live", "both", "edit")
LABELS = {"title": "Title", "summary": "Summary", "topic_id": "Topic"}


@dataclass(frozen=True)
class Picking:
    """Two texts that grew from one base, cut into places; `fields` were changed on both sides."""

    base: Text
    mine: Text
    live: Text
    parts: tuple[Part, ...]
    fields: tuple[str, ...]

    @property
    def conflicts(self) -> list[int]:
        """Numbers of the places where somebody has to choose."""
        return [number for number, part in enumerate(self.parts) if part.side == "conflict"]

    @property
    def is_needed(self) -> bool:
        return bool(self.conflicts or self.fields)


def between(base: Text, mine: Text, live: Text) -> Picking:
    """What there is to choose between; nothing where the merge is clean."""
    doubtful = merging.merge_texts(base, mine, live).doubtful
    parts = merging.parts(base.body, mine.body, live.body)
    return Picking(base, mine, live, tuple(parts), doubtful)


@dataclass(frozen=True)
class Picks:
    """What somebody chose: by number of the place, and by field."""

    places: Mapping[int, Choice]
    fields: Mapping[str, str]


def parse(sent: Mapping[str, str]) -> Picks:
    """Read the form: `part-3` is `mine`, `live`, `both` or `edit`, and `text-3` what was typed."""
    places: dict[int, Choice] = {}
    for name, value in sent.items():
        match = re.fullmatch(r"part-([0-9]{1,6})", name)
        if match and value in KINDS:
            number = int(match[1])
            typed = unfold_lines(sent.get(f"text-{number}", "")).rstrip("\n")
            places[number] = (value, typed)
    fields = {f: v for f in LABELS if (v := sent.get(f"field-{f}", "")) in ("mine", "live")}
    return Picks(places, fields)


def result(picking: Picking, picks: Picks) -> DraftFields:
    """The text that was chosen; raises Invalid naming every place that is still open."""
    errors = {
        f"part-{number}": "Choose what should stand here."
        for number in picking.conflicts
        if number not in picks.places
    }
    errors |= {
        f"field-{name}": f"Choose which {LABELS[name].lower()} should stand."
        for name in picking.fields
        if name not in picks.fields
    }
    if errors:
        places = "one place" if len(errors) == 1 else f"{len(errors)} places"
        raise Invalid(f"Please choose in {places} more. What you chose is kept.", errors)
    body = merging.resolve(list(picking.parts), picks.places)
    if len(body.encode()) > LONGEST_BODY:
        raise Invalid("Together, both texts are longer than 256 kB. Take less of both.")
    merged = merging.merge_texts(picking.base, picking.mine, picking.live)
    sides = {"mine": picking.mine, "live": picking.live}
    chosen = {name: getattr(sides[side], name) for name, side in picks.fields.items()}
    return DraftFields(
        title=chosen.get("title", merged.title),
        summary=chosen.get("summary", merged.summary),
        body=body,
        tags=merged.tags,
        topic_id=chosen.get("topic_id", merged.topic_id),
        language=picking.mine.language,
    )
