"""Pipelines: definitions, runs with their events, and blackboards."""

import sqlalchemy as sa
from alembic import op

from core.db.tables import Moment

revision = "0007"
down_revision = "0006"


def _organization(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_organization_id_organizations"
    return sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=name)


def upgrade() -> None:
    """Create the tables of pipelines."""
    op.create_table(
        "pipelines",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_by_name", sa.Text(), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "name", "version", name="pk_pipelines"),
        _organization("pipelines"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("pipeline_id", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("version", sa.Integer()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("collect_events", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("began_at", Moment()),
        sa.Column("ended_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        _organization("runs"),
    )
    op.create_index("ix_runs_organization_id_created_at", "runs", ["organization_id", "created_at"])
    op.create_index("ix_runs_ended_at", "runs", ["ended_at"])
    op.create_table(
        "run_events",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_run_events"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_run_events_run_id_runs", ondelete="CASCADE"
        ),
        _organization("run_events"),
    )
    op.create_table(
        "blackboards",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("written_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organization_id", "tenant", "key", "position", name="pk_blackboards"
        ),
        _organization("blackboards"),
    )
