"""When and where the planes of a CZI file were taken: notes beside each subblock, else the file's list of time stamps."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.czi_metadata import parse_moment
from micrarium.formats.czi_segments import Subblock, read_attachment, read_notes
from micrarium.formats.descriptors import Descriptors
from micrarium.pixels.acquisition import usable

Place = tuple[int, int, int]
_NOTES = {
    name: re.compile(rb"<%s>\s*([^<]+?)\s*</" % tag)
    for name, tag in (
        ("time", b"AcquisitionTime"), ("position_x", b"StageXPosition"), ("position_y", b"StageYPosition"),
        ("position_z", b"FocusPosition"),
    )
}  # fmt: skip
#: The state of the camera is XML within a text of the XML.
_EXPOSURE = re.compile(rb"&lt;ExposureTime&gt;\s*([\d.]+)\s*&lt;")
_MOST_PLANES = 1_000_000


def read_planes(
    descriptors: Descriptors,
    path: Path,
    blocks: Mapping[Place, list[Subblock]],
    shape: Place,
    *,
    start: datetime | None,
    exposures_s: list[float | None],
) -> dict[str, Any]:
    """Columns of a table of planes of ``shape`` (t, c, z), by the subblocks of the full resolution at each plane.

    Of a plane put together from tiles, the time is that of the first, and the stage stood at no one place along x and y.
    Times are counted from ``start``, else from the first. ``exposures_s`` are those of channels, where planes say none.
    """
    columns = {name: np.full(shape, np.nan) for name in ("delta_t", "exposure_time", "position_x", "position_y", "position_z")}
    columns["exposure_time"][:] = np.reshape([np.nan if one is None else one for one in exposures_s], (1, -1, 1))
    moments: dict[Place, datetime] = {}
    for place, tiles in blocks.items() if len(blocks) <= _MOST_PLANES else ():
        first = min(tiles, key=lambda block: block.at("M"))
        notes = read_notes(descriptors, path, first)
        found = {name: match[1] for name, pattern in _NOTES.items() if (match := pattern.search(notes))}
        for name in ("position_x", "position_y", "position_z") if len(tiles) == 1 else ("position_z",):
            if (value := usable(found.get(name, b"").decode("ascii", "replace"))) is not None:
                columns[name][place] = value
        if exposure := _EXPOSURE.search(notes):
            nanoseconds = usable(exposure[1].decode("ascii"), least=0)
            columns["exposure_time"][place] = np.nan if nanoseconds is None else nanoseconds / 1e9
        if (moment := parse_moment(found.get("time", b"").decode("ascii", "replace"))) is not None:
            moments[place] = moment
    begun = start or min(moments.values(), default=None)
    for place, moment in moments.items():
        columns["delta_t"][place] = (moment - begun).total_seconds() if begun else np.nan
    if not moments:
        columns["delta_t"][:] = _time_stamps(descriptors, path, shape[0]).reshape(-1, 1, 1)
    units = {"delta_t": "s", "exposure_time": "s"}
    return {name: (values, units.get(name, "µm")) for name, values in columns.items()}


def _time_stamps(descriptors: Descriptors, path: Path, count: int) -> np.ndarray[Any, Any]:
    """The seconds at which each time point was taken, by the attachment of that name; NaN where there is none."""
    stamps = np.full(count, np.nan)
    with suppress(UnreadableFile, struct.error, ValueError):
        data = read_attachment(descriptors, path, b"TimeStamps")
        (listed,) = struct.unpack_from("<i", data, 4)
        known = np.frombuffer(data, "<f8", count=max(0, min(listed, count, (len(data) - 8) // 8)), offset=8)
        stamps[: len(known)] = known
    return stamps
