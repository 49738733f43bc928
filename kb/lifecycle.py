"""What becomes of a published article: taken back, archived, hidden, put back to an earlier text.

Each act is somebody's decision, with a reason. It is refused when the live text has changed since
they looked at it, does nothing the second time, and leaves an audit entry and an event. Whatever
readers no longer find, the index and the links to it follow by `article.changed` and the act's own
event.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import audit, clock, outbox
from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.text import one_line
from kb import publishing, queries, standing
from kb.forms import LONGEST_TITLE
from kb.models import Article, Publication, Revision, Topic
from kb.permissions import wrote
from kb.stewards import can_hide, can_publish_in, can_retire, can_steer
from kb.topics import ARTICLE_CHANGED
from people.models import User

UNPUBLISHED = "article.unpublished"
ARCHIVED, UNARCHIVED = "article.archived", "article.unarchived"
HIDDEN, SHOWN = "article.hidden", "article.shown"
ROLLED_BACK, PLACED = "article.rolled_back", "article.placed"
KEYWORDS = "article.keywords_changed"

# After these, what links to the article by its title has to be rendered anew.
NAMED_ANEW = (UNPUBLISHED, HIDDEN, SHOWN)

LONGEST_REASON = 500
MOST_KEYWORDS, LONGEST_KEYWORD = 40, 40


def unpublish(
    session: Session, article: Article, *, number: int, reason: str, by: User
) -> Publication:
    """Take an article from its readers; its authors and curators still see the last text."""
    article = _locked(session, article)
    if not can_steer(session, by, article):
        raise NotAllowed("Only those who may publish in its topic take an article back.")
    reason = checked_reason(reason)
    last = _as_seen(session, article, number)
    if article.live_revision_id is None:
        return last
    publishing.take_back(session, article, because=reason)
    # Whatever it was hidden for has been looked at.
    article.hidden_at, article.hidden_because = None, ""
    detail = {"reason": reason, "number": number}
    outbox.record(session, UNPUBLISHED, article.id, by=by.id, data=detail)
    _note(session, article, UNPUBLISHED, by, detail)
    return last


def archive(session: Session, article: Article, *, number: int, reason: str, by: User) -> Article:
    """No longer kept up: still readable by its address, but in no list and in no search."""
    article = _locked(session, article)
    if not can_retire(session, by, article):
        raise NotAllowed("Its owner, or those who decide in its topic, archive an article.")
    reason = checked_reason(reason)
    _as_seen(session, article, number)
    if article.archived_at is None:
        _require_live(article)
        retire(session, article, reason=reason, by=by)
    return article


def retire(session: Session, article: Article, *, reason: str, by: User) -> None:
    """Archive an article on a decision that was taken before; the caller has locked it."""
    article.archived_at, article.archived_because = clock.now(), reason
    outbox.record(session, ARCHIVED, article.id, by=by.id, data={"reason": reason})
    _note(session, article, ARCHIVED, by, {"reason": reason})


def unarchive(session: Session, article: Article, *, number: int, reason: str, by: User) -> Article:
    """Kept up again."""
    article = _locked(session, article)
    if not can_retire(session, by, article):
        raise NotAllowed("Its owner, or those who decide in its topic, bring an article back.")
    reason = checked_reason(reason)
    _as_seen(session, article, number)
    if article.archived_at is not None:
        article.archived_at, article.archived_because = None, ""
        outbox.record(session, UNARCHIVED, article.id, by=by.id, data={"reason": reason})
        _note(session, article, UNARCHIVED, by, {"reason": reason})
    return article


def hide(session: Session, article: Article, *, reason: str, by: User) -> Article:
    """Take something sensitive from readers at once, whichever text is live by now."""
    article = _locked(session, article)
    if not can_hide(session, by, article):
        raise NotAllowed(
            "Only curators hide an article. Flag it as sensitive: they are told at once."
        )
    reason = checked_reason(reason)
    if article.hidden_at is None:
        _require_live(article)
        article.hidden_at, article.hidden_because = clock.now(), reason
        outbox.record(session, HIDDEN, article.id, by=by.id, data={"reason": reason})
        _note(session, article, HIDDEN, by, {"reason": reason})
    return article


def show(session: Session, article: Article, *, number: int, reason: str, by: User) -> Article:
    """Give the text that was checked back to its readers."""
    article = _locked(session, article)
    if not can_hide(session, by, article):
        raise NotAllowed("Only curators show an article again.")
    reason = checked_reason(reason)
    _as_seen(session, article, number)
    if article.hidden_at is not None:
        article.hidden_at, article.hidden_because = None, ""
        outbox.record(session, SHOWN, article.id, by=by.id, data={"reason": reason})
        _note(session, article, SHOWN, by, {"reason": reason})
    return article


def roll_back(
    session: Session, article: Article, *, to: int, number: int, reason: str, by: User
) -> Publication:
    """Publish an earlier text once more; of what was taken back, also the last one.

    The article stays in the topic where it is now.
    """
    article = _locked(session, article)
    if not can_steer(session, by, article):
        raise NotAllowed("Only those who may publish in its topic bring an earlier text back.")
    reason = checked_reason(reason)
    former = queries.publication(session, article.id, to)
    if former is None:
        raise NotFound("There is no such revision.")
    live = article.live_revision
    if live is not None and _says_the_same(live, former.revision):
        return _last(session, article)
    _as_seen(session, article, number)
    note = f"Back to revision {to}: {reason}"
    publication = publishing.publish_again(
        session, article, former.revision, by=by, note=note, topic_id=article.topic_id
    )
    detail = {"reason": reason, "to": to, "number": publication.number}
    outbox.record(session, ROLLED_BACK, article.id, by=by.id, data=detail)
    _note(session, article, ROLLED_BACK, by, detail)
    return publication


def place(
    session: Session,
    article: Article,
    *,
    title: str,
    topic: Topic,
    number: int,
    reason: str,
    by: User,
) -> Publication:
    """Give a live article another title or another topic; its text and everybody's credit stay."""
    article = _locked(session, article)
    if not (can_steer(session, by, article) and can_publish_in(session, by, topic.id)):
        raise NotAllowed(
            "Only somebody who may publish in both topics moves or renames an article."
        )
    reason, title = checked_reason(reason), _title(title)
    live = _require_live(article)
    before = {"title": live.title, "topic": article.topic.name}
    if title != live.title and wrote(session, by, live) and not by.is_admin:
        raise NotAllowed("You wrote this text: edit its title, and somebody else approves it.")
    if title == live.title and topic.id == article.topic_id:
        return _last(session, article)
    _as_seen(session, article, number)
    publication = publishing.publish_again(
        session,
        article,
        live,
        by=by,
        note=reason,
        title=title,
        topic_id=topic.id,
        is_check=False,
    )
    after = {"title": title, "topic": topic.name}
    detail = {"reason": reason, "before": before, "after": after}
    outbox.record(session, PLACED, article.id, by=by.id, data=detail)
    _note(session, article, PLACED, by, detail)
    return publication


# Keywords: by which an article is found, and which no reader sees


def set_keywords(
    session: Session, article: Article, *, before: list[str], words: list[str], by: User
) -> Article:
    """Put these words in the place of those that were seen."""
    article = _locked(session, article)
    _require_keeper(session, article, by)
    words = _clean(words)
    if len(words) > MOST_KEYWORDS or any(len(word) > LONGEST_KEYWORD for word in words):
        sentence = f"At most {MOST_KEYWORDS} words of at most {LONGEST_KEYWORD} letters, please."
        raise Invalid(sentence, {"keywords": sentence})
    if words == article.keywords:
        return article
    if before != article.keywords:
        raise Conflict("Somebody has changed these words since you opened the page. Look again.")
    _note_keywords(session, article, words, by)
    return article


def add_keywords(session: Session, article: Article, words: list[str], *, by: User) -> Article:
    """Let an article be found by further words."""
    article = _locked(session, article)
    _require_keeper(session, article, by)
    together = _together(article, words)
    if together != article.keywords:
        _note_keywords(session, article, together, by)
    return article


def keep_keywords(article: Article, words: list[str]) -> None:
    """As `add_keywords`, of an article that is just being published: the index is told of that."""
    article.keywords = _together(article, words)


def _require_keeper(session: Session, article: Article, by: User) -> None:
    if not can_hide(session, by, article):
        raise NotAllowed("Only curators choose by which other words an article is found.")


def _together(article: Article, words: list[str]) -> list[str]:
    """As many of the further words as there is room for."""
    short = [word for word in _clean(words) if len(word) <= LONGEST_KEYWORD]
    return _clean([*article.keywords, *short])[:MOST_KEYWORDS]


def _clean(words: list[str]) -> list[str]:
    return list(dict.fromkeys(clean for word in words if (clean := one_line(word).lower())))


def _note_keywords(session: Session, article: Article, words: list[str], by: User) -> None:
    before, article.keywords = article.keywords, words
    _note(session, article, KEYWORDS, by, {"before": before, "after": words})


# What all of them share


def checked_reason(text: str) -> str:
    """One line that says why; raises Invalid without one."""
    text = one_line(text)
    if not text:
        sentence = "Say why, in a sentence that its owner and readers can use."
        raise Invalid(sentence, {"reason": sentence})
    if len(text) > LONGEST_REASON:
        sentence = f"A reason has at most {LONGEST_REASON} characters; this one has {len(text)}."
        raise Invalid(sentence, {"reason": sentence})
    return text


def _locked(session: Session, article: Article) -> Article:
    """The article as it is now; nobody else changes it before this transaction ends."""
    return session.get_one(Article, article.id, with_for_update=True, populate_existing=True)


def _last(session: Session, article: Article) -> Publication:
    last = standing.last_publication(session, article.id)
    if last is None:
        raise Conflict("It has not been published yet, so there is nothing to take back or change.")
    return last


def _as_seen(session: Session, article: Article, number: int) -> Publication:
    """The last publication, if it is the one that was looked at."""
    last = _last(session, article)
    if last.number != number:
        raise Conflict(
            f"{last.by.name} has published revision {last.number} since you opened this page."
            " Look at it first; nothing has been done."
        )
    return last


def _require_live(article: Article) -> Revision:
    if article.live_revision is None:
        raise Conflict("It is not published at the moment, so no reader sees it.")
    return article.live_revision


def _says_the_same(one: Revision, other: Revision) -> bool:
    fields = ("title", "summary", "body", "tags")
    return all(getattr(one, field) == getattr(other, field) for field in fields)


def _title(text: str) -> str:
    text = one_line(text)
    if not 1 <= len(text) <= LONGEST_TITLE:
        sentence = f"Give it a title of at most {LONGEST_TITLE} characters."
        raise Invalid(sentence, {"title": sentence})
    return text


def _note(session: Session, article: Article, act: str, by: User, detail: dict[str, Any]) -> None:
    """Write down what was done, and let the index follow; what was published it is told of anyway."""
    if act not in (ROLLED_BACK, PLACED):
        outbox.record(session, ARTICLE_CHANGED, article.id, by=by.id)
    audit.write(
        session,
        act,
        "article",
        article.id,
        name=standing.title_of(session, article),
        by=by.id,
        by_name=by.name,
        detail=detail,
    )
    session.flush()


def log(session: Session, article: Article, *, limit: int = 50) -> Sequence[AuditEntry]:
    """What was done to an article and by whom, newest first; for those who look after it."""
    query = sa.select(AuditEntry).where(
        AuditEntry.thing == "article", AuditEntry.thing_id == article.id
    )
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)).all()
