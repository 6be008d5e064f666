"""Who may download the originals of a group's images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("binary_access", sa.String(20), nullable=False, server_default="all")
    op.add_column("experimenter_group", column)


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
