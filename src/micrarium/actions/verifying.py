"""Verifying: originals and pyramids are compared with what was recorded of them, on request and a little every night.

What was found of each is kept, so a verification that was cut off goes on where it was: what was checked since it was asked
for is not checked again. Originals are only read; a pyramid that is damaged is built anew from its original.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func

from micrarium.actions.announcing import require_administrator
from micrarium.actions.comparing import Fault, Original, compare_original, compare_pyramid, originals_with_prefix
from micrarium.actions.locating import source_of
from micrarium.actions.opening import Site
from micrarium.actions.preparing import build_pyramid
from micrarium.actions.storing import locate
from micrarium.actions.warning import warn_administrators
from micrarium.errors import InvalidInput, MicrariumError, NotFound
from micrarium.jobs import Work, ask_for, job
from micrarium.model import (
    Dataset,
    ExperimenterGroup,
    FilesetEntry,
    Image,
    Job,
    OriginalCheck,
    OriginalFile,
    Pixels,
    Plate,
    Project,
    PyramidCheck,
    Screen,
)
from micrarium.model.schema import found_from
from micrarium.permissions import ActorSession, every, get_visible, require, system_session, visible

_log = logging.getLogger(__name__)

KIND = "verify"
#: The classes whose objects can be named, by how they are named.
CLASSES = {one.singular(): one for one in (Image, Dataset, Project, Plate, Screen, ExperimenterGroup)} | {
    "group": ExperimenterGroup
}
#: How many problems the job itself names; all of them are kept with the files.
_NAMED = 100
_AT_ONCE = 100
#: What was found is kept no later than this.
_KEEP_S = 5.0


@dataclass
class Verified:
    """What a verification came to: how many files and bytes were read, and what was wrong, by its kind and one by one."""

    originals: int = 0
    pyramids: int = 0
    bytes: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    named: list[dict[str, str]] = field(default_factory=list)
    #: False where the night, or what one night may read, was over before all was checked.
    is_finished: bool = True

    def add_problem(self, outcome: str, name: str, detail: str) -> None:
        """Note something that is wrong."""
        self.problems[outcome] = self.problems.get(outcome, 0) + 1
        if len(self.named) < _NAMED:
            self.named.append({"kind": outcome, "object": name, "reason": detail})


def request_verification(session: ActorSession, objects: Sequence[str], *, limit_mb_s: float | None = None) -> Job:
    """A job that verifies the files of images, datasets, projects, plates, screens or groups; of the whole site for none.

    That, and groups, are for administrators; other objects for those who may edit them. One of the same that is under way is
    given back. Raises what stands in its way.
    """
    assert session.actor is not None
    if limit_mb_s is not None and not 0.001 <= limit_mb_s <= 1e6:
        raise InvalidInput("The limit is 0.001 to 1000000 megabytes a second", field="limit_mb_s")
    if not objects:
        require_administrator(session.actor, told="Only administrators verify everything; name objects of yours")
    for name in objects:
        entity, number = parse_object(name)
        if entity is ExperimenterGroup:
            require_administrator(session.actor, told="Only administrators verify groups")
        found = get_visible(session, entity, number)
        if entity is not ExperimenterGroup:
            require(session, "edit", found)
    under_way = visible(Job, session.actor).where(Job.kind == KIND, Job.experimenter_id == session.actor.id)
    for known in session.scalars(under_way.where(Job.state.in_(("queued", "running"))).order_by(Job.id)):
        if known.arguments["objects"] == list(objects) and not known.arguments.get("until"):
            return known
    now = datetime.now(UTC).isoformat()
    return ask_for(session, KIND, {"objects": list(objects), "since": now, "limit_mb_s": limit_mb_s})


def parse_object(name: str) -> tuple[Any, int]:
    """The class and id in ``image:12``. Raises ``InvalidInput``."""
    kind, _, number = name.partition(":")
    if kind not in CLASSES or not (number.isascii() and number.isdecimal() and len(number) < 19):
        kinds = ", ".join(CLASSES)
        raise InvalidInput(f"{name[:100]!r} cannot be verified; it looks like image:12 and is one of {kinds}", field="objects")
    return CLASSES[kind], int(number)


def _images_in(objects: Sequence[str]) -> ColumnElement[bool] | None:
    """The criterion that an image is one of some objects or in one of them; None where none is named."""
    found: ColumnElement[bool] | None = None
    for name in objects:
        entity, number = parse_object(name)
        if entity is Image:
            one: Any = Image.id == number
        elif entity is ExperimenterGroup:
            one = Image.group_id == number
        else:
            one = found_from(Image, entity.singular(), [number])
        found = one if found is None else found | one
    return found


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is to be checked: of which objects, what was last checked before when, until when, and how many bytes."""

    objects: tuple[str, ...]
    before: datetime
    until: datetime | None
    most_bytes: int | None

    def is_over(self, done: Verified) -> bool:
        """Whether it is enough for one night."""
        is_late = self.until is not None and datetime.now(UTC) >= self.until
        return is_late or (self.most_bytes is not None and done.bytes >= self.most_bytes)


class Pace:
    """Holds reading to so many megabytes a second; ``beat`` is called meanwhile, and stops it by what it raises."""

    def __init__(self, limit_mb_s: float | None, beat: Callable[[], None]) -> None:
        self.done = 0
        self._rate = None if limit_mb_s is None else limit_mb_s * 1e6
        self._began, self._beat, self._read = time.monotonic(), beat, 0

    def advance(self, count: int) -> None:
        """So many bytes were read."""
        self.done += count
        self._read += count
        self._beat()
        while self._rate is not None and (ahead_s := self._read / self._rate - (time.monotonic() - self._began)) > 0.001:
            time.sleep(min(ahead_s, 0.5))
            self._beat()
        if self._rate is not None and ahead_s < -1.0:  # what was waited for elsewhere is not caught up with
            self._began, self._read = time.monotonic(), 0


@job(KIND)
def run_verification(site: Site, work: Work) -> dict[str, Any]:
    """Verifies what was asked for, what was never checked first, then what was checked longest ago."""
    noted = work.arguments
    terms = _Terms(
        tuple(noted["objects"]),
        datetime.fromisoformat(noted.get("before") or noted["since"]),
        datetime.fromisoformat(noted["until"]) if noted.get("until") else None,
        noted.get("most_bytes"),
    )
    done = Verified(**work.kept) if work.kept else Verified()
    _Verification(site, work, terms, done, noted.get("limit_mb_s")).run()
    if done.problems:
        _log.warning("job:%s found problems with files: %s", work.job_id, done.problems)
        warn_administrators(site, work, done.problems, done.named)
    return asdict(done)


class _Verification:
    """One verification that is under way."""

    def __init__(self, site: Site, work: Work, terms: _Terms, done: Verified, limit_mb_s: float | None) -> None:
        self.site, self.work, self.terms, self.done = site, work, terms, done
        self.pace = Pace(limit_mb_s, self._tell)
        self._doing = "Looking for files"
        self._total = self._count() + done.originals + done.pyramids
        self._found: list[OriginalCheck | PyramidCheck] = []
        self._kept_at = time.monotonic()

    def run(self) -> None:
        """Check until all is checked, or it is enough."""
        try:
            for original in self._each(self._originals):
                self._check_original(original)
            for image_id, pixels_id, place, size_bytes in self._each(self._pyramids):
                self._check_pyramid(image_id, pixels_id, place, size_bytes)
        finally:
            self._keep()

    def _tell(self) -> None:
        checked = self.done.originals + self.done.pyramids
        self.work.report(min(1.0, checked / max(1, self._total)), f"{self._doing} ({checked} of {self._total})")

    def _each(self, read: Callable[[bool], list[Any]]) -> Iterator[Any]:
        """What was never checked, then what was checked before: a few at a time, while it is not enough."""
        for is_first in (True, False):
            while rows := read(is_first):
                for row in rows:
                    if self.terms.is_over(self.done):
                        self.done.is_finished = False
                        return
                    self._tell()
                    yield row
                self._keep()

    def _originals(self, is_first: bool) -> list[Original]:
        statement = _pending(originals_with_prefix(), OriginalCheck, OriginalFile.id, self.terms.before, is_first=is_first)
        if (images := _images_in(self.terms.objects)) is not None:
            entries = every(FilesetEntry).join(Image, Image.fileset_id == FilesetEntry.fileset_id).where(images)
            statement = statement.where(OriginalFile.id.in_(entries.with_only_columns(FilesetEntry.original_file_id)))
        with system_session(self.site.engine, "look for originals to verify", is_reading=True) as session:
            return list({row[0]: Original(*row) for row in session.execute(statement.limit(_AT_ONCE))}.values())

    def _pyramids(self, is_first: bool) -> list[Any]:
        statement = every(Pixels).join(Image, Image.id == Pixels.image_id).where(Pixels.pyramid.is_not(None))
        statement = _pending(statement, PyramidCheck, Pixels.id, self.terms.before, is_first=is_first)
        if (images := _images_in(self.terms.objects)) is not None:
            statement = statement.where(images)
        columns = (Image.id, Pixels.id, Pixels.pyramid, Pixels.pyramid_bytes)
        with system_session(self.site.engine, "look for pyramids to verify", is_reading=True) as session:
            return list(session.execute(statement.with_only_columns(*columns).limit(_AT_ONCE)))

    def _count(self) -> int:
        """How many originals and pyramids may have to be checked."""
        images = _images_in(self.terms.objects)
        files: Any = every(OriginalFile).outerjoin(OriginalCheck, OriginalCheck.original_file_id == OriginalFile.id)
        files = files.where(_is_pending(OriginalCheck, self.terms.before))
        made: Any = every(Pixels).outerjoin(PyramidCheck, PyramidCheck.pixels_id == Pixels.id).where(Pixels.pyramid.is_not(None))
        made = made.where(_is_pending(PyramidCheck, self.terms.before))
        if images is not None:
            entries = every(FilesetEntry).join(Image, Image.fileset_id == FilesetEntry.fileset_id).where(images)
            files = files.where(OriginalFile.id.in_(entries.with_only_columns(FilesetEntry.original_file_id)))
            made = made.join(Image, Image.id == Pixels.image_id).where(images)
        with system_session(self.site.engine, "count what is to be verified", is_reading=True) as session:
            return sum(int(session.execute(one.with_only_columns(func.count())).scalar() or 0) for one in (files, made))

    def _check_original(self, original: Original) -> None:
        self._doing = f"Reading {original.name}"
        read = self.pace.done
        fault = compare_original(self.site.data, original, advance=self.pace.advance)
        self.done.originals += 1
        self.done.bytes += self.pace.done - read
        outcome, told = ("ok", "") if fault is None else (fault.outcome_of(original), fault.told)
        if fault is not None:
            self.done.add_problem(outcome, f"original_file:{original.id}", f"{original.name} {told}")
        self._note(OriginalCheck(original_file_id=original.id, checked_at=datetime.now(UTC), outcome=outcome, detail=told))

    def _check_pyramid(self, image_id: int, pixels_id: int, place: str, size_bytes: int | None) -> None:
        self._doing = f"Reading the pyramid of image:{image_id}"
        read = self.pace.done
        fault = compare_pyramid(locate(self.site.data, place), size_bytes, advance=self.pace.advance)
        self.done.pyramids += 1
        self.done.bytes += self.pace.done - read
        outcome, told = ("ok", "") if fault is None else self._rebuild(image_id, fault)
        if fault is not None:
            self.done.add_problem(outcome, f"image:{image_id}", f"Its pyramid {told}")
        self._note(PyramidCheck(pixels_id=pixels_id, checked_at=datetime.now(UTC), outcome=outcome, detail=told))

    def _rebuild(self, image_id: int, fault: Fault) -> tuple[str, str]:
        """What came of building a damaged pyramid anew."""
        self._doing = f"Building the pyramid of image:{image_id} anew"
        try:
            with system_session(self.site.engine, f"prepare image:{image_id}", is_reading=True) as session:
                location = source_of(session, self.site, image_id)
            build_pyramid(self.site, location, report=lambda _part: self._tell())
        except NotFound:
            return fault.kind, fault.told  # the image went meanwhile
        except MicrariumError as error:
            return fault.kind, f"{fault.told}, and cannot be built anew: {error.detail}"
        return "rebuilt", f"{fault.told}; it was built anew"

    def _note(self, check: OriginalCheck | PyramidCheck) -> None:
        self._found.append(check)
        if time.monotonic() - self._kept_at > _KEEP_S:
            self._keep()

    def _keep(self) -> None:
        """Write down what was found; of what was removed for good meanwhile there is nothing to say."""
        with system_session(self.site.engine, f"keep what job:{self.work.job_id} found of files") as session:
            for check in self._found:
                is_original = isinstance(check, OriginalCheck)
                place = (
                    OriginalFile.id == check.original_file_id if isinstance(check, OriginalCheck) else Pixels.id == check.pixels_id
                )
                entity: Any = OriginalFile if is_original else Pixels
                if session.execute(every(entity).where(place).with_only_columns(entity.id)).first() is not None:
                    session.merge(check)
        self._found.clear()
        self._kept_at = time.monotonic()
        self.work.keep(asdict(self.done))


def _pending(statement: Any, check: Any, key: Any, before: datetime, *, is_first: bool) -> Any:
    """What was never checked, in the order it came, or what was checked before a time, the longest ago first."""
    own = check.original_file_id if check is OriginalCheck else check.pixels_id
    if is_first:
        return statement.where(~every(check).where(own == key).exists()).order_by(key)
    return statement.join(check, own == key).where(check.checked_at < before).order_by(check.checked_at, key)


def _is_pending(check: Any, before: datetime) -> Any:
    return check.checked_at.is_(None) | (check.checked_at < before)
