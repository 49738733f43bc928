"""Looks at a whole folder before anything is written: what is there, known, and linked to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.text import slugify
from kb.importing import reading
from kb.importing.documents import Document, parse
from kb.importing.front_matter import FrontMatterError
from kb.importing.reading import Unreadable, shown
from kb.models import Article, ArticleSlug, ImportedFile


class Mode(Enum):
    """What becomes of the texts."""

    DRAFT = "draft"
    PUBLISH = "publish"
    SUBMIT = "submit"


@dataclass(frozen=True)
class Order:
    """What somebody asked for."""

    folder: Path
    author_id: int
    mode: Mode
    topic_id: int | None  # instead of what files say and where they lie
    dialect: str  # of files that do not say


class Outcome(Enum):
    """What became of one file that was read."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass
class Report:
    """What came of it."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)

    def count(self, outcome: Outcome) -> None:
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def skip(self, path: str, reason: str) -> None:
        self.skipped.append((shown(path), reason))

    def note(self, path: str, note: str) -> None:
        self.notes.append((shown(path), note))


@dataclass(frozen=True)
class Known:
    """What was remembered of a file: the article it became, and from what."""

    article_id: int
    slug: str | None
    live: bool
    sha256: str
    surroundings: str
    text_digest: str


@dataclass(frozen=True)
class End:
    """Where links to a file will lead."""

    title: str
    slug: str
    readable: bool  # there, or there at the end of this import, for every reader


@dataclass(frozen=True)
class Plan:
    """Everything that must be known of all files before the first is written."""

    order: Order
    name: str  # of the folder, as the memory of imports has it
    former: str | None  # what it was called there until now
    paths: list[str]
    known: Mapping[str, Known]
    ends: Mapping[str, End]

    def batches(self, size: int = 100) -> list[list[str]]:
        return [self.paths[at : at + size] for at in range(0, len(self.paths), size)]


@dataclass(frozen=True)
class _Glance:
    """What the first look at a file keeps of it."""

    path: str
    title: str
    slug: str
    sha256: str


def look(session: Session, order: Order, report: Report) -> Plan:
    """Read every file once; what cannot be read is in the report and nowhere else."""
    glances = [
        each for path in _paths(order.folder, report) if (each := _glance(order, path, report))
    ]
    name = shown(str(order.folder))
    known = _known(session, name)
    former = None if known else _former_name(session, glances)
    if former:
        known = _known(session, former)
    ends = _ends(session, order, glances, known)
    return Plan(order, name, former, [each.path for each in glances], known, ends)


def document(order: Order, path: str) -> Document:
    """One file, read and taken apart; raises Unreadable or FrontMatterError."""
    text, sha256 = reading.read_text(order.folder, path)
    return parse(path, text, sha256)


def _paths(folder: Path, report: Report) -> Iterable[str]:
    for found in sorted(reading.scan(folder), key=lambda found: found.path):
        if found.problem:
            report.skip(found.path, found.problem)
        else:
            yield found.path


def _glance(order: Order, path: str, report: Report) -> _Glance | None:
    try:
        found = document(order, path)
    except (Unreadable, FrontMatterError) as error:
        report.skip(path, str(error))
        return None
    return _Glance(path, found.title, found.slug, found.sha256)


# Memory


def _known(session: Session, name: str) -> dict[str, Known]:
    query = (
        sa.select(
            ImportedFile.path,
            Article.id,
            Article.slug,
            Article.live_revision_id.is_not(None),
            ImportedFile.sha256,
            ImportedFile.surroundings,
            ImportedFile.text_digest,
        )
        .join(Article, Article.id == ImportedFile.article_id)
        .where(ImportedFile.folder == name)
    )
    return {row[0]: Known(*row[1:]) for row in session.execute(query)}


def _former_name(session: Session, glances: list[_Glance]) -> str | None:
    """The folder under whose name at least half of these files came in before, byte for byte.

    So a folder that was moved or checked out anew is the same folder.
    """
    counts: dict[str, int] = {}
    for start in range(0, len(glances), 500):
        part = {shown(each.path): each.sha256 for each in glances[start : start + 500]}
        query = sa.select(ImportedFile.folder, ImportedFile.path, ImportedFile.sha256)
        for row in session.execute(query.where(ImportedFile.path.in_(part))):
            if part[row.path] == row.sha256:
                counts[row.folder] = counts.get(row.folder, 0) + 1
    best = max(counts, key=lambda folder: (counts[folder], folder), default=None)
    return best if best is not None and 2 * counts[best] >= len(glances) else None


def rename(session: Session, plan: Plan) -> None:
    """Remember a folder that moved under its new name."""
    rows = sa.update(ImportedFile).where(ImportedFile.folder == plan.former)
    session.execute(rows.values(folder=plan.name))


# Addresses


def _ends(
    session: Session, order: Order, glances: list[_Glance], known: Mapping[str, Known]
) -> dict[str, End]:
    taken = {slug for slug in session.scalars(sa.select(Article.slug)) if slug}
    taken |= set(session.scalars(sa.select(ArticleSlug.slug)))
    ends = {}
    # Files that name their own address go first, so that nobody else is given it.
    for glance in sorted(glances, key=lambda glance: (not _claims(glance), glance.path)):
        before = known.get(shown(glance.path))
        live = before is not None and before.live
        slug = (before and before.slug) or _free(glance, taken)
        taken.add(slug)
        ends[glance.path] = End(glance.title, slug, live or order.mode is Mode.PUBLISH)
    return ends


def _claims(glance: _Glance) -> bool:
    """Whether a file's own slug is one that its title leads to."""
    wish, slug = slugify(glance.title), glance.slug
    stem, _, number = slug.rpartition("-")
    return slug != "" and (slug == wish or (stem == wish and number.isdecimal()))


def _free(glance: _Glance, taken: set[str]) -> str:
    wish = slugify(glance.title)
    if _claims(glance) and glance.slug not in taken:
        return glance.slug
    if wish not in taken:
        return wish
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{wish}-{n}") not in taken)
