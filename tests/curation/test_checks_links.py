"""Checks of links: where they lead for readers, now and not when the text was written."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from curation import checks
from curation.checks import Check, Finding, Severity
from kb.models import ArticleSlug, AttachmentUse, Revision
from people.models import User
from tests.factories import make_article, make_attachment

Found = Callable[..., list[Finding]]

SITE = "https://kb.firsthand.test"


@pytest.fixture
def vpn(session: Session, bob: User) -> str:
    """The address of a published article "Reset the VPN"."""
    article = make_article(session, bob, title="Reset the VPN")
    session.add(ArticleSlug(slug="vpn-reset", article_id=article.id))
    assert article.slug == "reset-the-vpn"
    return article.slug


@pytest.fixture
def found(session: Session, alice: User, cora: User) -> Found:
    def found(body: str, headings: list[list[object]] | None = None) -> list[Finding]:
        revision = a_text(session, alice, body)
        revision.headings = headings or []
        report = checks.all_of(session, revision, reader=cora, site=SITE)
        return [finding for finding in report if finding.check is Check.LINKS]

    return found


def told(session: Session, revision: Revision, reader: User) -> dict[Check, str]:
    """The sentences of each check."""
    report = checks.all_of(session, revision, reader=reader)
    return {group.check: " ".join(f.sentence for f in group.findings) for group in report.groups}


def a_text(session: Session, author: User, body: str) -> Revision:
    article = make_article(session, author, title="Travel", published=False, body=body)
    return session.scalars(sa.select(Revision).where(Revision.article_id == article.id)).one()


@pytest.mark.parametrize(
    "body",
    [
        "See [[Reset the VPN]].",
        "See [[reset the vpn|the other text]].",
        "See [that](/articles/reset-the-vpn).",
        "See [that](</articles/reset-the-vpn#steps>).",
        "See [that](/articles/reset-the-vpn/history).",
        f"See {SITE}/articles/reset-the-vpn.",
        "See [that][1].\n\n[1]: /articles/reset-the-vpn",
        "See [that](https://elsewhere.example/articles/nothing).",
        "`[[Nothing]]` and `[that](/articles/nothing)`",
        "```\n[[Nothing]]\n```",
        "[a site](https://example.com) and [mail](mailto:a@example.com) and [top](#)",
    ],
)
def test_links_that_lead_somewhere_are_not_noted(found: Found, vpn: str, body: str) -> None:
    assert found(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "Text.\n\nSee [[Nothing]].",
        "Text.\n\nSee [that](/articles/nothing).",
        f"Text.\n\nSee <{SITE}/articles/nothing>.",
        "Text.\n\n[1]: /articles/nothing",
    ],
)
def test_a_link_that_leads_nowhere_is_noted_on_its_line(found: Found, vpn: str, body: str) -> None:
    [finding] = found(body)
    assert finding.severity is Severity.WARN
    assert finding.first_line == 3


def test_a_link_by_a_former_address_still_works_and_is_noted_as_such(
    found: Found, vpn: str
) -> None:
    [finding] = found("See [that](/articles/vpn-reset).")
    assert finding.severity is Severity.NOTE
    assert "former address of “Reset the VPN”" in finding.sentence


def test_a_link_to_an_archived_article_is_noted(session: Session, bob: User, found: Found) -> None:
    make_article(session, bob, title="Old VPN").archived_at = clock.now()
    session.flush()
    findings = found("See [[Old VPN]] or [that](/articles/old-vpn).")
    assert [finding.severity for finding in findings] == [Severity.LOOK] * 2
    assert "archived" in findings[0].sentence


def test_a_link_to_a_hidden_article_leads_nowhere_and_its_title_is_not_told(
    session: Session, bob: User, found: Found
) -> None:
    make_article(session, bob, title="Secret Merger").hidden_at = clock.now()
    session.flush()
    [finding] = found("See [that](/articles/secret-merger).")
    assert finding.severity is Severity.WARN
    assert "Merger" not in finding.sentence


def test_a_link_to_an_unpublished_article_leads_nowhere(
    session: Session, bob: User, found: Found
) -> None:
    make_article(session, bob, title="Not yet", published=False)
    assert len(found("See [[Not yet]].")) == 1


@pytest.mark.parametrize("address", ["/drafts/1", "/reviews/1"])
def test_a_link_to_a_page_of_authors_is_noted(found: Found, address: str) -> None:
    [finding] = found(f"See [my text]({address}).")
    assert "readers cannot open" in finding.sentence


@pytest.mark.parametrize("target", ["plan.md", "../other/page.md", "www.example.com"])
def test_a_link_to_a_file_leads_nowhere(found: Found, target: str) -> None:
    [finding] = found(f"See [that]({target}).")
    assert target in finding.sentence


def test_a_link_within_the_text_needs_its_heading(found: Found) -> None:
    headings: list[list[object]] = [[2, "steps", "Steps"]]
    assert found("See [below](#steps).", headings) == []
    [finding] = found("See [below](#step).", headings)
    assert "#step" in finding.sentence


def test_an_image_that_readers_will_not_see_is_noted(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    shown = make_attachment(session, alice)
    revision = a_text(session, alice, f"![A plan](/attachments/{shown.id}/plan.png)")
    assert Check.LINKS not in told(session, revision, cora)
    session.execute(sa.delete(AttachmentUse))
    assert "Readers will not see this image" in told(session, revision, cora)[Check.LINKS]


def test_colleagues_are_known_by_the_domains_from_which_they_sign_in(
    session: Session, alice: User, cora: User
) -> None:
    alice.email = "alice@brandnew.io"
    session.flush()
    revision = a_text(session, alice, "Ask liz@brandnew.io, tom@eu.brandnew.io or joe@vendor.io.")
    [group] = [
        group
        for group in checks.all_of(session, revision, reader=cora).groups
        if group.check is Check.PERSONAL
    ]
    assert [finding.excerpt.count("•••") for finding in group.findings] == [3]
    assert "vendor.io" in group.findings[0].excerpt


def test_the_number_of_queries_does_not_grow_with_the_links(
    session: Session, alice: User, cora: User
) -> None:
    few = a_text(session, alice, "[[A]] [a](/articles/a)")
    links = "\n".join(f"[[A{i}]] [a](/articles/a{i})" for i in range(200))
    many = a_text(session, alice, links)
    assert queries(session, few, cora) == queries(session, many, cora)


def queries(session: Session, revision: Revision, reader: User) -> int:
    counted: list[str] = []

    def count(_c: object, _cur: object, statement: str, *_: object) -> None:
        counted.append(statement)

    assert revision.article.kind
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", count)
    checks.all_of(session, revision, reader=reader)
    sa.event.remove(engine, "before_cursor_execute", count)
    return len(counted)
