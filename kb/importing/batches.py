"""One batch of files on its way to the database: read, illustrated, laid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.config import Config
from core.errors import DomainError, Invalid
from core.images import CleanImage
from kb import attachments, rendering
from kb.forms import LONGEST_SUMMARY
from kb.importing import linking, titles
from kb.importing.documents import Document
from kb.importing.front_matter import FrontMatterError
from kb.importing.linking import Links, Picture
from kb.importing.plan import Known, Mode, Plan, Report, document
from kb.importing.reading import Unreadable, shown
from kb.models import Draft
from kb.rendering import Rendering
from people.models import User


@dataclass
class Item:
    """One file that is new or changed, and what has become of it so far."""

    document: Document
    known: Known | None
    surroundings: str
    pictures: Mapping[str, Picture]
    images: dict[str, CleanImage] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    body: str = ""
    summary: str = ""
    rendering: Rendering | None = None

    @property
    def path(self) -> str:
        return self.document.path


class Reader:
    """Reads batches of one import; images that several texts show are decoded once a batch."""

    def __init__(self, plan: Plan, config: Config, report: Report) -> None:
        self.plan = plan
        self.config = config
        self.report = report
        self.links = Links(plan.ends)

    def read(self, session: Session, paths: Sequence[str]) -> list[Item]:
        """The files that are new or changed; the others are counted."""
        settled = _settled(session, self.plan, paths)
        items = [item for path in paths if (item := self._item(path, path in settled))]
        cleaned: dict[str, CleanImage | str] = {}
        for item in items:
            self._decode(item, cleaned)
        return items

    def _item(self, path: str, settled: bool) -> Item | None:
        try:
            found = document(self.plan.order, path)
        except (Unreadable, FrontMatterError) as error:
            self.report.skip(path, str(error))
            return None
        pictures = linking.pictures(
            self.plan.order.folder, path, found.body, self.links, self.config
        )
        options = (str(self.plan.order.topic_id), self.plan.order.dialect)
        around = linking.surroundings(path, found.body, self.links, pictures, *options)
        known = self.plan.known.get(shown(path))
        if known and settled and (known.sha256, known.surroundings) == (found.sha256, around):
            self.report.unchanged += 1
            return None
        return Item(found, known, around, pictures)

    def _decode(self, item: Item, cleaned: dict[str, CleanImage | str]) -> None:
        for target, picture in item.pictures.items():
            problem = picture.problem
            if not problem:
                if picture.sha256 not in cleaned:
                    cleaned[picture.sha256] = linking.clean(
                        self.plan.order.folder, picture, self.config
                    )
                image = cleaned[picture.sha256]
                if isinstance(image, str):
                    problem = image
                else:
                    item.images[target] = image
            if problem:
                self.report.note(item.path, f"The image {target} was not taken along: {problem}")

    def keep_images(self, session: Session, items: Sequence[Item]) -> None:
        """Store the images of a batch; the caller commits before texts that show them are laid out."""
        author = session.get_one(User, self.plan.order.author_id)
        for item in items:
            for target, image in item.images.items():
                name = item.pictures[target].path
                try:
                    kept = attachments.keep(session, self.config, image, name=name, by=author)
                except DomainError as error:
                    self.report.note(
                        item.path, f"The image {target} was not taken along: {error.message}"
                    )
                    continue
                address = f"/attachments/{kept.id}/{quote(kept.name)}"
                item.addresses[target] = f"{address}#{kept.width}x{kept.height}"

    def lay_out(self, session: Session, items: Sequence[Item]) -> list[Item]:
        """Render a batch; what cannot be rendered is reported and left out."""
        for item in items:
            item.body = linking.rewritten(item.path, item.document.body, self.links, item.addresses)
            self._note(item)
        dialect = self.plan.order.dialect
        texts = [(item.body, item.document.dialect or dialect) for item in items]
        ready = []
        for item, answer in zip(items, rendering.render_many(session, texts), strict=True):
            if isinstance(answer, Invalid):
                self.report.skip(item.path, answer.message)
                continue
            item.rendering = answer
            given, page = item.document.summary, answer.rendered.html
            item.summary = given or titles.summarise(page, LONGEST_SUMMARY) or item.document.title
            ready.append(item)
        return ready

    def _note(self, item: Item) -> None:
        for note in item.document.notes:
            self.report.note(item.path, note)
        for target in dict.fromkeys(linking.dead_links(item.path, item.document.body, self.links)):
            self.report.note(item.path, f"The link to {target} leads to no imported file.")


def _settled(session: Session, plan: Plan, paths: Sequence[str]) -> set[str]:
    """Files whose article is as far as this import would bring it."""
    known = {path: plan.known[shown(path)] for path in paths if shown(path) in plan.known}
    if plan.order.mode is Mode.DRAFT:
        return set(known)
    settled = {path for path, each in known.items() if each.live}
    if plan.order.mode is Mode.SUBMIT:
        ids = [each.article_id for each in known.values()]
        query = sa.select(Draft.article_id).where(
            Draft.article_id.in_(ids), Draft.frozen_id.is_not(None)
        )
        waiting = set(session.scalars(query))
        settled |= {path for path, each in known.items() if each.article_id in waiting}
    return settled
