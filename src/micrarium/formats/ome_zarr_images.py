"""The images of an OME-Zarr folder: single images, collections, plates and the labels over them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from micrarium.errors import InvalidInput, UnreadableFile
from micrarium.formats.ome_xml import OmeDocument, parse_ome_xml
from micrarium.formats.ome_zarr_groups import ArrayInfo, AxisMap, Group, read_array_info, read_axes, read_group, scale_of
from micrarium.formats.ome_zarr_store import open_array
from micrarium.formats.planes import Array, OpenedFile, reopen_source
from micrarium.formats.reader import check_channels, damage_told
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription, Level, PlateDescription, Source, WellPosition


class OmeZarrSource(Source):
    """One multiscale image. Its arrays' metadata is read when it is first asked for: a plate may have thousands."""

    def __init__(self, file: OmeZarrFile, index: int, group: Group, *, number: int = 0, label: str | None = None) -> None:
        self.file = file
        self.index = index
        self._group = group
        self._label = label
        self.well: WellPosition | None = None
        self.told: ImageDescription | None = None
        multiscales = group.attributes.get("multiscales")
        if not isinstance(multiscales, list) or len(multiscales) <= number or not isinstance(multiscales[number], dict):
            raise UnreadableFile(f"{group.path.name} holds no multiscale image")
        self._multiscale: dict[str, Any] = multiscales[number]
        self._opened: dict[int, Any] = {}
        self._lock = Lock()

    @cached_property
    def _arrays(self) -> list[ArrayInfo]:
        with damage_told(self._group.path, "be opened"):
            datasets = self._multiscale.get("datasets") or []
            if not datasets:
                raise UnreadableFile(f"The image in {self._group.path.name} lists no arrays")
            return [read_array_info(self._group.child(str(dataset["path"]))) for dataset in datasets]

    @cached_property
    def _axes(self) -> AxisMap:
        return read_axes(self._multiscale, len(self._arrays[0].shape))

    @cached_property
    def levels(self) -> tuple[Level, ...]:  # type: ignore[override]  # read on first use
        """Resolutions from the full one down."""
        check_channels(self._axes.size(self._arrays[0].shape).c)
        made = [Level(self._axes.size(info.shape), self._axes.size(info.chunk)) for info in self._arrays]
        return tuple(Level(shape, Size(*map(min, shape, chunk))) for shape, chunk in made)

    @cached_property
    def dtype(self) -> np.dtype[Any]:  # type: ignore[override]  # read on first use
        """The type of the pixels."""
        found = self._arrays[0].dtype
        return np.dtype(np.uint8) if found.kind == "b" else found

    @cached_property
    def description(self) -> ImageDescription:  # type: ignore[override]  # read on first use
        """What the folder says of the image."""
        with damage_told(self._group.path, "be described"):
            return self._describe()

    def _describe(self) -> ImageDescription:
        told = self.told or ImageDescription()
        datasets = self._multiscale.get("datasets") or [{}]
        scale = scale_of(self._multiscale, datasets[0])
        steps: dict[str, Any] = {f"physical_size_{axis}": self._axes.quantity(axis, scale) for axis in "zyx"}
        steps["time_increment"] = self._axes.quantity("t", scale)
        name = self._multiscale.get("name") or told.name or self._fallback_name
        return replace(
            told,
            **{key: step for key, step in steps.items() if step is not None},
            name=str(name).strip("/"),
            channels=_describe_channels(self._group.attributes.get("omero"), told.channels, self.shape.c),
            well=self.well or told.well,
            is_label=self._label is not None or "image-label" in self._group.attributes,
        )

    @property
    def _fallback_name(self) -> str:
        if self._label is not None:
            return self._label
        inside = self._group.path.relative_to(self.file.path).as_posix()
        stem = self.file.path.name.removesuffix(".zarr").removesuffix(".ome")
        return stem if inside == "." else f"{stem} {inside}"

    @cached_property
    def labels(self) -> Mapping[str, Source]:
        """Label images that lie over this image, by name."""
        group = None if self._label is not None else read_group(self._group.path / "labels")
        names = [] if group is None else group.attributes.get("labels") or []
        found: dict[str, Source] = {}
        for name in names:
            inner = read_group(group.child(str(name))) if group is not None else None
            if inner is not None and inner.attributes.get("multiscales"):
                found[str(name)] = OmeZarrSource(self.file, self.index, inner, label=str(name))
        return found

    def read(self, region: Region, *, level: int = 0) -> Array:
        """The pixels of a region of one level, ``tczyx``."""
        if not 0 <= level < len(self.levels):
            raise InvalidInput(f"The image has {len(self.levels)} resolutions, and no number {level}", field="level")
        region.check(self.levels[level].shape)
        self.file.check_open()
        with damage_told(self._group.path):
            block = self._array(level)(self._axes.index(region.slices))
            return np.ascontiguousarray(self._axes.as_tczyx(block), dtype=self.dtype)

    def _array(self, level: int) -> Callable[[tuple[slice, ...]], Array]:
        with self._lock:
            if level not in self._opened:
                self._opened[level] = open_array(self._arrays[level])
            found: Callable[[tuple[slice, ...]], Array] = self._opened[level]
            return found

    def __reduce__(self) -> tuple[Callable[..., Source], tuple[Any, ...]]:
        if self._label is not None:
            return _reopen_label, (self.file.path, self.file.reader, self.index, self._label)
        return reopen_source, (self.file.path, self.file.reader, self.index)


def _reopen_label(path: Path, reader: str, index: int, name: str) -> Source:
    return reopen_source(path, reader, index).labels[name]


def _describe_channels(omero: Any, told: tuple[ChannelDescription, ...], count: int) -> tuple[ChannelDescription, ...]:
    said = omero.get("channels") if isinstance(omero, dict) else None
    channels: list[ChannelDescription] = []
    for number in range(count):
        base = told[number] if number < len(told) else ChannelDescription()
        one = said[number] if isinstance(said, list) and number < len(said) and isinstance(said[number], dict) else {}
        window = one.get("window")
        start, end = (window.get("start"), window.get("end")) if isinstance(window, dict) else (None, None)
        color = str(one.get("color") or "").lstrip("#").upper()
        channels.append(
            replace(
                base,
                name=str(one["label"]) if one.get("label") is not None else base.name,
                color=color[:6] if len(color) >= 6 else base.color,
                window=base.window if start is None or end is None else (float(start), float(end)),
                active=bool(one.get("active", True)),
            )
        )
    return tuple(channels)


class OmeZarrFile(OpenedFile):
    """An opened OME-Zarr folder."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        del self.files  # found by walking the folder, when asked for
        self._closed = False
        root = read_group(path)
        if root is None:
            raise UnreadableFile(f"{path.name} is a Zarr array or damaged; open the OME-Zarr image it belongs to")
        self._root = root
        self._document: OmeDocument | None = None
        self._xml_path = next(
            (one for one in (path / "OME" / "METADATA.ome.xml", path.parent / "METADATA.ome.xml") if one.is_file()), None
        )
        attributes = root.attributes
        if isinstance(attributes.get("plate"), dict):
            self.images = tuple(self._open_plate(attributes["plate"]))
        elif isinstance(attributes.get("well"), dict):
            self.images = tuple(self._open_well(root, None, 0))
        elif "bioformats2raw.layout" in attributes:
            self.images = tuple(self._open_collection())
        elif attributes.get("multiscales"):
            count = len(attributes["multiscales"])
            single = [OmeZarrSource(self, number, root, number=number) for number in range(count)]
            with suppress(UnreadableFile):  # it is not needed to read the image
                if count == 1 and (path / "OME").is_dir() and (document := self._read_document()) is not None and document.images:
                    single[0].told = document.images[0].description
            self.images = tuple(single)
        if not self.images:
            raise UnreadableFile(f"{path.name} is Zarr, but holds no OME-Zarr image, plate or collection")
        # The first image is looked at now, so that a damaged folder is told at once.
        assert self.images[0].levels
        assert self.images[0].dtype

    @cached_property
    def files(self) -> tuple[Any, ...]:  # type: ignore[override]  # a walk over the folder, only when asked for
        """Every file under the folder."""
        found = [Path(folder) / name for folder, _, names in os.walk(self.path) for name in names]
        beside = (
            [self._xml_path]
            if self._xml_path is not None and self._document is not None and self.path not in self._xml_path.parents
            else []
        )
        return (*sorted(found), *beside)

    def check_open(self) -> None:
        """Raises ``UnreadableFile`` once the file was closed."""
        if self._closed:
            raise UnreadableFile(f"{self.path.name} was closed")

    def _open_collection(self) -> list[OmeZarrSource]:
        series = read_group(self.path / "OME")
        names = [str(name) for name in (series.attributes.get("series") or [])] if series is not None else []
        if not names:
            number = 0
            while (self.path / str(number)).is_dir():
                names.append(str(number))
                number += 1
        found: list[OmeZarrSource] = []
        document = self._read_document()
        for number, name in enumerate(names):
            group = read_group(self._root.child(name))
            if group is None:
                raise UnreadableFile(f"{self.path.name} is incomplete: image {name} is missing")
            source = OmeZarrSource(self, len(found), group)
            if document is not None and number < len(document.images):
                source.told = document.images[number].description
            found.append(source)
        return found

    def _read_document(self) -> OmeDocument | None:
        if self._xml_path is not None:
            self._document = parse_ome_xml(self._xml_path.read_bytes())
        return self._document

    def _open_plate(self, plate: dict[str, Any]) -> list[OmeZarrSource]:
        rows, columns = ([str(one.get("name", "")) for one in plate.get(key) or []] for key in ("rows", "columns"))
        found: list[OmeZarrSource] = []
        for well in plate.get("wells") or []:
            path = str(well["path"])
            row, column = (well.get(key) for key in ("rowIndex", "columnIndex"))
            if row is None or column is None:
                names = path.split("/")
                row, column = rows.index(names[0]), columns.index(names[1])
            group = read_group(self._root.child(path))
            if group is not None:
                found += self._open_well(group, (int(row), int(column)), len(found))
        size = max([len(rows), 1]), max([len(columns), 1])
        self.plates = (PlateDescription(str(plate.get("name") or self.path.name.split(".")[0]), *size),)
        return found

    def _open_well(self, group: Group, place: tuple[int, int] | None, first: int) -> list[OmeZarrSource]:
        found: list[OmeZarrSource] = []
        images = (group.attributes.get("well") or {}).get("images") or []
        for number, image in enumerate(images):
            inner = read_group(group.child(str(image["path"])))
            if inner is not None and inner.attributes.get("multiscales"):
                source = OmeZarrSource(self, first + len(found), inner)
                if place is not None:
                    source.well = WellPosition(0, *place, number, int(image.get("acquisition") or 0))
                found.append(source)
        return found

    def original_metadata(self) -> dict[str, str]:
        """The attributes of the folder as flat keys and values."""
        found: dict[str, str] = {}
        _flatten(self._root.attributes, "", found)
        return found | (self._document.annotations if self._document is not None else {})

    def ome_xml(self) -> str | None:
        """The OME-XML beside a bioformats2raw collection."""
        return None if self._xml_path is None else self._xml_path.read_text("utf-8", "replace")

    def close(self) -> None:
        """No file stays open between reads; sources refuse to be read from now on."""
        self._closed = True


def _flatten(value: Any, path: str, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _flatten(part, f"{path}.{key}" if path else str(key), found)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _flatten(part, f"{path}[{number}]", found)
    else:
        found[path] = str(value)
