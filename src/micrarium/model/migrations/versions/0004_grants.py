"""Share links and publications, sensitive datasets, and who looked at them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def add_reference(table: str, column: str, *, target: str) -> None:
    """A new column that refers to the id of another table. SQLite takes the reference with the column only."""
    kind: Any = BIG_ID
    if op.get_bind().dialect.name == "sqlite":
        op.add_column(table, sa.Column(column, kind, sa.ForeignKey(f"{target}.id"), nullable=True), inline_references=True)
        return
    op.add_column(table, sa.Column(column, kind, nullable=True))
    op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, target, [column], ["id"])


def upgrade() -> None:
    op.create_table(
        "grant",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("entity_type", sa.String(length=60), nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=True),
        sa.Column("query", sa.String(length=1000), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("may_annotate", sa.Boolean(), nullable=False),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("shown_keys", JSON, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("group_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.CheckConstraint("audience IN ('link', 'public')", name=op.f("ck_grant_audience")),
        sa.CheckConstraint(
            "entity_type IN ('Project', 'Dataset', 'Screen', 'Plate', 'Image', 'Search')", name=op.f("ck_grant_entity_type")
        ),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_grant_experimenter_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_grant_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_grant_key_hash")),
    )
    op.create_index("ix_grant_entity", "grant", ["entity_type", "entity_id"], unique=False)
    op.create_index(op.f("ix_grant_experimenter_id"), "grant", ["experimenter_id"], unique=False)
    op.create_index(op.f("ix_grant_group_id"), "grant", ["group_id"], unique=False)
    op.create_table(
        "grant_use",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("grant_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grant.id"], name=op.f("fk_grant_use_grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_use")),
        sa.UniqueConstraint("grant_id", "day", name=op.f("uq_grant_use_grant_id_day")),
    )
    op.create_table(
        "sensitive_access",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("experimenter_id", BIG_ID, nullable=True),
        sa.Column("sudo_experimenter_id", BIG_ID, nullable=True),
        sa.Column("grant_id", BIG_ID, nullable=True),
        sa.Column("entity_type", sa.String(length=60), nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_sensitive_access_experimenter_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grant.id"], name=op.f("fk_sensitive_access_grant_id")),
        sa.ForeignKeyConstraint(
            ["sudo_experimenter_id"], ["experimenter.id"], name=op.f("fk_sensitive_access_sudo_experimenter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_access")),
    )
    op.create_index("ix_sensitive_access_entity", "sensitive_access", ["entity_type", "entity_id", "time"], unique=False)
    op.create_index(op.f("ix_sensitive_access_experimenter_id"), "sensitive_access", ["experimenter_id"], unique=False)
    op.add_column("dataset", sa.Column("sensitivity", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_dataset_sensitivity"), "dataset", ["sensitivity"], unique=False)
    add_reference("event", "grant_id", target="grant")


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
