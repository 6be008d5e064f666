"""Images, their pixels and their channels."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.annotations import annotatable
from micrarium.model.base import PRIVATE, READ_ONLY, Owned, Part, color, quantity, referring
from micrarium.model.enumerations import (
    AcquisitionMode,
    ContrastMethod,
    DimensionOrder,
    Illumination,
    PhotometricInterpretation,
    PixelsType,
    one_of,
)
from micrarium.model.files import Fileset
from micrarium.model.instruments import Experiment, Instrument


@annotatable
class Image(Owned):
    """An image: one acquisition of up to five dimensions, at place ``series`` of the fileset it came in.

    ``acquired_by`` is who took it, as the file names them: no account is meant.
    """

    __table_args__ = (Index("ix_image_group_id_name", "group_id", "name"),)

    name: Mapped[str] = mapped_column(String(1000))
    description: Mapped[str | None] = mapped_column(Text)
    acquisition_date: Mapped[datetime | None] = mapped_column(index=True)
    acquired_by: Mapped[str | None] = mapped_column(String(255))
    acquisition_software: Mapped[str | None] = mapped_column(String(255))
    fileset_id: Mapped[int | None] = referring("fileset", info=READ_ONLY)
    series: Mapped[int] = mapped_column(default=0, info=READ_ONLY)

    instrument_id: Mapped[int | None] = referring("instrument")
    experiment_id: Mapped[int | None] = referring("experiment")

    fileset: Mapped[Fileset | None] = relationship()
    instrument: Mapped[Instrument | None] = relationship()
    experiment: Mapped[Experiment | None] = relationship()
    pixels: Mapped[Pixels] = relationship(back_populates="image", uselist=False)


class Pixels(Part):
    """The pixels of an image: how many along each axis, of what type and what size. Samples of RGB count as channels."""

    __whole__ = "image_id"
    __plural__ = "pixels"
    __table_args__ = (
        Index(
            "ix_pixels_pyramid", "image_id", "pyramid_bytes",
            sqlite_where=text("pyramid IS NOT NULL"), postgresql_where=text("pyramid IS NOT NULL"),
        ),
    )  # fmt: skip

    image_id: Mapped[int] = referring("image", unique=True, info=READ_ONLY)
    size_x: Mapped[int] = mapped_column(info=READ_ONLY)
    size_y: Mapped[int] = mapped_column(info=READ_ONLY)
    size_z: Mapped[int] = mapped_column(info=READ_ONLY)
    size_c: Mapped[int] = mapped_column(info=READ_ONLY)
    size_t: Mapped[int] = mapped_column(info=READ_ONLY)
    samples: Mapped[int] = mapped_column(default=1, info=READ_ONLY)
    pixels_type: Mapped[str] = one_of(PixelsType)
    dimension_order: Mapped[str] = one_of(DimensionOrder, default="XYZCT")
    significant_bits: Mapped[int | None] = mapped_column(info=READ_ONLY)
    physical_size_x: Mapped[float | None] = quantity("length")
    physical_size_x_unit: Mapped[str | None] = mapped_column(String(20))
    physical_size_y: Mapped[float | None] = quantity("length")
    physical_size_y_unit: Mapped[str | None] = mapped_column(String(20))
    physical_size_z: Mapped[float | None] = quantity("length")
    physical_size_z_unit: Mapped[str | None] = mapped_column(String(20))
    time_increment: Mapped[float | None] = quantity("time")
    time_increment_unit: Mapped[str | None] = mapped_column(String(20))
    is_label: Mapped[bool] = mapped_column(default=False, info=READ_ONLY)
    pyramid: Mapped[str | None] = mapped_column(Text, info=PRIVATE)
    pyramid_bytes: Mapped[int | None] = mapped_column(BigInteger, info=PRIVATE)

    image: Mapped[Image] = relationship(back_populates="pixels")
    channels: Mapped[list[Channel]] = relationship(back_populates="pixels", order_by="Channel.channel_index")


class LogicalChannel(Part):
    """How a channel was acquired. Channels of many images may share one. Wavelengths are in nanometres."""

    __whole__ = "Channel.logical_channel_id"

    name: Mapped[str | None] = mapped_column(String(255))
    fluor: Mapped[str | None] = mapped_column(String(255))
    excitation_wave: Mapped[float | None] = mapped_column(Double)
    emission_wave: Mapped[float | None] = mapped_column(Double)
    pin_hole_size: Mapped[float | None] = quantity("length")
    pin_hole_size_unit: Mapped[str | None] = mapped_column(String(20))
    contrast_method: Mapped[str | None] = one_of(ContrastMethod, nullable=True)
    mode: Mapped[str | None] = one_of(AcquisitionMode, nullable=True)
    illumination: Mapped[str | None] = one_of(Illumination, nullable=True)
    photometric_interpretation: Mapped[str | None] = one_of(PhotometricInterpretation, nullable=True)
    nd_filter: Mapped[float | None] = mapped_column(Double)
    pockel_cell_setting: Mapped[int | None]
    filter_set_id: Mapped[int | None] = referring("filter_set")
    otf_id: Mapped[int | None] = referring("otf")


@annotatable
class Channel(Part):
    """One channel of pixels. ``color`` is RRGGBB."""

    __whole__ = "pixels_id"

    pixels_id: Mapped[int] = referring("pixels", info=READ_ONLY)
    logical_channel_id: Mapped[int] = referring("logical_channel", info=READ_ONLY)
    channel_index: Mapped[int] = mapped_column(info=READ_ONLY)
    color: Mapped[str | None] = color()

    pixels: Mapped[Pixels] = relationship(back_populates="channels")
    logical_channel: Mapped[LogicalChannel] = relationship()
    stats_info: Mapped[StatsInfo | None] = relationship(back_populates="channel", uselist=False)


class StatsInfo(Part):
    """The least and greatest value of a channel, and the display window found at import."""

    __whole__ = "channel_id"
    __plural__ = "stats_infos"

    channel_id: Mapped[int] = referring("channel", unique=True, info=READ_ONLY)
    global_min: Mapped[float] = mapped_column(info=READ_ONLY)
    global_max: Mapped[float] = mapped_column(info=READ_ONLY)
    window_start: Mapped[float] = mapped_column(info=READ_ONLY)
    window_end: Mapped[float] = mapped_column(info=READ_ONLY)

    channel: Mapped[Channel] = relationship(back_populates="stats_info")
