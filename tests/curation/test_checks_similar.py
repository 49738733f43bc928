"""Checks for texts that say the same: how much they share, and who is told of which."""

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from core import clock
from curation import checks
from curation.checks import Check, Finding, Published, Severity
from curation.checks.overlap import overlap
from curation.models import Review
from kb.drafts import SKELETONS
from kb.models import Article, Kind
from people.models import User
from tests.factories import make_article, make_draft, make_review, make_topic

ONE = "Open the settings of the client, choose the second profile and press connect twice."
TWO = "Wait until the small green lamp in the lower corner has stopped blinking for a minute."
THREE = "Then tell your neighbours that they may use the shared printer again without a code."
OWN = "Nobody has ever written such a sentence about llamas, trumpets and the colour of March."


def found(
    session: Session, review: Review, reader: User, published: Published | None = None
) -> list[Finding]:
    report = checks.all_of(session, review.revision, reader=reader, published=published)
    return [finding for finding in report if finding.check is Check.SIMILAR]


def naming(*articles: Article) -> Published:
    """A room that knows published articles, as search does."""

    def published(*_: object) -> Sequence[int]:
        return [article.id for article in articles]

    return published


def test_overlap_is_the_part_of_the_runs_of_five_words_that_both_have() -> None:
    both = overlap(f"{ONE}\n\n{TWO}", f"{ONE}\n\n{OWN}\n\n{THREE}")
    assert both.of_this == pytest.approx(10 / 22)
    assert both.of_other == pytest.approx(10 / (10 + 11 + 11))
    assert overlap("", "").runs == frozenset()


def test_what_every_skeleton_brings_along_is_not_shared() -> None:
    assert overlap(SKELETONS[Kind.HOWTO], SKELETONS[Kind.HOWTO]).runs == frozenset()


def test_words_are_compared_whatever_their_case_and_signs() -> None:
    assert overlap(ONE, ONE.upper().replace(",", " -")).of_this == 1


def test_a_published_text_that_says_the_same_is_told_with_the_sentences(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    other = make_article(session, bob, title="Back online", body=f"{OWN}\n\n{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="VPN", body=f"{ONE}\n\n{THREE}\n\n{TWO}")
    overall, *sentences = found(session, review, cora, naming(other))
    assert overall.severity is Severity.LOOK
    assert overall.first_line is None
    assert overall.path == "/articles/back-online"
    assert "“Back online”, which is published" in overall.sentence
    assert [(s.first_line, s.excerpt) for s in sentences] == [(1, ONE), (5, TWO)]


def test_a_text_with_a_phrase_in_common_is_not_told(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    other = make_article(session, bob, body="Open the settings of the client. Then do this.")
    review = make_review(session, alice, body=f"{ONE}\n\n{THREE}\n\n{OWN}")
    assert found(session, review, cora, naming(other)) == []


def test_the_article_that_is_changed_is_not_similar_to_itself(
    session: Session, alice: User, cora: User
) -> None:
    article = make_article(session, alice, body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, article=article, body=f"{ONE}\n\n{TWO}\n\n{OWN}")
    assert found(session, review, cora, naming(article)) == []


@pytest.mark.parametrize("taken_from_readers", ["hidden_at", "archived_at"])
def test_what_readers_do_not_find_is_not_told(
    session: Session, alice: User, bob: User, cora: User, taken_from_readers: str
) -> None:
    other = make_article(session, bob, title="Other", body=f"{ONE}\n\n{TWO}")
    setattr(other, taken_from_readers, clock.now())
    session.flush()
    review = make_review(session, alice, title="VPN", body=f"{ONE}\n\n{TWO}")
    assert found(session, review, cora, naming(other)) == []


def test_a_pending_text_that_says_the_same_is_told_to_a_curator(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    other = make_review(session, bob, title="Back online by VPN", body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="The VPN", body=f"{ONE}\n\n{TWO}")
    overall = found(session, review, cora)[0]
    assert "Nearly all of this text" in overall.sentence
    assert "waits for a decision" in overall.sentence
    assert overall.path == f"/reviews/{other.id}"


def test_an_author_is_not_told_of_what_others_have_handed_in(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    make_review(session, bob, title="The VPN", body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="The VPN", body=f"{ONE}\n\n{TWO}")
    assert found(session, review, alice) == []
    assert found(session, review, cora) != []


def test_an_author_is_told_of_their_own_other_proposal(session: Session, alice: User) -> None:
    make_review(session, alice, title="The VPN", body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="The VPN", body=f"{ONE}\n\n{TWO}")
    assert found(session, review, alice) != []


def test_who_decides_in_a_topic_is_told_of_what_waits_there_alone(
    session: Session, alice: User, bob: User
) -> None:
    here = make_topic(session, "Here", curators=[bob])
    there = make_topic(session, "There")
    make_review(session, alice, title="VPN there", topic=there, body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="VPN here", topic=here, body=f"{ONE}\n\n{TWO}")
    assert found(session, review, bob) == []
    make_review(session, alice, title="VPN here too", topic=here, body=f"{ONE}\n\n{TWO}")
    assert "VPN here too" in found(session, review, bob)[0].sentence


def test_another_proposal_to_the_same_article_is_no_similar_text(
    session: Session, alice: User, bob: User, carl: User, cora: User
) -> None:
    article = make_article(session, carl, body=f"{ONE}\n\n{TWO}")
    make_review(session, bob, article=article, body=f"{ONE}\n\n{TWO}\n\n{OWN}")
    review = make_review(session, alice, article=article, body=f"{ONE}\n\n{TWO}\n\n{THREE}")
    assert found(session, review, cora) == []


def test_what_is_decided_is_not_pending(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    from curation import workflow

    other = make_review(session, bob, title="The VPN", body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="The VPN", body=f"{ONE}\n\n{TWO}")
    assert found(session, review, cora) != []
    workflow.withdraw(session, other.id, by=bob)
    assert found(session, review, cora) == []


def test_of_many_pending_texts_those_about_the_same_are_compared(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    for number in range(12):
        make_review(session, bob, title=f"Invoices {number}", summary="Pay.", body=OWN)
    make_review(session, bob, title="VPN client profiles", body=f"{ONE}\n\n{TWO}")
    review = make_review(session, alice, title="Profiles of the VPN", body=f"{ONE}\n\n{TWO}")
    assert "VPN client profiles" in found(session, review, cora)[0].sentence


def test_a_shared_secret_is_not_shown(session: Session, alice: User, bob: User, cora: User) -> None:
    body = f"{ONE}\n\nSign in on the big screen with password: Summer2024! and wait a bit.\n\n{TWO}"
    other = make_article(session, bob, title="Other", body=body)
    review = make_review(session, alice, draft=make_draft(session, alice, body=body))
    report = checks.all_of(session, review.revision, reader=cora, published=naming(other))
    assert Check.SIMILAR in {group.check for group in report.groups}
    assert "Summer2024" not in repr(report)
