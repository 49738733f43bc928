"""Prepares a knowledge base of very many articles with their meaning, once, straight into its tables.

Through the doors that people use, 100,000 articles would take hours, and embedding them as long. So each
article is mixed from a few real texts that were laid out and embedded once: its passages are theirs,
with a little noise in their vectors, so that no two are the same. Given as many real documents as
articles are wanted, each document is an article; but only some are embedded, and lend to the others.
"""

import random
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.content import FIRST_DAY, PEOPLE, add_people, flask, opened
from core import markup, sandbox
from core.db import db
from core.languages import detect
from core.markup import Rendered
from core.text import slugify
from kb.models import Article, ArticleTag, Kind, Publication, Revision, Topic
from people.models import Role, User
from search.models import Passage
from search.semantic.encoder import Encoder
from search.semantic.vectors import VectorFolder

if TYPE_CHECKING:
    from numpy import int8
    from numpy.typing import NDArray

PORTION = 1_000
MOST_TEXT = 20_000  # characters of one text
MOST_EMBEDDED = 3_000  # texts
NOISE = 8.0  # of components that are 33 on average: a cosine of .97
LENT = 350  # characters of a passage, where its vector is another's


@dataclass(frozen=True)
class Text:
    """A real document, laid out, with the vectors of its passages if it was embedded."""

    title: str
    topic: str
    source: str
    rendered: Rendered
    spans: Sequence[tuple[int, int]] = ()  # the first is the title
    vectors: "NDArray[int8] | None" = None


def prepare(folder: Path, texts: Sequence[Path], articles: int) -> Path:
    """The data folder of a library with so many articles, made if it is not there."""
    whole = folder / f"{articles}-library"
    if not whole.exists():
        half_made = folder / f"{articles}-library.half-made"
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True)
        _fill(half_made, texts, articles)
        half_made.rename(whole)
    return whole


def _fill(data: Path, texts: Sequence[Path], articles: int) -> None:
    print(f"Preparing {articles} articles, once; this takes some minutes ...", file=sys.stderr)
    flask(data, "db", "upgrade")
    with opened(data):
        with db.writing() as session:
            add_people(session)
            session.commit()
        found = list(_laid_out(texts, articles))
        sandbox.shutdown()
        found = _embedded(found, data)
        _write(found, articles)
    flask(data, "search", "rebuild", SEMANTIC="on")
    # A server would index so many vectors by itself, and be measured meanwhile.
    VectorFolder(data / "search" / "meaning", Encoder.name).tidy()


# The texts


def _laid_out(folders: Sequence[Path], most: int) -> Iterator[Text]:
    paths = [(folder, path) for folder in folders for path in sorted(folder.rglob("*.md"))][:most]
    read = [(*place, place[1].read_text("utf-8", "replace")[:MOST_TEXT]) for place in paths]
    answers = markup.render_many([(source, "commonmark", {}) for _, _, source in read])
    for (folder, path, source), answer in zip(read, answers, strict=True):
        if isinstance(answer, Rendered) and answer.text.strip():
            heading = re.search(r"^#\s*(.+)", source, re.MULTILINE)
            title = (heading.group(1) if heading else path.stem.replace("-", " "))[:150]
            yield Text(title, path.relative_to(folder).parts[0], source, answer)


def _embedded(texts: Sequence[Text], data: Path) -> list[Text]:
    (data / "search").mkdir(exist_ok=True)
    encoder = Encoder(data / "search")
    if not encoder.wait():
        raise SystemExit("The encoder does not start; see encoder.log.")
    kept = data.parent / "vectors"  # for other sizes of the same library
    kept.mkdir(exist_ok=True)
    found = [_with_vectors(text, encoder, kept) for text in texts[:MOST_EMBEDDED]]
    encoder.close()
    return found + list(texts[MOST_EMBEDDED:])


def _with_vectors(text: Text, encoder: Encoder, kept: Path) -> Text:
    import numpy as np

    cuts = encoder.cut(text.title, text.rendered.text)
    embedded = "\0".join([encoder.name, *(cut.text for cut in cuts)]).encode("utf-8", "replace")
    path = kept / f"{blake2b(embedded, digest_size=12).hexdigest()}.npy"
    if not path.exists():
        np.save(path, encoder.embed([cut.text for cut in cuts]))
    return replace(text, spans=[(cut.start, cut.end) for cut in cuts], vectors=np.load(path))


# The articles


def _write(texts: Sequence[Text], articles: int) -> None:
    with db.writing() as session:
        topics = _add_topics(session, {text.topic for text in texts})
        authors = list(session.scalars(sa.select(User.id).where(User.handle.like("person-%"))))
        curator = session.scalars(sa.select(User.id).where(User.role == Role.CURATOR)).one()
        mixed = _mixed(texts, articles)
        passages = _Passages(texts)
        while portion := list(islice(mixed, PORTION)):
            rows = _Rows()
            for number, title, parts in portion:
                rows.add(number, title, parts, topics, authors[number % PEOPLE], curator)
                rows.passages += passages.of(number, parts)
            rows.write(session)
        session.commit()


def _add_topics(session: Session, names: set[str]) -> dict[str, int]:
    root = Topic(slug="everything", name="Everything", description="")
    found = {name: Topic(slug=slugify(name), name=name, parent=root) for name in sorted(names)}
    session.add_all([root, *found.values()])
    session.flush()
    return {name: topic.id for name, topic in found.items()}


def _mixed(texts: Sequence[Text], articles: int) -> Iterator[tuple[int, str, Sequence[Text]]]:
    """One, two or three texts of a topic each; or, if there are enough, one text each."""
    if len(texts) >= articles:
        yield from ((n, text.title, [text]) for n, text in enumerate(texts[:articles], 1))
        return
    chooser = random.Random(20251121)
    alike: defaultdict[str, list[Text]] = defaultdict(list)
    for text in texts:
        alike[text.topic].append(text)
    for number in range(1, articles + 1):
        text = chooser.choice(texts)
        others = chooser.choices(alike[text.topic], k=chooser.choice((0, 1, 2)))
        word = chooser.choice(chooser.choice(texts).title.split())
        yield number, f"{text.title} with {word}", [text, *others]


class _Rows:
    """Of some articles, for all tables."""

    def __init__(self) -> None:
        self.articles: list[dict[str, Any]] = []
        self.revisions: list[dict[str, Any]] = []
        self.publications: list[dict[str, Any]] = []
        self.tags: list[dict[str, Any]] = []
        self.passages: list[dict[str, Any]] = []

    def add(
        self,
        number: int,
        title: str,
        parts: Sequence[Text],
        topics: dict[str, int],
        author: int,
        curator: int,
    ) -> None:
        topic, at = topics[parts[0].topic], FIRST_DAY + timedelta(minutes=18 * number)
        tags = sorted({slugify(parts[0].topic), "til"})
        text = "\n\n".join(part.rendered.text for part in parts)
        summary = text.strip().split("\n")[-1][:120]
        theirs = {"topic_id": topic, "author_id": author, "created_at": at}
        self.articles.append(
            {
                **theirs,
                "id": number,
                "slug": f"{slugify(title)[:100]}-{number}",
                "title_key": markup.link_key(title),
                "kind": Kind.STORY if number % 3 == 0 else Kind.HOWTO,
                "owner_id": author,
                "live_revision_id": None,
                "published_at": at,
            }
        )
        self.revisions.append(
            {
                **theirs,
                "id": number,
                "article_id": number,
                "title": title,
                "summary": summary,
                "body": "\n\n".join(part.source for part in parts),
                "dialect": "commonmark",
                "tags": tags,
                "note": "",
                "language": detect(title, summary, text),
                "html": "\n".join(part.rendered.html for part in parts),
                "text": text,
                "headings": [
                    [each.level, each.anchor, each.text]
                    for part in parts
                    for each in part.rendered.headings
                ],
                "rules": markup.RULES,
            }
        )
        self.publications.append(
            {"article_id": number, "revision_id": number, "number": 1, "by_id": curator, "at": at}
        )
        self.tags += ({"article_id": number, "tag": tag} for tag in tags)

    def write(self, session: Session) -> None:
        session.execute(sa.insert(Article), self.articles)
        session.execute(sa.insert(Revision), self.revisions)
        session.execute(
            sa.update(Article)
            .where(Article.id.in_([row["id"] for row in self.articles]))
            .values(live_revision_id=Article.id)
        )
        session.execute(sa.insert(Publication), self.publications)
        session.execute(sa.insert(ArticleTag), self.tags)
        session.execute(sa.insert(Passage), self.passages)


class _Passages:
    """Those of articles, from the passages of the texts that they consist of."""

    def __init__(self, texts: Sequence[Text]) -> None:
        import numpy as np

        there = [text.vectors for text in texts if text.vectors is not None]
        self._whole = np.concatenate(there)
        self._random = np.random.default_rng(20251121)

    def of(self, article: int, parts: Sequence[Text]) -> Iterator[dict[str, Any]]:
        spans: list[tuple[int, int]] = []
        found = []
        offset = 0
        for part in parts:
            there, vectors = self._of_text(part)
            own = slice(1 if spans else 0, None)  # the title is the first one's
            spans += [(start + offset, end + offset) for start, end in there[own]]
            found.append(vectors[own])
            offset += len(part.rendered.text) + 2
        spans[0] = (0, 0)
        for number, ((start, end), vector) in enumerate(
            zip(spans, self._noisy(found), strict=True)
        ):
            yield {
                "article_id": article,
                "number": number,
                "start": start,
                "end": end,
                "encoder": Encoder.name,
                "digest": blake2b(b"%d %d" % (article, number), digest_size=16).digest(),
                "vector": vector.tobytes(),
            }

    def _of_text(self, text: Text) -> tuple[list[tuple[int, int]], "NDArray[int8]"]:
        if text.vectors is not None:
            return list(text.spans), text.vectors
        whole = len(text.rendered.text)
        spans = [(0, 0), *((at, min(at + LENT, whole)) for at in range(0, whole, LENT))][:90]
        return spans, self._whole[self._random.integers(len(self._whole), size=len(spans))]

    def _noisy(self, vectors: "list[NDArray[int8]]") -> "NDArray[int8]":
        import numpy as np

        exact = np.concatenate(vectors).astype(np.float32)
        noise = self._random.normal(0, NOISE, exact.shape)
        noisy: NDArray[int8] = np.clip(np.rint(exact + noise), -127, 127).astype(np.int8)
        return noisy
