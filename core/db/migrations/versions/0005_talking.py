"""Talking where people already talk: links, workspaces, what was heard; who may hear what."""

import sqlalchemy as sa
from alembic import op

from core.db.tables import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables of links and channels; give chats places and connections limits."""
    _links()
    _channels()
    op.add_column("chats", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("chats", sa.Column("audience", sa.Text(), nullable=True))
    op.add_column("chats", sa.Column("surface", sa.Text(), nullable=True))
    op.create_index(
        "ix_chats_organization_id_place", "chats", ["organization_id", "place"], unique=True
    )
    op.add_column("messages", sa.Column("member_id", sa.Text(), nullable=True))
    # Until now nobody but its owner has asked in a chat.
    op.execute(
        "UPDATE messages SET member_id ="
        " (SELECT chats.member_id FROM chats WHERE chats.id = messages.chat_id)"
    )
    op.add_column(
        "connections", sa.Column("least", sa.Text(), nullable=False, server_default="viewer")
    )
    op.add_column(
        "connections", sa.Column("audience", sa.Text(), nullable=False, server_default="public")
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organization_id", "surface", "workspace", "person", name="pk_links"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_links_organization_id_organizations"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_links_member_id_members", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_links_member_id", "links", ["member_id"])
    op.create_table(
        "link_codes",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_link_codes"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_link_codes_organization_id_organizations",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name="fk_link_codes_member_id_members",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_link_codes_organization_id_member_id", "link_codes", ["organization_id", "member_id"]
    )
    op.create_table(
        "link_guesses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link_guesses"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_link_guesses_organization_id_organizations",
        ),
    )
    op.create_index("ix_link_guesses_organization_id_at", "link_guesses", ["organization_id", "at"])


def _channels() -> None:
    op.create_table(
        "workspaces",
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("installed_by", sa.Text(), nullable=True),
        sa.Column("bot", sa.Text(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("surface", "id", name="pk_workspaces"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_workspaces_organization_id_organizations",
        ),
    )
    op.create_index("ix_workspaces_organization_id", "workspaces", ["organization_id"])
    op.create_table(
        "channel_defaults",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organization_id", "surface", "workspace", "channel", name="pk_channel_defaults"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_channel_defaults_organization_id_organizations",
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_channel_defaults_connection_id_connections",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_channel_defaults_connection_id", "channel_defaults", ["connection_id"])
    op.create_table(
        "heard",
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("anchor", sa.Text(), nullable=True),
        sa.Column("organization_id", sa.Text(), nullable=True),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("chat_id", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("runner_id", sa.Text(), nullable=True),
        sa.Column("heard_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("surface", "id", "workspace", name="pk_heard"),
    )
    op.create_index("ix_heard_surface_runner_id", "heard", ["surface", "runner_id"])
    op.create_index("ix_heard_heard_at", "heard", ["heard_at"])
