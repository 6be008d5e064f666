"""Which filesets lie under some paths: folders walked, files that belong together counted once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from micrarium.errors import UnreadableFile
from micrarium.formats.opening import open_image_file, read_head, recognising

#: Files whose parts lie in a folder or in pictures beside them, which are nothing by themselves.
_HEADS = (
    *(".mrxs", ".vms", ".vmu", ".oif"),
    *(".htd", ".mlf", ".xdce", ".pattern", "tiles.csv", "index.idx.xml", "columbusidx.xml", "experiment_descriptor.xml"),
)


@dataclass(frozen=True, slots=True)
class FoundFileset:
    """One fileset: the path to open it by, the reader that can, and all its files.

    ``problem`` is a sentence where it cannot be read; then ``reader`` may be empty and ``files`` holds the path alone.
    """

    path: Path
    reader: str
    files: tuple[Path, ...]
    problem: str = ""


def examine(path: Path, *, is_grouping: bool = True) -> FoundFileset | None:
    """The fileset that a path opens, None for a folder that is only a folder.

    A fileset of many files has one path whichever of them led to it: its first file.
    """
    try:
        if path.is_dir() and not recognising(path, read_head(path), is_grouping=is_grouping):
            return None
        with open_image_file(path, is_grouping=is_grouping) as opened:
            files = tuple(Path(file) for file in opened.files)
            return FoundFileset(path if path.is_dir() or not files else files[0], opened.reader, files)
    except UnreadableFile as error:
        return FoundFileset(path, "", (path,), problem=error.detail)


def find_filesets(
    paths: Iterable[Path | str], *, examine: Callable[[Path], FoundFileset | None] = examine
) -> Iterator[FoundFileset]:
    """Every fileset under some files and folders, in the order of their names; what cannot be read comes with its problem.

    ``examine`` opens one path, in this process unless another one is to; see ``trying``.
    """
    claimed: set[Path] = set()
    for path in paths:
        yield from _find(Path(path).absolute(), claimed, examine)


def _find(path: Path, claimed: set[Path], examine: Callable[[Path], FoundFileset | None]) -> Iterator[FoundFileset]:
    if path in claimed:
        return
    fileset = examine(path)
    if fileset is not None:
        if claimed.isdisjoint(fileset.files):
            yield fileset
        claimed.update(fileset.files)
    elif path.is_dir() and path.resolve() not in claimed:
        claimed.add(path.resolve())  # links can lead back to where one was
        for child in _children(path):
            yield from _find(child, claimed, examine)


def _children(folder: Path) -> list[Path]:
    """What lies in a folder, first what may claim other files: heads, folders, companions; hidden names are left out."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (
                    not entry.name.lower().endswith(_HEADS),
                    not entry.is_dir(),
                    not entry.name.endswith(".companion.ome"),
                    entry.name,
                )
                for entry in entries
                if entry.name[0] != "."
            ]
    except OSError:
        return []
    names = {name for *_, name in found}
    return [folder / name for *_, name in sorted(found) if _owner(name) not in names]


def _owner(name: str) -> str | None:
    """The file that a folder of this name would belong to: the planes of ``name.oif`` lie in ``name.oif.files``."""
    if name.lower().endswith(".oif.files"):
        return name[: -len(".files")]
    return f"{name[: -len('.n5')]}.xml" if name.lower().endswith(".n5") else None
