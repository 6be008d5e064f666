"""When originals and pyramids were last compared with what was recorded of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OUTCOMES = "outcome IN ('ok', 'missing', 'changed', 'unreadable', 'away', 'drifted', 'rebuilt')"


def upgrade() -> None:
    for table, column, target in (
        ("original_check", "original_file_id", "original_file"),
        ("pyramid_check", "pixels_id", "pixels"),
    ):
        op.create_table(
            table,
            sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("outcome", sa.String(length=20), nullable=False),
            sa.Column("detail", sa.Text(), nullable=False),
            sa.Column(column, BIG_ID, autoincrement=False, nullable=False),
            sa.CheckConstraint(OUTCOMES, name=op.f(f"ck_{table}_outcome")),
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")),
            sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_checked_at"), table, ["checked_at"])


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
