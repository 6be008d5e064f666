"""Importing files: each fileset is kept, measured and recorded by itself, so that one bad file never stops the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrarium.actions.accounting import check_quota
from micrarium.actions.acquiring import record_acquisitions, record_planes
from micrarium.actions.choosing import DEFAULT_TERMS, Item, Terms, folder_of, shown_path, taken_files
from micrarium.actions.deduplicating import KnownFileset, contents_of, find_by_path, find_known, foresee_known, link_known
from micrarium.actions.filing import Choice, Filing, acting_group_of, file_images, file_plates
from micrarium.actions.naming import name_image, name_plates
from micrarium.actions.noting import ImportResult, kind_of
from micrarium.actions.opening import Site
from micrarium.actions.preparing import prepare_images
from micrarium.actions.recording import (
    Measured,
    clean,
    measured_images,
    record_fileset,
    record_image,
    record_plates,
    record_rendering,
)
from micrarium.actions.storing import KeptFileset, Way, keep_originals, size_of
from micrarium.actions.targeting import Matching, Target
from micrarium.actions.walking import Place, examine_below
from micrarium.errors import Conflict, MicrariumError
from micrarium.model import Fileset
from micrarium.permissions import Actor, ActorSession, current_origin, open_session
from micrarium.pixels.source import ImageFile

if TYPE_CHECKING:
    from micrarium.formats import FoundFileset
    from micrarium.formats.trying import Trial

_log = logging.getLogger(__name__)

#: Called with the part that is done, from 0 to 1, and what is being done; what it raises stops the import.
Progress = Callable[[float, str], None]


class _Known(Conflict):
    """The same person has the same files in the same group."""

    def __init__(self, known: KnownFileset) -> None:
        super().__init__(f"already imported as {known}")
        self.known = known


@dataclass(frozen=True, slots=True)
class _Import:
    """What holds for all filesets of one import."""

    site: Site
    actor: Actor
    terms: Terms
    default_dataset: str
    way: Way
    client_root: Path | None
    result: ImportResult
    keep: Callable[[ImportResult], None]
    trial: Trial
    matching: Matching
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """One fileset to import, with the item that asked for it."""

    fileset: FoundFileset
    item: Item
    number: int
    shown: str


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
    progress: Progress | None = None,
    client_root: Path | None = None,
    begun: ImportResult | None = None,
    keep: Callable[[ImportResult], None] | None = None,
    is_preparing: bool = True,
    is_grouping: bool = True,
) -> ImportResult:
    """What came of importing all filesets under some paths into containers; see ``import_items``.

    Containers are ids, or names that are made when missing.
    """
    item = Item(tuple(paths), Target(project, dataset, screen))
    options: dict[str, Any] = {"client_root": client_root, "begun": begun, "keep": keep, "is_preparing": is_preparing}
    options["terms"] = Terms(is_grouping=is_grouping)
    return import_items(site, actor, [item], group_id=group_id, way=way, progress=progress, **options)


def import_items(
    site: Site,
    actor: Actor,
    items: Sequence[Item],
    *,
    terms: Terms = DEFAULT_TERMS,
    group_id: int | None = None,
    way: Way = "copy",
    progress: Progress | None = None,
    client_root: Path | None = None,
    place: Place | None = None,
    begun: ImportResult | None = None,
    keep: Callable[[ImportResult], None] | None = None,
    is_preparing: bool = True,
) -> ImportResult:
    """What came of importing all filesets under the paths of some items.

    ``way`` is ``copy``, ``stay`` (in place) or ``link`` (from an upload). Nothing outside of the root of a ``place`` is
    looked at. Lower resolutions that files lack are made last,
    when the images can already be seen, unless the caller does that. ``keep`` is called with the result now and then, also
    when the import is stopped, and ``begun`` is what it was last called with, when one that was cut off is taken up.
    Raises ``NotFound``, ``NotAllowed`` or ``InvalidInput`` for containers that cannot be used.
    """
    with open_session(site.engine, actor, is_reading=True) as session:
        actor = acting_group_of(session, {item.target.filing for item in items}, group_id)
    result, save = begun or ImportResult(), keep or (lambda _result: None)
    default = f"Imported {datetime.now(UTC):%Y-%m-%d}"
    with trying_files(site, progress or (lambda _part, _doing: None)) as (trial, report):
        work = _Import(site, actor, terms, default, way, client_root, result, save, trial, Matching(trial), place)
        _import_tasks(work, _find(work, items, report), report)
    if result.images and is_preparing:
        prepare_images(site, result.images, report=_part_of(report, 0.8, 0.2), warnings=result.warnings)
    return result


@contextmanager
def trying_files(site: Site, report: Progress) -> Iterator[tuple[Trial, Progress]]:
    """The process that new files are opened in, and what to report to: the last is repeated meanwhile, as it may stop us."""
    from micrarium.formats.trying import trying

    last: list[Any] = [0.0, ""]

    def report_on(part: float, doing: str) -> None:
        last[:] = part, doing
        report(part, doing)

    memory_mb, timeout_s = site.settings.opening_memory_mb, site.settings.opening_timeout_s
    with trying(memory_mb=memory_mb, timeout_s=timeout_s, beat=lambda: report(*last)) as trial:
        yield trial, report_on


def _find(work: _Import, items: Sequence[Item], report: Progress) -> list[_Task]:
    """Every fileset under some paths; the data folder itself, which may lie under them, holds none that are new."""
    from micrarium.formats import find_filesets

    report(0.0, "Looking for images")
    found: list[_Task] = []
    examine: Callable[[Path], FoundFileset | None] = partial(
        work.trial.examine, is_grouping=work.terms.is_grouping, reader=work.terms.reader
    )
    if work.place is not None:
        examine = partial(examine_below, work.place, examine)
    is_outside = work.way != "link" and (work.place is None or work.place.url is None)
    for number, item in enumerate(items):

        def skip(path: Path, reason: str, number: int = number) -> None:
            if not is_outside or not path.is_relative_to(work.site.data):
                work.result.skip_unopened(shown_path(path, work.client_root), reason, item=number)

        paths = (Path(path) for path in item.paths)
        for fileset in find_filesets(paths, examine=examine, depth=work.terms.depth, skip=skip):
            if is_outside and fileset.path.is_relative_to(work.site.data):
                continue
            found.append(_Task(fileset, item, number, shown_path(fileset.path, work.client_root)))
            report(0.0, f"Looking for images: {len(found)} files")
    return found


def _import_tasks(work: _Import, tasks: Sequence[_Task], report: Progress) -> None:
    """Import filesets one by one, note those that no reader can read, and at the end those that were not reached.

    What was reached is kept at each fileset, then ever more seldom: a result that grows is not to be written at each step.
    """
    result, done, kept = work.result, 0, 0
    try:
        for number, task in enumerate(tasks):
            if not _is_left_out(work, task):
                _import_fileset(work, task, tell=_part_of(report, 0.8 * number / len(tasks), 0.8 / len(tasks)))
            done = number + 1
            if work.terms.is_stopping and result.failed:
                return
            if done - kept > done // 20:
                kept = done
                _keep(work, tasks[done:])
    finally:
        _keep(work, tasks[done:])


def _keep(work: _Import, waiting: Sequence[_Task]) -> None:
    work.result.not_reached = [{"path": task.shown, "item": task.number} for task in waiting]
    work.keep(work.result)


def _is_left_out(work: _Import, task: _Task) -> bool:
    """Whether a fileset is not imported, because of a choice or because it cannot be read; noted if so."""
    from micrarium.formats.previewing import is_known_format

    fileset, result, is_grouping = task.fileset, work.result, work.terms.is_grouping
    is_ours = work.place is None or work.place.holds(fileset.path)
    if task.shown in work.terms.exclude:
        result.skip(task.shown, "left out by choice", kind="excluded", item=task.number)
    elif fileset.problem and is_ours and is_known_format(fileset.path, is_grouping=is_grouping):
        result.fail(task.shown, _told(fileset.problem, work), kind="damaged", item=task.number)
    elif fileset.problem:
        result.skip(task.shown, _told(fileset.problem, work), kind="unknown", item=task.number)
    else:
        return False
    return True


def _part_of(report: Progress, start: float, span: float) -> Progress:
    """Turns the progress of a part of the work into that of the whole."""
    return lambda part, doing: report(start + span * part, doing)


def _import_fileset(work: _Import, task: _Task, *, tell: Progress) -> None:
    """Import one fileset, and add what came of it to the result."""
    result, shown, item = work.result, task.shown, task.number
    tell(0.0, shown)
    try:
        filing = _filing_of(work, task)
        try:
            _refuse_foreseen(work, task.fileset)
            _check_room(work, task.fileset)
            options: dict[str, Any] = {"files": task.fileset.files, "way": work.way, "client_root": work.client_root}
            options["place"] = work.place
            options["report"] = lambda part: tell(0.6 * part, shown)
            with keep_originals(work.site, work.actor, task.fileset.path, **options) as kept:
                if work.place is not None:
                    work.place.check_all([task.fileset.path, *task.fileset.files])  # anew: what was a file may be a link by now
                _record(work, kept, task, filing)
        except _Known as found:
            _take_known(work, task, filing, found.known)
    except MicrariumError as error:
        result.fail(shown, _told(error.detail, work), kind=kind_of(error), item=item)
    except Exception as error:
        _log.exception("%s could not be imported", task.fileset.path)
        result.fail(shown, _told(_unexpected(error), work), kind="server", item=item)


def _filing_of(work: _Import, task: _Task) -> Filing:
    folder = folder_of(task.fileset)
    if work.client_root is not None:
        folder = Path(work.terms.client_base) / folder.relative_to(work.client_root)
    return replace(work.matching.find_filing(task.item.target, folder), default_dataset=work.default_dataset)


def _refuse_foreseen(work: _Import, fileset: FoundFileset) -> None:
    """Nothing unless these files are there already, as far as can be told before they are kept."""
    if work.terms.is_by_path:
        with open_session(work.site.engine, work.actor, is_reading=True) as session:
            if (known := find_by_path(session, shown_path(fileset.path, work.client_root))) is not None:
                raise _Known(known)
    if work.terms.duplicates != "import" and (known := foresee_known(work.site, work.actor, taken_files(fileset))) is not None:
        raise _Known(known)


def _take_known(work: _Import, task: _Task, filing: Filing, known: KnownFileset) -> None:
    """Note files that are there already, after putting their images where the import goes."""
    result, client_path = work.result, clean(shown_path(task.fileset.path, work.client_root))
    is_same_path = known.client_path == client_path
    if is_same_path and known.job_id is not None and known.job_id == current_origin().job_id:
        _take_own(work, task, known)
        return
    reason, linked = f"already imported as {known}", list[int]()
    if work.terms.duplicates == "link" and not (is_same_path and work.terms.is_by_path):
        try:
            with open_session(work.site.engine, work.actor) as session:
                linked, into = link_known(session, filing, known)
            if into:
                reason += f"; it is {'now' if linked else 'already'} in {' and '.join(str(one) for one in into)}"
        except MicrariumError as error:
            reason += f"; it could not be put where this import goes: {error.detail}"
    result.linked += linked
    result.skip(task.shown, reason, kind="known", item=task.number, image=known.image_id, linked=linked)


def _take_own(work: _Import, task: _Task, known: KnownFileset) -> None:
    """Note files that this very import took, before it was cut off."""
    if any(known.image_id in entry["images"] for entry in work.result.imported):
        return
    with open_session(work.site.engine, work.actor, is_reading=True) as session:
        images, plates = contents_of(session, known)
        ids = [image.id for image in images], [plate.id for plate in plates]
    files = len(taken_files(task.fileset))
    work.result.take(task.shown, *ids, item=task.number, files=files, reader=task.fileset.reader)


def _record(work: _Import, kept: KeptFileset, task: _Task, filing: Filing) -> None:
    from micrarium.formats import open_image_file

    reader = task.fileset.reader
    seen = work.trial.measure(kept.opened, reader=reader)  # elsewhere first: not every file is survived
    with open_image_file(kept.opened, reader=reader) as image_file:
        measured, metadata = measured_images(image_file, seen), image_file.original_metadata()
        with open_session(work.site.engine, work.actor) as session:
            if work.terms.duplicates != "import" and (known := find_known(session, [file.sha256 for file in kept.files])):
                raise _Known(known)
            fileset = record_fileset(session, image_file, kept, metadata=metadata)
            images, plates = _record_images(session, image_file, fileset, measured=measured, task=task, filing=filing)
        kept.keep()
        files, result = len(kept.files), work.result
        result.take(task.shown, images, plates, item=task.number, files=files, reader=image_file.reader)
        warnings = list(image_file.warnings)
        if plates and filing.screen is None and filing.dataset is not None:
            warnings.append("A plate goes into a screen, not into a dataset; it is in none")
        result.warnings += [{"path": task.shown, "reason": warning} for warning in warnings]


def _record_images(
    session: ActorSession, image_file: ImageFile, fileset: Fileset, *, measured: Sequence[Measured], task: _Task, filing: Filing
) -> tuple[list[int], list[int]]:
    """The ids of the new images and plates."""
    recorded = []
    for number, one in enumerate(measured):
        on_plate = one.source.description.well is not None
        wanted = None if on_plate else task.item.name
        name = name_image(wanted, task.fileset.path, one.source.description.name, count=len(measured), number=number)
        recorded.append((one, record_image(session, fileset, one, name=name)))
    session.flush()
    for one, image in recorded:
        record_rendering(session, image, one)
    record_acquisitions(session, recorded)
    record_planes(session, recorded)
    plates = record_plates(session, image_file, recorded)
    loose = [image for one, image in recorded if not _is_on(one, len(plates))]
    name_plates(plates, task.item.name, task.fileset.path)
    if task.item.description:
        for plate in plates:
            plate.description = task.item.description
        for image in loose:
            image.description = task.item.description
    file_plates(session, filing, plates)
    file_images(session, filing, loose)
    session.flush()
    return [image.id for _, image in recorded], [plate.id for plate in plates]


def _is_on(measured: Measured, plates: int) -> bool:
    well = measured.source.description.well
    return well is not None and 0 <= well.plate < plates


def _check_room(work: _Import, fileset: FoundFileset) -> None:
    """Nothing while there is room for what is about to be copied; what stays where it is takes none."""
    if work.way == "stay":
        return
    groups = () if work.actor.group_id is None else (work.actor.group_id,)
    check_quota(work.site.engine, work.actor, lambda: sum(map(size_of, taken_files(fileset))), group_ids=groups)


def _unexpected(error: Exception) -> str:
    """One sentence of an error that nobody foresaw; what the server was doing is in its log."""
    cause = getattr(error, "orig", None) or error  # a database's error comes wrapped, with the whole statement
    first = next(iter(str(cause).splitlines()), "")[:300]
    return f"It could not be imported, and this is not the file's fault: {type(cause).__name__}: {first}"


def _told(sentence: str, work: _Import) -> str:
    """A reason without the folders of this server in it."""
    for root in (work.client_root, work.site.data):
        if root is not None:
            sentence = sentence.replace(f"{root}/", "")
    return sentence if work.place is None else sentence.replace(str(work.place.base), work.place.name)
