"""Saying what is in a file: images, sizes, calibration, channels, and a hash of the first plane where asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription, Source

_BAND_BYTES = 64 << 20
_LARGEST_HASHED_BYTES = 64 << 30


def inspect_file(path: Path | str, *, with_hash: bool = False, reader: str | None = None) -> dict[str, Any]:
    """What a file holds, as JSON can hold it: ``reader``, ``images``, ``files``, ``plates`` and ``warnings``.

    With ``with_hash`` each image has ``plane_sha256``: SHA-256 over its plane t=0, c=0, z=0 (the first sample of RGB) at
    full resolution, little-endian, C order; None for a plane beyond all reason.
    Raises ``UnreadableFile`` and ``UnsupportedFormat``.
    """
    with open_image_file(path, reader=reader) as opened:
        images = [describe_source(source, index) for index, source in enumerate(opened.images)]
        if with_hash:
            for image, source in zip(images, opened.images, strict=True):
                image["plane_sha256"] = hash_first_plane(source)
        return {
            "reader": opened.reader,
            "reader_version": opened.reader_version,
            "images": images,
            "plates": [{"name": plate.name, "rows": plate.rows, "columns": plate.columns} for plate in opened.plates],
            "files": [str(file) for file in opened.files],
            "warnings": list(opened.warnings),
        }


def hash_first_plane(source: Source) -> str | None:
    """SHA-256 of the first plane's first sample, read in bands; None when it is beyond all reason."""
    shape, chunk = source.levels[0]
    row_bytes = shape.x * source.dtype.itemsize
    if row_bytes * shape.y > _LARGEST_HASHED_BYTES:
        return None
    digest = hashlib.sha256()
    for band in _bands(shape, chunk, row_bytes):
        block = source.read(band)
        little = np.ascontiguousarray(block, block.dtype.newbyteorder("<"))
        digest.update(little.data if little.dtype.kind != "c" else little.tobytes())
    return digest.hexdigest()


def _bands(shape: Size, chunk: Size, row_bytes: int) -> Iterator[Region]:
    """Full rows of the first plane, as many at a time as fit: whole rows of chunks where they do."""
    rows = max(1, _BAND_BYTES // max(row_bytes, 1))
    rows = rows // chunk.y * chunk.y or rows
    for top in range(0, shape.y, rows):
        yield Region(Size(0, 0, 0, top, 0), Size(1, 1, 1, min(rows, shape.y - top), shape.x))


def describe_source(source: Source, index: int) -> dict[str, Any]:
    """One image as JSON can hold it."""
    shape, about = source.shape, source.description
    return {
        "index": index,
        "name": about.name,
        "size": {**shape._asdict(), "c": shape.c // source.samples},
        "samples": source.samples,
        "dtype": source.dtype.name,
        "physical_size_um": {
            "x": _um(about.physical_size_x),
            "y": _um(about.physical_size_y),
            "z": _um(about.physical_size_z),
        },
        "channels": [channel.name for channel in about.channels],
        "levels": [[level.shape.x, level.shape.y] for level in source.levels],
        "chunk": source.levels[0].chunk._asdict(),
        "channel_details": [_describe_channel(channel) for channel in about.channels],
        "labels": {name: source.labels[name].dtype.name for name in source.labels},
        **_describe_acquisition(about),
        **({"planes": planes} if (planes := _describe_planes(source)) else {}),
    }


def _um(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.um


def _describe_channel(channel: ChannelDescription) -> dict[str, Any]:
    window = None if channel.window is None else list(channel.window)
    found = {name: _plain(getattr(channel, name)) for name in ChannelDescription.__slots__} | {"window": window}
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    """Parts and settings as objects without what is not known, quantities as text (``561 nm``), tuples as lists."""
    if isinstance(value, Quantity):
        return f"{value.value:.10g} {value.unit}"
    if is_dataclass(value):
        told = {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name != "id"}
        return {name: part for name, part in told.items() if part not in (None, "", [], {})}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _describe_planes(source: Source) -> dict[str, Any] | None:
    """How much is known of the planes: of how many, and from where to where, each in its unit."""
    table = source.planes
    if table is None or not table.columns:
        return None
    told: dict[str, Any] = {"count": int(table.known().sum())}
    for name, column in table.columns.items():
        low, high = float(np.nanmin(column.values)), float(np.nanmax(column.values))
        told[name] = f"{low:.10g} {column.unit}" if low == high else f"{low:.10g} to {high:.10g} {column.unit}"
    return told


def _describe_acquisition(about: ImageDescription) -> dict[str, Any]:
    date, step, well = about.acquisition_date, about.time_increment, about.well
    found: dict[str, Any] = {
        "description": about.description or None,
        "acquisition_date": None if date is None else date.isoformat(),
        "time_increment_s": None if step is None else step.seconds,
        "significant_bits": about.significant_bits,
        "objective": dict(about.objective) or None,
        "instrument": dict(about.instrument) or None,
        "experimenter": about.experimenter,
        "stage_position_um": None if about.stage_position_um is None else list(about.stage_position_um),
        "well": None if well is None else {name: getattr(well, name) for name in type(well).__slots__},
        "modulo": dict(about.modulo) or None,
        "parts": _plain(about.parts) or None,
        "environment": _plain(about.environment),
        "stage": _plain(about.stage),
        "experiment": _plain(about.experiment),
        "is_label": about.is_label or None,
        "is_thumbnail": about.is_thumbnail or None,
    }
    return {name: value for name, value in found.items() if value is not None}
