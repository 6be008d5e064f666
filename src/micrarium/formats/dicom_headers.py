"""The headers of DICOM files: read by pydicom up to the pixels, but for the groups of each frame, and inflated within bounds."""

from __future__ import annotations

import io
import mmap
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_file_meta_info, read_partial
from pydicom.tag import BaseTag, Tag

from micrarium.errors import UnreadableFile
from micrarium.formats.dicom_groups import PER_FRAME_GROUPS, FramePlace, GroupWalk
from micrarium.formats.dicom_head import is_dicom
from micrarium.formats.dicom_values import integer, text
from micrarium.formats.reader import HEAD_BYTES, damage_told

WHOLE_PIXELS = 0x7FE00010
PIXELS = frozenset({WHOLE_PIXELS, 0x7FE00008, 0x7FE00009})
_DEFLATED = "1.2.840.10008.1.2.1.99"
_SERIES = 0x0020000E
#: Values beyond this stay in the file.
_DEFERRED_BYTES = 32 << 20
_LARGEST_INFLATED_BYTES = 512 << 20

Tags = list[BaseTag | int]


class Header(NamedTuple):
    """What a file says beside its pixels: its elements, what it says of each frame, and where the pixels' element begins.

    ``head`` are the first bytes of that element; ``inflated`` is the data set of a file that was deflated as a whole.
    """

    elements: Dataset
    places: tuple[FramePlace, ...]
    start: int
    head: bytes
    order: Literal["<", ">"]
    inflated: bytes | None


def read_header(path: Path, wanted: Tags | None = None) -> Header:
    """The header of a file, all of it or only some elements. Raises ``UnreadableFile`` when it is damaged."""
    with damage_told(path, "be opened"), path.open("rb") as file:
        elements, inflated = _first_elements(path, file, wanted)
        body: BinaryIO = file if inflated is None else io.BytesIO(inflated[0])
        body.seek(file.tell() if inflated is None else inflated[1])
        is_implicit, is_little = (bool(one) for one in elements.original_encoding)
        order: Literal["<", ">"] = "<" if is_little else ">"
        places: list[FramePlace] = []
        if _tag_at(body, order) == PER_FRAME_GROUPS:
            with _bytes_of(file, inflated) as data:
                places, end = GroupWalk(data, order, is_implicit).places(body.tell(), integer(elements, "NumberOfFrames") or 1)
            body.seek(end)
            elements.update(read_dataset(body, is_implicit, is_little, stop_when=_at_pixels, specific_tags=wanted))
        start = body.tell()
        return Header(elements, tuple(places), start, body.read(12).ljust(12, b"\0"), order, inflated[0] if inflated else None)


def _first_elements(path: Path, file: BinaryIO, wanted: Tags | None) -> tuple[Dataset, tuple[bytes, int] | None]:
    """The elements before the groups of each frame; the inflated data set, and where reading it stopped."""
    if _syntax_of(path) != _DEFLATED:
        return read_partial(file, _at_groups, defer_size=_DEFERRED_BYTES, force=True, specific_tags=wanted), None
    meta = read_file_meta_info(path)
    file.seek(132 + 12 + int(meta.FileMetaInformationGroupLength))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(file.read(_LARGEST_INFLATED_BYTES), _LARGEST_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        limit = _LARGEST_INFLATED_BYTES >> 20
        raise UnreadableFile(f"{path.name} is deflated and inflates to more than {limit} MiB; inflate it first")
    body = io.BytesIO(inflated)
    elements = read_dataset(body, False, True, stop_when=_at_groups, specific_tags=wanted)
    elements.file_meta = meta
    elements.set_original_encoding(False, True)
    return elements, (inflated, body.tell())


def _at_groups(tag: int, _vr: str | None, _length: int) -> bool:
    return tag in PIXELS or tag == PER_FRAME_GROUPS


def _at_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return tag in PIXELS


def _tag_at(body: BinaryIO, order: str) -> int:
    head = body.read(4).ljust(4, b"\0")
    body.seek(-4, io.SEEK_CUR)
    group, element = struct.unpack(order + "HH", head)
    return int(group) << 16 | int(element)


@contextmanager
def _bytes_of(file: BinaryIO, inflated: tuple[bytes, int] | None) -> Iterator[mmap.mmap | bytes]:
    if inflated is not None:
        yield inflated[0]
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _syntax_of(path: Path) -> str:
    """The transfer syntax that the file's own header names; empty for a file without preamble."""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return ""
    return str(read_file_meta_info(path).get("TransferSyntaxUID", ""))


def series_of(path: Path) -> str:
    """The UID of the series a file belongs to; empty when it is no DICOM file or does not say. Remembered."""
    try:
        about = path.stat()
    except OSError:
        return ""
    return _glance(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=65536)
def _glance(path: Path, _modified: int, _size: int) -> str:
    try:
        with damage_told(path), path.open("rb") as file:
            if not is_dicom(file.read(HEAD_BYTES)):
                return ""
            if _syntax_of(path) == _DEFLATED:
                return text(_first_elements(path, file, [Tag(_SERIES)])[0], "SeriesInstanceUID")
            file.seek(0)
            header = read_partial(file, lambda tag, _vr, _length: tag > _SERIES, force=True, specific_tags=[Tag(_SERIES)])
            return text(header, "SeriesInstanceUID")
    except UnreadableFile:
        return ""
