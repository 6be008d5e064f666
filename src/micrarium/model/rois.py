"""Regions of interest. Coordinates are pixels of the full resolution; a plane that is not said means all planes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Double, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column, relationship

from micrarium.model.annotations import annotatable
from micrarium.model.base import FIXED, Owned, Part, color, referring
from micrarium.model.enumerations import FillRule, FontFamily, FontStyle, one_of
from micrarium.model.images import Image


def _coordinate() -> MappedColumn[Any]:
    """A column several kinds of shape have in common; it is null for the others."""
    return mapped_column(Double, nullable=True, use_existing_column=True)


@annotatable
class Roi(Owned):
    """A region of interest of an image: one or more shapes."""

    image_id: Mapped[int] = referring("image", info=FIXED)
    name: Mapped[str | None] = mapped_column(String(1000))
    description: Mapped[str | None] = mapped_column(Text)

    image: Mapped[Image] = relationship()
    shapes: Mapped[list[Shape]] = relationship(back_populates="roi", order_by="Shape.id")


@annotatable
class Shape(Part):
    """One shape of a region of interest. Colours are RRGGBBAA."""

    __whole__ = "roi_id"
    __kinds__ = "type"

    roi_id: Mapped[int] = referring("roi", info=FIXED)
    type: Mapped[str] = mapped_column(String(20), info=FIXED)
    the_z: Mapped[int | None]
    the_t: Mapped[int | None]
    the_c: Mapped[int | None]
    text_value: Mapped[str | None] = mapped_column(Text)
    fill_color: Mapped[str | None] = color(digits=8)
    stroke_color: Mapped[str | None] = color(digits=8)
    stroke_width: Mapped[float | None]
    stroke_dash_array: Mapped[str | None] = mapped_column(String(255))
    fill_rule: Mapped[str | None] = one_of(FillRule, nullable=True)
    font_family: Mapped[str | None] = one_of(FontFamily, nullable=True)
    font_size: Mapped[float | None]
    font_style: Mapped[str | None] = one_of(FontStyle, nullable=True)
    locked: Mapped[bool | None]
    transform: Mapped[list[Any] | None]

    roi: Mapped[Roi] = relationship(back_populates="shapes")


class Point(Shape):
    """A point."""

    x: Mapped[float] = _coordinate()
    y: Mapped[float] = _coordinate()


class Line(Shape):
    """A line from (x1, y1) to (x2, y2)."""

    x1: Mapped[float] = _coordinate()
    y1: Mapped[float] = _coordinate()
    x2: Mapped[float] = _coordinate()
    y2: Mapped[float] = _coordinate()
    marker_start: Mapped[str | None] = mapped_column(String(20), nullable=True, use_existing_column=True)
    marker_end: Mapped[str | None] = mapped_column(String(20), nullable=True, use_existing_column=True)


class Polyline(Shape):
    """A line through ``points``, "x,y x,y ..."."""

    points: Mapped[str] = mapped_column(Text, nullable=True, use_existing_column=True)


class Polygon(Shape):
    """A closed line through ``points``, "x,y x,y ..."."""

    points: Mapped[str] = mapped_column(Text, nullable=True, use_existing_column=True)


class Rectangle(Shape):
    """A rectangle whose corner nearest to the origin is (x, y)."""

    x: Mapped[float] = _coordinate()
    y: Mapped[float] = _coordinate()
    width: Mapped[float] = _coordinate()
    height: Mapped[float] = _coordinate()


class Ellipse(Shape):
    """An ellipse around (x, y)."""

    x: Mapped[float] = _coordinate()
    y: Mapped[float] = _coordinate()
    radius_x: Mapped[float] = _coordinate()
    radius_y: Mapped[float] = _coordinate()


class Label(Shape):
    """A text at (x, y)."""

    x: Mapped[float] = _coordinate()
    y: Mapped[float] = _coordinate()


class Mask(Shape):
    """A bitmap over the rectangle at (x, y): one bit a pixel, rows first, the highest bit first."""

    x: Mapped[float] = _coordinate()
    y: Mapped[float] = _coordinate()
    width: Mapped[float] = _coordinate()
    height: Mapped[float] = _coordinate()
    bytes: Mapped[bytes] = mapped_column(LargeBinary, nullable=True, use_existing_column=True)
