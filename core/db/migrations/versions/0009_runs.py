"""Runs are found by their maker and by how far they are, without a look at what they came to."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Index what is counted and listed of many runs."""
    op.create_index(
        "ix_runs_organization_id_created_by_created_at",
        "runs",
        ["organization_id", "created_by", "created_at"],
    )
    op.create_index("ix_runs_state_organization_id", "runs", ["state", "organization_id"])
