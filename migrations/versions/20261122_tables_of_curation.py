"""The tables of curation: rules, care, comments, checklists, plans, flags, audit, searches."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


# The database itself refuses to change what was written down. SQLite loses the triggers of a table
# with the table; so do both databases in the downgrade.
SQLITE = [
    "CREATE TRIGGER audit_entry_not_changed BEFORE UPDATE ON audit_entry BEGIN"
    " SELECT RAISE(ABORT, 'audit_entry is append-only: rows are not changed'); END",
    "CREATE TRIGGER audit_entry_not_replaced BEFORE INSERT ON audit_entry"
    " WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) BEGIN"
    " SELECT RAISE(ABORT, 'audit_entry is append-only: rows are not replaced'); END",
    "CREATE TRIGGER audit_entry_not_removed BEFORE DELETE ON audit_entry BEGIN"
    " SELECT RAISE(ABORT, 'audit_entry is append-only: rows are not removed'); END",
    "CREATE TRIGGER topic_policy_not_changed BEFORE UPDATE ON topic_policy BEGIN"
    " SELECT RAISE(ABORT, 'topic_policy is append-only: rows are not changed'); END",
    "CREATE TRIGGER topic_policy_not_replaced BEFORE INSERT ON topic_policy"
    " WHEN EXISTS (SELECT 1 FROM topic_policy WHERE id = NEW.id) BEGIN"
    " SELECT RAISE(ABORT, 'topic_policy is append-only: rows are not replaced'); END",
]
POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION USING ERRCODE = 'restrict_violation',"
    " MESSAGE = TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' is refused'; END $$",
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER topic_policy_append_only BEFORE UPDATE ON topic_policy"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
]


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=True),
        sa.Column("thing_name", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entry_thing_thing_id"), ["thing", "thing_id"], unique=False
        )

    op.create_table(
        "dependency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "system",
                "version",
                "form",
                "link",
                name="dependencykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dependency")),
        sa.UniqueConstraint("key", name=op.f("uq_dependency_key")),
    )
    op.create_table(
        "periodic_task",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_ran_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic_task")),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.Column("coordinator_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_only_one")),
        sa.ForeignKeyConstraint(
            ["coordinator_id"],
            ["user_account.id"],
            name=op.f("fk_company_coordinator_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_company_coordinator_id"), ["coordinator_id"], unique=False
        )

    op.create_table(
        "dependency_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dependency_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_dependency_change_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["dependency_id"],
            ["dependency.id"],
            name=op.f("fk_dependency_change_dependency_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dependency_change")),
    )
    with op.batch_alter_table("dependency_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dependency_change_by_id"), ["by_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_dependency_change_dependency_id"), ["dependency_id"], unique=False
        )

    op.create_table(
        "notice_choice",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Boolean(), nullable=False),
        sa.Column(
            "mail",
            sa.Enum(
                "at_once",
                "daily",
                "weekly",
                "never",
                name="mailchoice",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_notice_choice_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "about", name=op.f("pk_notice_choice")),
    )
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_saved_filter_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_filter_user_id_name")),
    )
    op.create_table(
        "canned_reason",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column(
            "use",
            sa.Enum(
                "request",
                "decline",
                "checklist",
                name="reasonuse",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["user_account.id"], name=op.f("fk_canned_reason_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_canned_reason_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reason")),
    )
    with op.batch_alter_table("canned_reason", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_canned_reason_changed_by_id"), ["changed_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_canned_reason_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "topic_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=True),
        sa.Column("publishers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("fast_lane", sa.Boolean(), nullable=True),
        sa.Column("fast_after", sa.Integer(), nullable=True),
        sa.Column("fast_words", sa.Integer(), nullable=True),
        sa.Column("target_hours", sa.Integer(), nullable=True),
        sa.Column("verify_every_days", sa.Integer(), nullable=True),
        sa.Column("checklist", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("skeletons", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_topic_policy_by_id")),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_topic_policy_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_policy")),
        sa.UniqueConstraint("topic_id", "number", name=op.f("uq_topic_policy_topic_id_number")),
    )
    with op.batch_alter_table("topic_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_topic_policy_by_id"), ["by_id"], unique=False)

    op.create_table(
        "article_demand",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("searchers", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_article_demand_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_demand")),
    )
    op.create_table(
        "article_dependency",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("dependency_id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_article_dependency_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["dependency_change.id"],
            name=op.f("fk_article_dependency_change_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["dependency_id"],
            ["dependency.id"],
            name=op.f("fk_article_dependency_dependency_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "dependency_id", name=op.f("pk_article_dependency")),
    )
    with op.batch_alter_table("article_dependency", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_dependency_change_id"), ["change_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_article_dependency_dependency_id"), ["dependency_id"], unique=False
        )

    op.create_table(
        "article_views",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_article_views_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "day", name=op.f("pk_article_views")),
    )
    op.create_table(
        "search_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("opened_id", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("refined_to_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opened_id"],
            ["article.id"],
            name=op.f("fk_search_record_opened_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["refined_to_id"],
            ["search_record.id"],
            name=op.f("fk_search_record_refined_to_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_search_record_user_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_record")),
    )
    with op.batch_alter_table("search_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_record_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_record_key"), ["key"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_record_opened_id"), ["opened_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_search_record_refined_to_id"), ["refined_to_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_search_record_user_id"), ["user_id"], unique=False)

    op.create_table(
        "flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "wrong",
                "out_of_date",
                "confusing",
                "sensitive",
                name="flagreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "upheld",
                "rejected",
                "duplicate",
                name="flagstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("handler_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_flag_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_flag_by_id")),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user_account.id"], name=op.f("fk_flag_closed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["user_account.id"], name=op.f("fk_flag_handler_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_flag_revision_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flag_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_closed_by_id"), ["closed_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_handler_id"), ["handler_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index("ix_flag_state_opened_at", ["state", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_flag_open",
            ["article_id", "by_id", "reason"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "publish",
                "retire",
                name="plannedaction",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_plan_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_plan_by_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_plan_revision_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_by_id"), ["by_id"], unique=False)
        batch_op.create_index(
            "ix_plan_due",
            ["at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_plan_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "verification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_verification_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_verification_by_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_verification_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_verification_article_id"), ["article_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_verification_by_id"), ["by_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_verification_revision_id"), ["revision_id"], unique=False
        )

    op.create_table(
        "checklist_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fulfilled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=True),
        sa.Column("last_line", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_checklist_verdict_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_checklist_verdict_review_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_checklist_verdict_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_verdict")),
        sa.UniqueConstraint(
            "review_id", "round", "item", name=op.f("uq_checklist_verdict_review_id_round_item")
        ),
    )
    with op.batch_alter_table("checklist_verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_checklist_verdict_by_id"), ["by_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_checklist_verdict_revision_id"), ["revision_id"], unique=False
        )

    op.create_table(
        "internal_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_internal_note_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_internal_note_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_internal_note")),
        sa.UniqueConstraint("author_id", "key", name=op.f("uq_internal_note_author_id_key")),
    )
    with op.batch_alter_table("internal_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_internal_note_review_id"), ["review_id"], unique=False)

    op.create_table(
        "line_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("accepted_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["accepted_id"],
            ["revision.id"],
            name=op.f("fk_line_comment_accepted_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_line_comment_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["line_comment.id"],
            name=op.f("fk_line_comment_parent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["user_account.id"], name=op.f("fk_line_comment_resolved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_line_comment_review_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_line_comment_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_comment")),
        sa.UniqueConstraint("author_id", "key", name=op.f("uq_line_comment_author_id_key")),
    )
    with op.batch_alter_table("line_comment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_line_comment_accepted_id"), ["accepted_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_line_comment_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_line_comment_resolved_by_id"), ["resolved_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_line_comment_review_id"), ["review_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_line_comment_revision_id"), ["revision_id"], unique=False
        )

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("line_comment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_line_comment_revision_id"))
        batch_op.drop_index(batch_op.f("ix_line_comment_review_id"))
        batch_op.drop_index(batch_op.f("ix_line_comment_resolved_by_id"))
        batch_op.drop_index(batch_op.f("ix_line_comment_parent_id"))
        batch_op.drop_index(batch_op.f("ix_line_comment_accepted_id"))

    op.drop_table("line_comment")
    with op.batch_alter_table("internal_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_internal_note_review_id"))

    op.drop_table("internal_note")
    with op.batch_alter_table("checklist_verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_checklist_verdict_revision_id"))
        batch_op.drop_index(batch_op.f("ix_checklist_verdict_by_id"))

    op.drop_table("checklist_verdict")
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verification_revision_id"))
        batch_op.drop_index(batch_op.f("ix_verification_by_id"))
        batch_op.drop_index(batch_op.f("ix_verification_article_id"))

    op.drop_table("verification")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_revision_id"))
        batch_op.drop_index(
            "ix_plan_due",
            sqlite_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_plan_by_id"))
        batch_op.drop_index(batch_op.f("ix_plan_article_id"))

    op.drop_table("plan")
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_flag_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_flag_state_opened_at")
        batch_op.drop_index(batch_op.f("ix_flag_revision_id"))
        batch_op.drop_index(batch_op.f("ix_flag_handler_id"))
        batch_op.drop_index(batch_op.f("ix_flag_closed_by_id"))
        batch_op.drop_index(batch_op.f("ix_flag_by_id"))
        batch_op.drop_index(batch_op.f("ix_flag_article_id"))

    op.drop_table("flag")
    with op.batch_alter_table("search_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_record_user_id"))
        batch_op.drop_index(batch_op.f("ix_search_record_refined_to_id"))
        batch_op.drop_index(batch_op.f("ix_search_record_opened_id"))
        batch_op.drop_index(batch_op.f("ix_search_record_key"))
        batch_op.drop_index(batch_op.f("ix_search_record_at"))

    op.drop_table("search_record")
    op.drop_table("article_views")
    with op.batch_alter_table("article_dependency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_dependency_dependency_id"))
        batch_op.drop_index(batch_op.f("ix_article_dependency_change_id"))

    op.drop_table("article_dependency")
    op.drop_table("article_demand")
    with op.batch_alter_table("topic_policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_topic_policy_by_id"))

    op.drop_table("topic_policy")
    with op.batch_alter_table("canned_reason", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_canned_reason_topic_id"))
        batch_op.drop_index(batch_op.f("ix_canned_reason_changed_by_id"))

    op.drop_table("canned_reason")
    op.drop_table("saved_filter")
    op.drop_table("notice_choice")
    with op.batch_alter_table("dependency_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dependency_change_dependency_id"))
        batch_op.drop_index(batch_op.f("ix_dependency_change_by_id"))

    op.drop_table("dependency_change")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_company_coordinator_id"))

    op.drop_table("company")
    op.drop_table("periodic_task")
    op.drop_table("dependency")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_thing_thing_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_action"))

    op.drop_table("audit_entry")

    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_change()")
