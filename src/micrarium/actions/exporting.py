"""Exporting: images and plates as OME-Zarr with an RO-Crate, images as OME-TIFF, and originals as they came."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.actions.blinding import neutral_name
from micrarium.actions.crating import crate_of
from micrarium.actions.deidentifying import DeidentifiedSource, deidentify_description, refuse_slide_picture
from micrarium.actions.downloading import original_members
from micrarium.actions.locating import Location, open_fileset, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.rendering import ImageView, view_image
from micrarium.errors import InvalidInput, NotFound, UnreadableFile
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.originals import ZipMember
from micrarium.geometry import Region
from micrarium.model import Image, Plate, Well, WellSample
from micrarium.permissions import Actor, ActorSession, get_visible, open_session, visible
from micrarium.pixels.source import ChannelDescription, ImageFile, PlateDescription, Source
from micrarium.pixels.staging import staged_folder

FORMATS = ("ome-zarr", "ome-tiff", "original")
SUFFIXES = {"ome-zarr": ".ome.zarr", "ome-tiff": ".ome.tiff"}
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Export:
    """What is exported, as plain values: an image, or all images of a plate with that of its first field to find them by."""

    name: str
    location: Location
    view: ImageView
    description: CrateDescription
    plate: int | None = None
    is_deidentified: bool = False


def export_object(
    site: Site,
    actor: Actor,
    name: str,
    out: Path,
    *,
    format: str = "ome-zarr",  # noqa: A002  # as everyone calls it
    overwrite: bool = False,
    is_deidentified: bool = False,
    progress: Progress | None = None,
) -> None:
    """Writes an object (``image:12``, ``plate:3``) to ``out``, which appears when it is complete, or not at all.

    ``is_deidentified`` leaves out what tells whose images they are. Raises ``NotFound``, ``OutputExists``, and
    ``InvalidInput`` for what cannot be had in that format.
    """
    with open_session(site.engine, actor, is_reading=True) as session:
        kind, number = parse_name(name, format=format)
        if format == "original":
            members = original_members(session, site, number)
        else:
            wanted = _export_of_image(session, site, number) if kind == "image" else _export_of_plate(session, site, number)
            wanted = _deidentified(wanted, kind, number) if is_deidentified else wanted
    if format == "original":
        _copy_originals(members, out, overwrite=overwrite)
    elif format == "ome-tiff":
        from micrarium.exchange.ome_tiff import export_ome_tiff

        with open_location(site, wanted.location) as source:
            told = _described(source, wanted)
            export_ome_tiff(told, out, description=wanted.description, overwrite=overwrite, progress=progress)
    else:
        from micrarium.exchange.ome_zarr import export_ome_zarr

        with _content(site, wanted) as content:
            export_ome_zarr(content, out, description=wanted.description, overwrite=overwrite, progress=progress)


def parse_name(name: str, *, format: str) -> tuple[str, int]:  # noqa: A002  # as everyone calls it
    """The kind and number of an object that can be exported in a format. Raises ``InvalidInput``."""
    kind, _, number = name.partition(":")
    if format not in FORMATS:
        raise InvalidInput(f"{format!r} is no format for exports; there are {', '.join(FORMATS)}", field="format")
    if not (number.isascii() and number.isdecimal() and len(number) < 19) or kind not in ("image", "plate"):
        raise InvalidInput(f"{name!r} cannot be exported; give an image or a plate, such as image:12", field="object")
    if kind == "plate" and format != "ome-zarr":
        raise InvalidInput("A plate can be exported as ome-zarr; export its images one by one in other formats", field="format")
    return kind, int(number)


def check_export(session: ActorSession, site: Site, name: str, *, format: str) -> str:  # noqa: A002  # as everyone calls it
    """What the file or folder of an export is best called. Raises what stands in its way."""
    kind, number = parse_name(name, format=format)
    if kind == "plate":
        return _file_name(get_visible(session, Plate, number).name, number, SUFFIXES[format])
    source_of(session, site, number)
    return _file_name(get_visible(session, Image, number).name, number, SUFFIXES.get(format, ""))


def _file_name(name: str, number: int, suffix: str) -> str:
    """The object's name without the suffix of the file it came in, its number, and the suffix of the format."""
    for known in (".ome.tiff", ".ome.tif", ".ome.zarr", ".tiff", ".tif", ".zarr", ".czi", ".lif", ".nd2", ".png", ".jpg", ".jpeg"):
        if name.lower().endswith(known):
            name = name[: -len(known)]
            break
    safe = "".join(c if c.isalnum() or c in "-_. +()" else "_" for c in name).strip(" .")
    return f"{safe[:100] or 'export'}_{number}{suffix}"


def _export_of_image(session: ActorSession, site: Site, image_id: int) -> _Export:
    image = get_visible(session, Image, image_id)
    return _Export(image.name, source_of(session, site, image_id), view_image(session, image_id), crate_of(session, image))


def _export_of_plate(session: ActorSession, site: Site, plate_id: int) -> _Export:
    plate = get_visible(session, Plate, plate_id)
    assert session.actor is not None
    fields = visible(WellSample, session.actor).join(Well, Well.id == WellSample.well_id).where(Well.plate_id == plate_id)
    first = session.scalars(fields.order_by(WellSample.id).limit(1)).first()
    if first is None:
        raise NotFound(f"{plate} has no images")
    location = source_of(session, site, first.image_id)
    return _Export(plate.name, location, view_image(session, first.image_id), crate_of(session, plate), plate_id)


def _deidentified(wanted: _Export, kind: str, number: int) -> _Export:
    description = deidentify_description(wanted.description, kind=kind, number=number)
    return dataclasses.replace(wanted, name=neutral_name(kind, number), description=description, is_deidentified=True)


def _described(source: Source, wanted: _Export) -> Source:
    told = DescribedSource(source, wanted.view)
    if not wanted.is_deidentified:
        return told
    # What the file is called and calls the image tells of a slide's label, too, where somebody renamed the image.
    for name in (source.description.name, wanted.location.path.name):
        refuse_slide_picture(name, wanted.view.image_id)
    return DeidentifiedSource(told, name=wanted.name)


@contextmanager
def _content(site: Site, wanted: _Export) -> Iterator[Source | ImageFile]:
    if wanted.plate is None:
        with open_location(site, wanted.location) as source:
            yield _described(source, wanted)
        return
    with open_fileset(site, wanted.location) as image_file:
        well = image_file.images[wanted.location.series].description.well
        if well is None:
            raise UnreadableFile(f"{wanted.location.path.name} no longer says where on plate:{wanted.plate} its images lie")
        yield _PlateFile(image_file, well.plate, wanted.name, is_deidentified=wanted.is_deidentified)


class DescribedSource(Source):
    """An image as people here describe it: its name, and the names, colours and windows of its channels."""

    def __init__(self, base: Source, view: ImageView) -> None:
        self.base = base
        self.levels, self.dtype, self.samples = base.levels, base.dtype, base.samples
        told = base.description
        channels = told.channels
        if base.samples == 1 and not told.is_label:
            known = [*channels, *[ChannelDescription()] * len(view.channels)]
            channels = tuple(
                dataclasses.replace(one, name=shown.label, color=shown.color, window=shown.window, active=shown.active)
                for one, shown in zip(known, view.channels, strict=False)
            )
        self.description = dataclasses.replace(told, name=view.name, channels=channels)

    @property
    def labels(self) -> Mapping[str, Source]:
        """The label images of the file."""
        return self.base.labels

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level."""
        return self.base.read(region, level=level)


class _PlateFile(ImageFile):
    """One plate of a file; closing the file is up to whoever opened it."""

    def __init__(self, base: ImageFile, number: int, name: str, *, is_deidentified: bool) -> None:
        self._base = base
        self.reader, self.reader_version, self.files = base.reader, base.reader_version, ()
        told = base.plates[number]
        self.plates = (PlateDescription(name, told.rows, told.columns),)
        placed = [image for image in base.images if (w := image.description.well) is not None and w.plate == number]
        if is_deidentified:
            placed = [DeidentifiedSource(image, name=f"Image {place + 1}") for place, image in enumerate(placed)]
        self.images = tuple(_OnPlate(image) for image in placed)

    def close(self) -> None:
        """Nothing: the file is used by others, too."""


class _OnPlate(Source):
    """An image of a plate that is the only one of its file."""

    def __init__(self, base: Source) -> None:
        self.base = base
        self.levels, self.dtype, self.samples = base.levels, base.dtype, base.samples
        well = base.description.well
        assert well is not None
        self.description = dataclasses.replace(base.description, well=dataclasses.replace(well, plate=0))

    @property
    def labels(self) -> Mapping[str, Source]:
        """The label images of the file."""
        return self.base.labels

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level."""
        return self.base.read(region, level=level)


def _copy_originals(members: list[ZipMember], out: Path, *, overwrite: bool) -> None:
    """A single file becomes ``out``; several become what ``out`` holds, without a folder that all of them are in."""
    from micrarium.exchange.staging import staged_file

    if len(members) == 1:
        with staged_file(out, overwrite=overwrite) as work:
            shutil.copyfile(members[0].path, work)
        return
    tops = {member.name.split("/", 1)[0] for member in members}
    strip = len(next(iter(tops))) + 1 if len(tops) == 1 and all("/" in member.name for member in members) else 0
    with staged_folder(out, overwrite=overwrite) as work:
        for member in members:
            target = work / member.name[strip:]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(member.path, target)
