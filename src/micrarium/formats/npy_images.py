"""The arrays of NPY and NPZ files as images. Pickled objects are never loaded; compressed members are decompressed to disk."""

from __future__ import annotations

import ast
import struct
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.axes import guess_axes
from micrarium.formats.npy import NPY_MAGIC, ZIP_MAGIC
from micrarium.formats.opening import read_head
from micrarium.formats.reader import damage_told
from micrarium.formats.spooling import Spool
from micrarium.formats.strided import Block, BlockSource, StridedFile, check_holds, packed_block
from micrarium.geometry import Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

#: As many as NumPy itself trusts.
_LONGEST_HEADER = 10_000
_MOST_MEMBERS = 10_000
_LOCAL_HEADER_BYTES = 30


class NpyFile(StridedFile):
    """An opened NPY or NPZ file: each array of two to five dimensions is an image."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self._spools: list[Spool] = []
        self._notes: dict[str, str] = {}
        try:
            if read_head(path).startswith(ZIP_MAGIC):
                self._open_archive()
            else:
                with path.open("rb") as file:
                    block = self._read_header(file, path.stem)
                check_holds(path, block, path.stat().st_size)
                self.images = (BlockSource(self, 0, block, _describe(path.stem, block)),)
        except BaseException:
            self.close()
            raise

    def _open_archive(self) -> None:
        sources: list[BlockSource] = []
        problems: list[str] = []
        with zipfile.ZipFile(self.path) as archive:
            members = [one for one in archive.infolist() if one.filename.endswith(".npy")]
            if len(members) > _MOST_MEMBERS:
                raise UnreadableFile(f"{self.path.name} is damaged: it claims {len(members)} arrays")
            for member in members:
                try:
                    with damage_told(self.path), archive.open(member) as stream:
                        block = self._read_header(stream, member.filename)
                    check_holds(self.path, block, member.file_size)
                    title = self.path.stem if len(members) == 1 else f"{self.path.stem} {member.filename[:-4]}"
                    sources.append(self._member_source(len(sources), member, block, title))
                except UnreadableFile as error:
                    problems.append(f"Array {member.filename} was left out: {error.detail}")
        if not sources:
            raise UnreadableFile(problems[0] if problems else f"{self.path.name} holds no array")
        self.images, self.warnings = tuple(sources), tuple(problems)

    def _member_source(self, index: int, member: zipfile.ZipInfo, block: Block, title: str) -> BlockSource:
        """A member of the archive: read where it lies when it is stored as it is, else decompressed first."""
        about = _describe(title, block)
        if member.compress_type == zipfile.ZIP_STORED:
            local = self.descriptors.read(self.path, member.header_offset, _LOCAL_HEADER_BYTES)
            start = member.header_offset + _LOCAL_HEADER_BYTES + sum(struct.unpack_from("<HH", local, 26))
            moved = Block(start + block.start, block.shape, block.steps, block.dtype)
            check_holds(self.path, moved, self.path.stat().st_size)
            return BlockSource(self, index, moved, about)
        spool = Spool(self.path, block.end, lambda: _MemberStream(self.path, member))
        self._spools.append(spool)
        return BlockSource(self, index, block, about, spool)

    def _read_header(self, stream: IO[bytes], name: str) -> Block:
        """Where the array lies behind its header."""
        magic, major, _ = struct.unpack("<6sBB", stream.read(8).ljust(8, b"\0"))
        form = "<H" if major == 1 else "<I"
        (length,) = struct.unpack(form, stream.read(struct.calcsize(form)))
        if magic != NPY_MAGIC or major not in (1, 2, 3) or length > _LONGEST_HEADER:
            raise UnreadableFile(f"{self.path.name} is damaged: the header of {name} is none of NumPy's")
        told = ast.literal_eval(stream.read(length).decode("utf-8" if major == 3 else "latin-1").strip())
        dtype, shape = np.lib.format.descr_to_dtype(told["descr"]), tuple(int(size) for size in told["shape"])
        self._notes |= {
            f"{name}.type": str(dtype),
            f"{name}.shape": str(shape),
            f"{name}.order": "F" if told["fortran_order"] else "C",
        }
        if dtype.kind not in "biufc" or dtype.itemsize > (16 if dtype.kind == "c" else 8):
            raise UnreadableFile(f"{self.path.name} holds values of the type {dtype} in {name}, which are no pixels")
        if not 2 <= len(shape) <= 5 or min(shape) < 1:
            raise UnreadableFile(
                f"{self.path.name} holds an array of the shape {shape} in {name}; two to five dimensions can be read"
            )
        return _lay_out(stream.tell(), shape, dtype, is_reversed=bool(told["fortran_order"]))

    def original_metadata(self) -> dict[str, str]:
        """The type, shape and order of every array."""
        return self._notes

    def close(self) -> None:
        """Let go of the file and of what was decompressed."""
        super().close()
        for spool in self._spools:
            spool.close()


class _MemberStream:
    """A member of an archive as a stream that closes the archive with itself."""

    def __init__(self, path: Path, member: zipfile.ZipInfo) -> None:
        self._archive = zipfile.ZipFile(path)
        self._stream = self._archive.open(member)

    def __enter__(self) -> IO[bytes]:
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._archive.close()


def _lay_out(start: int, shape: tuple[int, ...], dtype: np.dtype[Any], *, is_reversed: bool) -> Block:
    axes = guess_axes(shape)
    sizes = dict(zip(axes, shape, strict=True))
    absent = "".join(axis for axis in "tczyx" if axis not in axes)
    size = Size(*(sizes.get(axis, 1) for axis in "tczyx"))
    return packed_block(start, size, dtype, absent + (axes[::-1] if is_reversed else axes))


def _describe(name: str, block: Block) -> ImageDescription:
    return ImageDescription(name=name, channels=(ChannelDescription(),) * block.shape.c)
