"""Who took an image, as the file names them, and with what software; the words to find images by in their original metadata."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("image", sa.Column("acquired_by", sa.String(255), nullable=True))
    op.add_column("image", sa.Column("acquisition_software", sa.String(255), nullable=True))
    op.add_column("fileset", sa.Column("metadata_words", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
