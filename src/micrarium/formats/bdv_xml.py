"""The XML of a BigDataViewer dataset: its views, when they were taken, and where their pixels lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from micrarium.errors import UnreadableFile
from micrarium.formats.lif_metadata import flat_xml
from micrarium.formats.markup import parse_xml
from micrarium.geometry import Quantity

_LARGEST_BYTES = 64 << 20
_MOST_SETUPS = 20_000
_MOST_TIMES = 1_000_000


@dataclass(frozen=True, slots=True)
class ViewSetup:
    """One view: its number, its name, its voxel along x, y and z, and by kind (channel, angle, tile...) what it is a view of."""

    number: int
    name: str = ""
    voxel: tuple[Quantity | None, Quantity | None, Quantity | None] = (None, None, None)
    kinds: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Views:
    """What an XML says: the file with the pixels and its format, the views, the numbers of the time points, and all of it flat."""

    pixels: Path
    format: str
    setups: tuple[ViewSetup, ...]
    times: tuple[int, ...]
    metadata: dict[str, str]


def read_views(path: Path) -> Views:
    """The views of an XML of BigDataViewer. Raises ``UnreadableFile`` when it is damaged or its pixels lie elsewhere."""
    if path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableFile(f"{path.name} is larger than {_LARGEST_BYTES >> 20} MiB, which no description of views is")
    text = path.read_text("utf-8", "replace")
    try:
        root = parse_xml(text)
    except ElementTree.ParseError as error:
        raise UnreadableFile(f"The description in {path.name} cannot be read: {error}") from error
    sequence, loader = root.find("./SequenceDescription"), root.find("./SequenceDescription/ImageLoader")
    if sequence is None or loader is None:
        raise UnreadableFile(f"{path.name} names no images: it has no SequenceDescription with an ImageLoader")
    form = loader.get("format", "")
    named = loader.findtext("./hdf5" if form == "bdv.hdf5" else "./n5", "").strip()
    if form not in ("bdv.hdf5", "bdv.n5") or not named:
        raise UnreadableFile(f"{path.name} has its images in the format {form or 'of no name'}; bdv.hdf5 and bdv.n5 can be read")
    pixels = path.with_name(Path(named).name)
    if not pixels.exists():
        raise UnreadableFile(f"{path.name} has its images in {named}, which is not beside it; put both in one folder")
    setups = tuple(_read_setup(element, sequence) for element in sequence.iterfind("./ViewSetups/ViewSetup"))
    if not 0 < len(setups) <= _MOST_SETUPS:
        raise UnreadableFile(f"{path.name} names {len(setups)} views")
    times = tuple(_read_times(path, sequence.find("./Timepoints")))
    return Views(pixels, form, setups, times, flat_xml(text))


def _read_setup(element: Element, sequence: Element) -> ViewSetup:
    unit = element.findtext("./voxelSize/unit", "").strip()
    sizes = [_length(text, unit) for text in element.findtext("./voxelSize/size", "").split()[:3]]
    sizes += [None] * (3 - len(sizes))
    kinds = {one.tag: (one.text or "").strip() for one in element.iterfind("./attributes/*")}
    for kind, number in kinds.items():
        kinds[kind] = _name_of(sequence, kind, number)
    return ViewSetup(
        int(element.findtext("./id", "0")), element.findtext("./name", "").strip(), (sizes[0], sizes[1], sizes[2]), kinds
    )


def _length(text: str, unit: str) -> Quantity | None:
    """A size of a voxel; BigDataViewer calls it pixels where it knows no unit."""
    with suppress(ValueError):
        value = float(text)
        return Quantity(value, unit) if isfinite(value) and value > 0 and Quantity(1, unit).um is not None else None
    return None


def _name_of(sequence: Element, kind: str, number: str) -> str:
    """What the XML calls the channel, angle or tile of a number; the number where it has no name."""
    for attributes in sequence.iterfind("./ViewSetups/Attributes"):
        if attributes.get("name") == kind:
            for one in attributes:
                if one.findtext("./id", "").strip() == number:
                    return one.findtext("./name", "").strip() or number
    return number


def _read_times(path: Path, element: Element | None) -> Iterator[int]:
    """The numbers of the time points: a range, a list, or a pattern such as ``0-10:2, 15``."""
    if element is None:
        yield 0
        return
    count = 0
    for first, last, step in _ranges(element):
        count += max(0, (last - first) // max(step, 1) + 1)
        if count > _MOST_TIMES:
            raise UnreadableFile(f"{path.name} is damaged: it names more than {_MOST_TIMES} time points")
        yield from range(first, last + 1, max(step, 1))


def _ranges(element: Element) -> Iterator[tuple[int, int, int]]:
    if element.find("./first") is not None:
        yield int(element.findtext("./first", "0")), int(element.findtext("./last", "0")), 1
        return
    for part in element.findtext("./integerpattern", "").split(","):
        with suppress(ValueError):
            bounds, _, step = part.strip().partition(":")
            first, _, last = bounds.partition("-")
            yield int(first), int(last or first), int(step or 1)
    for one in element.iterfind("./Timepoint/id"):
        with suppress(ValueError):
            yield int(one.text or ""), int(one.text or ""), 1
