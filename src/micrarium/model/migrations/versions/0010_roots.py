"""Places that files are imported from, and what was seen in watched folders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "root",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("ways", JSON, nullable=False),
        sa.Column("endpoint", sa.String(length=2000), nullable=True),
        sa.Column("region", sa.String(length=100), nullable=True),
        sa.Column("access_key", sa.String(length=255), nullable=True),
        sa.Column("secret_key", sa.String(length=255), nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("is_watched", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('folder', 'bucket', 'host')", name=op.f("ck_root_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_root")),
        sa.UniqueConstraint("name", name=op.f("uq_root_name")),
    )
    op.create_table(
        "root_group",
        sa.Column("root_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["root_id"], ["root.id"], name=op.f("fk_root_group_root_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_root_group_group_id")),
        sa.PrimaryKeyConstraint("root_id", "group_id", name=op.f("pk_root_group")),
    )
    op.create_index(op.f("ix_root_group_group_id"), "root_group", ["group_id"], unique=False)
    op.create_table(
        "watched_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("root_id", BIG_ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_hash", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("job_id", BIG_ID, nullable=True),
        sa.CheckConstraint("state IN ('changing', 'queued', 'done', 'failed', 'replaced')", name=op.f("ck_watched_entry_state")),
        sa.ForeignKeyConstraint(["root_id"], ["root.id"], name=op.f("fk_watched_entry_root_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_watched_entry_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_entry")),
        sa.UniqueConstraint("root_id", "path_hash", name=op.f("uq_watched_entry_root_id_path_hash")),
    )
    op.create_index(op.f("ix_watched_entry_job_id"), "watched_entry", ["job_id"], unique=False)
    column = sa.Column("root_id", BIG_ID, sa.ForeignKey("root.id", name=op.f("fk_original_file_root_id")), nullable=True)
    op.add_column("original_file", column, inline_references=True)
    op.create_index(op.f("ix_original_file_root_id"), "original_file", ["root_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
