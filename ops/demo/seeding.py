"""Fills a new database with Morlund, through the same doors that people use, as of the days it tells of."""

import re
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, images, outbox
from core.config import Config
from core.db import Database
from core.errors import Conflict
from curation import workflow
from curation.models import Review
from kb import attachments, drafts, rendering, topics
from kb.forms import DraftFields
from kb.models import Article, Draft, Kind, Topic
from ops.demo import reading
from ops.demo.images import IMAGES
from ops.demo.reading import Text
from people import accounts
from people.models import Notice, Role, User

PASSWORD = "coffee-for-everyone"
READ_AFTER = timedelta(days=2)  # older notices count as read

_IMAGE = re.compile(r"\(image:([a-z0-9-]+)\)")


class NotEmpty(Conflict):
    """Somebody works here already: no invented people among real ones."""


def is_new(session: Session) -> bool:
    """Whether nobody has an account and nothing is filed yet."""
    return all(session.scalar(sa.select(table.id).limit(1)) is None for table in (User, Topic))


def fill(db: Database, config: Config) -> None:
    """People, topics, articles and reviews in one transaction; then everything is delivered.

    Raises NotEmpty unless the database is new.
    """
    with db.writing() as session:
        if not is_new(session):
            raise NotEmpty(
                "There are people or topics here already; demo content goes into a new database only."
            )
        _Morlund(session, config).build()
        session.commit()
    outbox.Worker(db, config.data).drain()
    with db.writing() as session:
        old = sa.update(Notice).where(Notice.at < clock.now() - READ_AFTER)
        session.execute(old.values(read_at=Notice.at))
        session.commit()


def sign_in_line(session: Session) -> str:
    """Which demo people can sign in, in one line; empty where there are none."""
    shown = ["tomasz-wieczorek", "mette-dahl", "oluwaseun-adeyemi"]
    query = sa.select(User).where(User.demo, User.active, User.handle.in_(shown))
    people = sorted(session.scalars(query), key=lambda person: shown.index(person.handle))
    if not people:
        return ""
    words = {Role.EMPLOYEE: "author", Role.CURATOR: "curator", Role.ADMIN: "administrator"}
    listed = ", ".join(f"{person.email} ({words[person.role]})" for person in people)
    return f"Demo people sign in with the password {PASSWORD}: {listed}."


class _Morlund:
    """One run of the seeding: who and what exists so far."""

    def __init__(self, session: Session, config: Config) -> None:
        self.session = session
        self.config = config
        self.now = clock.now()
        self.people: dict[str, User] = {}
        self.topics: dict[str, Topic] = {}
        self.articles: dict[str, Article] = {}
        self.images: dict[str, images.CleanImage] = {}

    def build(self) -> None:
        with clock.at(self.now - timedelta(days=400)):
            self._add_people()
            self._add_topics()
        for text in reading.texts():
            self._add_text(text)

    def _add_people(self) -> None:
        for facts in reading.people():
            self.people[facts["handle"]] = accounts.add_person(
                self.session,
                email=facts["email"],
                name=facts["name"],
                handle=facts["handle"],
                team=facts["team"],
                role=Role(facts["role"]),
                password=PASSWORD,
                demo=True,
            )

    def _add_topics(self) -> None:
        admin = next(person for person in self.people.values() if person.is_admin)
        for facts in reading.topics():
            topic = topics.add(
                self.session,
                name=facts["name"],
                description=facts["description"],
                parent=self.topics[facts["parent"]] if facts["parent"] else None,
                by=admin,
            )
            curators = [self.people[handle] for handle in facts["curators"]]
            backup = self.people[facts["backup"]] if facts["backup"] and curators else None
            topics.name_curators(self.session, topic, curators, backup, by=admin)
            topic.demo = True
            self.topics[facts["slug"]] = topic

    def _add_text(self, text: Text) -> None:
        moment = self.now - timedelta(days=text.days_ago)
        if text.state == "draft":
            with clock.at(moment):
                self._draft(text)
        elif text.state == "published":
            self._publish(text)
        else:
            with clock.at(moment):
                review = self._submit(text)
            self._act(review, text)

    def _publish(self, text: Text) -> None:
        """Handed in, read and approved in the days before."""
        published = self.now - timedelta(days=text.days_ago)
        with clock.at(published - timedelta(hours=26)):
            review = self._submit(text)
        curator = self.people[text.facts["approved_by"]]
        with clock.at(published - timedelta(minutes=12)):
            workflow.claim(self.session, review.id, by=curator)
        with clock.at(published):
            workflow.approve(
                self.session,
                review.id,
                version=review.version,
                revision=review.revision_id,
                by=curator,
            )
        self.articles[text.slug] = review.article

    def _act(self, review: Review, text: Text) -> None:
        """What a curator, or the author, did with a text that is not published."""
        submitted = self.now - timedelta(days=text.days_ago)
        if text.state == "withdrawn":
            with clock.at(submitted + timedelta(hours=3)):
                workflow.withdraw(self.session, review.id, by=review.author)
            return
        if text.state == "submitted":
            return
        curator = self.people[text.facts["curator"]]
        if text.state == "in_review":
            with clock.at(self.now):
                workflow.claim(self.session, review.id, by=curator)
            return
        decide = workflow.request_changes if text.state == "changes_requested" else workflow.decline
        with clock.at(submitted + timedelta(hours=5)):
            workflow.claim(self.session, review.id, by=curator)
            decide(
                self.session,
                review.id,
                version=review.version,
                revision=review.revision_id,
                reason=text.facts["reason"],
                by=curator,
            )

    def _submit(self, text: Text) -> Review:
        draft = self._draft(text)
        rendered = rendering.render(self.session, draft.body, draft.dialect)
        note = text.facts.get("note") or ""
        return workflow.submit(self.session, draft, rendered, note=note, by=draft.author)

    def _draft(self, text: Text) -> Draft:
        facts = text.facts
        author = self.people[facts["author"]]
        fields = DraftFields(
            title=facts["title"],
            summary=facts["summary"],
            body=_IMAGE.sub(lambda match: f"({self._image(match[1], author)})", text.body),
            tags=tuple(facts["tags"]),
            topic_id=self.topics[facts["topic"]].id,
            coauthor_ids=tuple(self.people[handle].id for handle in facts.get("coauthors") or ()),
        )
        draft = drafts.start(
            self.session,
            fields,
            key=f"{text.slug}-{text.days_ago}",
            kind=Kind(facts["kind"]),
            by=author,
            dialect="commonmark",
            article=self.articles.get(text.slug),
        )
        self.session.flush()  # the author is read through the draft's id
        return draft

    def _image(self, name: str, author: User) -> str:
        """The address of a picture, kept as this author's upload."""
        if name not in self.images:
            self.images[name] = images.clean(IMAGES[name]())
        kept = attachments.keep(
            self.session, self.config, self.images[name], name=f"{name}.png", by=author
        )
        return f"/attachments/{kept.id}/{kept.name}#{kept.width}x{kept.height}"
