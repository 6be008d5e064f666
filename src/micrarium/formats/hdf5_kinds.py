"""Telling apart what software wrote an HDF5 file: all begin with the same bytes, so it is opened and looked into.

The library crashes or hangs over about one in a thousand damaged files, so each is first tried in a process of its own.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from micrarium.errors import UnreadableFile
from micrarium.formats.trying import try_out
from micrarium.geometry import Region, Size

_MAGIC = b"\x89HDF\r\n\x1a\n"
#: Where HDF5 looks for its first bytes, which other headers may precede.
_PLACES = (0, 512, 1024, 2048)
_MOST_IMAGES_TRIED = 6
_TRIED_BYTES = 16 << 20


def is_hdf5(head: bytes) -> bool:
    """Whether these are the first bytes of an HDF5 file."""
    return any(head[place : place + 8] == _MAGIC for place in _PLACES)


def kind_of(head: bytes, path: Path) -> str:
    """``ims``, ``bdv``, ``emd``, ``anndata`` or ``hdf5`` for any other; empty for what is no HDF5 file."""
    if not is_hdf5(head):
        return ""
    try:
        stat = path.stat()
    except OSError:
        return "hdf5"
    return _looked_into(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(256)
def _looked_into(path: Path, _modified_ns: int, _size: int) -> str:
    try:
        try_out(f"{__name__}:look_into", path)
    except UnreadableFile:  # opening it tells
        return "hdf5"
    return look_into(path)


def look_into(path: Path) -> str:
    """The kind of an HDF5 file. To be called in a process of its own."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            names, attributes = set(file), set(file.attrs)
            data = file["Data"] if "Data" in names and isinstance(file.get("Data", getlink=True), h5py.HardLink) else None
            is_velox = isinstance(data, h5py.Group) and {"Image", "ImageData"} & set(data) and "Version" in names
    except Exception:  # HDF5 raises anything over a damaged file; opening it tells
        return "hdf5"
    if {"DataSet", "DataSetInfo"} <= names and any(name.startswith("ImarisDataSet") for name in attributes):
        return "ims"
    if any(_is_numbered(name, "t") for name in names) and any(_is_numbered(name, "s") for name in names):
        return "bdv"
    if is_velox or "version_major" in attributes or path.suffix.lower() == ".emd":
        return "emd"
    return "anndata" if {"X", "obs", "var"} <= names else "hdf5"


def read_through(path: Path, *, reader: str) -> None:
    """Open a file, and read its metadata and the first pixels of some images. To be called in a process of its own."""
    from micrarium.formats.opening import open_image_file

    with open_image_file(path, reader=reader) as opened:
        opened.original_metadata()
        for source in opened.images[:_MOST_IMAGES_TRIED]:
            for level, (shape, _) in enumerate(source.levels):
                rows = max(1, _TRIED_BYTES // (shape.x * source.dtype.itemsize))
                source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, min(rows, shape.y), shape.x)), level=level)


def _is_numbered(name: str, letter: str) -> bool:
    return name[:1] == letter and len(name) >= 3 and name[1:].isdecimal()
