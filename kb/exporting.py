"""Writes published articles as a folder of Markdown that imports back equal."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from posixpath import relpath
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.config import Config
from core.errors import Conflict
from core.text import slugify
from kb import attachments
from kb.importing import front_matter
from kb.importing.references import Reference, rewrite
from kb.models import Article, ArticleSlug, Attachment, Revision
from kb.topics import Node, Tree, tree
from people.models import User

LIST = ".firsthand-export.json"  # what an export wrote, so that the next one knows its own files
LONGEST_NAME = 200  # bytes; file systems take 255


@dataclass(frozen=True)
class Exported:
    """What an export wrote, and what it could not."""

    articles: int
    images: int
    problems: list[tuple[str, str]] = field(default_factory=list)


class Target:
    """The folder written to: an empty one, or one that holds an earlier export and nothing changed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before = _listed(folder)
        self.written: dict[str, str] = {}
        self._refuse_strangers()

    def write(self, path: str, data: bytes) -> None:
        """Write one file, unless the very same is there; a file that is not ours is never touched."""
        digest = hashlib.sha256(data).hexdigest()
        self.written[path] = digest
        target = self.folder / path
        if self.before.get(path) == digest:
            return
        if path not in self.before and os.path.lexists(target):
            raise Conflict(
                f"{path} is there already and comes from somewhere else. Move it away first."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data)

    def finish(self) -> None:
        """Remove what earlier exports wrote and this one did not, and note what is there now."""
        for path in sorted(set(self.before) - set(self.written)):
            (self.folder / path).unlink(missing_ok=True)
            _remove_empty((self.folder / path).parent, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        listing = json.dumps(self.written, sort_keys=True, indent=0, ensure_ascii=False)
        _replace(self.folder / LIST, (listing + "\n").encode())

    def _refuse_strangers(self) -> None:
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise Conflict(f"{self.folder} is not a folder.")
        if not (self.folder / LIST).exists() and any(self.folder.iterdir()):
            raise Conflict(
                f"{self.folder} holds other files. Name an empty folder, or one that was exported to before."
            )
        changed = [
            path for path, digest in self.before.items() if _differs(self.folder / path, digest)
        ]
        if changed:
            names = ", ".join(changed[:5]) + (" and others" if len(changed) > 5 else "")
            raise Conflict(
                f"Changed in {self.folder} since the last export: {names}. Nothing was overwritten; move "
                "them away, or export to another folder."
            )


def _listed(folder: Path) -> dict[str, str]:
    """The files of an earlier export, by what is in it; paths that lead out of it are not ours."""
    try:
        listing = json.loads((folder / LIST).read_text(encoding="utf-8"))
        root = folder.resolve()
        return {
            str(path): str(digest)
            for path, digest in listing.items()
            if (folder / path).resolve().is_relative_to(root)
        }
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, OSError):
        raise Conflict(f"{folder / LIST} cannot be read. Name an empty folder.") from None


def _differs(path: Path, digest: str) -> bool:
    if path.is_symlink():
        return True
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() != digest


def _replace(path: Path, data: bytes) -> None:
    """All or nothing, and never through a link."""
    temporary = path.with_name(f".{path.name[:40]}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(path)


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


# What is exported


def export(session: Session, config: Config, target: Target) -> Iterator[Exported]:
    """Write everything, article by article; each step says how far it is, the last one all."""
    articles = _articles(session)
    book = _Book(session, config, articles)
    for number, article in enumerate(articles, 1):
        target.write(book.paths[article.id], book.page(article).encode())
        yield Exported(number, len(book.images.names))
    for path, data in book.images.files():
        target.write(path, data)
    target.finish()
    yield Exported(len(articles), len(book.images.names), book.images.problems)


def count(session: Session) -> int:
    query = sa.select(sa.func.count()).select_from(Article)
    return session.scalar(query.where(*_EXPORTED)) or 0


# What readers can read by its address, also what is archived.
_EXPORTED = (Article.live_revision_id.is_not(None), Article.hidden_at.is_(None))


def _articles(session: Session) -> Sequence[Article]:
    query = (
        sa.select(Article)
        .where(*_EXPORTED)
        .options(
            joinedload(Article.live_revision).joinedload(Revision.author),
            joinedload(Article.live_revision).selectinload(Revision.coauthors),
        )
        .order_by(Article.slug)
    )
    return session.scalars(query).all()


class _Book:
    """Knows every article's place in the export, for the links between them."""

    def __init__(self, session: Session, config: Config, articles: Sequence[Article]) -> None:
        self.topics = tree(session)
        folders = topic_folders(self.topics)
        self.paths = _paths(articles, folders)
        self.by_slug = {
            article.slug: self.paths[article.id] for article in articles if article.slug
        }
        former = sa.select(ArticleSlug.slug, ArticleSlug.article_id)
        for slug, article_id in session.execute(former):
            if article_id in self.paths:
                self.by_slug.setdefault(slug, self.paths[article_id])
        order = sorted(articles, key=lambda article: self.paths[article.id])
        self.images = _Images(session, config, self.paths, order)

    def page(self, article: Article) -> str:
        revision = article.live_revision
        assert revision is not None
        path = self.paths[article.id]
        fields = _fields(
            article, revision, [node.name for node in self.topics.path(article.topic_id)]
        )
        return front_matter.join(
            fields, rewrite(revision.body, lambda ref: self._change(path, ref))
        )

    def _change(self, path: str, reference: Reference) -> str | None:
        folder = str(PurePosixPath(path).parent)
        if found := _ARTICLE.fullmatch(reference.target):
            if found[1] not in self.by_slug:
                return None
            fragment = f"#{found[2].removeprefix('h-')}" if found[2] else ""
            return relpath(self.by_slug[found[1]], folder) + fragment
        if found := _ATTACHMENT.fullmatch(reference.target):
            image = self.images.path(path, int(found[1]))
            return relpath(image, folder) if image else None
        return None


_ARTICLE = re.compile(r"/articles/([^/?#\s]+)(?:#(\S+))?")
_ATTACHMENT = re.compile(r"/attachments/([0-9]{1,15})/[^/?#\s]+(?:#[0-9]+x[0-9]+)?")


def _fields(article: Article, revision: Revision, topic: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "title": revision.title,
        "kind": article.kind.value,
        "summary": revision.summary,
        "topic": topic,
        "tags": list(revision.tags),
        "author": _person(revision.author),
        "coauthors": [_person(person) for person in revision.coauthors],
        "byline": revision.byline,
        "date": article.published_at.isoformat() if article.published_at else None,
        "dialect": revision.dialect,
        "language": revision.language,
        "slug": article.slug,
    }
    return {name: value for name, value in fields.items() if value}


def _person(user: User) -> str:
    """Name and address, as version control writes people: whoever has no account keeps a name."""
    return f"{re.sub('[<>]', '', user.name).strip()} <{user.email}>"


# Where it goes


def _paths(articles: Sequence[Article], folders: Mapping[int, str]) -> dict[int, str]:
    taken: set[str] = set()
    paths = {}
    for article in articles:
        stem = file_name(article.slug or "untitled")
        path = _unused(f"{folders[article.topic_id]}/{stem}", ".md", taken)
        paths[article.id] = path
    return paths


def topic_folders(topics: Tree) -> dict[int, str]:
    """A folder for each topic, named after it, inside its parent's."""
    folders: dict[int, str] = {}
    taken: set[str] = set()

    def visit(children: Sequence[Node], parent: str) -> None:
        for node in children:
            wish = file_name(slugify(node.name, longest=60))
            folders[node.id] = _unused(f"{parent}/{wish}" if parent else wish, "", taken)
            visit(topics.children(node.id), folders[node.id])

    visit(topics.children(None), "")
    return folders


_RESERVED = re.compile(r"(con|prn|aux|nul|images|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


def file_name(stem: str) -> str:
    """A name that every file system takes."""
    stem = stem.encode()[:LONGEST_NAME].decode(errors="ignore").strip("-. ") or "untitled"
    return f"{stem}-" if _RESERVED.fullmatch(stem) else stem


def _unused(path: str, suffix: str, taken: set[str]) -> str:
    numbers = (path + (f"-{n}" if n > 1 else "") + suffix for n in range(1, len(taken) + 3))
    free = next(each for each in numbers if each.casefold() not in taken)
    taken.add(free.casefold())
    return free


class _Images:
    """The images of the exported texts; one file for each content and folder, one name each everywhere."""

    def __init__(
        self, session: Session, config: Config, paths: Mapping[int, str], order: Sequence[Article]
    ) -> None:
        self.config = config
        self.names: dict[str, str] = {}  # by content
        self.problems: list[tuple[str, str]] = []
        self._places: dict[str, Attachment] = {}
        self._attachments = {each.id: each for each in session.scalars(sa.select(Attachment))}
        self._bytes: set[str] = set()
        self._missing: set[str] = set()
        taken: set[str] = set()
        # Names go by the order of the files, so that they come out the same after an import.
        for article in order:
            revision = article.live_revision
            assert revision is not None
            for number in re.findall(r"/attachments/([0-9]{1,15})/", revision.body):
                attachment = self._attachments.get(int(number))
                if attachment and attachment.sha256 not in self.names:
                    stem, _, ending = attachment.name.rpartition(".")
                    name = _unused(file_name(stem), f".{ending}", taken)
                    self.names[attachment.sha256] = name

    def path(self, page: str, number: int) -> str | None:
        """Where a page finds an image; nothing if its bytes are lost."""
        attachment = self._attachments.get(number)
        if attachment is None or not self._is_there(attachment, page):
            return None
        folder = PurePosixPath(page).parent
        path = str(folder / "images" / self.names[attachment.sha256])
        self._places[path] = attachment
        return path

    def files(self) -> Iterator[tuple[str, bytes]]:
        for path, attachment in sorted(self._places.items()):
            yield path, attachments.read(self.config, attachment)

    def _is_there(self, attachment: Attachment, page: str) -> bool:
        if attachment.sha256 not in self._bytes and attachment.sha256 not in self._missing:
            try:
                attachments.read(self.config, attachment)
                self._bytes.add(attachment.sha256)
            except OSError:
                self._missing.add(attachment.sha256)
        if attachment.sha256 in self._missing:
            self.problems.append(
                (page, f"The image {attachment.name} is missing from the file store.")
            )
        return attachment.sha256 in self._bytes
