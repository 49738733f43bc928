"""What articles rest on: changing one thing once makes one list for each owner."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Invalid, NotAllowed, NotFound
from kb import care_notices, dependencies, tasks, verification
from kb.models import Article, ArticleDependency, Dependency, DependencyChange
from kb.verification import Trust, trust
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import make_article, make_topic, make_user, republish


@pytest.fixture
def article(session: Session, alice: User, cora: User) -> Article:
    return make_article(session, alice, approver=cora, title="Claim travel expenses")


@pytest.fixture
def form(session: Session, article: Article, alice: User) -> Dependency:
    """The travel form, on which the article rests."""
    return declare(session, article, alice)


def declare(
    session: Session, article: Article, by: User, name: str = "travel form", kind: str = "form"
) -> Dependency:
    return dependencies.declare(session, article, kind=kind, name=name, by=by)


def changed(
    session: Session, thing: Dependency, by: User, standing: str = "v3", text: str = ""
) -> DependencyChange:
    return dependencies.tell_change(session, thing.id, standing=standing, text=text, by=by)


def unchecked(session: Session, article: Article) -> list[int | None]:
    return [row.change_id for row in dependencies.of_article(session, article)]


# Declaring


def test_a_thing_is_one_however_its_name_is_written(
    session: Session, article: Article, form: Dependency, alice: User
) -> None:
    other = make_article(session, alice, title="Book a train")
    assert declare(session, other, alice, "  Travel  Form ") is form
    assert declare(session, other, alice, "travel form", kind="system") is not form


def test_declaring_twice_and_taking_back_twice_change_nothing(
    session: Session, article: Article, form: Dependency, alice: User
) -> None:
    declare(session, article, alice)
    assert len(dependencies.of_article(session, article)) == 1
    for _ in range(2):
        dependencies.withdraw(session, article, form.id, by=alice)
    assert dependencies.of_article(session, article) == []
    kinds = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert kinds == ["dependency.declared", "dependency.withdrawn"]


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [("mood", "x", "kind"), ("form", " ", "name"), ("form", "x" * 101, "name")],
)
def test_a_thing_has_a_sort_and_a_short_name(
    session: Session, article: Article, alice: User, kind: str, name: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        declare(session, article, alice, name, kind)
    assert list(refused.value.fields) == [field]


def test_a_reader_does_not_say_what_an_article_rests_on(
    session: Session, article: Article, form: Dependency, bob: User
) -> None:
    with pytest.raises(NotAllowed):
        declare(session, article, bob)
    with pytest.raises(NotAllowed):
        dependencies.withdraw(session, article, form.id, by=bob)


def test_names_in_use_and_sites_that_the_text_links_to_are_suggested(
    session: Session, article: Article, form: Dependency, alice: User
) -> None:
    other = make_article(session, alice, title="Book a train")
    assert other.live_revision is not None
    other.live_revision.html = (
        '<p><a href="https://rail.example/book">Book</a> <a href="/topics">here</a>'
        ' <a href="https://rail.example/">again</a> <a href="http://[">odd</a></p>'
    )
    assert dependencies.suggestions(session, other) == ["rail.example", "travel form"]
    assert dependencies.suggestions(session, article) == []


# Something changed


def test_a_change_puts_every_dependant_on_its_owners_list(
    session: Session, article: Article, form: Dependency, alice: User, cora: User, clock: Clock
) -> None:
    change = changed(session, form, cora)
    assert article.check_reason == "Travel form is now v3"
    assert trust(article) is Trust.NEEDS_CHECK
    assert (form.standing, form.changed_at) == ("v3", clock.now())
    assert unchecked(session, article) == [change.id]
    assert [task.id for task in tasks.of_owner(session, alice)] == [article.id]
    entry = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "dependency.changed")
    ).one()
    assert entry.detail == {
        "before": "",
        "after": "v3",
        "text": "Travel form is now v3",
        "articles": 1,
    }


def test_what_changed_can_be_said_in_a_sentence(
    session: Session, article: Article, form: Dependency, cora: User
) -> None:
    changed(session, form, cora, text="The travel form is now v3.")
    assert article.check_reason == "The travel form is now v3"


def test_several_changes_are_all_named(
    session: Session, article: Article, form: Dependency, alice: User, cora: User
) -> None:
    tally = declare(session, article, alice, "Tally", "system")
    changed(session, form, cora)
    changed(session, tally, cora, "2026.1")
    assert article.check_reason == "Travel form is now v3. Tally is now 2026.1"
    dependencies.withdraw(session, article, form.id, by=alice)
    assert article.check_reason == "Tally is now 2026.1"


def test_a_check_clears_it_for_that_article_alone(
    session: Session, article: Article, form: Dependency, alice: User, cora: User
) -> None:
    other = make_article(session, alice, title="Book a train")
    declare(session, other, alice)
    change = changed(session, form, cora)
    verification.verify(session, article, seen=article.live_revision_id or 0, by=alice)
    assert (article.check_reason, unchecked(session, article)) == ("", [None])
    assert unchecked(session, other) == [change.id]


def test_an_approved_text_clears_it(
    session: Session, article: Article, form: Dependency, alice: User, cora: User
) -> None:
    changed(session, form, cora)
    republish(session, article, alice, by=cora, body="With form v3.")
    assert (article.check_reason, unchecked(session, article)) == ("", [None])


def test_a_check_on_the_day_of_the_last_one_still_clears_a_change(
    session: Session, article: Article, form: Dependency, cora: User
) -> None:
    changed(session, form, cora)
    verification.verify(session, article, seen=article.live_revision_id or 0, by=cora)
    assert article.check_reason == ""


def test_the_second_click_on_a_change_counts_once(
    session: Session, article: Article, form: Dependency, alice: User, cora: User, clock: Clock
) -> None:
    first = changed(session, form, cora)
    verification.verify(session, article, seen=article.live_revision_id or 0, by=alice)
    assert changed(session, form, cora) is first
    assert article.check_reason == ""
    clock.move(days=2)
    assert changed(session, form, cora) is not first


def test_archived_articles_are_left_alone(
    session: Session, article: Article, form: Dependency, cora: User, clock: Clock
) -> None:
    article.archived_at = clock.now()
    session.flush()
    changed(session, form, cora)
    assert (article.check_reason, unchecked(session, article)) == ("", [None])


def test_curators_and_owners_of_dependants_say_what_changed_and_nobody_else(
    session: Session,
    article: Article,
    form: Dependency,
    alice: User,
    bob: User,
    cora: User,
    ada: User,
) -> None:
    named = make_user(session, "Nina")
    make_topic(session, "IT", curators=[named])
    people = (alice, bob, cora, ada, named)
    assert {p.name for p in people if dependencies.can_tell(session, p, form.id)} == {
        "Alice",
        "Cora",
        "Ada",
        "Nina",
    }
    with pytest.raises(NotAllowed):
        changed(session, form, bob)


@pytest.mark.parametrize(
    ("standing", "text", "field"),
    [(" ", "", "standing"), ("x" * 61, "", "standing"), ("", "x" * 301, "text")],
)
def test_a_change_says_how_it_is_now(
    session: Session, form: Dependency, cora: User, standing: str, text: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        changed(session, form, cora, standing, text)
    assert list(refused.value.fields) == [field]


def test_what_nobody_named_cannot_change(session: Session, cora: User) -> None:
    with pytest.raises(NotFound):
        dependencies.tell_change(session, 7, standing="v3", by=cora)


# The list


def test_the_list_counts_what_rests_on_each_thing(
    session: Session, article: Article, form: Dependency, alice: User, cora: User, clock: Clock
) -> None:
    other = make_article(session, alice, title="Book a train")
    declare(session, other, alice)
    declare(session, article, alice, "Tally", "system")
    changed(session, form, cora)
    verification.verify(session, other, seen=other.live_revision_id or 0, by=alice)
    found = [(each.name, each.articles, each.unchecked) for each in dependencies.listed(session)]
    assert found == [("travel form", 2, 1), ("Tally", 1, 0)]
    other.archived_at = clock.now()
    session.flush()
    assert {each.name: each.articles for each in dependencies.listed(session)}["travel form"] == 1


# Notices


def test_each_owner_gets_one_list(
    session: Session,
    article: Article,
    form: Dependency,
    alice: User,
    bob: User,
    cora: User,
    outbox: Deliveries,
) -> None:
    care_notices.init_app()
    for owner, title in ((alice, "Book a train"), (bob, "Book a hotel")):
        declare(session, make_article(session, owner, title=title), owner)
    changed(session, form, cora)
    outbox.drain()
    found = {n.user_id: n for n in session.scalars(sa.select(Notice))}
    assert set(found) == {alice.id, bob.id}
    assert found[alice.id].subject == "Needs a check: 2 articles"
    assert "Claim travel expenses" in found[alice.id].text
    assert "Book a train" in found[alice.id].text
    assert found[bob.id].subject == "Needs a check: Book a hotel"


def test_whoever_tells_the_change_needs_no_notice_of_it(
    session: Session, article: Article, form: Dependency, alice: User, outbox: Deliveries
) -> None:
    care_notices.init_app()
    changed(session, form, alice)
    outbox.drain()
    assert session.scalars(sa.select(Notice)).all() == []
    assert tasks.count(session, alice) == 1


def test_what_belongs_to_somebody_who_left_goes_to_those_who_decide(
    session: Session,
    article: Article,
    form: Dependency,
    alice: User,
    cora: User,
    carl: User,
    outbox: Deliveries,
) -> None:
    care_notices.init_app()
    alice.active = False
    changed(session, form, cora)
    outbox.drain()
    assert [n.user_id for n in session.scalars(sa.select(Notice))] == [carl.id]


def test_taking_a_thing_away_leaves_other_articles_rows(
    session: Session, article: Article, form: Dependency, alice: User
) -> None:
    other = make_article(session, alice, title="Book a train")
    declare(session, other, alice)
    dependencies.withdraw(session, article, form.id, by=alice)
    assert session.scalars(sa.select(ArticleDependency.article_id)).all() == [other.id]
