"""Makes articles, revisions and drafts of files that are ready; one transaction for a batch."""

import hashlib
import json
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import DomainError
from kb import drafts, publishing, rendering
from kb.drafts import ATTACHMENT
from kb.forms import DraftFields
from kb.importing.batches import Item
from kb.importing.placing import Places, Writers
from kb.importing.plan import Mode, Outcome, Plan, Report
from kb.importing.reading import shown
from kb.importing.titles import from_file_name
from kb.models import Article, ArticleSlug, Draft, ImportedFile, Publication, Revision, Topic
from kb.rendering import Rendering
from people.models import User

log = logging.getLogger("firsthand.importing")


class Submit(Protocol):
    """Hands a draft to review; the room that reviews gives it."""

    def __call__(
        self, session: Session, draft: Draft, rendering: Rendering, /, *, note: str, by: User
    ) -> object: ...


class Skip(Exception):
    """Why a file changes nothing this time, as a sentence."""


def write(
    session: Session, plan: Plan, items: Sequence[Item], report: Report, submit: Submit | None
) -> None:
    """Bring a batch into the database. What goes wrong with one file is undone and reported."""
    writer = _Writer(session, plan, items, report, submit)
    for item in items:
        try:
            topic = writer.topic(item)
            with session.begin_nested():
                outcome = writer.bring(item, topic)
        except (Skip, DomainError) as error:
            report.skip(item.path, str(error))
        except sa.exc.SQLAlchemyError:
            log.exception("%s could not be imported", shown(item.path))
            report.skip(item.path, "The database refused it; import the folder again.")
        else:
            report.count(outcome)


class _Writer:
    def __init__(
        self,
        session: Session,
        plan: Plan,
        items: Sequence[Item],
        report: Report,
        submit: Submit | None,
    ) -> None:
        self.session = session
        self.plan = plan
        self.report = report
        self.submit = submit
        self.by = session.get_one(User, plan.order.author_id)
        self.places = Places(
            session, from_file_name(plan.order.folder.name)[:80].strip() or "Imported"
        )
        self.writers = Writers(session)
        self.places.made = report.topics
        self.memories = self._memories(items)
        self.taken = self._taken(items)

    def topic(self, item: Item) -> Topic:
        """Outside the file's own savepoint, since others may use a topic made for it."""
        if self.plan.order.topic_id is not None:
            return self.session.get_one(Topic, self.plan.order.topic_id)
        return self.places.topic(item.document.topic)

    def bring(self, item: Item, topic: Topic) -> Outcome:
        """Publish, draft or submit one file."""
        text = self._text(item, topic)
        memory = self.memories.get(shown(item.path))
        article = memory.article if memory else self._article(item, text)
        is_same = False
        if self.plan.order.mode is Mode.PUBLISH:
            is_same = not self._publish(item, text, article, memory)
        else:
            draft = self._draft(item, text, article, memory)
            if self.plan.order.mode is Mode.SUBMIT:
                self._submit(item, draft)
        self._remember(item, text, article, memory)
        if memory is None:
            return Outcome.CREATED
        return Outcome.UNCHANGED if is_same else Outcome.CHANGED

    def _text(self, item: Item, topic: Topic) -> "_Text":
        found = item.document
        people, names = self.writers.resolve(found.authors)
        coauthors, more = self.writers.resolve(found.coauthors)
        author, *others = people or [self.by]
        together = [each for each in [*others, *coauthors] if each is not author]
        if found.byline:  # whoever brought that text in before is no writer of it
            names = [found.byline]
        return _Text(
            item, topic, author, together, ", ".join([*names, *more])[:300] or None, self.plan
        )

    # Articles

    def _memories(self, items: Sequence[Item]) -> dict[str, ImportedFile]:
        paths = [shown(item.path) for item in items]
        query = sa.select(ImportedFile).where(
            ImportedFile.folder == self.plan.name, ImportedFile.path.in_(paths)
        )
        return {memory.path: memory for memory in self.session.scalars(query)}

    def _taken(self, items: Sequence[Item]) -> set[str]:
        """Addresses meant for this batch that another article has been given since."""
        wanted = [self.plan.ends[item.path].slug for item in items]
        taken = set(
            self.session.scalars(sa.select(ArticleSlug.slug).where(ArticleSlug.slug.in_(wanted)))
        )
        articles = self.session.scalars(sa.select(Article.slug).where(Article.slug.in_(wanted)))
        return taken | {slug for slug in articles if slug}

    def _article(self, item: Item, text: "_Text") -> Article:
        article = Article(
            slug=None,
            title_key=None,
            kind=item.document.kind,
            topic_id=text.topic.id,
            owner_id=text.author.id,
            live_revision_id=None,
            published_at=None,
            created_at=item.document.date or clock.now(),
        )
        self.session.add(article)
        self.session.flush()  # revisions refer to its id
        return article

    def _remember(
        self, item: Item, text: "_Text", article: Article, memory: ImportedFile | None
    ) -> None:
        if memory is None:
            memory = ImportedFile(
                folder=self.plan.name, path=shown(item.path), article_id=article.id
            )
            self.session.add(memory)
        memory.sha256, memory.surroundings = item.document.sha256, item.surroundings
        memory.text_digest, memory.imported_at = text.digest, clock.now()

    # Publishing

    def _publish(
        self, item: Item, text: "_Text", article: Article, memory: ImportedFile | None
    ) -> bool:
        """Put the text live; whether there was anything to change."""
        live, slug = article.live_revision, None
        if live is None and article.slug is not None:
            raise Skip("The article was taken back here. Publish it again on its page first.")
        if live is None:
            if memory:
                self._clear_draft(article, memory)
            slug = self._address(item)
        elif memory and digest_of(live) != memory.text_digest:
            self._draft(item, text, article, memory)
            self.report.note(
                item.path,
                "The article was changed here since the last import, so this text became a draft of "
                f"{text.author.name}. Bring it up to date there, then submit it.",
            )
            return True
        elif text.digest == digest_of(live) and text.stands_in(live):
            return False  # what changed in the file shows nowhere
        revision = self._revision(item, text, article)
        date = self._date(item, article)
        publishing.publish(
            self.session, article, revision, by=self.by, at=date, slug=slug, is_check=False
        )
        return True

    def _clear_draft(self, article: Article, memory: ImportedFile) -> None:
        """What was imported as a draft before is published instead, unless somebody worked on it."""
        of_article = sa.select(Draft).where(Draft.article_id == article.id)
        for draft in self.session.scalars(of_article):
            if draft.deleted_at is None:
                _refuse_changed(draft, memory)
            self.session.delete(draft)

    def _address(self, item: Item) -> str:
        """The address that links to this file were written with."""
        slug = self.plan.ends[item.path].slug
        if slug in self.taken:
            raise Skip(
                "Its address was given to another article meanwhile. Import the folder again."
            )
        return slug

    def _revision(self, item: Item, text: "_Text", article: Article) -> Revision:
        assert item.rendering is not None
        revision = Revision(
            article_id=article.id,
            base_id=article.live_revision_id,
            title=item.document.title,
            summary=item.summary,
            body=item.body,
            dialect=text.dialect,
            tags=list(item.document.tags),
            topic_id=text.topic.id,
            language=item.document.language,
            author_id=text.author.id,
            byline=text.byline,
            note="",
            created_at=item.document.date or clock.now(),
            html="",
            text="",
            headings=[],
            rules=0,
            coauthors=text.coauthors,
        )
        self.session.add(revision)
        rendering.apply(self.session, revision, item.rendering)
        if ATTACHMENT.search(item.body):
            drafts.record_uses(self.session, revision)
        return revision

    def _date(self, item: Item, article: Article) -> datetime | None:
        """The file's date, as long as publications stay in the order of their dates."""
        date = item.document.date
        if date is None or article.live_revision_id is None:
            return date
        last = sa.select(sa.func.max(Publication.at)).where(Publication.article_id == article.id)
        before = self.session.scalar(last)
        return date if before is None or before < date else None

    # Drafts

    def _draft(
        self, item: Item, text: "_Text", article: Article, memory: ImportedFile | None
    ) -> Draft:
        draft = self._present_draft(text, article)
        if draft is None:
            draft = self._new_draft(item, text, article, memory)
        else:
            if draft.deleted_at is not None:
                raise Skip("Its draft was deleted here. Take that back on the drafts page first.")
            _refuse_changed(draft, memory)
            drafts.save(self.session, draft, text.fields, version=draft.version, by=draft.author)
        draft.dialect, draft.byline = text.dialect, text.byline
        self.session.flush()  # the version that this makes is the one to submit
        return draft

    def _present_draft(self, text: "_Text", article: Article) -> Draft | None:
        query = sa.select(Draft).where(Draft.article_id == article.id)
        if article.live_revision_id is not None:  # others may write on a published article
            query = query.where(Draft.author_id == text.author.id, Draft.deleted_at.is_(None))
        return self.session.scalar(query.order_by(Draft.deleted_at.is_not(None), Draft.id.desc()))

    def _new_draft(
        self, item: Item, text: "_Text", article: Article, memory: ImportedFile | None
    ) -> Draft:
        draft = drafts.start(
            self.session,
            text.fields,
            key=secrets.token_hex(16),
            kind=item.document.kind,
            by=text.author,
            dialect=text.dialect,
            article=article,
        )
        draft.created_at = item.document.date or draft.created_at
        if (
            memory
            and article.live_revision
            and digest_of(article.live_revision) != memory.text_digest
        ):
            draft.base = _imported(self.session, article, memory) or article.live_revision
        return draft

    def _submit(self, item: Item, draft: Draft) -> None:
        assert self.submit is not None
        assert item.rendering is not None
        try:
            with self.session.begin_nested():
                note = f"Imported from {shown(item.path)}."[:500]
                self.submit(self.session, draft, item.rendering, note=note, by=draft.author)
        except DomainError as error:
            self.report.note(item.path, f"It stays a draft of {draft.author.name}: {error.message}")


class _Text:
    """What one file becomes, whether as a draft or a revision."""

    def __init__(
        self,
        item: Item,
        topic: Topic,
        author: User,
        coauthors: list[User],
        byline: str | None,
        plan: Plan,
    ) -> None:
        self.topic, self.author, self.coauthors, self.byline = topic, author, coauthors, byline
        self.dialect = item.document.dialect or plan.order.dialect
        self.fields = DraftFields(
            title=item.document.title,
            summary=item.summary,
            body=item.body,
            tags=item.document.tags,
            topic_id=topic.id,
            coauthor_ids=tuple(person.id for person in coauthors),
            language=item.document.language,
        )
        self.digest = _digest(
            item.document.title, item.summary, item.body, item.document.tags, self.dialect, byline
        )

    def stands_in(self, live: Revision) -> bool:
        """Whether the live text has the topic and the language that the file says."""
        language = self.fields.language or live.language
        return (live.topic_id, live.language) == (self.topic.id, language)


def digest_of(text: Revision | Draft) -> str:
    """A digest of what somebody may have changed in a text since it was imported."""
    return _digest(text.title, text.summary, text.body, text.tags, text.dialect, text.byline)


def _digest(
    title: str, summary: str, body: str, tags: Sequence[str], dialect: str, byline: str | None
) -> str:
    facts = json.dumps([title, summary, body, list(tags), dialect, byline])
    return hashlib.sha256(facts.encode()).hexdigest()


def _refuse_changed(draft: Draft, memory: ImportedFile | None) -> None:
    if draft.locked:
        raise Skip("It is under review. Withdraw it first, or wait for the decision.")
    if memory is None or digest_of(draft) != memory.text_digest:
        raise Skip(f"{draft.saved_by.name} has changed its draft here; nothing was overwritten.")


def _imported(session: Session, article: Article, memory: ImportedFile) -> Revision | None:
    """The revision that the last import made, which a text imported now is based on."""
    query = (
        sa.select(Revision).where(Revision.article_id == article.id).order_by(Revision.id.desc())
    )
    return next(
        (each for each in session.scalars(query) if digest_of(each) == memory.text_digest), None
    )
