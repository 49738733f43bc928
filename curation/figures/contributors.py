"""How many different people had something published: numbers, never who."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.figures import moments
from curation.figures.choice import Choice
from curation.figures.moments import seconds
from curation.models import Review
from kb.models import Publication, Revision, RevisionCoauthor


@dataclass(frozen=True)
class People:
    """Of some days: different people, and those of them who had nothing published before."""

    everybody: int
    new: int


@dataclass(frozen=True)
class Contributors:
    total: People
    by_span: Sequence[People]  # somebody with texts in two weeks counts in each


def contributors(session: Session, choice: Choice) -> Contributors:
    """Authors and co-authors of texts that came through review; not the curator who helped."""
    days, credited = choice.days, _credited()
    within = [credited.c.at >= days.begin, credited.c.at < days.end]
    if choice.topic_ids is not None:
        within.append(credited.c.topic_id.in_(choice.topic_ids))
    published = sa.select(credited.c.person_id, seconds(credited.c.at)).where(*within)
    earliest = sa.func.min(credited.c.at)
    first = sa.select(credited.c.person_id, seconds(earliest)).group_by(credited.c.person_id)
    begun: dict[int, int] = {}
    for person, at in moments.rows(session, first.having(earliest >= days.begin)):
        begun[person] = at
    people: list[set[int]] = [set() for _ in days.spans]
    new: list[set[int]] = [set() for _ in days.spans]
    for person, at in moments.rows(session, published):
        place = days.span_of(at)
        if place is None:
            continue
        people[place].add(person)
        if begun.get(person) == at:
            new[place].add(person)
    by_span = [People(len(each), len(some)) for each, some in zip(people, new, strict=True)]
    return Contributors(People(len(set().union(*people)), len(set().union(*new))), by_span)


def _credited() -> sa.Subquery:
    """A row for each person credited for a text that a review published."""
    own = (
        sa.select(Revision.author_id.label("person_id"), Publication.at, Revision.topic_id)
        .join(Publication, Publication.revision_id == Revision.id)
        .join(Review, Review.revision_id == Revision.id)
    )
    together = (
        sa.select(RevisionCoauthor.user_id, Publication.at, Revision.topic_id)
        .join(Revision, Revision.id == RevisionCoauthor.revision_id)
        .join(Publication, Publication.revision_id == Revision.id)
        .join(Review, Review.revision_id == Revision.id)
        .where(RevisionCoauthor.user_id != Publication.by_id)
    )
    return sa.union_all(own, together).subquery()
