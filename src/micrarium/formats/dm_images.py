"""The images of a DM3 or DM4 file: where their pixels lie among the tags, thumbnails left out."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.dm_metadata import describe_image, letter_of
from micrarium.formats.dm_tags import StoredArray, Tree, find, find_text, flat_tags, read_tags
from micrarium.formats.strided import Block, BlockSource, StridedFile, packed_block
from micrarium.geometry import Size

_TYPES = {
    1: "i2", 2: "f4", 3: "c8", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8", 13: "c16", 14: "u1", 39: "i8", 40: "u8",
}  # fmt: skip
_COLOURS = (8, 23)


class DmFile(StridedFile):
    """An opened DM3 or DM4 file."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self._tags, order = read_tags(path)
        listed = find(self._tags, "ImageList")
        previews = {find(thumb, "ImageIndex") for thumb in (find(self._tags, "Thumbnails") or {}).values()}
        images = [(int(number), tags) for number, tags in (listed or {}).items() if number.isdecimal() and isinstance(tags, dict)]
        images = [(number, tags) for number, tags in images if number not in previews]
        sources: list[BlockSource] = []
        problems: list[str] = []
        for number, tags in images:
            try:
                block, letters = lay_out(tags, order)
                name = path.stem if len(images) == 1 else f"{path.stem} {find_text(tags, 'Name') or f'#{number + 1}'}"
                about = describe_image(name, tags, self._tags, number, block, letters)
                sources.append(BlockSource(self, len(sources), block, about))
            except (UnreadableFile, ValueError) as error:
                problems.append(f"Image {number + 1} was left out: {error}")
        if not sources:
            raise UnreadableFile(f"{path.name} holds no image that can be read. {problems[0] if problems else ''}".strip())
        self.images = tuple(sources)
        self.warnings = tuple(problems)

    def original_metadata(self) -> dict[str, str]:
        """Every tag by its path."""
        return flat_tags(self._tags)


def lay_out(image: Tree, order: str) -> tuple[Block, str]:
    """Where the pixels of an image lie, and the letter of each of its dimensions, the fastest first."""
    kind, data = find(image, "ImageData/DataType"), find(image, "ImageData/Data")
    sizes = [int(size) for size in (find(image, "ImageData/Dimensions") or {}).values()]
    is_colour = kind in _COLOURS
    if not isinstance(data, StoredArray) or not (is_colour or kind in _TYPES):
        raise UnreadableFile(f"it holds pixels of the type {kind}, which cannot be read")
    if not 1 <= len(sizes) <= 4 or min(sizes) < 1:
        raise UnreadableFile(f"its dimensions are {sizes}, where one to four are possible")
    letters = _letters(image, len(sizes))
    named = dict(zip(letters, sizes, strict=True))
    dtype = np.dtype("u1") if is_colour else np.dtype(order + _TYPES[kind])
    pixel_bytes = 4 if is_colour else dtype.itemsize
    if prod(sizes) * pixel_bytes > data.length * data.dtype.itemsize:
        raise UnreadableFile(f"its {prod(sizes)} pixels do not fit the {data.length * data.dtype.itemsize} bytes that it has")
    shape = Size(*(named.get(axis, 1) for axis in "tczyx"))
    stored = "".join(axis for axis in "tczyx" if axis not in letters) + letters[::-1]
    if not is_colour:
        return packed_block(data.offset, shape, dtype, stored), letters
    # A pixel is a 32-bit number with blue in its lowest byte; the highest is not used.
    packed = packed_block(data.offset, shape, np.dtype("u4"), stored)
    colours = (2, 1, 0) if order == "<" else (1, 2, 3)
    return Block(data.offset, shape._replace(c=3), packed.steps._replace(c=1), dtype, samples=3, order=colours), letters


def _letters(image: Tree, count: int) -> str:
    """x, y and then z and t for the dimensions; seconds and energies are never along z."""
    third = letter_of(image, 2) if count > 2 else ""
    return ("xy" + {"t": "tz"}.get(third, "zt"))[:count]
