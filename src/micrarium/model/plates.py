"""Screens, plates, wells and the fields in them. Rows and columns count from zero."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.annotations import annotatable
from micrarium.model.base import FIXED, Owned, Part, color, make_link, quantity, referring
from micrarium.model.enumerations import NamingConvention, one_of
from micrarium.model.images import Image


@annotatable
class Screen(Owned):
    """A container of plates."""

    name: Mapped[str] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)
    type: Mapped[str | None] = mapped_column(String(255))
    protocol_identifier: Mapped[str | None] = mapped_column(String(255))
    protocol_description: Mapped[str | None] = mapped_column(Text)
    reagent_set_identifier: Mapped[str | None] = mapped_column(String(255))
    reagent_set_description: Mapped[str | None] = mapped_column(Text)


@annotatable
class Reagent(Part):
    """A substance of a screen that wells are given."""

    __whole__ = "screen_id"

    screen_id: Mapped[int] = referring("screen", info=FIXED)
    name: Mapped[str] = mapped_column(String(1000))
    description: Mapped[str | None] = mapped_column(Text)
    reagent_identifier: Mapped[str | None] = mapped_column(String(255), index=True)


@annotatable
class Plate(Owned):
    """A multi-well plate."""

    name: Mapped[str] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(default=0)
    columns: Mapped[int] = mapped_column(default=0)
    external_identifier: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str | None] = mapped_column(String(255))
    row_naming_convention: Mapped[str | None] = one_of(NamingConvention, nullable=True)
    column_naming_convention: Mapped[str | None] = one_of(NamingConvention, nullable=True)
    default_sample: Mapped[int | None]
    well_origin_x: Mapped[float | None] = quantity("length")
    well_origin_x_unit: Mapped[str | None] = mapped_column(String(20))
    well_origin_y: Mapped[float | None] = quantity("length")
    well_origin_y_unit: Mapped[str | None] = mapped_column(String(20))

    wells: Mapped[list[Well]] = relationship(back_populates="plate")


ScreenPlateLink = make_link(Screen, Plate)


@annotatable
class PlateAcquisition(Part):
    """One run over a plate."""

    __whole__ = "plate_id"

    plate_id: Mapped[int] = referring("plate", info=FIXED)
    name: Mapped[str] = mapped_column(String(1000), default="")
    description: Mapped[str | None] = mapped_column(Text)
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    maximum_field_count: Mapped[int | None]


@annotatable
class Well(Part):
    """A well of a plate."""

    __whole__ = "plate_id"
    __table_args__ = (UniqueConstraint("plate_id", "row", "column"),)

    plate_id: Mapped[int] = referring("plate", info=FIXED)
    row: Mapped[int] = mapped_column(info=FIXED)
    column: Mapped[int] = mapped_column(info=FIXED)
    type: Mapped[str | None] = mapped_column(String(255))
    external_identifier: Mapped[str | None] = mapped_column(String(255))
    external_description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(255))
    color: Mapped[str | None] = color(digits=8)

    plate: Mapped[Plate] = relationship(back_populates="wells")
    well_samples: Mapped[list[WellSample]] = relationship(back_populates="well", order_by="WellSample.field_index")


class WellSample(Part):
    """A field: one image in a well, of one run."""

    __whole__ = "well_id"

    well_id: Mapped[int] = referring("well", info=FIXED)
    image_id: Mapped[int] = referring("image", info=FIXED)
    plate_acquisition_id: Mapped[int | None] = referring("plate_acquisition", info=FIXED)
    field_index: Mapped[int] = mapped_column(default=0)
    timepoint: Mapped[datetime | None]
    pos_x: Mapped[float | None] = quantity("length")
    pos_x_unit: Mapped[str | None] = mapped_column(String(20))
    pos_y: Mapped[float | None] = quantity("length")
    pos_y_unit: Mapped[str | None] = mapped_column(String(20))

    well: Mapped[Well] = relationship(back_populates="well_samples")
    image: Mapped[Image] = relationship()
    plate_acquisition: Mapped[PlateAcquisition | None] = relationship()


WellReagentLink = make_link(Well, Reagent)


def well_label(row: int, column: int) -> str:
    """How people name a well: rows by letters (Z is followed by AA), columns by numbers from 1."""
    letters = ""
    number = row + 1
    while number > 0:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{column + 1}"
