"""The founding schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "acquisition_mode",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acquisition_mode")),
        sa.UniqueConstraint("value", name=op.f("uq_acquisition_mode_value")),
    )
    op.create_table(
        "contrast_method",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contrast_method")),
        sa.UniqueConstraint("value", name=op.f("uq_contrast_method_value")),
    )
    op.create_table(
        "dimension_order",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dimension_order")),
        sa.UniqueConstraint("value", name=op.f("uq_dimension_order_value")),
    )
    op.create_table(
        "experimenter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ome_name", sa.String(length=255), nullable=False),
        sa.Column("first_name", sa.String(length=255), nullable=False),
        sa.Column("last_name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("institution", sa.String(length=255), nullable=True),
        sa.Column("orcid", sa.String(length=40), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experimenter")),
        sa.UniqueConstraint("ome_name", name=op.f("uq_experimenter_ome_name")),
    )
    op.create_table(
        "experimenter_group",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "level IN ('private', 'read-only', 'read-annotate', 'read-write')", name=op.f("ck_experimenter_group_level")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experimenter_group")),
        sa.UniqueConstraint("name", name=op.f("uq_experimenter_group_name")),
    )
    op.create_table(
        "family",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint("value", name=op.f("uq_family_value")),
    )
    op.create_table(
        "illumination",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_illumination")),
        sa.UniqueConstraint("value", name=op.f("uq_illumination_value")),
    )
    op.create_table(
        "pixels_type",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pixels_type")),
        sa.UniqueConstraint("value", name=op.f("uq_pixels_type_value")),
    )
    op.create_table(
        "rendering_model",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendering_model")),
        sa.UniqueConstraint("value", name=op.f("uq_rendering_model_value")),
    )
    op.create_table(
        "search_document",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("entity_type", sa.String(length=60), nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_document")),
        sa.UniqueConstraint("entity_type", "entity_id", name=op.f("uq_search_document_entity_type_entity_id")),
    )
    op.create_table(
        "event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("experimenter_id", BIG_ID, nullable=True),
        sa.Column("group_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_event_experimenter_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_event_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_experimenter_id"), ["experimenter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_time"), ["time"], unique=False)

    op.create_table(
        "group_experimenter_map",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["experimenter.id"], name=op.f("fk_group_experimenter_map_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["experimenter_group.id"], name=op.f("fk_group_experimenter_map_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_experimenter_map")),
        sa.UniqueConstraint("parent_id", "child_id", name=op.f("uq_group_experimenter_map_parent_id_child_id")),
    )
    with op.batch_alter_table("group_experimenter_map", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_experimenter_map_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_experimenter_map_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("arguments", JSON, nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("error", JSON, nullable=True),
        sa.Column("group_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state")),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_job_experimenter_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_job_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_experimenter_id"), ["experimenter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_state"), ["state"], unique=False)

    op.create_table(
        "logical_channel",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("fluor", sa.String(length=255), nullable=True),
        sa.Column("excitation_wave", sa.Double(), nullable=True),
        sa.Column("emission_wave", sa.Double(), nullable=True),
        sa.Column("pin_hole_size", sa.Double(), nullable=True),
        sa.Column("pin_hole_size_unit", sa.String(length=20), nullable=True),
        sa.Column("contrast_method", sa.String(length=80), nullable=True),
        sa.Column("mode", sa.String(length=80), nullable=True),
        sa.Column("illumination", sa.String(length=80), nullable=True),
        sa.Column("pin_hole_size_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["contrast_method"], ["contrast_method.value"], name=op.f("fk_logical_channel_contrast_method")),
        sa.ForeignKeyConstraint(["illumination"], ["illumination.value"], name=op.f("fk_logical_channel_illumination")),
        sa.ForeignKeyConstraint(["mode"], ["acquisition_mode.value"], name=op.f("fk_logical_channel_mode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logical_channel")),
    )
    with op.batch_alter_table("logical_channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_logical_channel_pin_hole_size_canonical"), ["pin_hole_size_canonical"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_login_session_experimenter_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_login_session_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_login_session_key_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_experimenter_id"), ["experimenter_id"], unique=False)

    op.create_table(
        "password",
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.Column("hash", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_password_experimenter_id")),
        sa.PrimaryKeyConstraint("experimenter_id", name=op.f("pk_password")),
    )
    op.create_table(
        "token",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("group_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.CheckConstraint("scope IN ('read', 'write')", name=op.f("ck_token_scope")),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_token_experimenter_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_token_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_token_key_hash")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_experimenter_id"), ["experimenter_id"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("experimenter_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["experimenter_id"], ["experimenter.id"], name=op.f("fk_upload_experimenter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_experimenter_id"), ["experimenter_id"], unique=False)

    op.create_table(
        "annotation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("ns", sa.String(length=255), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.Column("text_value", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_annotation_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_annotation_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_annotation_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_annotation_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_annotation_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
    )
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_annotation_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_annotation_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_annotation_ns"), ["ns"], unique=False)
        batch_op.create_index(batch_op.f("ix_annotation_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_annotation_type"), ["type"], unique=False)

    op.create_table(
        "dataset",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_dataset_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_dataset_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_dataset_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_dataset_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_dataset_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
    )
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "event_log",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("event_id", BIG_ID, nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("entity_type", sa.String(length=60), nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.Column("old_values", JSON, nullable=True),
        sa.Column("new_values", JSON, nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_log_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log")),
    )
    with op.batch_alter_table("event_log", schema=None) as batch_op:
        batch_op.create_index("ix_event_log_entity", ["entity_type", "entity_id", "event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_log_event_id"), ["event_id"], unique=False)

    op.create_table(
        "fileset",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("template_prefix", sa.Text(), nullable=False),
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("reader_version", sa.String(length=120), nullable=False),
        sa.Column("warnings", JSON, nullable=True),
        sa.Column("original_metadata", JSON, nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_fileset_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_fileset_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_fileset_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_fileset_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_fileset_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fileset")),
    )
    with op.batch_alter_table("fileset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fileset_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "original_file",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.Column("hasher", sa.String(length=20), nullable=False),
        sa.Column("mimetype", sa.String(length=100), nullable=True),
        sa.Column("is_in_place", sa.Boolean(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_original_file_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_original_file_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_original_file_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_original_file_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_original_file_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_original_file")),
    )
    with op.batch_alter_table("original_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_original_file_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_hash"), ["hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_size"), ["size"], unique=False)

    op.create_table(
        "plate",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_plate_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_plate_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_plate_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_plate_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_plate_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate")),
    )
    with op.batch_alter_table("plate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plate_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "project",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_project_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_project_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_project_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_project_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_project_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "screen",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_screen_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_screen_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_screen_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_screen_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_screen_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen")),
    )
    with op.batch_alter_table("screen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screen_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "dataset_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_dataset_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_dataset_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_dataset_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_dataset_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_dataset_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["dataset.id"], name=op.f("fk_dataset_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_dataset_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_annotation_link")),
    )
    with op.batch_alter_table("dataset_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_dataset_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "fileset_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_fileset_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_fileset_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_fileset_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_fileset_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_fileset_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["fileset.id"], name=op.f("fk_fileset_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_fileset_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fileset_annotation_link")),
    )
    with op.batch_alter_table("fileset_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fileset_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_fileset_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "fileset_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fileset_id", BIG_ID, nullable=False),
        sa.Column("original_file_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("client_path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fileset_id"], ["fileset.id"], name=op.f("fk_fileset_entry_fileset_id")),
        sa.ForeignKeyConstraint(["original_file_id"], ["original_file.id"], name=op.f("fk_fileset_entry_original_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fileset_entry")),
    )
    with op.batch_alter_table("fileset_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fileset_entry_fileset_id"), ["fileset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fileset_entry_original_file_id"), ["original_file_id"], unique=False)

    op.create_table(
        "image",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("acquisition_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fileset_id", BIG_ID, nullable=True),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_image_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_image_deleted_event_id")),
        sa.ForeignKeyConstraint(["fileset_id"], ["fileset.id"], name=op.f("fk_image_fileset_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_image_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_image_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_image_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
    )
    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_image_acquisition_date"), ["acquisition_date"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_fileset_id"), ["fileset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_group_id"), ["group_id"], unique=False)
        batch_op.create_index("ix_image_group_id_name", ["group_id", "name"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "map_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("annotation_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["annotation_id"], ["annotation.id"], name=op.f("fk_map_entry_annotation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_map_entry")),
    )
    with op.batch_alter_table("map_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_map_entry_annotation_id"), ["annotation_id"], unique=False)
        batch_op.create_index("ix_map_entry_name_value", ["name", "value"], unique=False)

    op.create_table(
        "original_file_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_original_file_annotation_link_child_id")),
        sa.ForeignKeyConstraint(
            ["creation_event_id"], ["event.id"], name=op.f("fk_original_file_annotation_link_creation_event_id")
        ),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_original_file_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_original_file_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_original_file_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["original_file.id"], name=op.f("fk_original_file_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_original_file_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_original_file_annotation_link")),
    )
    with op.batch_alter_table("original_file_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_original_file_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_file_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_original_file_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "plate_acquisition",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plate_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["plate_id"], ["plate.id"], name=op.f("fk_plate_acquisition_plate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_acquisition")),
    )
    with op.batch_alter_table("plate_acquisition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plate_acquisition_plate_id"), ["plate_id"], unique=False)

    op.create_table(
        "plate_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_plate_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_plate_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_plate_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_plate_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_plate_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["plate.id"], name=op.f("fk_plate_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_plate_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_annotation_link")),
    )
    with op.batch_alter_table("plate_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plate_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_plate_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "project_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_project_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_project_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_project_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_project_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_project_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["project.id"], name=op.f("fk_project_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_project_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_annotation_link")),
    )
    with op.batch_alter_table("project_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_project_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "project_dataset_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["dataset.id"], name=op.f("fk_project_dataset_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_project_dataset_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_project_dataset_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_project_dataset_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_project_dataset_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["project.id"], name=op.f("fk_project_dataset_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_project_dataset_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_dataset_link")),
    )
    with op.batch_alter_table("project_dataset_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_dataset_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_dataset_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_dataset_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_dataset_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_dataset_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_project_dataset_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "screen_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_screen_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_screen_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_screen_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_screen_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_screen_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["screen.id"], name=op.f("fk_screen_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_screen_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_annotation_link")),
    )
    with op.batch_alter_table("screen_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screen_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_screen_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "screen_plate_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["plate.id"], name=op.f("fk_screen_plate_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_screen_plate_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_screen_plate_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_screen_plate_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_screen_plate_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["screen.id"], name=op.f("fk_screen_plate_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_screen_plate_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_plate_link")),
    )
    with op.batch_alter_table("screen_plate_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screen_plate_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_plate_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_plate_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_plate_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_plate_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_screen_plate_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "well",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plate_id", BIG_ID, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=True),
        sa.Column("external_identifier", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["plate_id"], ["plate.id"], name=op.f("fk_well_plate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_well")),
        sa.UniqueConstraint("plate_id", "row", "column", name=op.f("uq_well_plate_id_row_column")),
    )
    with op.batch_alter_table("well", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_well_plate_id"), ["plate_id"], unique=False)

    op.create_table(
        "dataset_image_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["image.id"], name=op.f("fk_dataset_image_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_dataset_image_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_dataset_image_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_dataset_image_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_dataset_image_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["dataset.id"], name=op.f("fk_dataset_image_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_dataset_image_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_image_link")),
    )
    with op.batch_alter_table("dataset_image_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_image_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_image_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_image_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_image_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_image_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_dataset_image_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "image_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_image_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_image_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_image_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_image_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_image_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["image.id"], name=op.f("fk_image_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_image_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_annotation_link")),
    )
    with op.batch_alter_table("image_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_image_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_image_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "pixels",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("size_x", sa.Integer(), nullable=False),
        sa.Column("size_y", sa.Integer(), nullable=False),
        sa.Column("size_z", sa.Integer(), nullable=False),
        sa.Column("size_c", sa.Integer(), nullable=False),
        sa.Column("size_t", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("pixels_type", sa.String(length=80), nullable=False),
        sa.Column("dimension_order", sa.String(length=80), nullable=False),
        sa.Column("significant_bits", sa.Integer(), nullable=True),
        sa.Column("physical_size_x", sa.Double(), nullable=True),
        sa.Column("physical_size_x_unit", sa.String(length=20), nullable=True),
        sa.Column("physical_size_y", sa.Double(), nullable=True),
        sa.Column("physical_size_y_unit", sa.String(length=20), nullable=True),
        sa.Column("physical_size_z", sa.Double(), nullable=True),
        sa.Column("physical_size_z_unit", sa.String(length=20), nullable=True),
        sa.Column("time_increment", sa.Double(), nullable=True),
        sa.Column("time_increment_unit", sa.String(length=20), nullable=True),
        sa.Column("is_label", sa.Boolean(), nullable=False),
        sa.Column("pyramid", sa.Text(), nullable=True),
        sa.Column("physical_size_x_canonical", sa.Double(), nullable=True),
        sa.Column("physical_size_y_canonical", sa.Double(), nullable=True),
        sa.Column("physical_size_z_canonical", sa.Double(), nullable=True),
        sa.Column("time_increment_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["dimension_order"], ["dimension_order.value"], name=op.f("fk_pixels_dimension_order")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_pixels_image_id")),
        sa.ForeignKeyConstraint(["pixels_type"], ["pixels_type.value"], name=op.f("fk_pixels_pixels_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pixels")),
    )
    with op.batch_alter_table("pixels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pixels_image_id"), ["image_id"], unique=True)
        batch_op.create_index(batch_op.f("ix_pixels_physical_size_x_canonical"), ["physical_size_x_canonical"], unique=False)
        batch_op.create_index(batch_op.f("ix_pixels_physical_size_y_canonical"), ["physical_size_y_canonical"], unique=False)
        batch_op.create_index(batch_op.f("ix_pixels_physical_size_z_canonical"), ["physical_size_z_canonical"], unique=False)
        batch_op.create_index(batch_op.f("ix_pixels_time_increment_canonical"), ["time_increment_canonical"], unique=False)

    op.create_table(
        "plate_acquisition_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_plate_acquisition_annotation_link_child_id")),
        sa.ForeignKeyConstraint(
            ["creation_event_id"], ["event.id"], name=op.f("fk_plate_acquisition_annotation_link_creation_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["deleted_event_id"], ["event.id"], name=op.f("fk_plate_acquisition_annotation_link_deleted_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["experimenter_group.id"], name=op.f("fk_plate_acquisition_annotation_link_group_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_plate_acquisition_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["plate_acquisition.id"], name=op.f("fk_plate_acquisition_annotation_link_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["update_event_id"], ["event.id"], name=op.f("fk_plate_acquisition_annotation_link_update_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_acquisition_annotation_link")),
    )
    with op.batch_alter_table("plate_acquisition_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plate_acquisition_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_plate_acquisition_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_plate_acquisition_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_acquisition_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plate_acquisition_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_plate_acquisition_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "roi",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_roi_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_roi_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_roi_group_id")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_roi_image_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_roi_owner_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_roi_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roi")),
    )
    with op.batch_alter_table("roi", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roi_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_image_id"), ["image_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "well_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_well_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_well_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_well_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_well_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_well_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["well.id"], name=op.f("fk_well_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_well_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_well_annotation_link")),
    )
    with op.batch_alter_table("well_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_well_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_well_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "well_sample",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("well_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("plate_acquisition_id", BIG_ID, nullable=True),
        sa.Column("field_index", sa.Integer(), nullable=False),
        sa.Column("pos_x", sa.Double(), nullable=True),
        sa.Column("pos_x_unit", sa.String(length=20), nullable=True),
        sa.Column("pos_y", sa.Double(), nullable=True),
        sa.Column("pos_y_unit", sa.String(length=20), nullable=True),
        sa.Column("pos_x_canonical", sa.Double(), nullable=True),
        sa.Column("pos_y_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_well_sample_image_id")),
        sa.ForeignKeyConstraint(
            ["plate_acquisition_id"], ["plate_acquisition.id"], name=op.f("fk_well_sample_plate_acquisition_id")
        ),
        sa.ForeignKeyConstraint(["well_id"], ["well.id"], name=op.f("fk_well_sample_well_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_well_sample")),
    )
    with op.batch_alter_table("well_sample", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_well_sample_image_id"), ["image_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_sample_plate_acquisition_id"), ["plate_acquisition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_sample_pos_x_canonical"), ["pos_x_canonical"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_sample_pos_y_canonical"), ["pos_y_canonical"], unique=False)
        batch_op.create_index(batch_op.f("ix_well_sample_well_id"), ["well_id"], unique=False)

    op.create_table(
        "channel",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pixels_id", BIG_ID, nullable=False),
        sa.Column("logical_channel_id", BIG_ID, nullable=False),
        sa.Column("channel_index", sa.Integer(), nullable=False),
        sa.Column("color", sa.String(length=6), nullable=True),
        sa.ForeignKeyConstraint(["logical_channel_id"], ["logical_channel.id"], name=op.f("fk_channel_logical_channel_id")),
        sa.ForeignKeyConstraint(["pixels_id"], ["pixels.id"], name=op.f("fk_channel_pixels_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
    )
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_logical_channel_id"), ["logical_channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_pixels_id"), ["pixels_id"], unique=False)

    op.create_table(
        "rendering_def",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pixels_id", BIG_ID, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("default_z", sa.Integer(), nullable=False),
        sa.Column("default_t", sa.Integer(), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_rendering_def_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_rendering_def_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_rendering_def_group_id")),
        sa.ForeignKeyConstraint(["model"], ["rendering_model.value"], name=op.f("fk_rendering_def_model")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_rendering_def_owner_id")),
        sa.ForeignKeyConstraint(["pixels_id"], ["pixels.id"], name=op.f("fk_rendering_def_pixels_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_rendering_def_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendering_def")),
    )
    with op.batch_alter_table("rendering_def", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rendering_def_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rendering_def_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rendering_def_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rendering_def_pixels_id"), ["pixels_id"], unique=False)

    op.create_table(
        "roi_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_roi_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_roi_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_roi_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_roi_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_roi_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["roi.id"], name=op.f("fk_roi_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_roi_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roi_annotation_link")),
    )
    with op.batch_alter_table("roi_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roi_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roi_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_roi_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "shape",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("roi_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("the_z", sa.Integer(), nullable=True),
        sa.Column("the_t", sa.Integer(), nullable=True),
        sa.Column("the_c", sa.Integer(), nullable=True),
        sa.Column("text_value", sa.Text(), nullable=True),
        sa.Column("fill_color", sa.String(length=8), nullable=True),
        sa.Column("stroke_color", sa.String(length=8), nullable=True),
        sa.Column("stroke_width", sa.Double(), nullable=True),
        sa.Column("font_size", sa.Double(), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=True),
        sa.Column("transform", JSON, nullable=True),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("x1", sa.Double(), nullable=True),
        sa.Column("y1", sa.Double(), nullable=True),
        sa.Column("x2", sa.Double(), nullable=True),
        sa.Column("y2", sa.Double(), nullable=True),
        sa.Column("marker_start", sa.String(length=20), nullable=True),
        sa.Column("marker_end", sa.String(length=20), nullable=True),
        sa.Column("points", sa.Text(), nullable=True),
        sa.Column("width", sa.Double(), nullable=True),
        sa.Column("height", sa.Double(), nullable=True),
        sa.Column("radius_x", sa.Double(), nullable=True),
        sa.Column("radius_y", sa.Double(), nullable=True),
        sa.Column("bytes", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["roi_id"], ["roi.id"], name=op.f("fk_shape_roi_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shape")),
    )
    with op.batch_alter_table("shape", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shape_roi_id"), ["roi_id"], unique=False)

    op.create_table(
        "channel_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_channel_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_channel_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_channel_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_channel_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_channel_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["channel.id"], name=op.f("fk_channel_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_channel_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_annotation_link")),
    )
    with op.batch_alter_table("channel_annotation_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_annotation_link_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_annotation_link_deleted_event_id"), ["deleted_event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_annotation_link_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_annotation_link_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_annotation_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_channel_annotation_link_live",
            ["parent_id", "child_id", "owner_id"],
            unique=True,
            sqlite_where=sa.text("deleted_event_id IS NULL"),
            postgresql_where=sa.text("deleted_event_id IS NULL"),
        )

    op.create_table(
        "channel_binding",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rendering_def_id", BIG_ID, nullable=False),
        sa.Column("channel_index", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("color", sa.String(length=6), nullable=False),
        sa.Column("input_start", sa.Double(), nullable=False),
        sa.Column("input_end", sa.Double(), nullable=False),
        sa.Column("family", sa.String(length=80), nullable=False),
        sa.Column("coefficient", sa.Double(), nullable=False),
        sa.Column("inverted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["family"], ["family.value"], name=op.f("fk_channel_binding_family")),
        sa.ForeignKeyConstraint(["rendering_def_id"], ["rendering_def.id"], name=op.f("fk_channel_binding_rendering_def_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_binding")),
    )
    with op.batch_alter_table("channel_binding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_binding_rendering_def_id"), ["rendering_def_id"], unique=False)

    op.create_table(
        "stats_info",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=False),
        sa.Column("global_min", sa.Double(), nullable=False),
        sa.Column("global_max", sa.Double(), nullable=False),
        sa.Column("window_start", sa.Double(), nullable=False),
        sa.Column("window_end", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_stats_info_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stats_info")),
    )
    with op.batch_alter_table("stats_info", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stats_info_channel_id"), ["channel_id"], unique=True)
    _seed_enumerations()
    _create_search_index()


def _seed_enumerations() -> None:
    for table, values in SEEDS.items():
        rows = [{"value": value, "version": 1} for value in values]
        op.bulk_insert(sa.table(table, sa.column("value", sa.String), sa.column("version", sa.Integer)), rows)


def _create_search_index() -> None:
    """The words of search documents, indexed as they are: SQLite's FTS5 beside the table, PostgreSQL's GIN on it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION search_words(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE "
            "AS $$ SELECT array_to_tsvector(string_to_array(words, ' ')) $$"
        )
        op.execute("CREATE INDEX ix_search_document_words ON search_document USING gin (search_words(words))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_fts USING fts5(words, content='search_document', content_rowid='id', tokenize=\"unicode61 tokenchars '_'\")"
    )
    for name, when, body in SQLITE_TRIGGERS:
        op.execute(f"CREATE TRIGGER search_document_{name} AFTER {when} ON search_document BEGIN {body} END")


_REMOVE = "INSERT INTO search_fts(search_fts, rowid, words) VALUES ('delete', old.id, old.words);"
_ADD = "INSERT INTO search_fts(rowid, words) VALUES (new.id, new.words);"
SQLITE_TRIGGERS = (("added", "INSERT", _ADD), ("removed", "DELETE", _REMOVE), ("changed", "UPDATE", _REMOVE + _ADD))

SEEDS: dict[str, tuple[str, ...]] = {
    "pixels_type": (
        "int8",
        "int16",
        "int32",
        "uint8",
        "uint16",
        "uint32",
        "float32",
        "float64",
        "complex64",
        "complex128",
        "bool",
        "int64",
        "uint64",
        "float16",
    ),
    "dimension_order": ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"),
    "rendering_model": ("color", "greyscale"),
    "family": ("linear", "polynomial", "exponential", "logarithmic"),
    "contrast_method": (
        "Brightfield",
        "Phase",
        "DIC",
        "HoffmanModulation",
        "ObliqueIllumination",
        "PolarizedLight",
        "Darkfield",
        "Fluorescence",
        "Other",
    ),
    "acquisition_mode": (
        "WideField",
        "LaserScanningConfocalMicroscopy",
        "SpinningDiskConfocal",
        "SlitScanConfocal",
        "MultiPhotonMicroscopy",
        "StructuredIllumination",
        "SingleMoleculeImaging",
        "TotalInternalReflection",
        "FluorescenceLifetime",
        "SpectralImaging",
        "FluorescenceCorrelationSpectroscopy",
        "NearFieldScanningOpticalMicroscopy",
        "SecondHarmonicGenerationImaging",
        "PALM",
        "STORM",
        "STED",
        "TIRF",
        "FSM",
        "LCM",
        "Other",
        "BrightField",
        "SweptFieldConfocal",
        "SPIM",
    ),
    "illumination": ("Transmitted", "Epifluorescence", "Oblique", "NonLinear", "Other"),
}


def downgrade() -> None:
    raise NotImplementedError("There is no schema before the founding one")
