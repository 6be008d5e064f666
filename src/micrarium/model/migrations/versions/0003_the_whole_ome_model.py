"""The whole OME Data Model: instruments, acquisition, folders, reagents, every annotation type, rendering in full."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def add_reference(table: str, column: str, kind: Any, *, target: str) -> None:
    """A new column that refers to another table. SQLite takes the reference with the column only."""
    if op.get_bind().dialect.name == "sqlite":
        op.add_column(table, sa.Column(column, kind, sa.ForeignKey(target), nullable=True), inline_references=True)
        return
    op.add_column(table, sa.Column(column, kind, nullable=True))
    target_table, target_column = target.split(".")
    op.create_foreign_key(f"fk_{table}_{column}", table, target_table, [column], [target_column])


def upgrade() -> None:
    make_enumerations()
    make_tables()
    add_columns()


def make_enumerations() -> None:
    """Every list of values is a table of the same form."""
    for name, values in SEEDS.items():
        table = op.create_table(
            name,
            sa.Column("id", BIG_ID, nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("value", sa.String(length=80), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
            sa.UniqueConstraint("value", name=op.f(f"uq_{name}_value")),
        )
        op.bulk_insert(table, [{"version": 1, "value": value} for value in values])


def make_tables() -> None:
    op.create_table(
        "instrument",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument")),
    )
    op.create_table(
        "namespace",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_namespace")),
        sa.UniqueConstraint("name", name=op.f("uq_namespace_name")),
    )
    op.create_table(
        "detector",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=True),
        sa.Column("zoom", sa.Double(), nullable=True),
        sa.Column("amplification_gain", sa.Double(), nullable=True),
        sa.Column("gain", sa.Double(), nullable=True),
        sa.Column("offset", sa.Double(), nullable=True),
        sa.Column("voltage", sa.Double(), nullable=True),
        sa.Column("voltage_unit", sa.String(length=20), nullable=True),
        sa.Column("voltage_canonical", sa.Double(), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_detector_instrument_id")),
        sa.ForeignKeyConstraint(["type"], ["detector_type.value"], name=op.f("fk_detector_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector")),
    )
    op.create_index(op.f("ix_detector_instrument_id"), "detector", ["instrument_id"], unique=False)
    op.create_index(op.f("ix_detector_voltage_canonical"), "detector", ["voltage_canonical"], unique=False)
    op.create_table(
        "dichroic",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_dichroic_instrument_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dichroic")),
    )
    op.create_index(op.f("ix_dichroic_instrument_id"), "dichroic", ["instrument_id"], unique=False)
    op.create_table(
        "experiment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["type"], ["experiment_type.value"], name=op.f("fk_experiment_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
    )
    op.create_table(
        "filter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=True),
        sa.Column("filter_wheel", sa.String(length=255), nullable=True),
        sa.Column("cut_in", sa.Double(), nullable=True),
        sa.Column("cut_in_unit", sa.String(length=20), nullable=True),
        sa.Column("cut_in_tolerance", sa.Double(), nullable=True),
        sa.Column("cut_in_tolerance_unit", sa.String(length=20), nullable=True),
        sa.Column("cut_out", sa.Double(), nullable=True),
        sa.Column("cut_out_unit", sa.String(length=20), nullable=True),
        sa.Column("cut_out_tolerance", sa.Double(), nullable=True),
        sa.Column("cut_out_tolerance_unit", sa.String(length=20), nullable=True),
        sa.Column("transmittance", sa.Double(), nullable=True),
        sa.Column("cut_in_canonical", sa.Double(), nullable=True),
        sa.Column("cut_in_tolerance_canonical", sa.Double(), nullable=True),
        sa.Column("cut_out_canonical", sa.Double(), nullable=True),
        sa.Column("cut_out_tolerance_canonical", sa.Double(), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_filter_instrument_id")),
        sa.ForeignKeyConstraint(["type"], ["filter_type.value"], name=op.f("fk_filter_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter")),
    )
    op.create_index(op.f("ix_filter_cut_in_canonical"), "filter", ["cut_in_canonical"], unique=False)
    op.create_index(op.f("ix_filter_cut_in_tolerance_canonical"), "filter", ["cut_in_tolerance_canonical"], unique=False)
    op.create_index(op.f("ix_filter_cut_out_canonical"), "filter", ["cut_out_canonical"], unique=False)
    op.create_index(op.f("ix_filter_cut_out_tolerance_canonical"), "filter", ["cut_out_tolerance_canonical"], unique=False)
    op.create_index(op.f("ix_filter_instrument_id"), "filter", ["instrument_id"], unique=False)
    op.create_table(
        "light_source",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("power", sa.Double(), nullable=True),
        sa.Column("power_unit", sa.String(length=20), nullable=True),
        sa.Column("power_canonical", sa.Double(), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.Column("arc_type", sa.String(length=80), nullable=True),
        sa.Column("filament_type", sa.String(length=80), nullable=True),
        sa.Column("laser_type", sa.String(length=80), nullable=True),
        sa.Column("laser_medium", sa.String(length=80), nullable=True),
        sa.Column("pulse", sa.String(length=80), nullable=True),
        sa.Column("frequency_multiplication", sa.Integer(), nullable=True),
        sa.Column("tuneable", sa.Boolean(), nullable=True),
        sa.Column("pockel_cell", sa.Boolean(), nullable=True),
        sa.Column("wavelength", sa.Double(), nullable=True),
        sa.Column("wavelength_unit", sa.String(length=20), nullable=True),
        sa.Column("repetition_rate", sa.Double(), nullable=True),
        sa.Column("repetition_rate_unit", sa.String(length=20), nullable=True),
        sa.Column("pump_id", BIG_ID, nullable=True),
        sa.Column("wavelength_canonical", sa.Double(), nullable=True),
        sa.Column("repetition_rate_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["arc_type"], ["arc_type.value"], name=op.f("fk_light_source_arc_type")),
        sa.ForeignKeyConstraint(["filament_type"], ["filament_type.value"], name=op.f("fk_light_source_filament_type")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_light_source_instrument_id")),
        sa.ForeignKeyConstraint(["laser_medium"], ["laser_medium.value"], name=op.f("fk_light_source_laser_medium")),
        sa.ForeignKeyConstraint(["laser_type"], ["laser_type.value"], name=op.f("fk_light_source_laser_type")),
        sa.ForeignKeyConstraint(["pulse"], ["pulse.value"], name=op.f("fk_light_source_pulse")),
        sa.ForeignKeyConstraint(["pump_id"], ["light_source.id"], name=op.f("fk_light_source_pump_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_source")),
    )
    op.create_index(op.f("ix_light_source_instrument_id"), "light_source", ["instrument_id"], unique=False)
    op.create_index(op.f("ix_light_source_power_canonical"), "light_source", ["power_canonical"], unique=False)
    op.create_index(op.f("ix_light_source_pump_id"), "light_source", ["pump_id"], unique=False)
    op.create_index(op.f("ix_light_source_repetition_rate_canonical"), "light_source", ["repetition_rate_canonical"], unique=False)
    op.create_index(op.f("ix_light_source_wavelength_canonical"), "light_source", ["wavelength_canonical"], unique=False)
    op.create_table(
        "microscope",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_microscope_instrument_id")),
        sa.ForeignKeyConstraint(["type"], ["microscope_type.value"], name=op.f("fk_microscope_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_microscope")),
    )
    op.create_index(op.f("ix_microscope_instrument_id"), "microscope", ["instrument_id"], unique=True)
    op.create_table(
        "objective",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("nominal_magnification", sa.Double(), nullable=True),
        sa.Column("calibrated_magnification", sa.Double(), nullable=True),
        sa.Column("lens_na", sa.Double(), nullable=True),
        sa.Column("immersion", sa.String(length=80), nullable=True),
        sa.Column("correction", sa.String(length=80), nullable=True),
        sa.Column("working_distance", sa.Double(), nullable=True),
        sa.Column("working_distance_unit", sa.String(length=20), nullable=True),
        sa.Column("iris", sa.Boolean(), nullable=True),
        sa.Column("working_distance_canonical", sa.Double(), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["correction"], ["correction.value"], name=op.f("fk_objective_correction")),
        sa.ForeignKeyConstraint(["immersion"], ["immersion.value"], name=op.f("fk_objective_immersion")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_objective_instrument_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objective")),
    )
    op.create_index(op.f("ix_objective_instrument_id"), "objective", ["instrument_id"], unique=False)
    op.create_index(op.f("ix_objective_working_distance_canonical"), "objective", ["working_distance_canonical"], unique=False)
    op.create_table(
        "filter_set",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("dichroic_id", BIG_ID, nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("lot_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["dichroic_id"], ["dichroic.id"], name=op.f("fk_filter_set_dichroic_id")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_filter_set_instrument_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_set")),
    )
    op.create_index(op.f("ix_filter_set_dichroic_id"), "filter_set", ["dichroic_id"], unique=False)
    op.create_index(op.f("ix_filter_set_instrument_id"), "filter_set", ["instrument_id"], unique=False)
    op.create_table(
        "folder",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("parent_folder_id", BIG_ID, nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_folder_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_folder_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_folder_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_folder_owner_id")),
        sa.ForeignKeyConstraint(["parent_folder_id"], ["folder.id"], name=op.f("fk_folder_parent_folder_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_folder_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder")),
    )
    op.create_index(op.f("ix_folder_deleted_event_id"), "folder", ["deleted_event_id"], unique=False)
    op.create_index(op.f("ix_folder_group_id"), "folder", ["group_id"], unique=False)
    op.create_index(op.f("ix_folder_name"), "folder", ["name"], unique=False)
    op.create_index(op.f("ix_folder_owner_id"), "folder", ["owner_id"], unique=False)
    op.create_index(op.f("ix_folder_parent_folder_id"), "folder", ["parent_folder_id"], unique=False)
    op.create_table(
        "microbeam_manipulation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("experiment_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"], name=op.f("fk_microbeam_manipulation_experiment_id")),
        sa.ForeignKeyConstraint(["type"], ["microbeam_manipulation_type.value"], name=op.f("fk_microbeam_manipulation_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_microbeam_manipulation")),
    )
    op.create_index(op.f("ix_microbeam_manipulation_experiment_id"), "microbeam_manipulation", ["experiment_id"], unique=False)
    op.create_table(
        "filter_set_emission_filter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("filter_set_id", BIG_ID, nullable=False),
        sa.Column("filter_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["filter_id"], ["filter.id"], name=op.f("fk_filter_set_emission_filter_filter_id")),
        sa.ForeignKeyConstraint(["filter_set_id"], ["filter_set.id"], name=op.f("fk_filter_set_emission_filter_filter_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_set_emission_filter")),
    )
    op.create_index(op.f("ix_filter_set_emission_filter_filter_id"), "filter_set_emission_filter", ["filter_id"], unique=False)
    op.create_index(
        op.f("ix_filter_set_emission_filter_filter_set_id"), "filter_set_emission_filter", ["filter_set_id"], unique=False
    )
    op.create_table(
        "filter_set_excitation_filter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("filter_set_id", BIG_ID, nullable=False),
        sa.Column("filter_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["filter_id"], ["filter.id"], name=op.f("fk_filter_set_excitation_filter_filter_id")),
        sa.ForeignKeyConstraint(["filter_set_id"], ["filter_set.id"], name=op.f("fk_filter_set_excitation_filter_filter_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_set_excitation_filter")),
    )
    op.create_index(op.f("ix_filter_set_excitation_filter_filter_id"), "filter_set_excitation_filter", ["filter_id"], unique=False)
    op.create_index(
        op.f("ix_filter_set_excitation_filter_filter_set_id"), "filter_set_excitation_filter", ["filter_set_id"], unique=False
    )
    op.create_table(
        "microbeam_light_settings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("microbeam_manipulation_id", BIG_ID, nullable=False),
        sa.Column("light_source_id", BIG_ID, nullable=False),
        sa.Column("attenuation", sa.Double(), nullable=True),
        sa.Column("wavelength", sa.Double(), nullable=True),
        sa.Column("wavelength_unit", sa.String(length=20), nullable=True),
        sa.Column("wavelength_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["light_source_id"], ["light_source.id"], name=op.f("fk_microbeam_light_settings_light_source_id")),
        sa.ForeignKeyConstraint(
            ["microbeam_manipulation_id"],
            ["microbeam_manipulation.id"],
            name=op.f("fk_microbeam_light_settings_microbeam_manipulation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_microbeam_light_settings")),
    )
    op.create_index(
        op.f("ix_microbeam_light_settings_light_source_id"), "microbeam_light_settings", ["light_source_id"], unique=False
    )
    op.create_index(
        op.f("ix_microbeam_light_settings_microbeam_manipulation_id"),
        "microbeam_light_settings",
        ["microbeam_manipulation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_microbeam_light_settings_wavelength_canonical"), "microbeam_light_settings", ["wavelength_canonical"], unique=False
    )
    op.create_table(
        "otf",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", BIG_ID, nullable=False),
        sa.Column("size_x", sa.Integer(), nullable=False),
        sa.Column("size_y", sa.Integer(), nullable=False),
        sa.Column("pixels_type", sa.String(length=80), nullable=False),
        sa.Column("optical_axis_averaged", sa.Boolean(), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=True),
        sa.Column("objective_id", BIG_ID, nullable=True),
        sa.Column("filter_set_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["filter_set_id"], ["filter_set.id"], name=op.f("fk_otf_filter_set_id")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_otf_instrument_id")),
        sa.ForeignKeyConstraint(["objective_id"], ["objective.id"], name=op.f("fk_otf_objective_id")),
        sa.ForeignKeyConstraint(["pixels_type"], ["pixels_type.value"], name=op.f("fk_otf_pixels_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_otf")),
    )
    op.create_index(op.f("ix_otf_filter_set_id"), "otf", ["filter_set_id"], unique=False)
    op.create_index(op.f("ix_otf_instrument_id"), "otf", ["instrument_id"], unique=False)
    op.create_index(op.f("ix_otf_objective_id"), "otf", ["objective_id"], unique=False)
    op.create_table(
        "reagent",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("screen_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("reagent_identifier", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["screen_id"], ["screen.id"], name=op.f("fk_reagent_screen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reagent")),
    )
    op.create_index(op.f("ix_reagent_reagent_identifier"), "reagent", ["reagent_identifier"], unique=False)
    op.create_index(op.f("ix_reagent_screen_id"), "reagent", ["screen_id"], unique=False)
    op.create_table(
        "annotation_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_annotation_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_annotation_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_annotation_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_annotation_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_annotation_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["annotation.id"], name=op.f("fk_annotation_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_annotation_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_annotation_link")),
    )
    op.create_index(op.f("ix_annotation_annotation_link_child_id"), "annotation_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_annotation_annotation_link_deleted_event_id"), "annotation_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_annotation_annotation_link_group_id"), "annotation_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_annotation_annotation_link_owner_id"), "annotation_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_annotation_annotation_link_parent_id"), "annotation_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_annotation_annotation_link_live",
        "annotation_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "detector_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_detector_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_detector_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_detector_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_detector_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_detector_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["detector.id"], name=op.f("fk_detector_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_detector_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_annotation_link")),
    )
    op.create_index(op.f("ix_detector_annotation_link_child_id"), "detector_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_detector_annotation_link_deleted_event_id"), "detector_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_detector_annotation_link_group_id"), "detector_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_detector_annotation_link_owner_id"), "detector_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_detector_annotation_link_parent_id"), "detector_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_detector_annotation_link_live",
        "detector_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "dichroic_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_dichroic_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_dichroic_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_dichroic_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_dichroic_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_dichroic_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["dichroic.id"], name=op.f("fk_dichroic_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_dichroic_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dichroic_annotation_link")),
    )
    op.create_index(op.f("ix_dichroic_annotation_link_child_id"), "dichroic_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_dichroic_annotation_link_deleted_event_id"), "dichroic_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_dichroic_annotation_link_group_id"), "dichroic_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_dichroic_annotation_link_owner_id"), "dichroic_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_dichroic_annotation_link_parent_id"), "dichroic_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_dichroic_annotation_link_live",
        "dichroic_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "external_info",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("entity_type", sa.String(length=255), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("lsid", sa.Text(), nullable=True),
        sa.Column("uuid", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_external_info_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_info")),
    )
    op.create_index(op.f("ix_external_info_image_id"), "external_info", ["image_id"], unique=False)
    op.create_table(
        "filter_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_filter_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_filter_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_filter_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_filter_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_filter_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["filter.id"], name=op.f("fk_filter_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_filter_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_annotation_link")),
    )
    op.create_index(op.f("ix_filter_annotation_link_child_id"), "filter_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_filter_annotation_link_deleted_event_id"), "filter_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_filter_annotation_link_group_id"), "filter_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_filter_annotation_link_owner_id"), "filter_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_filter_annotation_link_parent_id"), "filter_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_filter_annotation_link_live",
        "filter_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "folder_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_folder_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_folder_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_folder_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_folder_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_folder_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["folder.id"], name=op.f("fk_folder_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_folder_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder_annotation_link")),
    )
    op.create_index(op.f("ix_folder_annotation_link_child_id"), "folder_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_folder_annotation_link_deleted_event_id"), "folder_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_folder_annotation_link_group_id"), "folder_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_folder_annotation_link_owner_id"), "folder_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_folder_annotation_link_parent_id"), "folder_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_folder_annotation_link_live",
        "folder_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "folder_image_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["image.id"], name=op.f("fk_folder_image_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_folder_image_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_folder_image_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_folder_image_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_folder_image_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["folder.id"], name=op.f("fk_folder_image_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_folder_image_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder_image_link")),
    )
    op.create_index(op.f("ix_folder_image_link_child_id"), "folder_image_link", ["child_id"], unique=False)
    op.create_index(op.f("ix_folder_image_link_deleted_event_id"), "folder_image_link", ["deleted_event_id"], unique=False)
    op.create_index(op.f("ix_folder_image_link_group_id"), "folder_image_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_folder_image_link_owner_id"), "folder_image_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_folder_image_link_parent_id"), "folder_image_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_folder_image_link_live",
        "folder_image_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "imaging_environment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("temperature", sa.Double(), nullable=True),
        sa.Column("temperature_unit", sa.String(length=20), nullable=True),
        sa.Column("air_pressure", sa.Double(), nullable=True),
        sa.Column("air_pressure_unit", sa.String(length=20), nullable=True),
        sa.Column("humidity", sa.Double(), nullable=True),
        sa.Column("co2_percent", sa.Double(), nullable=True),
        sa.Column("map_value", JSON, nullable=True),
        sa.Column("temperature_canonical", sa.Double(), nullable=True),
        sa.Column("air_pressure_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_imaging_environment_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imaging_environment")),
    )
    op.create_index(
        op.f("ix_imaging_environment_air_pressure_canonical"), "imaging_environment", ["air_pressure_canonical"], unique=False
    )
    op.create_index(op.f("ix_imaging_environment_image_id"), "imaging_environment", ["image_id"], unique=True)
    op.create_index(
        op.f("ix_imaging_environment_temperature_canonical"), "imaging_environment", ["temperature_canonical"], unique=False
    )
    op.create_table(
        "instrument_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_instrument_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_instrument_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_instrument_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_instrument_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_instrument_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["instrument.id"], name=op.f("fk_instrument_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_instrument_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_annotation_link")),
    )
    op.create_index(op.f("ix_instrument_annotation_link_child_id"), "instrument_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_instrument_annotation_link_deleted_event_id"), "instrument_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_instrument_annotation_link_group_id"), "instrument_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_instrument_annotation_link_owner_id"), "instrument_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_instrument_annotation_link_parent_id"), "instrument_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_instrument_annotation_link_live",
        "instrument_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "light_source_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_light_source_annotation_link_child_id")),
        sa.ForeignKeyConstraint(
            ["creation_event_id"], ["event.id"], name=op.f("fk_light_source_annotation_link_creation_event_id")
        ),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_light_source_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_light_source_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_light_source_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["light_source.id"], name=op.f("fk_light_source_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_light_source_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_source_annotation_link")),
    )
    op.create_index(op.f("ix_light_source_annotation_link_child_id"), "light_source_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_light_source_annotation_link_deleted_event_id"), "light_source_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_light_source_annotation_link_group_id"), "light_source_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_light_source_annotation_link_owner_id"), "light_source_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_light_source_annotation_link_parent_id"), "light_source_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_light_source_annotation_link_live",
        "light_source_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "objective_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_objective_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_objective_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_objective_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_objective_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_objective_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["objective.id"], name=op.f("fk_objective_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_objective_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objective_annotation_link")),
    )
    op.create_index(op.f("ix_objective_annotation_link_child_id"), "objective_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_objective_annotation_link_deleted_event_id"), "objective_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_objective_annotation_link_group_id"), "objective_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_objective_annotation_link_owner_id"), "objective_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_objective_annotation_link_parent_id"), "objective_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_objective_annotation_link_live",
        "objective_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "objective_settings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("objective_id", BIG_ID, nullable=False),
        sa.Column("correction_collar", sa.Double(), nullable=True),
        sa.Column("medium", sa.String(length=80), nullable=True),
        sa.Column("refractive_index", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_objective_settings_image_id")),
        sa.ForeignKeyConstraint(["medium"], ["medium.value"], name=op.f("fk_objective_settings_medium")),
        sa.ForeignKeyConstraint(["objective_id"], ["objective.id"], name=op.f("fk_objective_settings_objective_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objective_settings")),
    )
    op.create_index(op.f("ix_objective_settings_image_id"), "objective_settings", ["image_id"], unique=True)
    op.create_index(op.f("ix_objective_settings_objective_id"), "objective_settings", ["objective_id"], unique=False)
    op.create_table(
        "reagent_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_reagent_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_reagent_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_reagent_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_reagent_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_reagent_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["reagent.id"], name=op.f("fk_reagent_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_reagent_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reagent_annotation_link")),
    )
    op.create_index(op.f("ix_reagent_annotation_link_child_id"), "reagent_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_reagent_annotation_link_deleted_event_id"), "reagent_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_reagent_annotation_link_group_id"), "reagent_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_reagent_annotation_link_owner_id"), "reagent_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_reagent_annotation_link_parent_id"), "reagent_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_reagent_annotation_link_live",
        "reagent_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "stage_label",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position_x", sa.Double(), nullable=True),
        sa.Column("position_x_unit", sa.String(length=20), nullable=True),
        sa.Column("position_y", sa.Double(), nullable=True),
        sa.Column("position_y_unit", sa.String(length=20), nullable=True),
        sa.Column("position_z", sa.Double(), nullable=True),
        sa.Column("position_z_unit", sa.String(length=20), nullable=True),
        sa.Column("position_x_canonical", sa.Double(), nullable=True),
        sa.Column("position_y_canonical", sa.Double(), nullable=True),
        sa.Column("position_z_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_stage_label_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_label")),
    )
    op.create_index(op.f("ix_stage_label_image_id"), "stage_label", ["image_id"], unique=True)
    op.create_index(op.f("ix_stage_label_position_x_canonical"), "stage_label", ["position_x_canonical"], unique=False)
    op.create_index(op.f("ix_stage_label_position_y_canonical"), "stage_label", ["position_y_canonical"], unique=False)
    op.create_index(op.f("ix_stage_label_position_z_canonical"), "stage_label", ["position_z_canonical"], unique=False)
    op.create_table(
        "well_reagent_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["reagent.id"], name=op.f("fk_well_reagent_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_well_reagent_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_well_reagent_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_well_reagent_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_well_reagent_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["well.id"], name=op.f("fk_well_reagent_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_well_reagent_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_well_reagent_link")),
    )
    op.create_index(op.f("ix_well_reagent_link_child_id"), "well_reagent_link", ["child_id"], unique=False)
    op.create_index(op.f("ix_well_reagent_link_deleted_event_id"), "well_reagent_link", ["deleted_event_id"], unique=False)
    op.create_index(op.f("ix_well_reagent_link_group_id"), "well_reagent_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_well_reagent_link_owner_id"), "well_reagent_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_well_reagent_link_parent_id"), "well_reagent_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_well_reagent_link_live",
        "well_reagent_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "detector_settings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("logical_channel_id", BIG_ID, nullable=False),
        sa.Column("detector_id", BIG_ID, nullable=False),
        sa.Column("binning", sa.String(length=80), nullable=True),
        sa.Column("gain", sa.Double(), nullable=True),
        sa.Column("offset", sa.Double(), nullable=True),
        sa.Column("zoom", sa.Double(), nullable=True),
        sa.Column("integration", sa.Integer(), nullable=True),
        sa.Column("voltage", sa.Double(), nullable=True),
        sa.Column("voltage_unit", sa.String(length=20), nullable=True),
        sa.Column("read_out_rate", sa.Double(), nullable=True),
        sa.Column("read_out_rate_unit", sa.String(length=20), nullable=True),
        sa.Column("voltage_canonical", sa.Double(), nullable=True),
        sa.Column("read_out_rate_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["binning"], ["binning.value"], name=op.f("fk_detector_settings_binning")),
        sa.ForeignKeyConstraint(["detector_id"], ["detector.id"], name=op.f("fk_detector_settings_detector_id")),
        sa.ForeignKeyConstraint(
            ["logical_channel_id"], ["logical_channel.id"], name=op.f("fk_detector_settings_logical_channel_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_settings")),
    )
    op.create_index(op.f("ix_detector_settings_detector_id"), "detector_settings", ["detector_id"], unique=False)
    op.create_index(op.f("ix_detector_settings_logical_channel_id"), "detector_settings", ["logical_channel_id"], unique=True)
    op.create_index(
        op.f("ix_detector_settings_read_out_rate_canonical"), "detector_settings", ["read_out_rate_canonical"], unique=False
    )
    op.create_index(op.f("ix_detector_settings_voltage_canonical"), "detector_settings", ["voltage_canonical"], unique=False)
    op.create_table(
        "folder_roi_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["roi.id"], name=op.f("fk_folder_roi_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_folder_roi_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_folder_roi_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_folder_roi_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_folder_roi_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["folder.id"], name=op.f("fk_folder_roi_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_folder_roi_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder_roi_link")),
    )
    op.create_index(op.f("ix_folder_roi_link_child_id"), "folder_roi_link", ["child_id"], unique=False)
    op.create_index(op.f("ix_folder_roi_link_deleted_event_id"), "folder_roi_link", ["deleted_event_id"], unique=False)
    op.create_index(op.f("ix_folder_roi_link_group_id"), "folder_roi_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_folder_roi_link_owner_id"), "folder_roi_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_folder_roi_link_parent_id"), "folder_roi_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_folder_roi_link_live",
        "folder_roi_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "light_path",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("logical_channel_id", BIG_ID, nullable=False),
        sa.Column("dichroic_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["dichroic_id"], ["dichroic.id"], name=op.f("fk_light_path_dichroic_id")),
        sa.ForeignKeyConstraint(["logical_channel_id"], ["logical_channel.id"], name=op.f("fk_light_path_logical_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_path")),
    )
    op.create_index(op.f("ix_light_path_dichroic_id"), "light_path", ["dichroic_id"], unique=False)
    op.create_index(op.f("ix_light_path_logical_channel_id"), "light_path", ["logical_channel_id"], unique=True)
    op.create_table(
        "light_settings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("logical_channel_id", BIG_ID, nullable=False),
        sa.Column("light_source_id", BIG_ID, nullable=False),
        sa.Column("attenuation", sa.Double(), nullable=True),
        sa.Column("wavelength", sa.Double(), nullable=True),
        sa.Column("wavelength_unit", sa.String(length=20), nullable=True),
        sa.Column("wavelength_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["light_source_id"], ["light_source.id"], name=op.f("fk_light_settings_light_source_id")),
        sa.ForeignKeyConstraint(["logical_channel_id"], ["logical_channel.id"], name=op.f("fk_light_settings_logical_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_settings")),
    )
    op.create_index(op.f("ix_light_settings_light_source_id"), "light_settings", ["light_source_id"], unique=False)
    op.create_index(op.f("ix_light_settings_logical_channel_id"), "light_settings", ["logical_channel_id"], unique=True)
    op.create_index(op.f("ix_light_settings_wavelength_canonical"), "light_settings", ["wavelength_canonical"], unique=False)
    op.create_table(
        "plane_info",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pixels_id", BIG_ID, nullable=False),
        sa.Column("the_z", sa.Integer(), nullable=False),
        sa.Column("the_c", sa.Integer(), nullable=False),
        sa.Column("the_t", sa.Integer(), nullable=False),
        sa.Column("delta_t", sa.Double(), nullable=True),
        sa.Column("delta_t_unit", sa.String(length=20), nullable=True),
        sa.Column("exposure_time", sa.Double(), nullable=True),
        sa.Column("exposure_time_unit", sa.String(length=20), nullable=True),
        sa.Column("position_x", sa.Double(), nullable=True),
        sa.Column("position_x_unit", sa.String(length=20), nullable=True),
        sa.Column("position_y", sa.Double(), nullable=True),
        sa.Column("position_y_unit", sa.String(length=20), nullable=True),
        sa.Column("position_z", sa.Double(), nullable=True),
        sa.Column("position_z_unit", sa.String(length=20), nullable=True),
        sa.Column("delta_t_canonical", sa.Double(), nullable=True),
        sa.Column("exposure_time_canonical", sa.Double(), nullable=True),
        sa.Column("position_x_canonical", sa.Double(), nullable=True),
        sa.Column("position_y_canonical", sa.Double(), nullable=True),
        sa.Column("position_z_canonical", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["pixels_id"], ["pixels.id"], name=op.f("fk_plane_info_pixels_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plane_info")),
        sa.UniqueConstraint("pixels_id", "the_t", "the_c", "the_z", name=op.f("uq_plane_info_pixels_id_the_t_the_c_the_z")),
    )
    op.create_index(op.f("ix_plane_info_delta_t_canonical"), "plane_info", ["delta_t_canonical"], unique=False)
    op.create_index(op.f("ix_plane_info_exposure_time_canonical"), "plane_info", ["exposure_time_canonical"], unique=False)
    op.create_index(op.f("ix_plane_info_position_x_canonical"), "plane_info", ["position_x_canonical"], unique=False)
    op.create_index(op.f("ix_plane_info_position_y_canonical"), "plane_info", ["position_y_canonical"], unique=False)
    op.create_index(op.f("ix_plane_info_position_z_canonical"), "plane_info", ["position_z_canonical"], unique=False)
    op.create_table(
        "light_path_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_light_path_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_light_path_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_light_path_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_light_path_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_light_path_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["light_path.id"], name=op.f("fk_light_path_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_light_path_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_path_annotation_link")),
    )
    op.create_index(op.f("ix_light_path_annotation_link_child_id"), "light_path_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_light_path_annotation_link_deleted_event_id"), "light_path_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_light_path_annotation_link_group_id"), "light_path_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_light_path_annotation_link_owner_id"), "light_path_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_light_path_annotation_link_parent_id"), "light_path_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_light_path_annotation_link_live",
        "light_path_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "light_path_emission_filter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("light_path_id", BIG_ID, nullable=False),
        sa.Column("filter_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["filter_id"], ["filter.id"], name=op.f("fk_light_path_emission_filter_filter_id")),
        sa.ForeignKeyConstraint(["light_path_id"], ["light_path.id"], name=op.f("fk_light_path_emission_filter_light_path_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_path_emission_filter")),
    )
    op.create_index(op.f("ix_light_path_emission_filter_filter_id"), "light_path_emission_filter", ["filter_id"], unique=False)
    op.create_index(
        op.f("ix_light_path_emission_filter_light_path_id"), "light_path_emission_filter", ["light_path_id"], unique=False
    )
    op.create_table(
        "light_path_excitation_filter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("light_path_id", BIG_ID, nullable=False),
        sa.Column("filter_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["filter_id"], ["filter.id"], name=op.f("fk_light_path_excitation_filter_filter_id")),
        sa.ForeignKeyConstraint(["light_path_id"], ["light_path.id"], name=op.f("fk_light_path_excitation_filter_light_path_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_path_excitation_filter")),
    )
    op.create_index(op.f("ix_light_path_excitation_filter_filter_id"), "light_path_excitation_filter", ["filter_id"], unique=False)
    op.create_index(
        op.f("ix_light_path_excitation_filter_light_path_id"), "light_path_excitation_filter", ["light_path_id"], unique=False
    )
    op.create_table(
        "plane_info_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_plane_info_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_plane_info_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_plane_info_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_plane_info_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_plane_info_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["plane_info.id"], name=op.f("fk_plane_info_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_plane_info_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plane_info_annotation_link")),
    )
    op.create_index(op.f("ix_plane_info_annotation_link_child_id"), "plane_info_annotation_link", ["child_id"], unique=False)
    op.create_index(
        op.f("ix_plane_info_annotation_link_deleted_event_id"), "plane_info_annotation_link", ["deleted_event_id"], unique=False
    )
    op.create_index(op.f("ix_plane_info_annotation_link_group_id"), "plane_info_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_plane_info_annotation_link_owner_id"), "plane_info_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_plane_info_annotation_link_parent_id"), "plane_info_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_plane_info_annotation_link_live",
        "plane_info_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "projection_def",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rendering_def_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("axis", sa.String(length=1), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("start_plane", sa.Integer(), nullable=True),
        sa.Column("end_plane", sa.Integer(), nullable=True),
        sa.Column("stepping", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["rendering_def_id"], ["rendering_def.id"], name=op.f("fk_projection_def_rendering_def_id")),
        sa.ForeignKeyConstraint(["type"], ["projection_type.value"], name=op.f("fk_projection_def_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projection_def")),
    )
    op.create_index(op.f("ix_projection_def_rendering_def_id"), "projection_def", ["rendering_def_id"], unique=False)
    op.create_table(
        "quantum_def",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rendering_def_id", BIG_ID, nullable=False),
        sa.Column("cd_start", sa.Integer(), nullable=False),
        sa.Column("cd_end", sa.Integer(), nullable=False),
        sa.Column("bit_resolution", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["rendering_def_id"], ["rendering_def.id"], name=op.f("fk_quantum_def_rendering_def_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quantum_def")),
    )
    op.create_index(op.f("ix_quantum_def_rendering_def_id"), "quantum_def", ["rendering_def_id"], unique=True)
    op.create_table(
        "shape_annotation_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=False),
        sa.Column("child_id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("creation_event_id", BIG_ID, nullable=False),
        sa.Column("update_event_id", BIG_ID, nullable=False),
        sa.Column("deleted_event_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["annotation.id"], name=op.f("fk_shape_annotation_link_child_id")),
        sa.ForeignKeyConstraint(["creation_event_id"], ["event.id"], name=op.f("fk_shape_annotation_link_creation_event_id")),
        sa.ForeignKeyConstraint(["deleted_event_id"], ["event.id"], name=op.f("fk_shape_annotation_link_deleted_event_id")),
        sa.ForeignKeyConstraint(["group_id"], ["experimenter_group.id"], name=op.f("fk_shape_annotation_link_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["experimenter.id"], name=op.f("fk_shape_annotation_link_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["shape.id"], name=op.f("fk_shape_annotation_link_parent_id")),
        sa.ForeignKeyConstraint(["update_event_id"], ["event.id"], name=op.f("fk_shape_annotation_link_update_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shape_annotation_link")),
    )
    op.create_index(op.f("ix_shape_annotation_link_child_id"), "shape_annotation_link", ["child_id"], unique=False)
    op.create_index(op.f("ix_shape_annotation_link_deleted_event_id"), "shape_annotation_link", ["deleted_event_id"], unique=False)
    op.create_index(op.f("ix_shape_annotation_link_group_id"), "shape_annotation_link", ["group_id"], unique=False)
    op.create_index(op.f("ix_shape_annotation_link_owner_id"), "shape_annotation_link", ["owner_id"], unique=False)
    op.create_index(op.f("ix_shape_annotation_link_parent_id"), "shape_annotation_link", ["parent_id"], unique=False)
    op.create_index(
        "uq_shape_annotation_link_live",
        "shape_annotation_link",
        ["parent_id", "child_id", "owner_id"],
        unique=True,
        sqlite_where=sa.text("deleted_event_id IS NULL"),
        postgresql_where=sa.text("deleted_event_id IS NULL"),
    )
    op.create_table(
        "codomain_map_context",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel_binding_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("plane_selected", sa.Integer(), nullable=True),
        sa.Column("plane_previous", sa.Integer(), nullable=True),
        sa.Column("lower_limit", sa.Integer(), nullable=True),
        sa.Column("upper_limit", sa.Integer(), nullable=True),
        sa.Column("constant", sa.Boolean(), nullable=True),
        sa.Column("x_start", sa.Integer(), nullable=True),
        sa.Column("x_end", sa.Integer(), nullable=True),
        sa.Column("y_start", sa.Integer(), nullable=True),
        sa.Column("y_end", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_binding_id"], ["channel_binding.id"], name=op.f("fk_codomain_map_context_channel_binding_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codomain_map_context")),
    )
    op.create_index(
        op.f("ix_codomain_map_context_channel_binding_id"), "codomain_map_context", ["channel_binding_id"], unique=False
    )


def add_columns() -> None:
    op.add_column("annotation", sa.Column("term_value", sa.Text(), nullable=True))
    op.add_column("annotation", sa.Column("long_value", sa.BigInteger(), nullable=True))
    op.add_column("annotation", sa.Column("double_value", sa.Double(), nullable=True))
    op.add_column("annotation", sa.Column("bool_value", sa.Boolean(), nullable=True))
    op.add_column("annotation", sa.Column("time_value", sa.DateTime(timezone=True), nullable=True))
    add_reference("annotation", "file_id", BIG_ID, target="original_file.id")
    op.create_index(op.f("ix_annotation_file_id"), "annotation", ["file_id"], unique=False)
    op.add_column("experimenter", sa.Column("middle_name", sa.String(length=255), nullable=True))
    add_reference("image", "instrument_id", BIG_ID, target="instrument.id")
    add_reference("image", "experiment_id", BIG_ID, target="experiment.id")
    op.create_index(op.f("ix_image_experiment_id"), "image", ["experiment_id"], unique=False)
    op.create_index(op.f("ix_image_instrument_id"), "image", ["instrument_id"], unique=False)
    add_reference("logical_channel", "photometric_interpretation", sa.String(length=80), target="photometric_interpretation.value")
    op.add_column("logical_channel", sa.Column("nd_filter", sa.Double(), nullable=True))
    op.add_column("logical_channel", sa.Column("pockel_cell_setting", sa.Integer(), nullable=True))
    add_reference("logical_channel", "filter_set_id", BIG_ID, target="filter_set.id")
    add_reference("logical_channel", "otf_id", BIG_ID, target="otf.id")
    op.create_index(op.f("ix_logical_channel_filter_set_id"), "logical_channel", ["filter_set_id"], unique=False)
    op.create_index(op.f("ix_logical_channel_otf_id"), "logical_channel", ["otf_id"], unique=False)
    op.add_column("plate", sa.Column("external_identifier", sa.String(length=255), nullable=True))
    op.add_column("plate", sa.Column("status", sa.String(length=255), nullable=True))
    add_reference("plate", "row_naming_convention", sa.String(length=80), target="naming_convention.value")
    add_reference("plate", "column_naming_convention", sa.String(length=80), target="naming_convention.value")
    op.add_column("plate", sa.Column("default_sample", sa.Integer(), nullable=True))
    op.add_column("plate", sa.Column("well_origin_x", sa.Double(), nullable=True))
    op.add_column("plate", sa.Column("well_origin_x_unit", sa.String(length=20), nullable=True))
    op.add_column("plate", sa.Column("well_origin_y", sa.Double(), nullable=True))
    op.add_column("plate", sa.Column("well_origin_y_unit", sa.String(length=20), nullable=True))
    op.add_column("plate", sa.Column("well_origin_x_canonical", sa.Double(), nullable=True))
    op.add_column("plate", sa.Column("well_origin_y_canonical", sa.Double(), nullable=True))
    op.create_index(op.f("ix_plate_well_origin_x_canonical"), "plate", ["well_origin_x_canonical"], unique=False)
    op.create_index(op.f("ix_plate_well_origin_y_canonical"), "plate", ["well_origin_y_canonical"], unique=False)
    op.add_column("plate_acquisition", sa.Column("maximum_field_count", sa.Integer(), nullable=True))
    op.add_column("screen", sa.Column("type", sa.String(length=255), nullable=True))
    op.add_column("screen", sa.Column("protocol_identifier", sa.String(length=255), nullable=True))
    op.add_column("screen", sa.Column("protocol_description", sa.Text(), nullable=True))
    op.add_column("screen", sa.Column("reagent_set_identifier", sa.String(length=255), nullable=True))
    op.add_column("screen", sa.Column("reagent_set_description", sa.Text(), nullable=True))
    op.add_column("shape", sa.Column("stroke_dash_array", sa.String(length=255), nullable=True))
    add_reference("shape", "fill_rule", sa.String(length=80), target="fill_rule.value")
    add_reference("shape", "font_family", sa.String(length=80), target="font_family.value")
    add_reference("shape", "font_style", sa.String(length=80), target="font_style.value")
    op.add_column("well", sa.Column("external_description", sa.Text(), nullable=True))
    op.add_column("well", sa.Column("status", sa.String(length=255), nullable=True))
    op.add_column("well", sa.Column("color", sa.String(length=8), nullable=True))
    op.add_column("well_sample", sa.Column("timepoint", sa.DateTime(timezone=True), nullable=True))


SEEDS: dict[str, tuple[str, ...]] = {
    "photometric_interpretation": ("RGB", "ARGB", "CMYK", "HSV", "Monochrome", "ColorMap"),
    "microscope_type": ("Upright", "Inverted", "Dissection", "Electrophysiology", "Other"),
    "immersion": ("Oil", "Water", "WaterDipping", "Air", "Multi", "Glycerol", "Other"),
    "correction": (
        "UV",
        "PlanApo",
        "PlanFluor",
        "SuperFluor",
        "VioletCorrected",
        "Achro",
        "Achromat",
        "Fluor",
        "Fl",
        "Fluar",
        "Neofluar",
        "Fluotar",
        "Apo",
        "PlanNeofluar",
        "Other",
    ),
    "medium": ("Air", "Oil", "Water", "Glycerol", "Other"),
    "detector_type": (
        "CCD",
        "IntensifiedCCD",
        "AnalogVideo",
        "PMT",
        "Photodiode",
        "Spectroscopy",
        "LifetimeImaging",
        "CorrelationSpectroscopy",
        "FTIR",
        "EMCCD",
        "APD",
        "CMOS",
        "EBCCD",
        "Other",
    ),
    "binning": ("1x1", "2x2", "4x4", "8x8", "Other"),
    "laser_type": ("Excimer", "Gas", "MetalVapor", "SolidState", "Dye", "Semiconductor", "FreeElectron", "Other"),
    "laser_medium": (
        "Cu",
        "Ag",
        "ArFl",
        "ArCl",
        "KrFl",
        "KrCl",
        "XeFl",
        "XeCl",
        "XeBr",
        "N",
        "Ar",
        "Kr",
        "Xe",
        "HeNe",
        "HeCd",
        "CO",
        "CO2",
        "H2O",
        "HFl",
        "NdGlass",
        "NdYAG",
        "ErGlass",
        "ErYAG",
        "HoYLF",
        "HoYAG",
        "Ruby",
        "TiSapphire",
        "Alexandrite",
        "Rhodamine6G",
        "CoumarinC30",
        "GaAs",
        "GaAlAs",
        "EMinus",
        "Other",
    ),
    "pulse": ("CW", "Single", "QSwitched", "Repetitive", "ModeLocked", "Other"),
    "arc_type": ("Hg", "Xe", "HgXe", "Other"),
    "filament_type": ("Incandescent", "Halogen", "Other"),
    "filter_type": ("Dichroic", "LongPass", "ShortPass", "BandPass", "MultiPass", "NeutralDensity", "Tuneable", "Other"),
    "experiment_type": (
        "FP",
        "FRET",
        "TimeLapse",
        "FourDPlus",
        "Screen",
        "Immunocytochemistry",
        "Immunofluorescence",
        "FISH",
        "Electrophysiology",
        "IonImaging",
        "Colocalization",
        "PGIDocumentation",
        "FluorescenceLifetime",
        "SpectralImaging",
        "Photobleaching",
        "SPIM",
        "Other",
    ),
    "microbeam_manipulation_type": (
        "FRAP",
        "FLIP",
        "InverseFRAP",
        "Photoablation",
        "Photoactivation",
        "Uncaging",
        "OpticalTrapping",
        "Other",
    ),
    "naming_convention": ("letter", "number"),
    "fill_rule": ("EvenOdd", "NonZero"),
    "font_family": ("serif", "sans-serif", "cursive", "fantasy", "monospace"),
    "font_style": ("Bold", "BoldItalic", "Italic", "Normal"),
    "projection_type": ("maximum", "mean", "sum"),
}


def downgrade() -> None:
    raise NotImplementedError("What was described in these tables would be lost")
