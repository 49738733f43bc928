"""Drafts and submissions as the content has them, and the publications that came of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core import images
from curation import workflow
from curation.models import Review
from kb import attachments, drafts, rendering
from kb.forms import DraftFields
from kb.models import Draft, Kind, Revision
from ops.demo.images import IMAGES
from ops.demo.reading import Text
from ops.demo.seeding import stale
from ops.demo.seeding.story import RECENT_DAYS, Story
from people.models import User

_IMAGE = re.compile(r"\(image:([a-z0-9-]+)\)")
QUICKEST, SLOWEST = (
    1800,
    13 * 3600,
)  # working seconds from a submission to its decision, in the past
READING = timedelta(minutes=12)  # what a curator takes to read a text


@dataclass(frozen=True)
class Change:
    """What differs from a text: other fields, and passages in the place of passages."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    passages: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Change":
        named = {name: facts[name] for name in ("title", "summary", "tags") if name in facts}
        return cls(named, [(old, new) for old, new in facts.get("replace", ())])

    def on(self, fields: DraftFields) -> DraftFields:
        body = fields.body
        for old, new in self.passages:
            assert body.count(old) == 1, f"not once in {fields.title}: {old}"
            body = body.replace(old, new)
        named = {**self.fields}
        if "tags" in named:
            named["tags"] = tuple(named["tags"])
        return replace(fields, body=body, **named)


def fields_of(text: Revision | Draft) -> DraftFields:
    """A text as it stands, to be written on."""
    coauthors = tuple(person.id for person in text.coauthors)
    return DraftFields(
        text.title, text.summary, text.body, tuple(text.tags), text.topic_id, coauthors
    )


def fields_from(story: Story, text: Text, body: str) -> DraftFields:
    facts = text.facts
    author = story.people[facts["author"]]
    return DraftFields(
        title=facts["title"],
        summary=facts["summary"],
        body=_IMAGE.sub(lambda match: f"({_image(story, text.slug, match[1], author)})", body),
        tags=tuple(facts["tags"]),
        topic_id=story.topics[facts["topic"]].id,
        coauthor_ids=tuple(story.people[handle].id for handle in facts.get("coauthors") or ()),
    )


def start_draft(
    story: Story, slug: str, fields: DraftFields, *, by: User, kind: str = "howto"
) -> Draft:
    draft = drafts.start(
        story.session,
        fields,
        key=f"{slug} {story.now.isoformat()} {len(story.reviews)}",
        kind=Kind(kind),
        by=by,
        dialect="commonmark",
        article=story.articles.get(slug),
    )
    story.session.flush()  # the author is read through the draft's id
    return draft


def submit(story: Story, key: str, draft: Draft, note: str) -> Review:
    rendered = rendering.render(story.session, draft.body, draft.dialect)
    review = workflow.submit(story.session, draft, rendered, note=note, by=draft.author)
    story.reviews[key] = review
    return review


def published_at(story: Story, days_ago: float, what: str) -> tuple[datetime, datetime]:
    """When a text that is published was handed in, and when it was approved."""
    if days_ago <= RECENT_DAYS:
        moment = story.moment(days_ago)
        return moment - timedelta(hours=26), moment
    random = Random(what)
    submitted = story.moment(days_ago + 1.4, what)
    took = QUICKEST + int((SLOWEST - QUICKEST) * random.random() ** 2)
    return submitted, story.calendar.add(submitted, took)


def approve(story: Story, review: Review, *, by: User, note: str = "") -> None:
    """Publish what was claimed before; other proposals to the article follow where they can."""
    workflow.approve(
        story.session,
        review.id,
        version=review.version,
        revision=review.revision_id,
        note=note,
        by=by,
    )
    stale.bring_up(story, review.article, by=by)


def _image(story: Story, slug: str, name: str, author: User) -> str:
    """The address of a picture: the upload of whoever first showed it in this article."""
    if (slug, name) not in story.pictures:
        picture = images.clean(IMAGES[name]())
        kept = attachments.keep(story.session, story.config, picture, name=f"{name}.png", by=author)
        address = f"/attachments/{kept.id}/{kept.name}#{kept.width}x{kept.height}"
        story.pictures[slug, name] = address
    return story.pictures[slug, name]
