"""Rendering settings, each person's own."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.base import FIXED, READ_ONLY, Owned, Part, color, referring
from micrarium.model.enumerations import Family, ProjectionType, RenderingModel, one_of


class RenderingDef(Owned):
    """How one person wants to see an image."""

    pixels_id: Mapped[int] = referring("pixels", info=FIXED)
    model: Mapped[str] = one_of(RenderingModel, default="color")
    default_z: Mapped[int] = mapped_column(default=0)
    default_t: Mapped[int] = mapped_column(default=0)

    wave_rendering: Mapped[list[ChannelBinding]] = relationship(
        order_by="ChannelBinding.channel_index", cascade="all, delete-orphan", back_populates="rendering_def"
    )


class QuantumDef(Part):
    """The range of brightness that a person's settings map intensities to, of at most ``bit_resolution`` (2^n - 1)."""

    __whole__ = "rendering_def_id"

    rendering_def_id: Mapped[int] = referring("rendering_def", unique=True, info=FIXED)
    cd_start: Mapped[int] = mapped_column(default=0)
    cd_end: Mapped[int] = mapped_column(default=255)
    bit_resolution: Mapped[int] = mapped_column(default=255)


class ProjectionDef(Part):
    """A projection that belongs to a person's settings: which planes along an axis, and how they become one."""

    __whole__ = "rendering_def_id"

    rendering_def_id: Mapped[int] = referring("rendering_def", info=FIXED)
    type: Mapped[str] = one_of(ProjectionType, default="maximum")
    axis: Mapped[str] = mapped_column(String(1), default="z", info={"choices": ("z", "t")})
    active: Mapped[bool] = mapped_column(default=False)
    start_plane: Mapped[int | None]
    end_plane: Mapped[int | None]
    stepping: Mapped[int | None]


class ChannelBinding(Part):
    """How one channel is shown: whether, in what colour (RRGGBB), and between which values."""

    __whole__ = "rendering_def_id"

    rendering_def_id: Mapped[int] = referring("rendering_def", info=READ_ONLY)
    channel_index: Mapped[int] = mapped_column(info=FIXED)
    active: Mapped[bool] = mapped_column(default=True)
    color: Mapped[str] = color(default="FFFFFF")
    input_start: Mapped[float]
    input_end: Mapped[float]
    family: Mapped[str] = one_of(Family, default="linear")
    coefficient: Mapped[float] = mapped_column(default=1.0)
    inverted: Mapped[bool] = mapped_column(default=False)

    rendering_def: Mapped[RenderingDef] = relationship(back_populates="wave_rendering")


class CodomainMapContext(Part):
    """A step between intensity and brightness of a channel. (Reversing is ``ChannelBinding.inverted``.)"""

    __whole__ = "channel_binding_id"
    __kinds__ = "type"

    channel_binding_id: Mapped[int] = referring("channel_binding", info=FIXED)
    type: Mapped[str] = mapped_column(String(40), info=FIXED)
    position: Mapped[int] = mapped_column(default=0)


class PlaneSlicingContext(CodomainMapContext):
    """Brightness between two planes of bits stands out; the rest is made constant or left alone."""

    plane_selected: Mapped[int | None]
    plane_previous: Mapped[int | None]
    lower_limit: Mapped[int | None]
    upper_limit: Mapped[int | None]
    constant: Mapped[bool | None]


class ContrastStretchingContext(CodomainMapContext):
    """Brightness from ``x_start`` to ``x_end`` is stretched to ``y_start`` to ``y_end``."""

    x_start: Mapped[int | None]
    x_end: Mapped[int | None]
    y_start: Mapped[int | None]
    y_end: Mapped[int | None]
