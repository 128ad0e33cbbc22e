"""Chats: what members asked, what was answered, and the processes that are answering."""

import sqlalchemy as sa
from alembic import op

from core.db.tables import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of chats."""
    op.create_table(
        "chats",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=True),
        sa.Column("runner_id", sa.Text(), nullable=True),
        sa.Column("stopping", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_chats_organization_id_organizations"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_chats_member_id_members"),
    )
    op.create_index(
        "ix_chats_organization_id_member_id_updated_at",
        "chats",
        ["organization_id", "member_id", "updated_at"],
    )
    op.create_index("ix_chats_runner_id", "chats", ["runner_id"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=True),
        sa.Column("feedback_note", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_messages_organization_id_organizations",
        ),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name="fk_messages_chat_id_chats", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_messages_chat_id_position", "messages", ["chat_id", "position"], unique=True
    )
    op.create_index("ix_messages_organization_id", "messages", ["organization_id"])
    op.create_table(
        "runners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("alive_until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runners"),
    )
