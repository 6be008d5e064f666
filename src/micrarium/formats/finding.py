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
    *(".xlef", ".mrxs", ".vms", ".vmu", ".oif", ".xlif", ".vsi"),
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


def examine(path: Path, *, is_grouping: bool = True, reader: str | None = None) -> FoundFileset | None:
    """The fileset that a path opens, None for a folder that is only a folder.

    A fileset of many files has one path whichever of them led to it: its first file. ``reader`` names one that is asked
    before all others.
    """
    preferred = None if reader is None else [reader]
    try:
        if path.is_dir() and not recognising(path, read_head(path), preferred=preferred, is_grouping=is_grouping):
            return None
        with open_image_file(path, preferred=preferred, is_grouping=is_grouping) as opened:
            files = tuple(Path(file) for file in opened.files)
            return FoundFileset(path if path.is_dir() or not files else files[0], opened.reader, files)
    except UnreadableFile as error:
        return FoundFileset(path, "", (path,), problem=error.detail)


@dataclass(frozen=True, slots=True)
class _Walk:
    """How paths are walked: what opens one, how many folders deep, and whom to tell of what is passed over."""

    examine: Callable[[Path], FoundFileset | None]
    depth: int | None
    skip: Callable[[Path, str], None]


def find_filesets(
    paths: Iterable[Path | str],
    *,
    examine: Callable[[Path], FoundFileset | None] = examine,
    depth: int | None = None,
    skip: Callable[[Path, str], None] = lambda _path, _reason: None,
) -> Iterator[FoundFileset]:
    """Every fileset under some files and folders, in the order of their names; what cannot be read comes with its problem.

    ``examine`` opens one path, in this process unless another one is to; see ``trying``. ``depth`` is how many folders
    below the given ones are entered, all where it is None. ``skip`` is called for what is passed over unopened, with why.
    """
    claimed: set[Path] = set()
    walk = _Walk(examine, depth, skip)
    for path in paths:
        yield from _find(Path(path).absolute(), claimed, walk, level=0)


def _find(path: Path, claimed: set[Path], walk: _Walk, *, level: int) -> Iterator[FoundFileset]:
    if path in claimed:
        return
    fileset = walk.examine(path)
    if fileset is not None:
        if claimed.isdisjoint(fileset.files):
            yield fileset
        claimed.update(fileset.files)
    elif path.is_dir() and path.resolve() not in claimed:
        if walk.depth is not None and level > walk.depth:
            walk.skip(path, f"it lies more than {walk.depth} folders deep")
            return
        claimed.add(path.resolve())  # links can lead back to where one was
        for child in _children(path, walk):
            yield from _find(child, claimed, walk, level=level + 1)


def _children(folder: Path, walk: _Walk) -> list[Path]:
    """What lies in a folder, first what may claim other files: heads, folders, companions; hidden names are left out."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == ".":
                    walk.skip(folder / name, "hidden")
                    continue
                found.append((_rank(name.lower()), not _is_folder(entry), not name.endswith(".companion.ome"), name))
    except OSError as error:
        walk.skip(folder, f"the folder cannot be read: {error.strerror or error}")
        return []
    names = {name for *_, name in found}
    return [folder / name for *_, name in sorted(found) if _owner(name) not in names]


def _rank(name: str) -> int:
    """The place of a name among the heads, which come before everything else; a project comes before its parts."""
    return next((number for number, suffix in enumerate(_HEADS) if name.endswith(suffix)), len(_HEADS))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _owner(name: str) -> str | None:
    """The file that a folder of this name would belong to.

    The planes of ``name.oif`` lie in ``name.oif.files``, those of ``name.vsi`` in ``_name_``.
    """
    if name.lower().endswith(".oif.files"):
        return name[: -len(".files")]
    if len(name) > 2 and name[0] == name[-1] == "_":
        return f"{name[1:-1]}.vsi"
    return f"{name[: -len('.n5')]}.xml" if name.lower().endswith(".n5") else None
