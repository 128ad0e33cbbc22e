"""Schedules: saved pipelines that run again and again."""

import sqlalchemy as sa
from alembic import op

from core.db.tables import Moment

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table of schedules."""
    op.create_table(
        "schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("next_at", Moment()),
        sa.Column("last_at", Moment()),
        sa.Column("last_run", sa.Text()),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_schedules_organization_id_organizations",
        ),
    )
    op.create_index("ix_schedules_organization_id_name", "schedules", ["organization_id", "name"])
    op.create_index("ix_schedules_next_at", "schedules", ["next_at"])
