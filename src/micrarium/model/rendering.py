"""Rendering settings, each person's own."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.base import FIXED, READ_ONLY, Owned, Part, referring
from micrarium.model.enumerations import Family, RenderingModel, one_of


class RenderingDef(Owned):
    """How one person wants to see an image."""

    pixels_id: Mapped[int] = referring("pixels", info=FIXED)
    model: Mapped[str] = one_of(RenderingModel, default="color")
    default_z: Mapped[int] = mapped_column(default=0)
    default_t: Mapped[int] = mapped_column(default=0)

    wave_rendering: Mapped[list[ChannelBinding]] = relationship(
        order_by="ChannelBinding.channel_index", cascade="all, delete-orphan", back_populates="rendering_def"
    )


class ChannelBinding(Part):
    """How one channel is shown: whether, in what colour (RRGGBB), and between which values."""

    __whole__ = "rendering_def_id"

    rendering_def_id: Mapped[int] = referring("rendering_def", info=READ_ONLY)
    channel_index: Mapped[int] = mapped_column(info=FIXED)
    active: Mapped[bool] = mapped_column(default=True)
    color: Mapped[str] = mapped_column(String(6), default="FFFFFF")
    input_start: Mapped[float]
    input_end: Mapped[float]
    family: Mapped[str] = one_of(Family, default="linear")
    coefficient: Mapped[float] = mapped_column(default=1.0)
    inverted: Mapped[bool] = mapped_column(default=False)

    rendering_def: Mapped[RenderingDef] = relationship(back_populates="wave_rendering")
