"""The pages of the site in their main states: whose they are and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.models import CannedReason, Review, State
from kb.models import Article, Dependency, Draft, Flag, FlagState, Revision
from people.models import User
from search.models import Gap, GapState
from tests.browser.people import ADMINISTRATOR, AUTHOR, CURATOR, READER

ARTICLE = "/articles/descale-an-m4-without-voiding-the-warranty"


@dataclass(frozen=True)
class Place:
    """One page as one person sees it."""

    name: str
    person: str | None
    address: str
    status: int = 200


def places(session: Session) -> Iterator[Place]:
    yield Place("sign-in", None, "/signin?next=/drafts")
    yield Place("unsubscribe, a broken link", None, "/unsubscribe/nonsense", 404)
    yield from _reading()
    yield from _writing(session)
    yield from _queue(session)
    yield from _reviewing(session)
    yield from _deciding(session)
    yield from _caring(session)
    yield from _what_becomes_of(session)
    yield from _wanted(session)
    yield Place("settings", READER, "/settings")
    yield Place("settings of a curator", CURATOR, "/settings")
    yield from _administering(session)


def _administering(session: Session) -> Iterator[Place]:
    leaving = session.scalars(sa.select(User.id).where(User.handle == AUTHOR)).one()
    yield Place("manage people", ADMINISTRATOR, "/admin/people")
    yield Place("hand over", ADMINISTRATOR, f"/admin/people/{leaving}/handover")
    yield Place("manage topics", ADMINISTRATOR, "/admin/topics")
    yield Place("manage one topic", ADMINISTRATOR, "/admin/topics/1")
    yield Place("company", ADMINISTRATOR, "/admin/company")
    yield Place("audit log", ADMINISTRATOR, "/admin/audit")
    yield Place("audit log, narrowed", ADMINISTRATOR, "/admin/audit?action=policy.changed")
    yield Place("audit log, a wrong day", ADMINISTRATOR, "/admin/audit?since=soon", 422)
    yield Place("home of an administrator", ADMINISTRATOR, "/")
    yield Place("inbox of an administrator", ADMINISTRATOR, "/inbox")


def _reading() -> Iterator[Place]:
    yield Place("home", READER, "/")
    yield Place("search", READER, "/search?q=machine")
    yield Place("search, narrowed", READER, "/search?q=machine&kind=howto&topic=machines")
    yield Place("search, misspelled", READER, "/search?q=descalle")
    yield Place("search, second page", READER, "/search?q=machine&page=2")
    yield Place("search, nothing found", READER, "/search?q=zzyzx")
    yield Place("search, nothing fits", READER, "/search?q=machine+zzyzx+qwxyz+vbnmk&sort=newest")
    yield Place("search, nothing asked", READER, "/search?q=")
    yield Place("search, explained", CURATOR, "/search?q=machine&explain=1")
    yield Place("article", READER, ARTICLE)
    yield Place("story", READER, "/articles/the-night-i-force-pushed-over-main")
    yield Place("similar articles", READER, f"{ARTICLE}/similar")
    yield Place("history", READER, f"{ARTICLE}/history")
    yield Place("revision", READER, f"{ARTICLE}/revisions/1")
    yield Place("comparison", READER, f"{ARTICLE}/compare/1...2")
    yield Place("topics", READER, "/topics")
    yield Place("topic", READER, "/topics/machines")
    yield Place("tags", READER, "/tags")
    yield Place("tag", READER, "/tags/descaling")
    yield Place("people", READER, "/people")
    yield Place("person", READER, f"/people/{AUTHOR}")
    yield Place("no such page", READER, "/articles/no-such-article", 404)
    yield Place("not for this person", READER, "/admin/people", 403)


def _writing(session: Session) -> Iterator[Place]:
    yield Place("kinds", AUTHOR, "/write")
    yield Place("new how-to", AUTHOR, "/write/howto")
    yield Place("new story", AUTHOR, "/write/story")
    yield Place("edit an article", AUTHOR, f"{ARTICLE}/edit")
    yield Place("drafts", AUTHOR, "/drafts")
    yield Place("drafts, none", "charlotte-okafor", "/drafts")
    yield Place("inbox", AUTHOR, "/inbox")
    yield Place("inbox, what is new", AUTHOR, "/inbox?show=unread")
    for name, is_locked in [("draft", False), ("draft under review", True)]:
        draft, author = _draft(session, is_locked)
        yield Place(name, author, f"/drafts/{draft}")
    moved, author = _moved_draft(session)
    yield Place("draft on an earlier text", author, f"/drafts/{moved}")
    yield Place("draft, choosing between two texts", author, f"/drafts/{moved}/merge")


def _moved_draft(session: Session) -> tuple[int, str]:
    """A draft whose live text has changed since it was begun."""
    query = (
        sa.select(Draft.id, User.handle)
        .join(User, User.id == Draft.author_id)
        .join(Article, Article.id == Draft.article_id)
        .where(Draft.base_id != Article.live_revision_id, ~Draft.under_review)
        .where(Draft.deleted_at.is_(None))
    )
    row = session.execute(query.order_by(Draft.id.desc())).first()
    assert row is not None
    return row[0], row[1]


def _draft(session: Session, is_locked: bool) -> tuple[int, str]:
    locked = Draft.frozen_id.is_not(None)
    query = (
        sa.select(Draft.id, User.handle)
        .join(User, User.id == Draft.author_id)
        .where(locked if is_locked else sa.not_(locked), Draft.deleted_at.is_(None))
        .order_by(Draft.id)
    )
    row = session.execute(query).first()
    assert row is not None
    return row[0], row[1]


def _queue(session: Session) -> Iterator[Place]:
    yield Place("home of a curator", CURATOR, "/")
    yield Place("inbox of a curator", CURATOR, "/inbox")
    yield Place("queue", CURATOR, "/reviews")
    yield Place("queue of an administrator", ADMINISTRATOR, "/reviews")
    yield Place("queue, longest waiting first", CURATOR, "/reviews?order=age")
    yield Place("queue, changes requested", CURATOR, "/reviews?state=changes_requested")
    yield Place("queue, being read", CURATOR, "/reviews?state=in_review")
    yield Place("queue, samples", CURATOR, "/reviews?state=samples")
    yield Place("queue, narrowed", CURATOR, "/reviews?topic=machines&kind=howto&article=live")
    yield Place("queue, overdue", CURATOR, "/reviews?overdue=1")
    yield Place("queue, first-time authors", CURATOR, "/reviews?first=1")
    yield Place("queue, yours to decide", CURATOR, "/reviews?yours=1&size=small")
    yield Place("queue, nothing matches", CURATOR, "/reviews?mine=1&kind=story")
    yield Place("saved filters", CURATOR, "/reviews/filters")
    yield Place("triage", CURATOR, "/reviews/triage")
    yield Place("triage, narrowed", CURATOR, "/reviews/triage?article=live&yours=1")
    yield Place("triage, nothing left", CURATOR, "/reviews/triage?mine=1&kind=story")
    chosen = "&".join(f"id={review_id}" for review_id in _small_changes(session))
    yield Place("approve several", CURATOR, f"/reviews/bulk?action=approve&{chosen}")
    yield Place("assign several", CURATOR, f"/reviews/bulk?action=assign&{chosen}")
    yield Place("canned reasons", CURATOR, "/reviews/reasons")
    reason = session.scalars(sa.select(CannedReason.id).order_by(CannedReason.id)).first()
    yield Place("one canned reason", CURATOR, f"/reviews/reasons/{reason}")
    yield Place("synonyms", CURATOR, "/search/synonyms")
    yield Place("pins", CURATOR, "/search/pins")
    yield Place("figures", CURATOR, "/reviews/figures")
    yield Place("figures, a year", CURATOR, "/reviews/figures?period=12m")
    yield Place("figures of one topic", CURATOR, "/reviews/figures?topic=finance&period=4w")


def _small_changes(session: Session) -> Sequence[int]:
    query = sa.select(Review.id).where(Review.stored_state == State.SUBMITTED, Review.is_change)
    return session.scalars(query.where(Review.size <= 40).order_by(Review.id)).all()


def _reviewing(session: Session) -> Iterator[Place]:
    for state in State:
        review = _review(session, state)
        address = f"/reviews/{review.id}"
        words = state.value.replace("_", " ")
        yield Place(f"review, {words}, its author", review.author.handle, address)
        yield Place(f"review, {words}, an administrator", ADMINISTRATOR, address)
        if state is State.IN_REVIEW and review.curator:
            yield Place(f"review, {words}, its curator", review.curator.handle, address)


def _review(session: Session, state: State) -> Review:
    query = sa.select(Review).where(Review.stored_state == state).order_by(Review.id)
    review = session.scalars(query).first()
    assert review is not None, f"the demo company has no review that is {state}"
    return review


# Reviews by the article's live title or their own, and their author: in which state they are says the demo.
_CASES = {
    "second round, with comments": ("Claim travel expenses in Tally", "charlotte-okafor"),
    "checklist and tasks": ("Test water hardness before you choose a filter", AUTHOR),
    "approved once": ("Report a near miss the same day", AUTHOR),
    "on an earlier live text": ("Stock your van for a week of M4 visits", "siobhan-kerrigan"),
    "brought up to the live text": ("Take a service call in five questions", "siobhan-kerrigan"),
    "nearly a duplicate": ("Descale the M4 with Clean D", "fatima-el-amrani"),
    "with a probable secret": ("Ask Pulse for cup counts from a spreadsheet", "mehmet-aydin"),
    "of a first-time author": ("Clean a grinder without losing the setting", "freja-lindqvist"),
    "beside another proposal": ("Connect to the VPN from a hotel network", AUTHOR),
    "closed as a duplicate": ("The coffee tastes sour after descaling", "elin-akesson"),
    "planned": ("Book a hotel through Tally", "giulia-ferraro"),
    "edited and approved": ("Hand over a machine to a customer with form F-31", AUTHOR),
    "published at once": ("Find the cause of E04 low water flow", AUTHOR),
}


def _deciding(session: Session) -> Iterator[Place]:
    for words, (title, author) in _CASES.items():
        address = f"/reviews/{_case(session, title, author)}"
        yield Place(f"review, {words}, its author", author, address)
        yield Place(f"review, {words}, a curator", CURATOR, address)
    expert = "anjali-deshpande"  # holds the one, an administrator the other
    stale = _case(session, *_CASES["on an earlier live text"])
    double = _case(session, *_CASES["nearly a duplicate"])
    target = ARTICLE.rpartition("/")[2]
    yield Place("review, stale, its holder", ADMINISTRATOR, f"/reviews/{stale}")
    yield Place("choosing between two texts", ADMINISTRATOR, f"/reviews/{stale}/merge")
    yield Place("review, nearly a duplicate, its holder", expert, f"/reviews/{double}")
    yield Place("edit and approve", expert, f"/reviews/{double}/edit")
    yield Place("closing as a duplicate", expert, f"/reviews/{double}/duplicate")
    yield Place("joining texts", expert, f"/reviews/{double}/duplicate?target={target}")
    yield Place("findability", expert, f"/reviews/{double}/findability")


def _case(session: Session, title: str, author: str) -> int:
    query = (
        sa.select(Review.id)
        .join(Revision, Revision.id == Review.revision_id)
        .join(User, User.id == Review.author_id)
        .where(Revision.title == title, User.handle == author)
    )
    found = session.scalars(query.order_by(Review.id.desc())).first()
    assert found is not None, f"the demo company has no review of {title} by {author}"
    return found


def _caring(session: Session) -> Iterator[Place]:
    for person in (AUTHOR, CURATOR, ADMINISTRATOR):
        yield Place(f"care, {person}", person, "/care")
    yield Place("care in topics", CURATOR, "/care?list=topics")
    yield Place("care in topics, overdue", ADMINISTRATOR, "/care?list=topics&overdue=1")
    yield Place(
        "care of one article", AUTHOR, f"{_article('find-the-cause-of-e04-low-water-flow')}/care"
    )
    yield Place("dependencies", AUTHOR, "/dependencies")
    for thing in session.scalars(sa.select(Dependency).order_by(Dependency.id).limit(2)):
        yield Place(f"dependency, {thing.name}", CURATOR, f"/dependencies/{thing.id}")
    for state in FlagState:
        flag = session.scalars(sa.select(Flag).where(Flag.state == state)).first()
        assert flag is not None, f"the demo company has no flag that is {state}"
        yield Place(f"flag, {state}, its handler", flag.handler.handle, f"/flags/{flag.id}")
        yield Place(f"flag, {state}, its reader", flag.by.handle, f"/flags/{flag.id}")
    yield Place("rules of a topic", READER, "/topics/safety/policy")
    yield Place("rules of a topic with a fast lane", AUTHOR, "/topics/fault-codes/policy")
    yield Place("changing rules", ADMINISTRATOR, "/topics/machines/policy/edit")


def _what_becomes_of(session: Session) -> Iterator[Place]:
    archived = _article("the-spreadsheet-that-ordered-too-many-gaskets")
    hidden = _article("how-we-nearly-lost-the-hospital-contract")
    taken_back = _article("order-coffee-and-lunch-for-a-customer-visit")
    retiring = _article("clean-an-orka-export-with-python")
    renamed = _article("a-trade-fair-stand-on-a-small-budget")
    yield Place("archived", READER, archived)
    yield Place("archive", READER, "/archive")
    yield Place("hidden, a reader", READER, hidden, 404)
    yield Place("hidden, a curator", CURATOR, hidden)
    yield Place("unpublished", READER, taken_back, 404)
    yield Place("unpublished, its history", CURATOR, f"{taken_back}/history")
    yield Place("manage, unpublished", CURATOR, f"{taken_back}/manage")
    yield Place("to be retired", READER, retiring)
    yield Place("renamed", READER, renamed)
    yield Place(
        "rolled back, its history",
        READER,
        f"{_article('get-the-zebra-label-printer-going-again')}/history",
    )
    yield Place("needs a check", READER, _article("connect-to-the-vpn-from-a-hotel-network"))
    for part in (
        "manage",
        "archive",
        "unpublish",
        "visibility",
        "rollback?to=1",
        "placement",
        "plan",
        "keywords",
    ):
        yield Place(f"article, {part}", ADMINISTRATOR, f"{ARTICLE}/{part}")
    for name, address in (("archived", archived), ("hidden", hidden), ("to be retired", retiring)):
        yield Place(f"manage, {name}", ADMINISTRATOR, f"{address}/manage")


def _wanted(session: Session) -> Iterator[Place]:
    yield Place("wanted articles", READER, "/search/gaps")
    yield Place("wanted articles of a writer", AUTHOR, "/search/gaps")
    yield Place("wanted articles, closed", CURATOR, "/search/gaps?state=dismissed")
    yield Place("asking for an article", READER, "/search/gaps/new?q=learning+danish")
    for state in (GapState.OPEN, GapState.CLAIMED):
        gap = session.scalars(sa.select(Gap.id).where(Gap.state == state)).first()
        for person in (AUTHOR, CURATOR):
            yield Place(f"wanted article, {state}, {person}", person, f"/search/gaps/{gap}")
    yield Place("report of searches", CURATOR, "/search/report")
    yield Place(
        "report of searches, one topic", CURATOR, "/search/report?topic=machines&period=12m"
    )


def _article(slug: str) -> str:
    return f"/articles/{slug}"
