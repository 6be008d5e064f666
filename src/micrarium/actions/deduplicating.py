"""Files that are there already: found by their checksums, and put where an import goes instead of being kept twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from micrarium.actions.filing import Filing, file_images, file_plates
from micrarium.actions.opening import Site
from micrarium.actions.storing import checksum_of, size_of
from micrarium.errors import UnreadableFile
from micrarium.model import Dataset, Event, FilesetEntry, Image, OriginalFile, Plate, Screen, Well, WellSample
from micrarium.permissions import Actor, ActorSession, open_session, visible

#: How many filesets that begin with the same file are looked at.
_MOST_ALIKE = 20
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class KnownFileset:
    """A fileset that the same person has in the same group: its first image, which job made it, and from which path it came."""

    fileset_id: int
    image_id: int
    client_path: str
    job_id: int | None

    def __str__(self) -> str:
        return f"image:{self.image_id}"


def find_known(session: ActorSession, checksums: Sequence[str]) -> KnownFileset | None:
    """The first fileset, not in the bin, that the session's actor has in its group of files with just these checksums.

    The checksum of the file that opens it comes first.
    """
    actor = session.actor
    assert actor is not None
    same = _own_originals(actor).where(OriginalFile.hash == checksums[0])
    for original in session.scalars(same.order_by(OriginalFile.id).limit(_MOST_ALIKE)):
        entries = visible(FilesetEntry, actor).where(FilesetEntry.original_file_id == original.id, FilesetEntry.position == 0)
        entry = session.scalars(entries).first()
        if entry is None or _checksums(session, actor, entry.fileset_id) != sorted(checksums):
            continue
        if (known := _describe(session, actor, entry)) is not None:
            return known
    return None


def find_by_path(session: ActorSession, client_path: str) -> KnownFileset | None:
    """The last fileset of the session's actor in its group that was imported from a path."""
    actor = session.actor
    assert actor is not None
    entries = visible(FilesetEntry, actor).join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
    entries = entries.where(OriginalFile.owner_id == actor.id, OriginalFile.group_id == actor.group_id)
    entries = entries.where(FilesetEntry.client_path == client_path, FilesetEntry.position == 0)
    for entry in session.scalars(entries.order_by(FilesetEntry.id.desc()).limit(_MOST_ALIKE)):
        if (known := _describe(session, actor, entry)) is not None:
            return known
    return None


def foresee_known(site: Site, actor: Actor, files: Sequence[Path]) -> KnownFileset | None:
    """The known fileset that files are, the one to open first; checksums are computed only where sizes are the same.

    Raises ``UnreadableFile``.
    """

    def look(sizes: Sequence[int]) -> bool:
        with open_session(site.engine, actor, is_reading=True) as session:
            return bool(find_sizes(session, sizes))

    try:
        checksums = checksums_where(files, look)
    except OSError as error:
        raise UnreadableFile(f"{error.filename or files[0]} cannot be read: {error.strerror or error}") from error
    if not checksums:
        return None
    with open_session(site.engine, actor, is_reading=True) as session:
        return find_known(session, checksums)


def checksums_where(files: Sequence[Path], is_size: Callable[[Sequence[int]], bool]) -> list[str]:
    """The checksums of files where the first has a size that is known, else none."""
    return [checksum_of(file) for file in files] if is_size([size_of(files[0])]) else []


def find_sizes(session: ActorSession, sizes: Sequence[int]) -> set[int]:
    """Those of some sizes that an original of the session's actor in its group has."""
    assert session.actor is not None
    found: set[int] = set()
    for start in range(0, len(sizes), _AT_ONCE):
        some = _own_originals(session.actor).where(OriginalFile.size.in_(sizes[start : start + _AT_ONCE]))
        found.update(session.scalars(some.with_only_columns(OriginalFile.size).distinct()))
    return found


def contents_of(session: ActorSession, known: KnownFileset) -> tuple[list[Image], list[Plate]]:
    """The images of a fileset in the order of the file, and the plates they lie on."""
    assert session.actor is not None
    images = visible(Image, session.actor).where(Image.fileset_id == known.fileset_id).order_by(Image.series)
    return list(session.scalars(images)), list(_plates_of(session, known))


def _plates_of(session: ActorSession, known: KnownFileset) -> dict[Plate, set[int]]:
    """Plates with the ids of a fileset's images on them."""
    assert session.actor is not None
    samples = visible(WellSample, session.actor).join(Image, Image.id == WellSample.image_id)
    samples = samples.join(Well, Well.id == WellSample.well_id).where(Image.fileset_id == known.fileset_id)
    found: dict[int, set[int]] = {}
    for image_id, plate_id in session.execute(samples.with_only_columns(WellSample.image_id, Well.plate_id)):
        found.setdefault(plate_id, set()).add(image_id)
    plates = visible(Plate, session.actor).where(Plate.id.in_(found)).order_by(Plate.id)
    return {plate: found[plate.id] for plate in session.scalars(plates)} if found else {}


def link_known(session: ActorSession, filing: Filing, known: KnownFileset) -> tuple[list[int], list[Dataset | Screen]]:
    """The images of a known fileset that were put where an import goes, and the containers they are in now."""
    images, _ = contents_of(session, known)
    plates = _plates_of(session, known)
    on_plate = set[int]().union(*plates.values())
    into: list[Dataset | Screen | None] = [file_images(session, filing, [image for image in images if image.id not in on_plate])]
    is_new = bool(session.new)
    session.flush()
    into.append(file_plates(session, filing, list(plates)))
    is_new |= bool(session.new)
    session.flush()
    return [image.id for image in images] if is_new else [], [one for one in into if one is not None]


def _own_originals(actor: Actor) -> Any:
    return visible(OriginalFile, actor).where(OriginalFile.owner_id == actor.id, OriginalFile.group_id == actor.group_id)


def _checksums(session: ActorSession, actor: Actor, fileset_id: int) -> list[str]:
    together = visible(OriginalFile, actor).join(FilesetEntry, FilesetEntry.original_file_id == OriginalFile.id)
    return sorted(str(file.hash) for file in session.scalars(together.where(FilesetEntry.fileset_id == fileset_id)))


def _describe(session: ActorSession, actor: Actor, entry: FilesetEntry) -> KnownFileset | None:
    """None where all its images are in the bin."""
    images = visible(Image, actor).where(Image.fileset_id == entry.fileset_id).order_by(Image.series).limit(1)
    image = session.scalars(images).first()
    if image is None:
        return None
    made = session.scalars(visible(Event, actor).where(Event.id == image.creation_event_id)).first()
    return KnownFileset(entry.fileset_id, image.id, entry.client_path, None if made is None else made.job_id)
