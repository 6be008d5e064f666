"""Choosing the reader for a file: an explicit choice, then the settings' preference, then names; the first bytes decide."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import cast

from micrarium.errors import InvalidInput, NotFound, UnreadableFile, UnsupportedFormat
from micrarium.formats.reader import HEAD_BYTES, Reader
from micrarium.pixels.source import ImageFile
from micrarium.plugins import FORMATS, load_plugin, plugin_names


def readers() -> list[Reader]:
    """All installed readers in the order of their names."""
    return [_reader(name) for name in plugin_names(FORMATS)]


def open_image_file(
    path: Path | str, *, reader: str | None = None, preferred: Sequence[str] | None = None, is_grouping: bool = True
) -> ImageFile:
    """The opened file or folder, by the reader named or by the first that knows its first bytes and can open it.

    ``preferred`` names readers to be tried before the others; the setting ``prefer_readers`` when not given. Unless
    ``is_grouping``, the readers of plates and sequences are left out, so that each file stands for itself. Raises
    ``UnsupportedFormat`` when no reader knows the bytes, ``UnreadableFile`` when it is missing, damaged or cut short.
    """
    path = Path(path).absolute()
    head = read_head(path)
    if reader is not None:
        return _reader(reader).open(path)
    candidates = recognising(path, head, preferred=preferred, is_grouping=is_grouping)
    if not candidates:
        if path.is_dir():
            only, problems_beside = _only_fileset(path, is_grouping=is_grouping)
            opened = open_image_file(only, is_grouping=is_grouping)
            opened.warnings = tuple(dict.fromkeys((*opened.warnings, *problems_beside)))
            return opened
        raise UnsupportedFormat(_unknown(path, head))
    problems: list[UnreadableFile] = []
    damaged: list[str] = []
    for candidate in candidates:
        try:
            opened = candidate.open(path)
        except UnreadableFile as error:
            problems.append(error)
            damaged += [error.detail] if gathers_files(candidate) and not isinstance(error, UnsupportedFormat) else []
        else:
            # An index that nobody can read says more than the names of the files, by which they were grouped instead.
            opened.warnings = tuple(dict.fromkeys((*opened.warnings, *damaged)))
            return opened
    if all(isinstance(problem, UnsupportedFormat) for problem in problems):  # sound, but not for any of these
        for candidate in _last_resorts(path, head, besides=candidates):
            with suppress(UnreadableFile):
                return candidate.open(path)
    raise problems[0]


def recognising(path: Path, head: bytes, *, preferred: Sequence[str] | None = None, is_grouping: bool = True) -> list[Reader]:
    """The readers that know these first bytes, the preferred ones first, then those whose suffix fits best."""
    name = path.name.lower()
    first = _preferred() if preferred is None else list(preferred)

    def rank(reader: Reader) -> tuple[int, int, str]:
        choice = first.index(reader.name) if reader.name in first else len(first)
        fit = max((len(suffix) for suffix in reader.suffixes if name.endswith(suffix)), default=0)
        return choice, -fit, reader.name

    def standing(reader: Reader) -> int:
        # A plate's index knows what a file is a part of, a name only seems to. ome-tiff knows a description when it sees
        # one, so it goes before tiff whatever the suffix says.
        if reader.name in first or gathers_files(reader):
            return int(getattr(reader, "is_guessing", False) and reader.name not in first)
        return 3 if reader.name == "tiff" else 2

    wanted = [reader for reader in readers() if is_grouping or not gathers_files(reader)]
    asked = [reader for reader in wanted if reader.name in first or not _is_last_resort(reader)]
    known = [reader for reader in asked if reader.recognises(head, path)] or _last_resorts(path, head, besides=asked)
    return sorted(known, key=lambda reader: (standing(reader), rank(reader)))


def gathers_files(reader: Reader) -> bool:
    """Whether a reader makes one fileset of many files that other readers would take for an image each."""
    return bool(getattr(reader, "gathers_files", False))


def _is_last_resort(reader: Reader) -> bool:
    return bool(getattr(reader, "is_last_resort", False))


def _last_resorts(path: Path, head: bytes, *, besides: Sequence[Reader]) -> list[Reader]:
    """The readers that are only asked where no other can read a file, and know it."""
    found = [reader for reader in readers() if _is_last_resort(reader) and reader not in besides]
    return [reader for reader in found if reader.recognises(head, path)]


def read_head(path: Path) -> bytes:
    """The first bytes of a file, none of a folder. Raises ``UnreadableFile`` when it cannot be opened, or is no file."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return b""
        if not stat.S_ISREG(mode):  # opening a pipe waits for whoever writes into it, for ever
            raise UnsupportedFormat(f"{path.name} is a pipe, a socket or a device, and no file; copy what comes from it to a file")
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be opened: {error.strerror or error}") from error


def _preferred() -> list[str]:
    """The readers the settings prefer; settings are only loaded where this one is set."""
    if not any(name.upper() == "MICRARIUM_PREFER_READERS" for name in os.environ):
        return []
    from micrarium.settings import load_settings

    return load_settings().prefer_readers


def check_reader(name: str) -> None:
    """Raises ``InvalidInput`` for a name that no reader has."""
    if name not in plugin_names(FORMATS):
        raise InvalidInput(f"There is no reader {name!r}; installed: {', '.join(plugin_names(FORMATS))}", field="reader")


def _reader(name: str) -> Reader:
    try:
        made = load_plugin(FORMATS, name)
    except NotFound:
        raise UnsupportedFormat(
            f"There is no reader {name!r}; installed: {', '.join(plugin_names(FORMATS))}", field="reader"
        ) from None
    return _instance(made) if isinstance(made, type) else cast("Reader", made)


@cache
def _instance(kind: type[Reader]) -> Reader:
    """The one reader of a kind: readers keep nothing but what they found out of their libraries' versions."""
    return kind()


def _only_fileset(folder: Path, *, is_grouping: bool) -> tuple[Path, list[str]]:
    """The one fileset in a folder that is no image itself, and what is wrong with others that readers know and cannot read."""
    from micrarium.formats.finding import examine, find_filesets

    looking = partial(examine, is_grouping=is_grouping)
    every = list(find_filesets([folder], examine=looking))
    found = [fileset.path for fileset in every if not fileset.problem]
    if len(found) == 1:
        return found[0], [one.problem for one in every if one.problem and _is_known(one.path, is_grouping=is_grouping)]
    if not found:
        raise UnsupportedFormat(f"{folder} is a folder without any file that a reader knows")
    names = ", ".join(str(path.relative_to(folder)) for path in found[:3])
    raise UnsupportedFormat(f"{folder} holds {len(found)} filesets; open one of them, such as {names}")


def _is_known(path: Path, *, is_grouping: bool) -> bool:
    with suppress(UnreadableFile):
        return bool(recognising(path, read_head(path), is_grouping=is_grouping))
    return False


def _unknown(path: Path, head: bytes) -> str:
    if not head:
        return f"{path.name} is empty"
    hints = "".join(f". {hint}" for reader in readers() if (hint := getattr(reader, "hint", str)()))
    shown = head[:12].hex(" ")
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in head[:12])
    return f"{path.name} is of no format that a reader knows. First bytes: {shown} ({text}){hints}"
