"""Accounts of providers, new passwords by mail, tokens for less than everything, and where somebody is signed in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def add_reference(table: str, column: str, *, target: str) -> None:
    """A new column that refers to another table. SQLite takes the reference with the column only."""
    if op.get_bind().dialect.name == "sqlite":
        op.add_column(table, sa.Column(column, BIG_ID, sa.ForeignKey(target), nullable=True), inline_references=True)
        return
    op.add_column(table, sa.Column(column, BIG_ID, nullable=True))
    target_table, target_column = target.split(".")
    op.create_foreign_key(f"fk_{table}_{column}", table, target_table, [column], [target_column])


def upgrade() -> None:
    make_identities()
    make_letters()
    widen_tokens()
    op.add_column("group_experimenter_map", sa.Column("source", sa.String(length=10), nullable=True))
    op.add_column("login_session", sa.Column("used_at", TIME, nullable=True))
    op.add_column("login_session", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("login_session", sa.Column("browser", sa.String(length=255), nullable=False, server_default=""))
    add_reference("job", "sudo_experimenter_id", target="experimenter.id")
    op.add_column("job", sa.Column("scope", sa.String(length=60), nullable=True))


def make_identities() -> None:
    op.create_table(
        "external_identity",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("gave_admin", sa.Boolean(), nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_external_identity_experimenter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_external_identity_experimenter_id"), "external_identity", ["experimenter_id"], unique=False)


def make_letters() -> None:
    op.create_table(
        "provider_request",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("next_path", sa.String(length=2000), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_request")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_provider_request_state_hash")),
    )
    op.create_index(op.f("ix_provider_request_expires_at"), "provider_request", ["expires_at"], unique=False)
    op.create_table(
        "password_reset",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_password_reset_experimenter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_password_reset_key_hash")),
    )
    op.create_index(op.f("ix_password_reset_experimenter_id"), "password_reset", ["experimenter_id"], unique=False)


def widen_tokens() -> None:
    """A token may be for more things than two. Those of administrators keep what they could do: they administrated."""
    wider: dict[str, Any] = {"existing_type": sa.String(length=10), "type_": sa.String(length=60), "existing_nullable": False}
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("token") as batch:
            batch.drop_constraint(op.f("ck_token_scope"), type_="check")
            batch.alter_column("scope", **wider)
            batch.add_column(sa.Column("used_at", TIME, nullable=True))
    else:
        op.drop_constraint(op.f("ck_token_scope"), "token", type_="check")
        op.alter_column("token", "scope", **wider)
        op.add_column("token", sa.Column("used_at", TIME, nullable=True))
    op.execute(
        "UPDATE token SET scope = 'admin' WHERE scope = 'write' AND experimenter_id IN (SELECT id FROM experimenter WHERE is_admin)"
    )


def downgrade() -> None:
    raise NotImplementedError("The accounts of providers would be lost")
