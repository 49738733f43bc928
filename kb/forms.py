"""What the editor sends, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from core import languages
from core.errors import Invalid
from core.text import one_line, unfold_lines
from kb import topics
from kb.models import Draft, Kind, Revision, Topic
from people import accounts

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_NOTE = 150, 250, 1000
LONGEST_BODY = 256 * 1024  # bytes in UTF-8, as the renderer takes at most
MOST_TAGS, LONGEST_TAG = 10, 40


@dataclass(frozen=True)
class DraftFields:
    """The text of a draft, clean. `doubts` are faults in side fields that do not stop saving."""

    title: str = ""
    summary: str = ""
    body: str = ""
    tags: tuple[str, ...] = ()
    topic_id: int | None = None
    coauthor_ids: tuple[int, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    language: str = ""  # as chosen; empty: found out from the text


def parse_draft(session: Session, sent: Mapping[str, str]) -> DraftFields:
    """Read the editor's fields; raises Invalid for what cannot be kept as it is."""
    title, summary = one_line(sent.get("title", "")), one_line(sent.get("summary", ""))
    body = unfold_lines(sent.get("body", ""))
    errors = {}
    if len(title) > LONGEST_TITLE:
        errors["title"] = (
            f"A title has at most {LONGEST_TITLE} characters; this one has {len(title)}."
        )
    if len(summary) > LONGEST_SUMMARY:
        errors["summary"] = (
            f"A summary has at most {LONGEST_SUMMARY} characters; this one has {len(summary)}."
        )
    if len(body.encode()) > LONGEST_BODY:
        errors["body"] = "The text is longer than 256 kB. Please split it into several articles."
    tags = parse_tags(sent.get("tags", ""))
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        errors["tags"] = (
            f"At most {MOST_TAGS} tags of at most {LONGEST_TAG} characters each, please."
        )
    topic_slug = sent.get("topic", "").strip()
    topic = _topic(session, topic_slug) if topic_slug else None
    if topic_slug and topic is None:
        errors["topic"] = "That topic is not there any more. Choose another."
    language = languages.clean(sent.get("language", ""))
    if language is None:
        errors["language"] = "Choose a language of the list, or have it found out from the text."
    if errors:
        raise Invalid("Not saved: " + " ".join(errors.values()), errors)
    coauthor_ids, doubts = _coauthors(session, sent.get("coauthors", ""))
    topic_id = topic.id if topic else None
    return DraftFields(
        title, summary, body, tags, topic_id, coauthor_ids, doubts, language=language or ""
    )


def _topic(session: Session, slug: str) -> Topic | None:
    """The topic chosen, also if it was renamed or merged since the page was made."""
    return topics.find(session, slug) or topics.find_moved(session, slug)


def parse_tags(text: str) -> tuple[str, ...]:
    """Tags from a comma-separated line: lower case, each once, in the order given."""
    words = (one_line(word).strip("# ").lower() for word in text.replace(";", ",").split(","))
    return tuple(dict.fromkeys(word.replace("/", "-") for word in words if word))


def parse_kind(text: str | None) -> Kind:
    try:
        return Kind(text or "")
    except ValueError:
        raise Invalid("Choose how-to or experience story.", {"kind": "Choose one."}) from None


def _coauthors(session: Session, text: str) -> tuple[tuple[int, ...], dict[str, str]]:
    words = [word for word in text.replace(";", ",").replace("\n", ",").split(",") if word.strip()]
    found = {word.strip(): accounts.find_by_word(session, word) for word in words[:20]}
    unknown = [word for word, person in found.items() if person is None]
    doubts = {}
    if unknown:
        doubts["coauthors"] = (
            f"Nobody here goes by {', '.join(unknown)}. Use an e-mail address or a handle."
        )
    return tuple(dict.fromkeys(p.id for p in found.values() if p)), doubts


def shown(draft: Draft) -> dict[str, str]:
    """A draft's fields as the editor shows them."""
    return {
        "title": draft.title,
        "summary": draft.summary,
        "topic": draft.topic.slug if draft.topic else "",
        "tags": ", ".join(draft.tags),
        "coauthors": ", ".join(person.handle for person in draft.coauthors),
        "language": draft.language,
        "body": draft.body,
    }


def shown_revision(revision: Revision) -> dict[str, str]:
    """A revision's fields as the editor shows them."""
    return {
        "title": revision.title,
        "summary": revision.summary,
        "topic": revision.topic.slug,
        "tags": ", ".join(revision.tags),
        "coauthors": "",
        "language": chosen_language(revision),
        "body": revision.body,
    }


def chosen_language(revision: Revision) -> str:
    """The language that somebody chose for a text; empty where its words tell the same."""
    found = languages.detect(revision.title, revision.summary, revision.text)
    return "" if revision.language == found else revision.language


def shown_fields(session: Session, fields: DraftFields) -> dict[str, str]:
    """Fields that were put together elsewhere, as an editor shows them."""
    topic = session.get(Topic, fields.topic_id) if fields.topic_id else None
    return {
        "title": fields.title,
        "summary": fields.summary,
        "topic": topic.slug if topic else "",
        "tags": ", ".join(fields.tags),
        "coauthors": "",
        "language": fields.language,
        "body": fields.body,
    }
