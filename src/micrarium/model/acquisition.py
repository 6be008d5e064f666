"""How an image was acquired: where on the stage, in what environment, through which light path, plane by plane."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Double, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.annotations import annotatable
from micrarium.model.base import FIXED, Part, quantity, referring
from micrarium.model.enumerations import Binning, Medium, MicrobeamManipulationType, one_of
from micrarium.model.images import Image, LogicalChannel, Pixels
from micrarium.model.instruments import Detector, Dichroic, LightSource, Objective


class ObjectiveSettings(Part):
    """The objective an image was taken with, and how it was set."""

    __whole__ = "image_id"
    __plural__ = "objective_settings"

    image_id: Mapped[int] = referring("image", unique=True, info=FIXED)
    objective_id: Mapped[int] = referring("objective")
    correction_collar: Mapped[float | None] = mapped_column(Double)
    medium: Mapped[str | None] = one_of(Medium, nullable=True)
    refractive_index: Mapped[float | None] = mapped_column(Double)

    image: Mapped[Image] = relationship()
    objective: Mapped[Objective] = relationship()


class ImagingEnvironment(Part):
    """What surrounded a specimen while it was imaged. ``co2_percent`` and ``humidity`` are fractions of one."""

    __whole__ = "image_id"

    image_id: Mapped[int] = referring("image", unique=True, info=FIXED)
    temperature: Mapped[float | None] = quantity("temperature")
    temperature_unit: Mapped[str | None] = mapped_column(String(20))
    air_pressure: Mapped[float | None] = quantity("pressure")
    air_pressure_unit: Mapped[str | None] = mapped_column(String(20))
    humidity: Mapped[float | None] = mapped_column(Double)
    co2_percent: Mapped[float | None] = mapped_column(Double)
    map_value: Mapped[list[Any] | None]

    image: Mapped[Image] = relationship()


class StageLabel(Part):
    """A named position of the stage."""

    __whole__ = "image_id"

    image_id: Mapped[int] = referring("image", unique=True, info=FIXED)
    name: Mapped[str] = mapped_column(String(255))
    position_x: Mapped[float | None] = quantity("length")
    position_x_unit: Mapped[str | None] = mapped_column(String(20))
    position_y: Mapped[float | None] = quantity("length")
    position_y_unit: Mapped[str | None] = mapped_column(String(20))
    position_z: Mapped[float | None] = quantity("length")
    position_z_unit: Mapped[str | None] = mapped_column(String(20))

    image: Mapped[Image] = relationship()


@annotatable
class PlaneInfo(Part):
    """When and where one plane was taken, and for how long it was exposed."""

    __whole__ = "pixels_id"
    __table_args__ = (UniqueConstraint("pixels_id", "the_t", "the_c", "the_z"),)

    pixels_id: Mapped[int] = referring("pixels", index=False, info=FIXED)
    the_z: Mapped[int] = mapped_column(info=FIXED)
    the_c: Mapped[int] = mapped_column(info=FIXED)
    the_t: Mapped[int] = mapped_column(info=FIXED)
    delta_t: Mapped[float | None] = quantity("time")
    delta_t_unit: Mapped[str | None] = mapped_column(String(20))
    exposure_time: Mapped[float | None] = quantity("time")
    exposure_time_unit: Mapped[str | None] = mapped_column(String(20))
    position_x: Mapped[float | None] = quantity("length")
    position_x_unit: Mapped[str | None] = mapped_column(String(20))
    position_y: Mapped[float | None] = quantity("length")
    position_y_unit: Mapped[str | None] = mapped_column(String(20))
    position_z: Mapped[float | None] = quantity("length")
    position_z_unit: Mapped[str | None] = mapped_column(String(20))

    pixels: Mapped[Pixels] = relationship()


class DetectorSettings(Part):
    """The detector of a channel, and how it was set."""

    __whole__ = "logical_channel_id"
    __plural__ = "detector_settings"

    logical_channel_id: Mapped[int] = referring("logical_channel", unique=True, info=FIXED)
    detector_id: Mapped[int] = referring("detector")
    binning: Mapped[str | None] = one_of(Binning, nullable=True)
    gain: Mapped[float | None] = mapped_column(Double)
    offset: Mapped[float | None] = mapped_column(Double)
    zoom: Mapped[float | None] = mapped_column(Double)
    integration: Mapped[int | None]
    voltage: Mapped[float | None] = quantity("electric potential")
    voltage_unit: Mapped[str | None] = mapped_column(String(20))
    read_out_rate: Mapped[float | None] = quantity("frequency")
    read_out_rate_unit: Mapped[str | None] = mapped_column(String(20))

    logical_channel: Mapped[LogicalChannel] = relationship()
    detector: Mapped[Detector] = relationship()


class LightSettings(Part):
    """The light source of a channel, and how it was set. ``attenuation`` is a fraction of one."""

    __whole__ = "logical_channel_id"
    __plural__ = "light_settings"

    logical_channel_id: Mapped[int] = referring("logical_channel", unique=True, info=FIXED)
    light_source_id: Mapped[int] = referring("light_source")
    attenuation: Mapped[float | None] = mapped_column(Double)
    wavelength: Mapped[float | None] = quantity("length")
    wavelength_unit: Mapped[str | None] = mapped_column(String(20))

    logical_channel: Mapped[LogicalChannel] = relationship()
    light_source: Mapped[LightSource] = relationship()


@annotatable
class LightPath(Part):
    """What the light of a channel passed through."""

    __whole__ = "logical_channel_id"

    logical_channel_id: Mapped[int] = referring("logical_channel", unique=True, info=FIXED)
    dichroic_id: Mapped[int | None] = referring("dichroic")

    logical_channel: Mapped[LogicalChannel] = relationship()
    dichroic: Mapped[Dichroic | None] = relationship()


class LightPathExcitationFilter(Part):
    """That a filter stands in the excitation light of a channel, at a place among the others."""

    __whole__ = "light_path_id"

    light_path_id: Mapped[int] = referring("light_path", info=FIXED)
    filter_id: Mapped[int] = referring("filter", info=FIXED)
    position: Mapped[int] = mapped_column(default=0)


class LightPathEmissionFilter(Part):
    """That a filter stands in the emitted light of a channel, at a place among the others."""

    __whole__ = "light_path_id"

    light_path_id: Mapped[int] = referring("light_path", info=FIXED)
    filter_id: Mapped[int] = referring("filter", info=FIXED)
    position: Mapped[int] = mapped_column(default=0)


class MicrobeamManipulation(Part):
    """What was done to a specimen with light during an experiment, such as bleaching."""

    __whole__ = "experiment_id"

    experiment_id: Mapped[int] = referring("experiment", info=FIXED)
    type: Mapped[str | None] = one_of(MicrobeamManipulationType, nullable=True)
    description: Mapped[str | None] = mapped_column(Text)


class MicrobeamLightSettings(Part):
    """A light source of a manipulation, and how it was set. ``attenuation`` is a fraction of one."""

    __whole__ = "microbeam_manipulation_id"
    __plural__ = "microbeam_light_settings"

    microbeam_manipulation_id: Mapped[int] = referring("microbeam_manipulation", info=FIXED)
    light_source_id: Mapped[int] = referring("light_source", info=FIXED)
    attenuation: Mapped[float | None] = mapped_column(Double)
    wavelength: Mapped[float | None] = quantity("length")
    wavelength_unit: Mapped[str | None] = mapped_column(String(20))


class ExternalInfo(Part):
    """Where an image is known by another name: the ``lsid`` or address of an entity of another system."""

    __whole__ = "image_id"

    image_id: Mapped[int] = referring("image", info=FIXED)
    entity_type: Mapped[str] = mapped_column(String(255))
    entity_id: Mapped[int | None]
    lsid: Mapped[str | None] = mapped_column(Text)
    uuid: Mapped[str | None] = mapped_column(String(36))
