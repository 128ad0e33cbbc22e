"""Programs that act on behalf of members: clients, grants, codes and tokens of OAuth 2.1."""

import sqlalchemy as sa
from alembic import op

from core.db.tables import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of grants."""
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("grant_types", sa.JSON(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_clients"),
    )
    op.create_index("ix_oauth_clients_created_at", "oauth_clients", ["created_at"])
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), nullable=False),
        _organization(),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_grants_member_id_members"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oauth_clients.id"], name="fk_grants_client_id_oauth_clients"
        ),
        _belongs("grants"),
    )
    op.create_index(
        "ix_grants_organization_id_member_id", "grants", ["organization_id", "member_id"]
    )
    op.create_index("ix_grants_client_id", "grants", ["client_id"])
    op.create_table(
        "grant_codes",
        sa.Column("digest", sa.Text(), nullable=False),
        _organization(),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("explicit", sa.Boolean(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        *_until_used(),
        sa.PrimaryKeyConstraint("digest", name="pk_grant_codes"),
        _of_grant("grant_codes"),
        _belongs("grant_codes"),
    )
    op.create_index(
        "ix_grant_codes_organization_id_expires_at",
        "grant_codes",
        ["organization_id", "expires_at"],
    )
    op.create_table(
        "grant_tokens",
        sa.Column("digest", sa.Text(), nullable=False),
        _organization(),
        sa.Column("grant_id", sa.Text(), nullable=False),
        *_until_used(),
        sa.PrimaryKeyConstraint("digest", name="pk_grant_tokens"),
        _of_grant("grant_tokens"),
        _belongs("grant_tokens"),
    )
    op.create_index(
        "ix_grant_tokens_organization_id_expires_at",
        "grant_tokens",
        ["organization_id", "expires_at"],
    )


def _organization() -> sa.Column[str]:
    return sa.Column("organization_id", sa.Text(), nullable=False)


def _until_used() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
    )


def _of_grant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=f"fk_{table}_grant_id_grants")


def _belongs(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_organization_id_organizations"
    return sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=name)
