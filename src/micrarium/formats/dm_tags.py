"""The tree of tags of a DM3 or DM4 file. Long arrays, the pixels among them, are told by their place and not read.

Gatan publishes no description; this follows the ones by Greg Jefferis ("Digital Micrograph file format") and by C. Boothroyd
("DM4 file format"). Folders and tags are big-endian, values are in the byte order that the header names.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from micrarium.errors import UnreadableFile

_TYPES = {2: "i2", 3: "i4", 4: "u2", 5: "u4", 6: "f4", 7: "f8", 8: "u1", 9: "i1", 10: "u1", 11: "i8", 12: "u8"}
_STRUCT, _STRING, _ARRAY = 15, 18, 20
_END, _FOLDER, _TAG = 0, 20, 21
_MOST_TAGS = 500_000
_DEEPEST = 64
_LONGEST_READ_BYTES = 16384
_MOST_WORDS = 4096


class StoredArray(NamedTuple):
    """An array among the tags: where it begins, its elements' type, how many there are, and its bytes where it is short.

    Texts lie as arrays of 16-bit numbers, just as images of such numbers do.
    """

    offset: int
    dtype: np.dtype[Any]
    length: int
    data: bytes = b""

    def __str__(self) -> str:
        if len(self.data) < self.length * self.dtype.itemsize:
            return f"array of {self.length} {self.dtype}"
        if self.dtype.kind == "u" and self.dtype.itemsize == 2:
            return self.data.decode("utf-16-be" if self.dtype.str[0] == ">" else "utf-16-le", "replace").strip("\0")
        return ", ".join(map(str, np.frombuffer(self.data, self.dtype).tolist()))


#: A folder of tags: names, or numbers for tags without one.
Tree = dict[str, Any]


class TagParser:
    """Reads the tags of one file. ``order`` is that of its values, ``<`` or ``>``."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._tags = 0
        self._size = path.stat().st_size
        (version,) = self._big("I")
        self._wide = "Q" if version == 4 else "I"
        _, is_little = self._big(f"{self._wide}I")
        self.order = "<" if is_little else ">"
        self._version = version

    def _big(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(f">{form}", self._bytes(struct.calcsize(f">{form}")))

    def _bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise UnreadableFile(f"{self._path.name} is cut short: its tags go on where it ends")
        return data

    def folder(self, depth: int = 0) -> Tree:
        """The tags of the folder that begins here."""
        if depth > _DEEPEST:
            raise UnreadableFile(f"{self._path.name} is damaged: its tags lie more than {_DEEPEST} folders deep")
        _, _, count = self._big(f"BB{self._wide}")
        found: Tree = {}
        for number in range(count):
            self._tags += 1
            if self._tags > _MOST_TAGS:
                raise UnreadableFile(f"{self._path.name} is damaged: it claims more than {_MOST_TAGS} tags")
            kind, length = self._big("BH")
            if kind == _END:
                break
            name = self._bytes(length).decode("latin-1") or str(number)
            end = None
            if self._version == 4:
                (size,) = self._big("Q")
                end = self._file.tell() + size
            if kind == _FOLDER:
                found[name] = self.folder(depth + 1)
            elif kind == _TAG:
                found[name] = self._value()
            else:
                raise UnreadableFile(f"{self._path.name} is damaged: a tag is of the unknown kind {kind}")
            if end is not None and end <= self._size:
                self._file.seek(end)
        return found

    def _value(self) -> Any:
        mark, count = self._big(f"4s{self._wide}")
        if mark != b"%%%%" or not 1 <= count <= _MOST_WORDS:
            raise UnreadableFile(f"{self._path.name} is damaged: a tag does not begin as tags do")
        words = list(self._big(f"{count}{self._wide}"))
        kind = words[0]
        if kind in _TYPES:
            return self._numbers(self._dtype(words), 1)[0].item()
        if kind == _STRUCT:
            return list(self._numbers(self._dtype(words), 1)[0].item())
        if kind == _STRING and count == 2:
            return self._array(np.dtype(f"{self.order}u2"), words[1])
        if kind == _ARRAY and count >= 3:
            return self._array(self._dtype(words[1:-1]), words[-1])
        raise UnreadableFile(f"{self._path.name} is damaged: a tag holds a value of the unknown type {kind}")

    def _dtype(self, words: list[int]) -> np.dtype[Any]:
        """The type that some words of a tag stand for, a record where they name fields."""
        kinds = words[4::2] if words[0] == _STRUCT else words[:1]
        if not kinds or any(kind not in _TYPES for kind in kinds):
            raise UnreadableFile(f"{self._path.name} is damaged: a tag holds values of the unknown type {words[0]}")
        if words[0] != _STRUCT:
            return np.dtype(self.order + _TYPES[kinds[0]])
        return np.dtype([(f"f{number}", self.order + _TYPES[kind]) for number, kind in enumerate(kinds)])

    def _numbers(self, dtype: np.dtype[Any], count: int) -> np.ndarray[Any, np.dtype[Any]]:
        return np.frombuffer(self._bytes(dtype.itemsize * count), dtype)

    def _array(self, dtype: np.dtype[Any], count: int) -> StoredArray:
        offset, size = self._file.tell(), count * dtype.itemsize
        if offset + size > self._size:
            raise UnreadableFile(f"{self._path.name} is cut short: {offset + size - self._size} bytes of an array are missing")
        if size <= _LONGEST_READ_BYTES:
            return StoredArray(offset, dtype, count, self._bytes(size))
        self._file.seek(size, 1)
        return StoredArray(offset, dtype, count)


def read_tags(path: Path) -> tuple[Tree, str]:
    """The tree of tags of a file and the byte order of its values."""
    with path.open("rb") as file:
        parser = TagParser(path, file)
        return parser.folder(), parser.order


def find(tree: Any, path: str) -> Any:
    """What lies at a path of tags such as ``ImageTags/DataBar``; None where there is nothing."""
    for name in path.split("/"):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def find_text(tree: Any, path: str) -> str:
    """The text at a path of tags; empty where there is none."""
    value = find(tree, path)
    return "" if value is None or isinstance(value, dict) else str(value).strip()


def find_number(tree: Any, path: str) -> float | None:
    """The finite number at a path of tags, None where there is none."""
    value = find(tree, path)
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else None


def flat_tags(tree: Tree, limit: int = 65536) -> dict[str, str]:
    """Every value of a tree by its path; arrays that stayed in the file by their length."""
    found: dict[str, str] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, part in value.items():
                walk(part, f"{path}/{name}" if path else name)
        else:
            found[path] = (", ".join(map(str, value)) if isinstance(value, list) else str(value))[:limit]

    walk(tree, "")
    return found
