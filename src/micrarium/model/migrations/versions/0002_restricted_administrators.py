"""Administrators with privileges, the group people start in, and both people of what is done as somebody else."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
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
    op.add_column("experimenter", sa.Column("privileges", JSON, nullable=True))
    add_reference("experimenter", "default_group_id", target="experimenter_group")
    add_reference("event", "sudo_experimenter_id", target="experimenter")
    add_reference("login_session", "sudo_experimenter_id", target="experimenter")
    op.add_column("login_session", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
