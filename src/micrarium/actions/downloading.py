"""The original files of images and of what holds them, under the names and relative paths they had at their importers'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from micrarium.actions.opening import Site
from micrarium.actions.reaching_roots import reach_original
from micrarium.actions.storing import folder_files
from micrarium.errors import InvalidInput, NotFound, UnreadableFile
from micrarium.exchange.file_names import TakenNames, common_folder, safe_name, safe_path
from micrarium.exchange.originals import ZipMember
from micrarium.model import (
    Dataset,
    DatasetImageLink,
    Entity,
    Fileset,
    FilesetEntry,
    Image,
    OriginalFile,
    Plate,
    Project,
    ProjectDatasetLink,
    Screen,
    ScreenPlateLink,
    Well,
    WellSample,
)
from micrarium.permissions import ActorSession, get_visible, require_download, visible

#: The classes whose originals can be downloaded together.
HOLDING: tuple[type[Entity], ...] = (Dataset, Fileset, Image, Plate, Project, Screen)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Original:
    """One file to download: its path in the download, where it lies, and what it is of.

    A folder that is one original (OME-Zarr) is many files; ``part`` is the path of this one in it. ``sha256`` is of files only.
    """

    name: str
    path: Path
    size_bytes: int
    original_file_id: int
    part: str | None = None
    sha256: str | None = None


def list_originals(session: ActorSession, site: Site, entity: type[Entity], object_id: int) -> list[Original]:
    """Every original of an object, each once, with the path it has in a download.

    Paths are those of the importer, relative to the folder all files came from; what is in a project or a screen is below
    the names of its datasets or plates. Raises ``NotFound`` for an object without originals, ``NotAllowed`` where the
    group keeps them, ``UnreadableFile`` for a file that is gone.
    """
    obj = get_visible(session, entity, object_id)
    held = _filesets_of(session, obj)
    rows = _files_of(session, [fileset_id for _, fileset_id in held])
    require_download(session, [row.id for found in rows.values() for row in found])
    found = list(_place(site, session, held, rows))
    if not found:
        raise NotFound(f"{obj} has no originals")
    return found


def original_members(session: ActorSession, site: Site, image_id: int) -> list[ZipMember]:
    """Every original file of an image's fileset with its path among them. Raises like ``list_originals``."""
    return [ZipMember(file.path, file.name) for file in list_originals(session, site, Image, image_id)]


def find_original(session: ActorSession, site: Site, file_id: int, part: str | None) -> tuple[list[ZipMember], str]:
    """The bytes of one original file, and its name: all files of one that is a folder, or the ``part`` of it that is asked for.

    Raises ``NotFound`` for a part that is not there, and like ``list_originals``.
    """
    file = get_visible(session, OriginalFile, file_id)
    require_download(session, [file_id])
    path, name = reach_original(site, session, file), safe_name(file.name)
    if not path.exists():
        raise UnreadableFile(f"{name} is not where it was imported from")
    if not path.is_dir():
        if part is not None:
            raise InvalidInput(f"{file} is a file and has no parts", field="part")
        return [ZipMember(path, name)], name
    inside = {one.relative_to(path).as_posix(): one for one in folder_files(path)} if part is None else {part: path / part}
    if part is not None and not _is_inside(path, part):
        raise NotFound(f"{file} has no part {part!r}")
    return [ZipMember(one, f"{name}/{place}") for place, one in inside.items()], Path(part or name).name


def _is_inside(folder: Path, part: str) -> bool:
    """Whether there is such a file below the folder, by its plain path: no way up, and through no folder that leads out."""
    names = part.split("/")
    if any(name in ("", ".", "..") or "\0" in name for name in names):
        return False
    path = folder / part
    return path.is_file() and path.parent.resolve().is_relative_to(folder.resolve())


def _filesets_of(session: ActorSession, obj: Entity) -> list[tuple[str, int]]:
    """The filesets an object holds, each with the folder it belongs into."""
    actor = session.actor
    assert actor is not None
    if isinstance(obj, Fileset):
        return [("", obj.id)]
    statement: Any = visible(Image, actor).where(Image.fileset_id.is_not(None))
    if isinstance(obj, Image):
        statement = statement.where(Image.id == obj.id).with_only_columns(Image.fileset_id)
    elif isinstance(obj, (Dataset, Project)):
        statement = statement.join(DatasetImageLink, DatasetImageLink.child_id == Image.id)
        if isinstance(obj, Dataset):
            statement = statement.where(DatasetImageLink.parent_id == obj.id).with_only_columns(Image.fileset_id)
        else:
            statement = statement.join(Dataset, Dataset.id == DatasetImageLink.parent_id)
            statement = statement.join(ProjectDatasetLink, ProjectDatasetLink.child_id == Dataset.id)
            statement = statement.where(ProjectDatasetLink.parent_id == obj.id)
            statement = statement.with_only_columns(Image.fileset_id, Dataset.id, Dataset.name)
    else:
        statement = statement.join(WellSample, WellSample.image_id == Image.id).join(Well, Well.id == WellSample.well_id)
        if isinstance(obj, Plate):
            statement = statement.where(Well.plate_id == obj.id).with_only_columns(Image.fileset_id)
        else:
            statement = statement.join(Plate, Plate.id == Well.plate_id)
            statement = statement.join(ScreenPlateLink, ScreenPlateLink.child_id == Plate.id)
            statement = statement.where(ScreenPlateLink.parent_id == obj.id)
            statement = statement.with_only_columns(Image.fileset_id, Plate.id, Plate.name)
    return _in_folders([tuple(row) for row in session.execute(statement.distinct())])


def _in_folders(rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, int]]:
    """Filesets with the names of what they are in, those of one name told apart; each fileset once."""
    taken = TakenNames()
    folders: dict[int, str] = {}
    found: dict[int, str] = {}
    for fileset_id, *container in sorted(rows, key=lambda row: (row[1:2], row[0])):
        if container and container[0] not in folders:
            folders[container[0]] = taken.place([f"{safe_name(container[1])}/x"])[0].removesuffix("x")
        found.setdefault(fileset_id, folders[container[0]] if container else "")
    return [(folder, fileset_id) for fileset_id, folder in found.items()]


def _files_of(session: ActorSession, fileset_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The files of filesets, in their order, by the id of the fileset."""
    assert session.actor is not None
    found: dict[int, list[Any]] = {fileset_id: [] for fileset_id in fileset_ids}
    file = OriginalFile
    for start in range(0, len(fileset_ids), _AT_ONCE):
        statement: Any = visible(FilesetEntry, session.actor).join(file, file.id == FilesetEntry.original_file_id)
        statement = statement.where(FilesetEntry.fileset_id.in_(fileset_ids[start : start + _AT_ONCE]))
        statement = statement.order_by(FilesetEntry.fileset_id, FilesetEntry.position)
        columns = (FilesetEntry.fileset_id, FilesetEntry.client_path, file.id, file.location, file.hash, file.root_id, file.size)
        for row in session.execute(statement.with_only_columns(*columns)):
            found[row.fileset_id].append(row)
    return found


def _place(site: Site, session: ActorSession, held: Sequence[tuple[str, int]], rows: dict[int, list[Any]]) -> Iterator[Original]:
    paths = [_slashed(row.client_path) for found in rows.values() for row in found]
    root = common_folder(path for path in paths if path.startswith("/"))
    taken = TakenNames()
    for folder, fileset_id in held:
        files = rows[fileset_id]
        asked = [folder + safe_path(_slashed(row.client_path).removeprefix(root)) for row in files]
        for row, name in zip(files, taken.place(asked) if asked else [], strict=True):
            yield from _files_in(row, reach_original(site, session, row), name)


def _slashed(path: str) -> str:
    """A path of any system with slashes; one of a drive of Windows starts with a slash, as every absolute one."""
    return re.sub(r"^(?=[A-Za-z]:/)", "/", path.replace("\\", "/"))


def _files_in(row: Any, path: Path, name: str) -> Iterator[Original]:
    if not path.exists():
        raise UnreadableFile(f"{path.name} is not where it was imported from")
    if not path.is_dir():
        yield Original(name, path, path.stat().st_size, row.id, sha256=row.hash)
        return
    for file in folder_files(path):
        part = file.relative_to(path).as_posix()
        yield Original(f"{name}/{part}", file, file.stat().st_size, row.id, part)
