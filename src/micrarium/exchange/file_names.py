"""Names that files can have on any system, from the names and paths they had on another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from pathlib import PurePosixPath

#: What Windows takes in no name, and what no system should.
_BAD = re.compile(r'[<>:"|?*\x00-\x1f\x7f]|[\ud800-\udfff]')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_MOST_BYTES = 200


def safe_name(name: str) -> str:
    """One name as a file can have it anywhere: what is special in it became ``_``, and it is not too long."""
    clean = _BAD.sub("_", name.replace("/", "_").replace("\\", "_")).rstrip(" .")
    if clean.split(".", 1)[0].casefold() in _RESERVED:
        clean = f"_{clean}"
    stem, suffix = PurePosixPath(clean).stem, PurePosixPath(clean).suffix[:20]
    while len((stem + suffix).encode()) > _MOST_BYTES:
        stem = stem[:-1]
    return stem + suffix or "_"


def safe_path(path: str) -> str:
    """A relative path of safe names, with slashes, whatever system the path is of; it leads nowhere but down."""
    parts = [part for part in re.split(r"[/\\]", re.sub(r"^[A-Za-z]:(?=[/\\])", "", path)) if part not in ("", ".", "..")]
    return "/".join(safe_name(part) for part in parts) or "_"


def common_folder(paths: Iterable[str]) -> str:
    """The folder in which all these absolute paths are, ending in a slash; empty where there is none."""
    found: list[str] | None = None
    for path in paths:
        parts = path.split("/")[:-1]
        if found is None:
            found = parts
        while found != parts[: len(found)]:
            found = found[:-1]
    return "/".join(found) + "/" if found else ""


class TakenNames:
    """The paths that are taken in a folder; those that differ in case only are one, as many systems have it."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._next: dict[str, int] = {}

    def place(self, paths: list[str]) -> list[str]:
        """Paths of files that belong together, as they are where they are free, else with a number at their top.

        Files that belong together keep their places to each other: they may name one another.
        """
        paths = _apart(paths)
        first = paths[0].casefold() if paths else ""
        for number in count(self._next.get(first, 1)):
            tried = _numbered(paths, number)
            files = {path.casefold() for path in tried}
            folders = {folder for path in files for folder in _folders(path)}
            if not (files & (self._files | self._folders) or folders & self._files):
                break
        self._next[first] = number + 1
        self._files |= files
        self._folders |= folders
        return tried


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _numbered(paths: list[str], number: int) -> list[str]:
    """``a.tif`` -> ``a (2).tif``; of several files, or in folders, the folder they are all in gets the number, or is made."""
    if number == 1:
        return paths
    if len(paths) == 1 and "/" not in paths[0]:
        return [_with_number(paths[0], number)]
    tops = {path.partition("/")[0] for path in paths}
    if len(tops) == 1:
        return [f"{path.partition('/')[0]} ({number})/{path.partition('/')[2]}" for path in paths]
    stem = _split(paths[0].partition("/")[0])[0]
    return [f"{stem} ({number})/{path}" for path in paths]


def _with_number(name: str, number: int) -> str:
    stem, suffix = _split(name)
    return f"{stem} ({number}){suffix}"


def _split(name: str) -> tuple[str, str]:
    """``a.ome.tif`` -> ``a`` and ``.ome.tif``; a dot at the beginning starts no suffix."""
    start = name.find(".", 1)
    return (name, "") if start < 0 else (name[:start], name[start:])


def _apart(paths: list[str]) -> list[str]:
    """The same paths, those that are alike numbered at their ends."""
    seen: set[str] = set()
    found = []
    for path in paths:
        folder, slash, name = path.rpartition("/")
        tried, number = path, 1
        while tried.casefold() in seen:
            number += 1
            tried = f"{folder}{slash}{_with_number(name, number)}"
        seen.add(tried.casefold())
        found.append(tried)
    return found
