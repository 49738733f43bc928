"""What is said about a text under review: comments on its lines in threads, and notes among curators."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from core import clock, outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.text import unfold_lines
from curation.lines import Lines, Shift
from curation.models import ChecklistVerdict, InternalNote, LineComment, Review
from curation.permissions import Rights, can_see_notes
from kb.models import Revision
from people.models import User

COMMENTED = "review.commented"
NOTED = "review.noted"
LONGEST_COMMENT, LONGEST_SUGGESTION, LONGEST_NOTE = 4000, 20_000, 4000
MOST_COMMENTS = 1000  # on one review


@dataclass
class Thread:
    """A comment with its answers, and where its lines stand in the text that is looked at."""

    first: LineComment
    answers: list[LineComment] = field(default_factory=list)
    lines: Lines | None = None  # none: on an earlier text
    quote: str = ""
    number: int = 0  # among the threads of the review, as the page tells them apart

    @property
    def is_open(self) -> bool:
        return self.first.resolved_at is None


def threads(session: Session, review: Review) -> list[Thread]:
    """All threads of a review, in the order of the text; those on an earlier text come last."""
    query = (
        sa.select(LineComment).where(LineComment.review_id == review.id).order_by(LineComment.id)
    )
    comments = session.scalars(query).all()
    _load_people(session, comments)
    bodies = _bodies(session, {comment.revision_id for comment in comments})
    shifts: dict[int, Shift] = {}
    found: dict[int, Thread] = {}
    for comment in comments:
        if comment.parent_id is not None:
            found[comment.parent_id].answers.append(comment)
            continue
        body = bodies[comment.revision_id]
        if comment.revision_id not in shifts:
            shifts[comment.revision_id] = Shift(body, review.revision.body)
        quote = body.split("\n")[comment.first_line - 1 : comment.last_line]
        now = shifts[comment.revision_id].of(Lines(comment.first_line, comment.last_line))
        found[comment.id] = Thread(comment, lines=now, quote="\n".join(quote))
    for number, thread in enumerate(found.values(), 1):
        thread.number = number
    return sorted(found.values(), key=_place)


def _place(thread: Thread) -> tuple[bool, int, int]:
    first = thread.lines.first if thread.lines else 0
    return thread.lines is None, first, thread.first.id


def _load_people(session: Session, comments: Sequence[LineComment]) -> None:
    """All who spoke or settled, once each: joined to every comment, they would come hundreds of times."""
    ids = {person for each in comments for person in (each.author_id, each.resolved_by_id)}
    rows = session.scalars(sa.select(User).where(User.id.in_(ids - {None})))
    people = {person.id: person for person in rows}
    for each in comments:
        set_committed_value(each, "author", people[each.author_id])
        settler = people[each.resolved_by_id] if each.resolved_by_id else None
        set_committed_value(each, "resolved_by", settler)


def _bodies(session: Session, ids: set[int]) -> dict[int, str]:
    rows = session.execute(sa.select(Revision.id, Revision.body).where(Revision.id.in_(ids)))
    return {row.id: row.body for row in rows}


def can_comment(session: Session, user: User, review: Review) -> bool:
    return Rights(session, user, review).comments


def comment(
    session: Session,
    review: Review,
    *,
    revision_id: int,
    first: int,
    last: int,
    text: str,
    suggestion: str | None,
    key: str,
    by: User,
) -> LineComment:
    """Say something about lines of the text, perhaps with a wording to put in their place.

    Sent twice with one key it is said once. A curator's first comment claims what nobody reads; the
    caller does that. Raises Conflict if the text is another one by now.
    """
    _require_may(session, review, by)
    if (there := _said(session, by, key)) is not None:
        return there
    if revision_id != review.revision_id:
        raise Conflict("The text changed while you were writing. Your comment is still here.")
    text = _checked(text, LONGEST_COMMENT, empty=suggestion is not None)
    lines = review.revision.body.split("\n")
    if not 1 <= first <= last <= len(lines):
        sentence = f"Choose lines between 1 and {len(lines)}."
        raise Invalid(sentence, {"lines": sentence})
    if suggestion is not None:
        suggestion = _suggested(suggestion, "\n".join(lines[first - 1 : last]))
    made = LineComment(
        review_id=review.id,
        review=review,
        parent_id=None,
        revision_id=revision_id,
        round=review.round,
        first_line=first,
        last_line=last,
        text=text,
        suggestion=suggestion,
        author_id=by.id,
        key=key,
        at=clock.now(),
    )
    return _add(session, made, by)


def answer(session: Session, thread: LineComment, *, text: str, key: str, by: User) -> LineComment:
    """Say something in a thread; opening it again if it was resolved is another act."""
    _require_may(session, thread.review, by)
    if (there := _said(session, by, key)) is not None:
        return there
    made = LineComment(
        review_id=thread.review_id,
        review=thread.review,
        parent_id=thread.id,
        revision_id=thread.revision_id,
        round=thread.review.round,
        first_line=thread.first_line,
        last_line=thread.last_line,
        text=_checked(text, LONGEST_COMMENT),
        suggestion=None,
        author_id=by.id,
        key=key,
        at=clock.now(),
    )
    return _add(session, made, by)


def find(session: Session, review: Review, comment_id: int) -> LineComment:
    """The comment that begins a thread of this review."""
    found = session.get(LineComment, comment_id)
    if found is None or found.review_id != review.id or found.parent_id is not None:
        raise NotFound("There is no such comment.")
    return found


def resolve(session: Session, thread: LineComment, *, done: bool, by: User) -> None:
    """Say that a thread is settled, or is not after all; doing it twice does no harm."""
    _require_may(session, thread.review, by)
    if (thread.resolved_at is not None) == done:
        return
    thread.resolved_at = clock.now() if done else None
    thread.resolved_by_id = by.id if done else None


def mark_accepted(
    session: Session, thread: LineComment, *, revision_id: int | None, by: User
) -> None:
    """Its suggestion is in the text now, and so it is settled."""
    thread.accepted_at, thread.accepted_id = clock.now(), revision_id
    resolve(session, thread, done=True, by=by)


def has_open_remarks(session: Session, review: Review) -> bool:
    """Whether somebody other than its author left an open comment, or a No on the checklist."""
    comments = sa.select(LineComment.id).where(
        LineComment.review_id == review.id,
        LineComment.parent_id.is_(None),
        LineComment.resolved_at.is_(None),
        LineComment.author_id != review.author_id,
    )
    refused = sa.select(ChecklistVerdict.id).where(
        ChecklistVerdict.review_id == review.id,
        ChecklistVerdict.round == review.round,
        sa.not_(ChecklistVerdict.fulfilled),
    )
    return session.scalar(sa.union_all(comments, refused).limit(1)) is not None


# Among curators


def notes(session: Session, user: User, review: Review) -> Sequence[InternalNote]:
    """What curators told one another; nothing for anybody who wrote any of the text."""
    return notes_for(session, Rights(session, user, review))


def notes_for(session: Session, rights: Rights) -> Sequence[InternalNote]:
    """The same, where it is known already what this person may."""
    if not rights.sees_notes:
        return []
    query = (
        sa.select(InternalNote)
        .where(InternalNote.review_id == rights.review.id)
        .options(joinedload(InternalNote.author).options(load_only(User.name, User.handle)))
    )
    return session.scalars(query.order_by(InternalNote.id)).all()


def note(session: Session, review: Review, *, text: str, key: str, by: User) -> InternalNote:
    """Tell the other curators something; sent twice with one key it is told once."""
    if not can_see_notes(session, by, review):
        raise NotAllowed("Notes are for curators who did not write the text.")
    there = session.scalar(
        sa.select(InternalNote).where(InternalNote.author_id == by.id, InternalNote.key == key)
    )
    if there is not None:
        return there
    made = InternalNote(
        review_id=review.id,
        author_id=by.id,
        key=key,
        at=clock.now(),
        text=_checked(text, LONGEST_NOTE, field_name="note"),
    )
    session.add(made)
    session.flush()  # the event names the note by id
    outbox.record(session, NOTED, made.id, by=by.id)
    return made


def _require_may(session: Session, review: Review, by: User) -> None:
    if not can_comment(session, by, review):
        raise NotAllowed("Comments are for its authors and those who decide, while it is open.")


def _said(session: Session, by: User, key: str) -> LineComment | None:
    if not key:
        raise Invalid("This page is out of date. Reload it; copy what you typed first.")
    return session.scalar(
        sa.select(LineComment).where(LineComment.author_id == by.id, LineComment.key == key)
    )


def _add(session: Session, made: LineComment, by: User) -> LineComment:
    count = sa.select(sa.func.count()).where(LineComment.review_id == made.review_id)
    if (session.scalar(count) or 0) >= MOST_COMMENTS:
        raise Conflict("There are too many comments on this text. Decide on it, please.")
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:  # the same form, sent twice at this very moment
        there = _said(session, by, made.key)
        if there is None:
            raise
        return there
    outbox.record(session, COMMENTED, made.id, by=by.id)
    return made


def _checked(text: str, longest: int, *, empty: bool = False, field_name: str = "comment") -> str:
    text = unfold_lines(text).strip()
    if not text and not empty:
        raise Invalid("Write something first.", {field_name: "Write something first."})
    if len(text) > longest:
        sentence = f"At most {longest} characters, please; this has {len(text)}."
        raise Invalid(sentence, {field_name: sentence})
    return text


def _suggested(text: str, present: str) -> str:
    text = unfold_lines(text).rstrip("\n")
    if text == present:
        sentence = "The suggestion is what stands there already. Change it first."
        raise Invalid(sentence, {"suggestion": sentence})
    if len(text) > LONGEST_SUGGESTION:
        sentence = f"A suggestion has at most {LONGEST_SUGGESTION} characters."
        raise Invalid(sentence, {"suggestion": sentence})
    return text
