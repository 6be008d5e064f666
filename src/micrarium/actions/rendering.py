"""How images are shown to a person, and pictures of them: thumbnails, planes, regions and histograms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

import micrarium
from micrarium.actions.locating import Location, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.thumbnails import ThumbnailStore
from micrarium.errors import InvalidInput, NotAllowed, NotFound
from micrarium.model import Channel, ChannelBinding, Image, LogicalChannel, Pixels, RenderingDef, StatsInfo
from micrarium.permissions import ActorSession, every, visible
from micrarium.pixels.channels import ChannelView, is_shown_first, type_limits
from micrarium.pixels.statistics import Histogram, histogram
from micrarium.render.encoding import encode_picture
from micrarium.render.parameters import parse_rendering
from micrarium.render.regions import render_region
from micrarium.render.settings import ChannelSettings, Family, RenderingSettings
from micrarium.render.thumbnails import render_thumbnail

#: The colour of channels that say none.
_UNSAID = "FFFFFF"


@dataclass(frozen=True, slots=True)
class ImageView:
    """How an image is shown to a person: the settings, what its channels are called, and the limits of their windows.

    ``whose`` is ``own``, ``owner`` or ``import``.
    """

    image_id: int
    image_version: int
    name: str
    settings: RenderingSettings
    names: tuple[str, ...]
    limits: tuple[tuple[float, float], ...]
    default_z: int
    default_t: int
    whose: str

    @property
    def channels(self) -> tuple[ChannelView, ...]:
        """The channels as OME-Zarr's ``omero`` block describes them."""
        return tuple(
            ChannelView(name, one.color, (one.start, one.end), limits, one.active)
            for name, one, limits in zip(self.names, self.settings.channels, self.limits, strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """The settings as clients see them."""
        channels = [
            {"index": i, "name": name, "active": one.active, "color": one.color, "start": one.start, "end": one.end}
            | {"min": low, "max": high, "inverted": one.inverted, "family": one.family, "coefficient": one.coefficient}
            for i, (name, one, (low, high)) in enumerate(zip(self.names, self.settings.channels, self.limits, strict=True))
        ]
        about = {"model": self.settings.model, "default_z": self.default_z, "default_t": self.default_t, "whose": self.whose}
        return about | {"channels": channels}


def view_image(session: ActorSession, image_id: int) -> ImageView:
    """How an image is shown: by the person's own settings, else by the owner's, else as the import found. ``NotFound``."""
    row = _image_row(session, image_id)
    channels = _channel_rows(session, row.pixels_id)
    limits = tuple(_limits(row, channel) for channel in channels)
    count = len(channels)
    shown = tuple(
        ChannelSettings(c.window_start, c.window_end, c.color or _UNSAID, is_shown_first(i, count, samples=row.samples))
        for i, c in enumerate(channels)
    )
    found, whose = _settings_of(session, row)
    model, default_z, default_t = "color", row.size_z // 2, 0
    if found is not None:
        bound = {binding.channel_index: binding for binding in found.wave_rendering}
        shown = tuple(_bound(bound[i]) if i in bound else one for i, one in enumerate(shown))
        model, default_z, default_t = found.model, min(found.default_z, row.size_z - 1), min(found.default_t, row.size_t - 1)
    names = tuple(c.name or f"Channel {i + 1}" for i, c in enumerate(channels))
    settings = RenderingSettings(shown, model="greyscale" if model == "greyscale" else "color")
    return ImageView(image_id, row.version, row.name, settings, names, limits, default_z, default_t, whose)


def _image_row(session: ActorSession, image_id: int) -> Any:
    start = every(Image) if session.actor is None else visible(Image, session.actor)
    columns: list[Any] = [Image.version, Image.name, Image.owner_id, Image.group_id, Pixels.id.label("pixels_id"), Pixels.samples]
    columns += [Pixels.size_z, Pixels.size_t, Pixels.size_c, Pixels.pixels_type, Pixels.significant_bits]
    statement = start.join(Pixels, Pixels.image_id == Image.id).where(Image.id == image_id).with_only_columns(*columns)
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(f"There is no image:{image_id}")
    return row


def _channel_rows(session: ActorSession, pixels_id: int) -> list[Any]:
    start = every(Channel) if session.actor is None else visible(Channel, session.actor)
    statement = (
        start.join(LogicalChannel, LogicalChannel.id == Channel.logical_channel_id)
        .join(StatsInfo, StatsInfo.channel_id == Channel.id)
        .where(Channel.pixels_id == pixels_id)
        .order_by(Channel.channel_index)
        .with_only_columns(
            LogicalChannel.name,
            Channel.color,
            StatsInfo.global_min,
            StatsInfo.global_max,
            StatsInfo.window_start,
            StatsInfo.window_end,
        )
    )
    return list(session.execute(statement).all())


def _limits(row: Any, channel: Any) -> tuple[float, float]:
    dtype = np.dtype(row.pixels_type)
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        low, high = type_limits(dtype, significant_bits=row.significant_bits)
    else:
        low, high = channel.global_min, channel.global_max
    return min(low, channel.window_start), max(high, channel.window_end)


def _settings_of(session: ActorSession, row: Any) -> tuple[RenderingDef | None, str]:
    own_id = session.actor.id if session.actor is not None else row.owner_id
    start = every(RenderingDef) if session.actor is None else visible(RenderingDef, session.actor)
    statement = start.where(RenderingDef.pixels_id == row.pixels_id, RenderingDef.owner_id.in_({own_id, row.owner_id}))
    found = {one.owner_id: one for one in session.scalars(statement.order_by(RenderingDef.id))}
    if own_id in found:
        return found[own_id], "own"
    return (found[row.owner_id], "owner") if row.owner_id in found else (None, "import")


def _bound(binding: ChannelBinding) -> ChannelSettings:
    return ChannelSettings(
        binding.input_start,
        binding.input_end,
        binding.color or _UNSAID,
        binding.active,
        family=cast("Family", binding.family),
        coefficient=binding.coefficient,
        inverted=binding.inverted,
    )


def save_rendering(session: ActorSession, image_id: int, wanted: Mapping[str, Any]) -> ImageView:
    """How an image is shown after these settings were saved for the person; channels and fields left out stay as they are."""
    before = view_image(session, image_id)
    row = _image_row(session, image_id)
    settings, default_z, default_t = _changed(before, row, wanted)
    found, whose = _settings_of(session, row)
    if found is None or whose != "own":
        found = RenderingDef(pixels_id=row.pixels_id, group_id=row.group_id)
        session.add(found)
    found.model, found.default_z, found.default_t = settings.model, default_z, default_t
    bound = {binding.channel_index: binding for binding in found.wave_rendering}
    for index, one in enumerate(settings.channels):
        if index not in bound:
            bound[index] = ChannelBinding(channel_index=index)
            found.wave_rendering.append(bound[index])
        binding = bound[index]
        binding.active, binding.color, binding.inverted = one.active, one.color.upper(), one.inverted
        binding.input_start, binding.input_end = one.start, one.end
        binding.family, binding.coefficient = one.family, one.coefficient
    session.flush()
    return view_image(session, image_id)


def _changed(before: ImageView, row: Any, wanted: Mapping[str, Any]) -> tuple[RenderingSettings, int, int]:
    channels = list(before.settings.channels)
    for entry in wanted.get("channels") or []:
        index = entry["index"]
        if not 0 <= index < len(channels):
            raise InvalidInput(f"There is no channel {index}: the image has {len(channels)}", field="channels")
        now = channels[index]
        given = {key: entry[key] for key in entry if entry[key] is not None}
        channels[index] = ChannelSettings(
            float(given.get("start", now.start)),
            float(given.get("end", now.end)),
            str(given.get("color", now.color)).lstrip("#"),
            bool(given.get("active", now.active)),
            family=given.get("family", now.family),
            coefficient=float(given.get("coefficient", now.coefficient)),
            inverted=bool(given.get("inverted", now.inverted)),
        )
    model = wanted.get("model") or before.settings.model
    if model not in ("color", "greyscale"):
        raise InvalidInput(f"model is {model!r}; use color or greyscale", field="model")
    planes = []
    for name, now, length in (("default_z", before.default_z, row.size_z), ("default_t", before.default_t, row.size_t)):
        value = wanted.get(name)
        value = now if value is None else value
        if not 0 <= value < length:
            raise InvalidInput(f"{name} is {value}; it goes from 0 to {length - 1}", field=name)
        planes.append(value)
    return RenderingSettings(tuple(channels), model=model), planes[0], planes[1]


def forget_rendering(session: ActorSession, image_id: int) -> ImageView:
    """How an image is shown after the person's own settings are forgotten."""
    if session.actor is None:
        raise NotAllowed("Only a person has rendering settings")
    row = _image_row(session, image_id)
    found, whose = _settings_of(session, row)
    if found is not None and whose == "own":
        session.delete(found)
        session.flush()
    return view_image(session, image_id)


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that a picture of an image depends on, as plain values: it is drawn when no session is open any more."""

    location: Location
    view: ImageView
    settings: RenderingSettings

    def tag(self, *parameters: Any) -> str:
        """What tells a picture with these parameters from all others."""
        said = (micrarium.__version__, self.location.tag, self.settings, *parameters)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def prepare_drawing(session: ActorSession, site: Site, image_id: int, *, parameters: Mapping[str, str] | None = None) -> Drawing:
    """What is needed to draw an image as a person sees it, changed by parameters in OMERO's notation (``c``, ``m``, ``p``)."""
    location = source_of(session, site, image_id)
    view = view_image(session, image_id)
    return Drawing(location, view, parse_rendering(parameters or {}, view.settings))


def draw_thumbnail(site: Site, drawing: Drawing, *, size: int = 256, kind: str = "jpeg") -> bytes:
    """The encoded picture of the middle of an image, its longer side ``size`` pixels; kept, so that it is drawn once."""
    store = ThumbnailStore(site.data / "thumbnails")
    key = drawing.tag("thumbnail", size, kind)
    if (found := store.get(drawing.view.image_id, key)) is not None:
        return found
    with open_location(site, drawing.location) as source:
        shape = source.shape
        z, t = min(drawing.view.default_z, shape.z - 1), min(drawing.view.default_t, shape.t - 1)
        picture = render_thumbnail(source, drawing.settings, size=size, z=z, t=t)
    encoded = encode_picture(picture, kind, quality=85)
    store.put(drawing.view.image_id, key, encoded)
    return encoded


def draw_region(site: Site, drawing: Drawing, *, kind: str = "jpeg", quality: int = 85, **region: Any) -> bytes:
    """The encoded picture of a region of one plane; ``region`` is as in ``render_region``."""
    with open_location(site, drawing.location) as source:
        picture = render_region(source, drawing.settings, **region)
    return encode_picture(picture, kind, quality=quality)


def count_values(site: Site, location: Location, *, channel: int, z: int, t: int, bins: int) -> Histogram:
    """The histogram of one plane of an image, from a level small enough to be quick."""
    with open_location(site, location) as source:
        return histogram(source, channel, z=z, t=t, bins=bins)
