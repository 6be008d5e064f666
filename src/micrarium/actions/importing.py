"""Importing files: each fileset is kept, measured and recorded by itself, so that one bad file never stops the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrarium.actions.accounting import check_quota
from micrarium.actions.equipping import record_equipment
from micrarium.actions.filing import Choice, Filing, acting_group, file_images, file_plates
from micrarium.actions.opening import Site
from micrarium.actions.preparing import prepare_images
from micrarium.actions.recording import Measured, measured_images, record_fileset, record_image, record_plates, record_rendering
from micrarium.actions.storing import KeptFileset, Way, checksum_of, keep_originals, size_of
from micrarium.actions.walking import Place, examine_below
from micrarium.errors import Conflict, MicrariumError, UnreadableFile
from micrarium.model import Fileset, FilesetEntry, Image, OriginalFile
from micrarium.permissions import Actor, ActorSession, open_session, visible
from micrarium.pixels.source import ImageFile

if TYPE_CHECKING:
    from micrarium.formats import FoundFileset
    from micrarium.formats.trying import Trial

_log = logging.getLogger(__name__)

#: Called with the part that is done, from 0 to 1, and what is being done; what it raises stops the import.
Progress = Callable[[float, str], None]


@dataclass
class ImportResult:
    """What came of an import: ids of images and plates; what was skipped, failed, or is to be told, each with its reason."""

    images: list[int] = field(default_factory=list)
    plates: list[int] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a job keeps it."""
        return dict(vars(self))


class _Known(Conflict):
    """The same person has the same files in the same group."""


@dataclass(frozen=True, slots=True)
class _Import:
    """What holds for all filesets of one import."""

    site: Site
    actor: Actor
    filing: Filing
    way: Way
    client_root: Path | None
    result: ImportResult
    keep: Callable[[ImportResult], None]
    trial: Trial
    place: Place | None = None


def import_files(
    site: Site,
    actor: Actor,
    paths: Iterable[Path | str],
    *,
    project: Choice = None,
    dataset: Choice = None,
    screen: Choice = None,
    group_id: int | None = None,
    way: Way = "copy",
    is_dry_run: bool = False,
    progress: Progress | None = None,
    client_root: Path | None = None,
    place: Place | None = None,
    begun: ImportResult | None = None,
    keep: Callable[[ImportResult], None] | None = None,
    is_preparing: bool = True,
) -> ImportResult:
    """What came of importing all filesets under some paths; ``images`` stays empty in a dry run, which writes nothing.

    Containers are ids, or names that are made when missing. ``way`` is ``copy``, ``stay`` (in place) or ``link`` (from
    an upload). Nothing outside of the root of a ``place`` is looked at. Files that the same person has in the same group
    are skipped. Lower resolutions that files lack are made last, when the images can already be seen, unless the caller
    does that (``is_preparing``). ``keep`` is called with the result after each fileset, and ``begun`` is what it was last
    called with, when an import that was cut off is taken up.
    Raises ``NotFound``, ``NotAllowed`` or ``InvalidInput`` for containers that cannot be used.
    """
    filing = Filing(project, dataset, screen, f"Imported {datetime.now(UTC):%Y-%m-%d}")
    with open_session(site.engine, actor, is_reading=True) as session:
        actor = acting_group(session, filing, group_id)
    result = begun or ImportResult()
    report, save = progress or (lambda _part, _doing: None), keep or (lambda _result: None)
    with _trying(site, report) as (trial, report):
        work = _Import(site, actor, filing, way, client_root, result, save, trial, place)
        _import_found(work, _find(work, paths, report), report=report, is_dry_run=is_dry_run)
    if result.images and is_preparing:
        prepare_images(site, result.images, report=_part_of(report, 0.8, 0.2), warnings=result.warnings)
    return result


@contextmanager
def _trying(site: Site, report: Progress) -> Iterator[tuple[Trial, Progress]]:
    """The process that new files are opened in, and what to report to: the last is repeated meanwhile, as it may stop us."""
    from micrarium.formats.trying import trying

    last: list[Any] = [0.0, ""]

    def report_on(part: float, doing: str) -> None:
        last[:] = part, doing
        report(part, doing)

    memory_mb, timeout_s = site.settings.opening_memory_mb, site.settings.opening_timeout_s
    with trying(memory_mb=memory_mb, timeout_s=timeout_s, beat=lambda: report(*last)) as trial:
        yield trial, report_on


def _import_found(work: _Import, found: Sequence[FoundFileset], *, report: Progress, is_dry_run: bool) -> None:
    """Import filesets one by one, and note those that no reader can read."""
    for number, fileset in enumerate(found):
        if fileset.problem:
            is_inside = work.place is None or work.place.holds(fileset.path)
            kind = work.result.failed if is_inside and _is_known_format(fileset.path) else work.result.skipped
            kind.append({"path": _shown(fileset.path, work.client_root), "reason": _told(fileset.problem, work)})
        elif not is_dry_run:
            _import_fileset(work, fileset, tell=_part_of(report, 0.8 * number / len(found), 0.8 / len(found)))
            work.keep(work.result)


def _find(work: _Import, paths: Iterable[Path | str], report: Progress) -> list[FoundFileset]:
    """Every fileset under some paths; the data folder itself, which may lie under them, holds none that are new."""
    from micrarium.formats import find_filesets

    report(0.0, "Looking for images")
    found = []
    examine = work.trial.examine if work.place is None else partial(examine_below, work.place, work.trial.examine)
    is_outside = work.way != "link" and (work.place is None or work.place.url is None)
    for fileset in find_filesets((Path(path) for path in paths), examine=examine):
        if is_outside and fileset.path.is_relative_to(work.site.data):
            continue
        found.append(fileset)
        report(0.0, f"Looking for images: {len(found)} files")
    return found


def _part_of(report: Progress, start: float, span: float) -> Progress:
    """Turns the progress of a part of the work into that of the whole."""
    return lambda part, doing: report(start + span * part, doing)


def _import_fileset(work: _Import, fileset: FoundFileset, *, tell: Progress) -> None:
    """Import one fileset, and add what came of it to the result."""
    path, reader, result = fileset.path, fileset.reader, work.result
    shown = _shown(path, work.client_root)
    tell(0.0, shown)
    try:
        if (known := _find_same_size(work, path)) is not None:
            raise known
        _check_room(work, fileset)
        options: dict[str, Any] = {"files": fileset.files, "way": work.way, "client_root": work.client_root, "place": work.place}
        with keep_originals(work.site, work.actor, path, report=lambda part: tell(0.6 * part, shown), **options) as kept:
            if work.place is not None:
                work.place.check_all([path, *fileset.files])  # anew: what was a file may be a link by now
            _record(work, kept, reader, shown=shown)
    except _Known as known:
        if known.extra["image_id"] in result.images:
            return  # by this very import, before it was cut off
        result.skipped.append({"path": shown, "reason": known.detail})
    except MicrariumError as error:
        result.failed.append({"path": shown, "reason": _told(error.detail, work)})
    except Exception as error:
        _log.exception("%s could not be imported", path)
        result.failed.append({"path": shown, "reason": _told(_unexpected(error), work)})


def _record(work: _Import, kept: KeptFileset, reader: str, *, shown: str) -> None:
    from micrarium.formats import open_image_file

    seen = work.trial.measure(kept.opened, reader=reader)  # elsewhere first: not every file is survived
    with open_image_file(kept.opened, reader=reader) as image_file:
        measured, metadata = measured_images(image_file, seen), image_file.original_metadata()
        with open_session(work.site.engine, work.actor) as session:
            _refuse_known(session, kept)
            fileset = record_fileset(session, image_file, kept, metadata=metadata)
            images, plates = _record_images(session, work, image_file, fileset, measured=measured, name=kept.files[0].name)
        kept.keep()
        work.result.images += images
        work.result.plates += plates
        work.result.warnings += [{"path": shown, "reason": warning} for warning in image_file.warnings]


def _record_images(
    session: ActorSession, work: _Import, image_file: ImageFile, fileset: Fileset, *, measured: Sequence[Measured], name: str
) -> tuple[list[int], list[int]]:
    """The ids of the new images and plates."""
    recorded = [
        (one, record_image(session, fileset, one, name=_image_name(name, one.source.description.name, len(measured), number)))
        for number, one in enumerate(measured)
    ]
    session.flush()
    for one, image in recorded:
        record_rendering(session, image, one)
    record_equipment(session, recorded)
    plates = record_plates(session, image_file, recorded)
    file_plates(session, work.filing, plates)
    file_images(session, work.filing, [image for one, image in recorded if not _is_on(one, len(plates))])
    session.flush()
    return [image.id for _, image in recorded], [plate.id for plate in plates]


def _is_on(measured: Measured, plates: int) -> bool:
    well = measured.source.description.well
    return well is not None and 0 <= well.plate < plates


def _image_name(file_name: str, told: str, count: int, number: int) -> str:
    """The name of the file, and in a file of several images that of the image behind it."""
    if count == 1:
        return file_name
    return f"{file_name} [{told or number + 1}]"


def _check_room(work: _Import, fileset: FoundFileset) -> None:
    """Nothing while there is room for what is about to be copied; what stays where it is takes none."""
    if work.way == "stay":
        return
    taken = [fileset.path] if fileset.path.is_dir() else {fileset.path, *fileset.files}
    groups = () if work.actor.group_id is None else (work.actor.group_id,)
    check_quota(work.site.engine, work.actor, lambda: sum(size_of(path) for path in taken), group_ids=groups)


def _find_same_size(work: _Import, path: Path) -> _Known | None:
    """What says that these files are there already; a checksum is only computed where an original has the same size."""
    try:
        size_bytes = size_of(path)
        with open_session(work.site.engine, work.actor, is_reading=True) as session:
            if not session.scalars(_own_originals(work.actor).where(OriginalFile.size == size_bytes).limit(1)).first():
                return None
        checksum = checksum_of(path)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}") from error
    with open_session(work.site.engine, work.actor, is_reading=True) as session:
        image = _image_of(session, [checksum], is_whole=False)
        return None if image is None else _known_as(image)


def _refuse_known(session: ActorSession, kept: KeptFileset) -> None:
    if (image := _image_of(session, [file.sha256 for file in kept.files])) is not None:
        raise _known_as(image)


def _unexpected(error: Exception) -> str:
    """One sentence of an error that nobody foresaw; what the server was doing is in its log."""
    cause = getattr(error, "orig", None) or error  # a database's error comes wrapped, with the whole statement
    first = next(iter(str(cause).splitlines()), "")[:300]
    return f"It could not be imported, and this is not the file's fault: {type(cause).__name__}: {first}"


def _known_as(image: Image) -> _Known:
    return _Known(f"already imported as {image}", image_id=image.id)


def _own_originals(actor: Actor) -> Any:
    return visible(OriginalFile, actor).where(OriginalFile.owner_id == actor.id, OriginalFile.group_id == actor.group_id)


def _image_of(session: ActorSession, checksums: Sequence[str], *, is_whole: bool = True) -> Image | None:
    """The first image, not in the bin, that the session's actor imported from files with these checksums into this group.

    Unless ``is_whole``, only the first file of a fileset of one is compared.
    """
    actor = session.actor
    assert actor is not None
    same = _own_originals(actor).where(OriginalFile.hash == checksums[0])
    for original in session.scalars(same.order_by(OriginalFile.id).limit(20)):
        entries = visible(FilesetEntry, actor).where(FilesetEntry.original_file_id == original.id, FilesetEntry.position == 0)
        entry = session.scalars(entries).first()
        if entry is None:
            continue
        together = session.scalars(
            visible(OriginalFile, actor)
            .join(FilesetEntry, FilesetEntry.original_file_id == OriginalFile.id)
            .where(FilesetEntry.fileset_id == entry.fileset_id)
        ).all()
        if sorted(str(file.hash) for file in together) != sorted(checksums) or not (is_whole or len(together) == 1):
            continue
        images = visible(Image, actor).where(Image.fileset_id == entry.fileset_id).order_by(Image.series).limit(1)
        if (image := session.scalars(images).first()) is not None:
            return image
    return None


def _is_known_format(path: Path) -> bool:
    """Whether some reader knows the first bytes: then a file that cannot be read has failed, else it is none of ours."""
    from micrarium.formats.opening import read_head, recognising

    try:
        return bool(recognising(path, read_head(path)))
    except MicrariumError:
        return True


def _shown(path: Path, client_root: Path | None) -> str:
    is_below = client_root is not None and path.is_relative_to(client_root)
    return path.relative_to(client_root).as_posix() if is_below and client_root is not None else str(path)


def _told(sentence: str, work: _Import) -> str:
    """A reason without the folders of this server in it."""
    for folder in (work.client_root, work.site.data):
        if folder is not None:
            sentence = sentence.replace(f"{folder}/", "")
    return sentence if work.place is None else sentence.replace(str(work.place.base), work.place.name)
