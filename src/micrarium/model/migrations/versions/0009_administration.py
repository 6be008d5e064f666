"""Quotas of people and groups, what pyramids take up, the banner and class rooms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    for table in ("experimenter", "experimenter_group"):
        op.add_column(table, sa.Column("quota_bytes", sa.BigInteger(), nullable=True))
    op.add_column("pixels", sa.Column("pyramid_bytes", sa.BigInteger(), nullable=True))
    op.create_index("ix_original_file_use_of_owner", "original_file", ["owner_id", "is_in_place", "size"])
    op.create_index("ix_original_file_use_of_group", "original_file", ["group_id", "is_in_place", "size"])
    has_one = sa.text("pyramid IS NOT NULL")
    op.create_index("ix_pixels_pyramid", "pixels", ["image_id", "pyramid_bytes"], sqlite_where=has_one, postgresql_where=has_one)
    op.create_table(
        "banner",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("experimenter_id", BIG_ID, nullable=True),
        sa.CheckConstraint("level IN ('info', 'warning', 'error')", name=op.f("ck_banner_level")),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_banner_experimenter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banner")),
    )
    op.create_table(
        "classroom",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("dataset_id", BIG_ID, nullable=True),
        sa.Column("user_ids", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_classroom_group_id")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_classroom_dataset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classroom")),
        sa.UniqueConstraint("name", name=op.f("uq_classroom_name")),
    )


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
