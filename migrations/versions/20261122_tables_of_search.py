"""The tables of search: synonyms, pins, gaps, passages; outcomes, and the language of texts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# table -> (column, type, what it is for all that is there already)
ADDED = {
    "article": [("worked", sa.Integer(), 0), ("failed", sa.Integer(), 0)],
    "company": [("keeps_searches", sa.Boolean(), True)],
    "draft": [("language", sa.Text(), "")],
    "revision": [("language", sa.Text(), "")],
}


def upgrade() -> None:
    op.create_table(
        "synonyms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["user_account.id"], name=op.f("fk_synonyms_changed_by_id")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_synonyms_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonyms")),
    )
    with op.batch_alter_table("synonyms", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_synonyms_changed_by_id"), ["changed_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_synonyms_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_passage_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_passage_article_id_number")),
    )
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passage_article_id"), ["article_id"], unique=False)
        batch_op.create_index("ix_passage_encoder_digest", ["encoder", "digest"], unique=False)

    op.create_table(
        "search_pin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_search_pin_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_search_pin_by_id")),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["user_account.id"], name=op.f("fk_search_pin_removed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_pin")),
    )
    with op.batch_alter_table("search_pin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_pin_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_pin_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_pin_key"), ["key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_search_pin_removed_by_id"), ["removed_by_id"], unique=False
        )
        batch_op.create_index(
            "uq_search_pin_key_article_id",
            ["key", "article_id"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )

    op.create_table(
        "outcome",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_outcome_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_outcome_revision_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_outcome_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "user_id", name=op.f("pk_outcome")),
    )
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcome_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outcome_user_id"), ["user_id"], unique=False)

    op.create_table(
        "search_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "claimed",
                "answered",
                "dismissed",
                name="gapstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("writer_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_search_gap_article_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_search_gap_by_id")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_search_gap_draft_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_search_gap_topic_id")),
        sa.ForeignKeyConstraint(
            ["writer_id"], ["user_account.id"], name=op.f("fk_search_gap_writer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_gap")),
    )
    with op.batch_alter_table("search_gap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_gap_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_gap_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_gap_draft_id"), ["draft_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_gap_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_gap_topic_id"), ["topic_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_gap_writer_id"), ["writer_id"], unique=False)

    op.create_table(
        "search_gap_asker",
        sa.Column("gap_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["gap_id"],
            ["search_gap.id"],
            name=op.f("fk_search_gap_asker_gap_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_search_gap_asker_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gap_id", "user_id", name=op.f("pk_search_gap_asker")),
    )
    with op.batch_alter_table("search_gap_asker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_gap_asker_user_id"), ["user_id"], unique=False)

    op.create_table(
        "search_gap_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gap_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gap_id"],
            ["search_gap.id"],
            name=op.f("fk_search_gap_wording_gap_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_gap_wording")),
        sa.UniqueConstraint("key", name=op.f("uq_search_gap_wording_key")),
    )
    with op.batch_alter_table("search_gap_wording", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_gap_wording_gap_id"), ["gap_id"], unique=False)

    for table, columns in ADDED.items():
        for name, kind, _ in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
        there = sa.table(table, *(sa.column(name) for name, _, _ in columns))
        op.execute(there.update().values({name: value for name, _, value in columns}))
        with op.batch_alter_table(table) as batch:
            for name, kind, _ in columns:
                batch.alter_column(name, existing_type=kind, nullable=False)

    with op.batch_alter_table("search_record", schema=None) as batch_op:
        batch_op.drop_index("ix_search_record_key")
        batch_op.create_index("ix_search_record_key_at", ["key", "at"], unique=False)
        batch_op.add_column(sa.Column("worked", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("topic_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_search_record_topic_id"), ["topic_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_search_record_topic_id"),
            "topic",
            ["topic_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("search_record", schema=None) as batch_op:
        batch_op.drop_index("ix_search_record_key_at")
        batch_op.create_index("ix_search_record_key", ["key"], unique=False)
        batch_op.drop_constraint(batch_op.f("fk_search_record_topic_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_search_record_topic_id"))
        batch_op.drop_column("topic_id")
        batch_op.drop_column("worked")

    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, _, _ in columns:
                batch.drop_column(name)

    with op.batch_alter_table("search_gap_wording", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_gap_wording_gap_id"))

    op.drop_table("search_gap_wording")
    with op.batch_alter_table("search_gap_asker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_gap_asker_user_id"))

    op.drop_table("search_gap_asker")
    with op.batch_alter_table("search_gap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_gap_writer_id"))
        batch_op.drop_index(batch_op.f("ix_search_gap_topic_id"))
        batch_op.drop_index(batch_op.f("ix_search_gap_state"))
        batch_op.drop_index(batch_op.f("ix_search_gap_draft_id"))
        batch_op.drop_index(batch_op.f("ix_search_gap_by_id"))
        batch_op.drop_index(batch_op.f("ix_search_gap_article_id"))

    op.drop_table("search_gap")
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outcome_user_id"))
        batch_op.drop_index(batch_op.f("ix_outcome_revision_id"))

    op.drop_table("outcome")
    with op.batch_alter_table("search_pin", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_search_pin_key_article_id",
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_search_pin_removed_by_id"))
        batch_op.drop_index(batch_op.f("ix_search_pin_key"))
        batch_op.drop_index(batch_op.f("ix_search_pin_by_id"))
        batch_op.drop_index(batch_op.f("ix_search_pin_article_id"))

    op.drop_table("search_pin")
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_index("ix_passage_encoder_digest")
        batch_op.drop_index(batch_op.f("ix_passage_article_id"))

    op.drop_table("passage")
    with op.batch_alter_table("synonyms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_synonyms_topic_id"))
        batch_op.drop_index(batch_op.f("ix_synonyms_changed_by_id"))

    op.drop_table("synonyms")
