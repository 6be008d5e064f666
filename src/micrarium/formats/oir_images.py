"""The image of an OIR fileset: planes put together from blocks of rows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.oir import OIR_MAGIC
from micrarium.formats.oir_blocks import Block, OirContent, PlaneKey, read_content
from micrarium.formats.oir_metadata import OirChannel, OirFacts, read_facts
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_PART = re.compile(r"(.+)_(\d{5})(\.oir)?", re.IGNORECASE)
_MOST_PARTS = 10_000
_LARGEST_PLANES = 1 << 24


class OirSource(PlaneSource):
    """The planes of a fileset; what the file has no block for reads as zeros."""

    file: OirFile

    def __init__(self, file: OirFile, content: OirContent, facts: OirFacts) -> None:
        super().__init__(file, 0)
        self._planes = content.planes
        if not facts.width or not facts.height:
            raise UnreadableFile(f"{file.path.name} is damaged or cut short: it does not say how large its planes are")
        self._row_bytes = facts.width * (facts.depth or 2)
        if facts.depth not in (0, 1, 2, 4):
            raise UnreadableFile(f"{file.path.name} has pixels of {facts.depth} bytes, which is not known here")
        self._stored = np.dtype(f"<u{facts.depth or 2}")
        self.dtype = self._stored.newbyteorder("=")
        keys = list(content.planes)
        self._channels = _sorted_channels(keys, facts)
        # A recording that was begun in the middle does not count from one.
        self._first = PlaneKey(min(k.wavelength for k in keys), min(k.z for k in keys), min(k.t for k in keys), "")
        self._waves = max(k.wavelength for k in keys) - self._first.wavelength + 1
        times, sections = (max(getattr(k, axis) for k in keys) - getattr(self._first, axis) + 1 for axis in "tz")
        shape = Size(times * self._waves, len(self._channels), sections, facts.height, facts.width)
        if shape.t * shape.c * shape.z > _LARGEST_PLANES:
            raise UnreadableFile(
                f"{file.path.name} is damaged: the names of its planes claim {shape.t * shape.c * shape.z} of them"
            )
        rows = max((block.size for blocks in content.planes.values() for block in blocks), default=0) // self._row_bytes
        self.levels = plane_levels([(shape, (max(rows, min(512, facts.height)), facts.width))], samples=1)
        self.description = self._describe(facts)

    def _describe(self, facts: OirFacts) -> ImageDescription:
        step = facts.steps.get("ZSTACK")
        z = Quantity(abs(step), "µm") if step else facts.pixel.get("z")
        return ImageDescription(
            name=self.file.path.name if not self.file.path.suffix else self.file.path.stem,
            acquisition_date=facts.date,
            physical_size_x=facts.pixel.get("x"),
            physical_size_y=facts.pixel.get("y"),
            physical_size_z=z if self.shape.z > 1 else None,
            time_increment=Quantity(facts.time_step_s, "s") if facts.time_step_s and self.shape.t > self._waves else None,
            significant_bits=facts.bits or None,
            channels=tuple(
                ChannelDescription(
                    name=one.name,
                    color=one.color,
                    emission_nm=one.emission_nm,
                    pinhole_um=one.pinhole_um,
                    acquisition_mode="LaserScanningConfocalMicroscopy",
                )
                for one in self._channels
            ),
            objective=facts.objective,
            instrument=facts.instrument,
            modulo={"t": "lambda"} if self._waves > 1 else {},
        )

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane; only the rows asked for are read."""
        time, wave = divmod(t, self._waves)
        first = self._first
        key = PlaneKey(wave + first.wavelength, z + first.z, time + first.t, self._channels[channel].id)
        blocks = self._planes.get(key)
        if self.file.is_closed:  # where there is no block, nothing else would say so
            raise UnreadableFile(f"{self.file.path.name} was closed")
        if not blocks:
            return None
        start, end = window.top * self._row_bytes, (window.top + window.height) * self._row_bytes
        rows = bytearray(end - start)
        at = 0
        for block in sorted(blocks):
            low, high = max(at, start), min(at + block.size, end)
            if low < high:
                rows[low - start : high - start] = self.file.descriptors.read(block.path, block.place + low - at, high - low)
            at += block.size
        plane = np.frombuffer(rows, self._stored).reshape(window.height, -1)
        return plane[:, window.left : window.left + window.width]


def _sorted_channels(keys: list[PlaneKey], facts: OirFacts) -> list[OirChannel]:
    """The channels that there are planes of, in the order that the file gives them."""
    present = list(dict.fromkeys(key.channel for key in keys))
    known = {channel: facts.channels.get(channel, OirChannel(channel, 1 << 30)) for channel in present}
    return sorted(known.values(), key=lambda one: (one.order, present.index(one.id)))


class OirFile(OpenedFile):
    """An opened OIR file with the parts that go on from it."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.descriptors, self.is_closed = Descriptors(), False
        try:
            self._read_parts(path)
        except BaseException:
            self.close()
            raise

    def _read_parts(self, path: Path) -> None:
        head = _find_head(path)
        content = OirContent()
        read_content(head, content)
        files, problems = [head], []
        for part in _parts_behind(head):
            more = OirContent()
            try:
                read_content(part, more)
            except (UnreadableFile, OSError) as error:
                problems.append(f"{part.name} was left out: {error}")
                continue
            if part.suffix and read_facts(more.texts).has_properties:
                continue  # a recording of its own that is only called like a part
            for key, blocks in more.planes.items():
                content.planes.setdefault(key, []).extend(blocks)
            files.append(part)
        self.files = tuple(dict.fromkeys([path, *files])) if path in files else (path,)
        if path not in files:  # it is called like a part, and is none
            content = OirContent()
            read_content(path, content)
        facts = read_facts(content.texts)
        if not content.planes:
            raise UnreadableFile(
                f"{path.name} holds no planes; parts of a long recording lie beside it as {head.stem}_00001 and so on"
            )
        self._metadata = facts.metadata
        self.images = (OirSource(self, content, facts),)
        self.warnings = (*problems, *_missing(self.images[0], content))

    def original_metadata(self) -> dict[str, str]:
        """Every element and attribute of the documents by its path, of several alike those of the first."""
        return self._metadata

    def close(self) -> None:
        """Let go of the files."""
        self.is_closed = True
        self.descriptors.close()


def _missing(source: OirSource, content: OirContent) -> list[str]:
    """What to say of planes that were never recorded, or not to their end."""
    shape = source.shape
    whole = shape.y * shape.x * source.dtype.itemsize
    full = sum(1 for blocks in content.planes.values() if _size(blocks) >= whole)
    count = shape.t * shape.c * shape.z - full
    return [f"{count} of {shape.t * shape.c * shape.z} planes are missing or not whole, and read as zeros"] if count > 0 else []


def _size(blocks: list[Block]) -> int:
    return sum(block.size for block in blocks)


def _find_head(path: Path) -> Path:
    """The file that a part goes on from, where that is there; else the file itself."""
    found = _PART.fullmatch(path.name)
    if found is not None:
        for suffix in (".oir", ".OIR"):
            head = path.with_name(found[1] + suffix)
            if head.is_file() and head.resolve().parent == path.resolve().parent:
                return head
    return path


def _parts_behind(head: Path) -> list[Path]:
    """The parts that follow a file by their numbers, up to the first that is missing."""
    found: list[Path] = []
    while len(found) < _MOST_PARTS:
        names = [f"{head.stem}_{len(found) + 1:05}", f"{head.stem}_{len(found) + 1:05}.oir"]
        part = next((head.with_name(name) for name in names if _is_part(head.with_name(name), head)), None)
        if part is None:
            break
        found.append(part)
    return found


def _is_part(path: Path, head: Path) -> bool:
    if not path.is_file() or path.resolve().parent != head.resolve().parent:
        return False
    with path.open("rb") as file:
        return file.read(len(OIR_MAGIC)) == OIR_MAGIC
