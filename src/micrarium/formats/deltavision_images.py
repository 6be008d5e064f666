"""The image of a DeltaVision file: a header of 1024 bytes, some numbers for each section, and the sections.

Layout: the header of Priism's IVE library, and Applied Precision's use of the numbers of each section.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.deltavision import ORDERS
from micrarium.formats.strided import Block, BlockSource, StridedFile, check_holds, packed_block
from micrarium.geometry import Quantity, Size
from micrarium.pixels.plane_tables import plane_table
from micrarium.pixels.source import ChannelDescription, ImageDescription

Array = np.ndarray[Any, np.dtype[Any]]
_HEADER_BYTES = 1024
_TYPES = {0: "u1", 1: "i2", 2: "f4", 4: "c8", 5: "i2", 6: "u2", 7: "i4"}
#: The order of the sections, the slowest first, by the number in the header.
_SEQUENCES = {0: "ctzyx", 1: "tzcyx", 2: "tczyx"}
_LARGEST_EXTENSION_BYTES = 256 << 20
_FLOATS = (
    "photosensor", "time", "stage x", "stage y", "stage z", "minimum", "maximum", "mean", "exposure", "neutral density",
    "excitation", "emission", "intensity scaling", "energy conversion",
)  # fmt: skip
_OF_PLANES = {
    "delta_t": ("time", "s"), "exposure_time": ("exposure", "s"), "position_x": ("stage x", "µm"),
    "position_y": ("stage y", "µm"), "position_z": ("stage z", "µm"),
}  # fmt: skip
_FIELDS = [
    ("size", "3i4", 0), ("type", "i4", 12), ("start", "3i4", 16), ("grid", "3i4", 28), ("pixel size", "3f4", 40),
    ("angles", "3f4", 52), ("axes", "3i4", 64), ("range 1", "3f4", 76), ("extension bytes", "i4", 92), ("integers", "i2", 128),
    ("floats", "i2", 130), ("resolutions", "i2", 132), ("range 2", "2f4", 136), ("range 3", "2f4", 144), ("range 4", "2f4", 152),
    ("kind", "i2", 160), ("lens", "i2", 162), ("parameters", "4i2", 164), ("range 5", "2f4", 172), ("times", "i2", 180),
    ("sequence", "i2", 182), ("tilt", "3f4", 184), ("waves", "i2", 196), ("wavelengths", "5i2", 198), ("origin", "3f4", 208),
    ("titles", "i4", 220), ("title", "10S80", 224),
]  # fmt: skip


def _header_dtype(order: str) -> np.dtype[Any]:
    fields = [np.dtype(form).newbyteorder("<" if order == "<" else ">") for _, form, _ in _FIELDS]
    names, offsets = [name for name, _, _ in _FIELDS], [offset for _, _, offset in _FIELDS]
    return np.dtype({"names": names, "formats": fields, "offsets": offsets, "itemsize": _HEADER_BYTES})


class DeltaVisionFile(StridedFile):
    """An opened DeltaVision file: one image."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
            order = ORDERS.get(head[96:98], "")
            if len(head) < _HEADER_BYTES or not order:
                raise UnreadableFile(
                    f"{path.name} is damaged or cut short: its first 1024 bytes are no header of a DeltaVision file"
                )
            self.header = np.frombuffer(head, _header_dtype(order))[0]
            extension_bytes = int(self.header["extension bytes"])
            if not 0 <= extension_bytes <= _LARGEST_EXTENSION_BYTES:
                raise UnreadableFile(f"{path.name} is damaged: its extended header claims {extension_bytes} bytes")
            extension = file.read(extension_bytes)
        block, axes = lay_out(path, self.header, order)
        check_holds(path, block, path.stat().st_size)
        self.floats = _section_floats(extension, self.header, order, block.shape, axes)
        self.images = (BlockSource(self, 0, block, _describe(path, self.header, self.floats, block.shape)),)

    def original_metadata(self) -> dict[str, str]:
        """Every field of the header, the titles, and the numbers of each section where they differ."""
        found = {name: ", ".join(map(str, np.atleast_1d(self.header[name]).tolist())) for name, _, _ in _FIELDS if name != "title"}
        found |= {f"title {number + 1}": text for number, text in enumerate(_titles(self.header))}
        for name, values in self.floats.items():
            flat = values.reshape(-1)
            told = flat[:1] if (flat == flat[0]).all() else flat
            found[f"sections.{name}"] = ", ".join(map(str, told.tolist()))[:65536]
        return found


def lay_out(path: Path, header: Any, order: str) -> tuple[Block, str]:
    """Where the sections lie, and the order of their axes, the slowest first."""
    kind = int(header["type"])
    width, height, sections = (int(size) for size in header["size"])
    if kind not in _TYPES:
        raise UnreadableFile(f"{path.name} holds pixels of type {kind}, which cannot be read; types {sorted(_TYPES)} can")
    channels, times = max(1, int(header["waves"])), max(1, int(header["times"]))
    if min(width, height, sections) < 1 or sections % (channels * times):
        raise UnreadableFile(f"{path.name} is damaged: {sections} sections cannot be {channels} wavelengths at {times} times")
    axes = _SEQUENCES.get(int(header["sequence"]), _SEQUENCES[0])
    shape = Size(times, channels, sections // (channels * times), height, width)
    start = _HEADER_BYTES + int(header["extension bytes"])
    return packed_block(start, shape, np.dtype(order + _TYPES[kind]), axes), axes


def _section_floats(data: bytes, header: Any, order: str, shape: Size, axes: str) -> dict[str, Array]:
    """The numbers of each section by their names, each along ``tcz``; nothing where the extended header is short."""
    integers, floats = int(header["integers"]), int(header["floats"])
    count, words = shape.t * shape.c * shape.z, integers + floats
    if min(integers, floats) < 0 or not words or len(data) < count * words * 4:
        return {}
    table = np.frombuffer(data, f"{order}f4", count * words).reshape(count, words)[:, integers:]
    sizes = dict(zip("tczyx", shape, strict=True))
    back = [axes[:3].index(axis) for axis in "tcz"]
    return {
        name: table[:, number].reshape([sizes[axis] for axis in axes[:3]]).transpose(back)
        for number, name in enumerate(_FLOATS[:floats])
    }


def _titles(header: Any) -> list[str]:
    texts = (bytes(title).split(b"\0")[0].decode("latin-1").strip() for title in header["title"][: max(0, int(header["titles"]))])
    return [text for text in texts if text]


def _describe(path: Path, header: Any, floats: dict[str, Array], shape: Size) -> ImageDescription:
    found: dict[str, Any] = {"name": path.stem, "description": "\n".join(_titles(header))}
    for axis, size in zip("xyz", header["pixel size"].tolist(), strict=True):
        if np.isfinite(size) and size > 0 and (axis != "z" or shape.z > 1):
            found[f"physical_size_{axis}"] = Quantity(size, "µm")
    waves = [int(wave) for wave in header["wavelengths"]]
    channels = []
    for number in range(shape.c):
        wave = waves[number] if number < len(waves) else 0
        emission = _first(floats, "emission", number) or (wave if wave > 0 else None)
        channels.append(
            ChannelDescription(
                name=str(wave) if wave > 0 else "",
                emission_nm=emission,
                excitation_nm=_first(floats, "excitation", number),
                exposure_s=_first(floats, "exposure", number),
            )
        )
    found["channels"] = tuple(channels)
    if shape.t > 1 and "time" in floats:
        step = float(floats["time"][-1, 0, 0] - floats["time"][0, 0, 0]) / (shape.t - 1)
        found["time_increment"] = Quantity(step, "s") if np.isfinite(step) and step > 0 else None
    stage = [floats[f"stage {axis}"][0, 0, 0] for axis in "xyz"] if "stage z" in floats else []
    if any(stage) and bool(np.isfinite(stage).all()):
        found["stage_position_um"] = tuple(float(value) for value in stage)
    found["planes"] = plane_table(
        (shape.t, shape.c, shape.z), {name: _column(floats, key, unit) for name, (key, unit) in _OF_PLANES.items()}
    )
    return ImageDescription(**found)


def _column(floats: dict[str, Array], key: str, unit: str) -> tuple[Array, str] | None:
    """What the sections have under a key; zeros throughout are what stands where nothing was noted."""
    values = floats.get(key)
    if values is None or not values.any():
        return None
    return (np.where(values > 0, values, np.nan) if key == "exposure" else values), unit


def _first(floats: dict[str, Array], name: str, channel: int) -> float | None:
    """What the first section of a channel has under a name; DeltaVision writes 0 and -50 where it knows nothing."""
    value = float(floats[name][0, channel, 0]) if name in floats else 0.0
    return value if np.isfinite(value) and value > 0 else None
