"""What the tables of the first release get for curation, filled in for all that is there already."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
USER, REVISION = "user_account", "revision"
VERIFY_DAYS = 365  # the rule that holds where a topic says nothing
DECIDE_WITHIN = timedelta(days=2)  # what waits already gets a fresh start
POINTS_A_DAY = 2.0

# table -> (column, type, whether it may be empty)
ADDED: dict[str, list[tuple[str, Any, bool]]] = {
    "article": [
        ("author_id", sa.Integer(), False),
        ("keywords", sa.JSON(), False),
        ("archived_at", MOMENT, True),
        ("archived_because", sa.Text(), False),
        ("hidden_at", MOMENT, True),
        ("hidden_because", sa.Text(), False),
        ("verified_at", MOMENT, True),
        ("verified_by_id", sa.Integer(), True),
        ("verify_every_days", sa.Integer(), True),
        ("verify_due_at", MOMENT, True),
        ("check_reason", sa.Text(), False),
    ],
    "notice": [
        ("about", sa.Text(), False),
        ("shown", sa.Boolean(), False),
        ("digest_due_at", MOMENT, True),
        ("mailed_at", MOMENT, True),
    ],
    "publication": [
        ("unpublished_at", MOMENT, True),
        ("unpublished_because", sa.Text(), False),
    ],
    "review": [
        ("begun_at", MOMENT, False),
        ("first_look_at", MOMENT, True),
        ("assignee_id", sa.Integer(), True),
        ("topic_id", sa.Integer(), False),
        ("kind", sa.String(32), False),
        ("is_change", sa.Boolean(), False),
        ("size", sa.Integer(), False),
        ("first_time", sa.Boolean(), False),
        ("searchers", sa.Integer(), False),
        ("views", sa.Integer(), False),
        ("benefit", sa.Double(), False),
        ("due_at", MOMENT, True),
        ("seconds_left", sa.Integer(), True),
        ("escalated", sa.Integer(), False),
        ("policy_id", sa.Integer(), True),
        ("merged_into_id", sa.Integer(), True),
        ("sample", sa.String(32), True),
    ],
    "review_entry": [("detail", sa.JSON(), False)],
    "user_account": [("time_zone", sa.Text(), False)],
}

# table -> (column, table it names, what becomes of the row when that goes)
KEYS: dict[str, list[tuple[str, str, str | None]]] = {
    "article": [("author_id", USER, None), ("verified_by_id", USER, None)],
    "review": [
        ("assignee_id", USER, None),
        ("topic_id", "topic", None),
        ("policy_id", "topic_policy", "SET NULL"),
        ("merged_into_id", "review", "SET NULL"),
    ],
}

INDEXES: dict[str, list[tuple[str, list[str], str | None]]] = {
    "article": [
        ("ix_article_author_id", ["author_id"], None),
        ("ix_article_listed", ["topic_id", "live_revision_id", "hidden_at", "archived_at"], None),
        ("ix_article_verified_by_id", ["verified_by_id"], None),
        ("ix_article_verify_due_at", ["verify_due_at"], None),
    ],
    "notice": [("ix_notice_digest_due_at", ["digest_due_at"], None)],
    "review": [
        ("ix_review_assignee_id", ["assignee_id"], None),
        ("ix_review_merged_into_id", ["merged_into_id"], None),
        ("ix_review_policy_id", ["policy_id"], None),
        ("ix_review_sample_waiting", ["sample"], "sample = 'waiting'"),
        ("ix_review_state_benefit", ["state", "benefit"], None),
        ("ix_review_state_topic_id", ["state", "topic_id"], None),
        ("ix_review_topic_id", ["topic_id"], None),
    ],
}

KINDS = ("howto", "story")
STATES = ("submitted", "in_review", "changes_requested", "approved", "declined", "withdrawn")
FIRST_ACTIONS = (
    "submit",
    "claim",
    "release",
    "take_over",
    "request_changes",
    "approve",
    "decline",
    "withdraw",
    "expire",
)
ACTIONS = (
    *FIRST_ACTIONS,
    "endorse",
    "edit_and_approve",
    "edit_and_endorse",
    "bring_up",
    "accept",
    "merge_into",
    "publish_at_once",
    "assign",
    "escalate",
)

# table -> (constraint, column, values): those that were there before, and those that are new.
BEFORE: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {
    "article": [("kind", "kind", KINDS)],
    "review": [("state", "state", STATES)],
    "review_entry": [
        ("action", "action", FIRST_ACTIONS),
        ("old", "old", STATES),
        ("new", "new", STATES),
    ],
    "user_account": [("role", "role", ("employee", "curator", "admin"))],
}
AFTER = BEFORE | {
    "review": [
        ("kind", "kind", KINDS),
        ("sample", "sample", ("waiting", "fine", "undone")),
        ("state", "state", STATES),
    ],
    "review_entry": [("action", "action", ACTIONS), *BEFORE["review_entry"][1:]],
}

# What an older release can read of what was done since.
ACTION_BEFORE = {
    "endorse": "release",
    "edit_and_endorse": "release",
    "edit_and_approve": "approve",
    "publish_at_once": "approve",
    "merge_into": "decline",
    "bring_up": "submit",
    "accept": "submit",
    "assign": "expire",
    "escalate": "expire",
}

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER review_entry_not_changed BEFORE UPDATE ON review_entry BEGIN"
        " SELECT RAISE(ABORT, 'review_entry is append-only: rows are not changed'); END",
        "CREATE TRIGGER review_entry_not_replaced BEFORE INSERT ON review_entry"
        " WHEN EXISTS (SELECT 1 FROM review_entry WHERE id = NEW.id) BEGIN"
        " SELECT RAISE(ABORT, 'review_entry is append-only: rows are not replaced'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER review_entry_append_only BEFORE UPDATE ON review_entry"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, _ in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    fill_in(op.get_bind())
    op.drop_index("ix_article_topic_id_live_revision_id", "article")
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, kind, may_be_empty in columns:
                if not may_be_empty:
                    batch.alter_column(name, existing_type=kind, nullable=False)
            for name, target, on_delete in KEYS.get(table, []):
                key = f"fk_{table}_{name}"
                batch.create_foreign_key(key, target, [name], ["id"], ondelete=on_delete)
            check(batch, table, BEFORE, AFTER)
        for name, of, where in INDEXES.get(table, []):
            some = sa.text(where) if where else None
            op.create_index(name, table, of, sqlite_where=some, postgresql_where=some)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        op.execute("DROP TRIGGER review_entry_not_changed")
        op.execute("DROP TRIGGER review_entry_not_replaced")
    else:
        op.execute("DROP TRIGGER review_entry_append_only ON review_entry")
    for action, before in ACTION_BEFORE.items():
        op.execute(f"UPDATE review_entry SET action = '{before}' WHERE action = '{action}'")
    # An older release knows no other way to keep from readers what must not be seen.
    op.execute("UPDATE article SET live_revision_id = NULL WHERE hidden_at IS NOT NULL")
    for table, columns in ADDED.items():
        for name, *_ in INDEXES.get(table, []):
            op.drop_index(name, table)
        with op.batch_alter_table(table) as batch:
            for name, *_ in KEYS.get(table, []):
                batch.drop_constraint(f"fk_{table}_{name}", type_="foreignkey")
            check(batch, table, AFTER, BEFORE)
            for name, *_ in columns:
                batch.drop_column(name)
    op.create_index(
        "ix_article_topic_id_live_revision_id", "article", ["topic_id", "live_revision_id"]
    )


Checks = dict[str, list[tuple[str, str, tuple[str, ...]]]]


def check(batch: Any, table: str, before: Checks, after: Checks) -> None:
    """Take away the checks that hold no longer, and make the new ones."""
    old, new = before.get(table, []), after.get(table, [])
    for name, *_ in (each for each in old if each not in new):
        batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
    for name, column, values in (each for each in new if each not in old):
        listed = ", ".join(f"'{value}'" for value in values)
        rule = sa.text(f"{column} IN ({listed})")
        batch.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)


# What is there already

article = sa.table(
    "article",
    *map(sa.column, ("id", "author_id", "owner_id", "live_revision_id", "keywords", "kind")),
    *map(sa.column, ("archived_because", "hidden_because", "check_reason", "verified_by_id")),
    *(sa.column(name, MOMENT) for name in ("verified_at", "verify_due_at", "published_at")),
)
publication = sa.table(
    "publication",
    *map(sa.column, ("id", "article_id", "revision_id", "number", "by_id")),
    sa.column("unpublished_because"),
    sa.column("at", MOMENT),
)
text = sa.table(
    "revision",
    *map(sa.column, ("id", "author_id", "base_id", "topic_id", "title", "summary", "body")),
)
review = sa.table(
    "review",
    *map(sa.column, ("id", "article_id", "author_id", "revision_id", "state", "topic_id", "kind")),
    *map(sa.column, ("is_change", "size", "first_time", "searchers", "views", "benefit")),
    sa.column("escalated"),
    *(sa.column(name, MOMENT) for name in ("begun_at", "first_look_at", "due_at", "submitted_at")),
)
entry = sa.table(
    "review_entry",
    *map(sa.column, ("id", "review_id", "action", "detail")),
    sa.column("at", MOMENT),
)
verification = sa.table(
    "verification",
    *map(sa.column, ("article_id", "revision_id", "by_id", "every_days", "note")),
    *(sa.column(name, MOMENT) for name in ("at", "next_due_at")),
)


def fill_in(bind: sa.Connection) -> None:
    fill_articles(bind)
    fill_reviews(bind)
    bind.execute(sa.text("UPDATE publication SET unpublished_because = ''"))
    bind.execute(sa.text("UPDATE user_account SET time_zone = ''"))
    bind.execute(sa.text("UPDATE notice SET about = '', shown = true"))
    bind.execute(sa.text("UPDATE review_entry SET detail = '{}'"))


def fill_articles(bind: sa.Connection) -> None:
    """Approval by somebody else counts as a first check; what nobody else read waits for one."""
    bind.execute(
        sa.text(
            "UPDATE article SET author_id = owner_id, keywords = '[]', archived_because = '',"
            " hidden_because = '', check_reason = ''"
        )
    )
    newest = (
        sa.select(publication.c.article_id, sa.func.max(publication.c.number).label("number"))
        .group_by(publication.c.article_id)
        .subquery()
    )
    live = (
        sa.select(publication, text.c.author_id)
        .join(text, text.c.id == publication.c.revision_id)
        .join(
            newest,
            sa.and_(
                newest.c.article_id == publication.c.article_id,
                newest.c.number == publication.c.number,
            ),
        )
    )
    interval = timedelta(days=VERIFY_DAYS)
    for row in bind.execute(live).all():
        values: dict[str, Any] = {"verify_due_at": row.at + interval}
        if row.by_id != row.author_id:
            values |= {"verified_at": row.at, "verified_by_id": row.by_id}
            bind.execute(
                verification.insert().values(
                    article_id=row.article_id,
                    revision_id=row.revision_id,
                    by_id=row.by_id,
                    at=row.at,
                    every_days=VERIFY_DAYS,
                    next_due_at=row.at + interval,
                    note="",
                )
            )
        bind.execute(article.update().where(article.c.id == row.article_id).values(**values))


def fill_reviews(bind: sa.Connection) -> None:
    """What the queue goes by; the exact order comes with the first refresh, a day later at most."""
    times = {
        action: dict(
            bind.execute(
                sa.select(entry.c.review_id, sa.func.min(entry.c.at))
                .where(entry.c.action == action)
                .group_by(entry.c.review_id)
            ).all()
        )
        for action in ("submit", "claim")
    }
    first_published = dict(
        bind.execute(
            sa.select(text.c.author_id, sa.func.min(publication.c.at))
            .join(publication, publication.c.revision_id == text.c.id)
            .group_by(text.c.author_id)
        ).all()
    )
    now = datetime.now(UTC)
    rows = sa.select(review, article.c.kind.label("article_kind")).join(
        article, article.c.id == review.c.article_id
    )
    for row in bind.execute(rows).all():
        new = bind.execute(sa.select(text).where(text.c.id == row.revision_id)).one()
        old = bind.execute(sa.select(text).where(text.c.id == new.base_id)).first()
        published = first_published.get(row.author_id)
        waits = row.state in ("submitted", "in_review")
        bind.execute(
            review.update()
            .where(review.c.id == row.id)
            .values(
                begun_at=times["submit"].get(row.id, row.submitted_at),
                first_look_at=times["claim"].get(row.id),
                topic_id=new.topic_id,
                kind=row.article_kind,
                is_change=new.base_id is not None,
                size=words_changed(old, new),
                first_time=published is None or published > row.submitted_at,
                searchers=0,
                views=0,
                benefit=-POINTS_A_DAY * days(row.submitted_at),
                escalated=0,
                due_at=now + DECIDE_WITHIN if waits else None,
            )
        )


def days(moment: datetime) -> float:
    zero = datetime(2024, 1, 1, tzinfo=moment.tzinfo)
    return (moment - zero).total_seconds() / 86400


def words_changed(old: Any, new: Any) -> int:
    """Roughly, by how often each word occurs; the next round counts exactly."""
    before = Counter(f"{old.title} {old.summary} {old.body}".split()) if old else Counter()
    after = Counter(f"{new.title} {new.summary} {new.body}".split())
    return max((after - before).total(), (before - after).total())
