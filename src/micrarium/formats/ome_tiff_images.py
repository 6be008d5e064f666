"""The images of an OME-TIFF fileset: which page of which file holds which plane."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.ome_xml import OmeDocument, OmeImage, flat_ome_xml, parse_ome_xml
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.tiff_head import is_tiff
from micrarium.formats.tiff_pages import RGB, StoredPlane, TiffPages, loss_warnings, natural_chunk
from micrarium.geometry import Size
from micrarium.pixels.source import ChannelDescription

_LARGEST_XML_BYTES = 512 << 20


class Block(NamedTuple):
    """Planes that follow each other: the first one's place in the dimension order, how many, and where they lie."""

    start: int
    planes: int
    path: Path | None
    ifd: int


class OmeTiffSource(PlaneSource):
    """One image of an OME-TIFF fileset."""

    file: OmeTiffFile

    def __init__(self, file: OmeTiffFile, index: int, image: OmeImage) -> None:
        super().__init__(file, index)
        self._order = image.order
        first = next((block for block in file.each_block(image, 1) if block.path is not None), None)
        if first is None or first.path is None:
            raise UnreadableFile(f"{file.path.name}: none of the files with the pixels of image {index + 1} is here")
        page = file.pages.page(first.path, first.ifd)
        if min(page.imagelength, page.imagewidth) < 1:
            raise UnreadableFile(f"{first.path.name} is damaged: page {first.ifd + 1} has no pixels")
        self._page_samples = int(page.samplesperpixel)
        # Samples are colours where the page or the XML says so; else they are channels that share a page.
        is_colour = page.photometric in RGB or image.samples[:1] == (self._page_samples,)
        self.samples = self._page_samples if is_colour and self._page_samples in (3, 4) else 1
        self._effective = image.sizes._replace(c=max(1, image.sizes.c // self._page_samples))
        full = image.sizes._replace(c=self._effective.c * self._page_samples)
        self._blocks = sorted(file.each_block(image, self._page_samples), key=attrgetter("start"))
        self._starts = [block.start for block in self._blocks]
        self.dtype = np.dtype(np.uint8 if page.dtype is None or np.dtype(page.dtype).kind == "b" else page.dtype)
        self.compression = int(page.compression)
        reduced = [file.pages.page(first.path, first.ifd, sub) for sub in range(len(page.subifds or ()))]
        reduced = [low for low in reduced if low.samplesperpixel == page.samplesperpixel]
        reduced = [low for low in reduced if 0 < low.imagewidth <= page.imagewidth and low.imagelength > 0]
        sizes = [(full._replace(y=p.imagelength, x=p.imagewidth), natural_chunk(p)) for p in (page, *reduced)]
        self.levels = plane_levels(sizes, samples=self.samples)
        count = full.c // self.samples
        channels = (*image.description.channels, *[ChannelDescription()] * count)[:count]
        stem = re.sub(r"\.(ome|companion)$", "", file.path.stem, flags=re.IGNORECASE)
        name = image.description.name or (stem if file.count == 1 else f"{stem} #{index + 1}")
        self.description = replace(image.description, name=name, channels=channels)

    @property
    def missing_planes(self) -> int:
        """How many planes no file holds; they read as zeros."""
        held = sum(block.planes for block in self._blocks if block.path is not None)
        return max(0, self._effective.t * self._effective.c * self._effective.z - held)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:
        """A part of one plane."""
        together = self._page_samples if self.samples == 1 else 1
        place = place_in_order(self._order, self._effective, t, channel // together, z)
        number = bisect_right(self._starts, place) - 1
        block = self._blocks[number] if number >= 0 else None
        if block is None or block.path is None or place >= block.start + block.planes:
            return None
        page = self.file.pages.page(block.path, block.ifd + place - block.start, None if level == 0 else level - 1)
        if (page.imagelength, page.imagewidth) != self.levels[level].shape[3:] or page.samplesperpixel != self._page_samples:
            raise UnreadableFile(f"{block.path.name} is damaged: its pages differ in size")
        plane = self.file.pages.read(StoredPlane(block.path, page), window)
        return plane[..., channel % together] if together > 1 else plane


class OmeTiffFile(OpenedFile):
    """An opened OME-TIFF fileset."""

    def __init__(
        self,
        path: Path,
        reader: str,
        version: str,
        pages: TiffPages,
        xml: str | bytes,
        document: OmeDocument,
        companion: Path | None,
    ) -> None:
        super().__init__(path, reader, version)
        self.pages = pages
        self.count = len(document.images)
        self._xml = xml
        self._document = document
        self._opened_tiff = None if companion == path else path
        self._here: dict[str, Path | None] = {}
        sources = [OmeTiffSource(self, index, image) for index, image in enumerate(document.images)]
        self.images = tuple(sources)
        self.plates = document.plates
        named = [found for found in self._here.values() if found is not None]
        self.files = tuple(dict.fromkeys([path, *([companion] if companion else []), *named]))
        self.warnings = (*self._warn(sources), *loss_warnings(source.compression for source in sources))

    def _warn(self, sources: list[OmeTiffSource]) -> list[str]:
        absent = [name for name, found in self._here.items() if found is None]
        told = [f"{len(absent)} files of this set are missing, such as {absent[0]}; their planes read as zeros"] if absent else []
        incomplete = sum(source.missing_planes for source in sources)
        if incomplete and not absent:
            told.append(f"{incomplete} planes that the OME-XML counts are in no file; they read as zeros")
        for source, image in zip(sources, self._document.images, strict=True):
            if source.shape[3:] != image.sizes[3:]:
                told.append(
                    f"The OME-XML says {image.sizes.x} x {image.sizes.y} pixels, the pages hold {source.shape.x} x {source.shape.y}"
                )
        return told

    def _file_of(self, filename: str, uuid: str) -> Path | None:
        """The file of a set by its name, None when it is not beside the one that was opened."""
        if not filename or (uuid and uuid == self._document.uuid and self._opened_tiff):
            return self._opened_tiff
        if filename not in self._here:
            beside = self._beside(filename)
            self._here[filename] = beside if _is_tiff_file(beside) else None
            if self._here[filename] is None and filename == self._renamed:
                self._here[filename] = self._opened_tiff
        return self._here[filename]

    def _beside(self, filename: str) -> Path:
        # Only the last part of the name counts: a file must not be able to name one outside of its folder.
        return self.path.parent / Path(filename.replace("\\", "/")).name

    @cached_property
    def _renamed(self) -> str | None:
        """The name that the opened file had when it was written: the only one missing, where its own is not among them."""
        names = {data.filename for image in self._document.images for data in image.tiff_data if data.filename}
        absent = [name for name in names if not self._beside(name).is_file()]
        is_known = self.path in {self._beside(name) for name in names}
        return absent[0] if len(absent) == 1 and not is_known else None

    def each_block(self, image: OmeImage, samples: int) -> Iterator[Block]:
        """Where the planes of an image lie. An image without TiffData lies in this file from its first page on."""
        sizes = image.sizes._replace(c=max(1, image.sizes.c // samples))
        total = sizes.t * sizes.c * sizes.z
        if not image.tiff_data:
            yield Block(0, total, self._opened_tiff, 0)
        for data in image.tiff_data:
            path = self._file_of(data.filename, data.uuid)
            t, c, z = data.first
            start = place_in_order(image.order, sizes, t, c, z)
            count = data.planes if data.planes is not None else (self.pages.count(path) - data.ifd if path else 1)
            count = min(count, total - start)
            if count > 0:
                yield Block(start, count, path, data.ifd)

    def original_metadata(self) -> dict[str, str]:
        """The annotations of the OME-XML, and all else it says by its path."""
        return self._document.annotations | flat_ome_xml(self._xml)

    def ome_xml(self) -> str | None:
        """The OME-XML of the first page or of the companion."""
        return self._xml if isinstance(self._xml, str) else self._xml.decode("utf-8", "replace")

    def close(self) -> None:
        """Let go of all files of the set."""
        self.pages.close()


def place_in_order(order: str, sizes: Size, t: int, c: int, z: int) -> int:
    """The place of a plane in a dimension order such as XYCZT."""
    steps = _steps(order, sizes.t, sizes.c, sizes.z)
    return t * steps[0] + c * steps[1] + z * steps[2]


@lru_cache(64)
def _steps(order: str, times: int, channels: int, slices: int) -> tuple[int, int, int]:
    """How far planes that follow each other along t, c and z are apart in a dimension order; XYCZT where it is none."""
    step, steps = 1, {}
    many = {"T": times, "C": channels, "Z": slices}
    for axis in order[2:] if sorted(order) == sorted("XYCZT") else "CZT":
        steps[axis] = step
        step *= many[axis]
    return steps["T"], steps["C"], steps["Z"]


def _is_tiff_file(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_tiff(file.read(4))
    except OSError:
        return False


def _read_xml(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_LARGEST_XML_BYTES + 1)
    if len(data) > _LARGEST_XML_BYTES:
        raise UnreadableFile(f"{path.name} has more than {_LARGEST_XML_BYTES >> 20} MiB of OME-XML")
    return data


def open_ome_tiff(path: Path, reader: str, version: str) -> OmeTiffFile:
    """The fileset that a TIFF file or a companion belongs to."""
    pages = TiffPages()
    if not _is_tiff_file(path):
        return _open_described(path, reader, version, pages, _read_xml(path), path)
    with pages.parsing(path) as tiff:  # whose handle stays open until the file is described
        xml = tiff.pages.first.description.rstrip("\0 \n") if tiff.pages else ""
        return _open_described(path, reader, version, pages, xml, None)


def _open_described(
    path: Path, reader: str, version: str, pages: TiffPages, xml: str | bytes, companion: Path | None
) -> OmeTiffFile:
    document = parse_ome_xml(xml)
    if document.metadata_file and not document.images:
        own_uuid, companion = document.uuid, path.parent / Path(document.metadata_file).name
        if not companion.is_file():
            raise UnreadableFile(f"{path.name} keeps its description in {companion.name}, which is not beside it")
        xml = _read_xml(companion)
        document = replace(parse_ome_xml(xml), uuid=own_uuid)
    if not document.images:
        raise UnreadableFile(f"The OME-XML of {path.name} describes no image")
    return OmeTiffFile(path, reader, version, pages, xml, document, companion)
