"""Files that name a sequence by a pattern, as Bio-Formats reads them: ``img_t<001-100>_c<R,G>.tif`` in a ``.pattern`` file."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from pathlib import Path
from typing import NamedTuple

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.listings import Listing

SUFFIX = ".pattern"
_LARGEST_BYTES = 1 << 20
_MOST_FILES = 1_000_000
_BLOCK = re.compile(r"<([^<>]*)>")
_RANGE = re.compile(r"([0-9]+|[A-Za-z])-([0-9]+|[A-Za-z])(?::([0-9]+))?")
_AXES = {"t": "t", "time": "t", "tp": "t", "z": "z", "sec": "z", "c": "c", "ch": "c", "w": "c", "channel": "c", "wave": "c"}
_AXES |= {"s": "s", "series": "s", "sp": "s", "p": "s", "pos": "s", "f": "s"}


class PatternPlane(NamedTuple):
    """A file that a pattern names, and its places along t, c, z and among images."""

    name: str
    t: int
    c: int
    z: int
    image: int


class FilePattern(NamedTuple):
    """What a pattern says: the files in their order, and the channels by their texts."""

    planes: tuple[PatternPlane, ...]
    channels: tuple[str, ...]


def read_pattern(path: Path) -> FilePattern:
    """The files that a ``.pattern`` file names. Raises ``UnreadableFile`` for what is no pattern."""
    with path.open("rb") as file:
        text = file.read(_LARGEST_BYTES).decode("utf-8-sig", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        raise UnreadableFile(f"{path.name} is to hold one line, a pattern such as img_t<001-100>.tif")
    return expand_pattern(lines[0].replace("\\", "/").rsplit("/", 1)[-1], path.name)


def expand_pattern(pattern: str, told: str) -> FilePattern:
    """The files that a pattern stands for. Raises ``UnreadableFile`` where it names none or far too many."""
    blocks = [_values(block[1], told) for block in _BLOCK.finditer(pattern)]
    if not blocks or prod(len(values) for values in blocks) > _MOST_FILES:
        raise UnreadableFile(f"{told} is damaged: the pattern {pattern[:80]!r} stands for no files, or for too many")
    axes = _axes(pattern, blocks)
    literals = _BLOCK.split(pattern)[::2]
    if any(sign in literal for literal in literals for sign in "<>"):
        raise UnreadableFile(f"{told} is damaged: a block of the pattern {pattern[:80]!r} has no beginning or no end")
    planes = []
    sizes = {axis: [len(values) for values, own in zip(blocks, axes, strict=True) if own == axis] for axis in "tczs"}
    for places in product(*(range(len(values)) for values in blocks)):
        name = literals[0] + "".join(values[n] + text for values, n, text in zip(blocks, places, literals[1:], strict=True))
        at = {axis: _number(axis, axes, places, sizes[axis]) for axis in "tczs"}
        planes.append(PatternPlane(name, at["t"], at["c"], at["z"], at["s"]))
    named = [values for values, axis in zip(blocks, axes, strict=True) if axis == "c"]
    return FilePattern(tuple(planes), tuple(" ".join(texts) for texts in product(*named)) if named else ("",))


def _number(axis: str, axes: list[str], places: tuple[int, ...], sizes: list[int]) -> int:
    """The place along an axis, to which several blocks may belong: the last runs fastest."""
    number = 0
    for place, size in zip((n for n, own in zip(places, axes, strict=True) if own == axis), sizes, strict=True):
        number = number * size + place
    return number


def _values(block: str, told: str) -> list[str]:
    """The texts a block stands for: a range of numbers or letters, with a step where it has one, or a list."""
    values: list[str] = []
    for item in block.split(","):
        found = _RANGE.fullmatch(item.strip())
        if found is None:
            values.append(item.strip())
            continue
        first, last, step = found[1], found[2], max(1, int(found[3] or 1))
        if first.isdigit() != last.isdigit() or len(first) > 12 or len(last) > 12:
            raise UnreadableFile(f"{told} is damaged: <{block[:80]}> is no range")
        if (int(first) > int(last)) if first.isdigit() else first > last:
            raise UnreadableFile(f"{told} is damaged: <{block[:80]}> ends before it begins")
        if not first.isdigit():
            values += [chr(code) for code in range(ord(first), ord(last) + 1, step)]
        elif (int(last) - int(first)) // step > _MOST_FILES:
            raise UnreadableFile(f"{told} is damaged: <{block[:80]}> stands for too many files")
        else:
            width = len(first) if first.startswith("0") or len(first) == len(last) else 0
            values += [str(number).zfill(width) for number in range(int(first), int(last) + 1, step)]
    return values


def _axes(pattern: str, blocks: list[list[str]]) -> list[str]:
    """What each block runs along: what the letters before it name; else texts are channels, and numbers t, then z, then c."""
    axes: list[str] = []
    for block, values in zip(_BLOCK.finditer(pattern), blocks, strict=True):
        before = re.search(r"([A-Za-z]+)[_\-]?$", pattern[: block.start()])
        axis = _AXES.get(before[1].lower()) if before else None
        if axis is None:
            is_text = any(not value.isdigit() for value in values)
            axis = "c" if is_text else next((free for free in "tz" if free not in axes), "c")
        axes.append(axis)
    return axes


def find_pattern(listing: Listing, name: str) -> str | None:
    """The ``.pattern`` file in a folder that names a file, None where none does."""
    patterns = listing.derive("patterns", lambda own: [one for one in own.files if one.lower().endswith(SUFFIX)])
    return next((one for one in patterns if name.lower() in listing.derive_from("pattern", one, _names)), None)


def _names(path: Path) -> frozenset[str]:
    """The names of the files of a pattern, in lower case; none of one that cannot be read."""
    try:
        return frozenset(plane.name.lower() for plane in read_pattern(path).planes)
    except (UnreadableFile, OSError):
        return frozenset()
