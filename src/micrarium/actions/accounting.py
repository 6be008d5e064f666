"""Disk use and quotas: who keeps how many bytes here, and what may still be added.

What counts is what this server keeps: originals, those in the bin too, and pyramids made from them. Files registered in
place lie elsewhere; they are told, and count for nobody. All of it is sums over rows; no disk is walked.

Copies of images share the bytes of their files and pyramids. Such bytes count once: for the owner and the group of the first
that has them, and when that is removed for good, for those of the oldest copy that is left. A copy counts what it adds, which is
nothing until a pyramid of its own is made; so copying is never refused for a quota.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, String, cast, func, literal
from sqlalchemy.orm import aliased

from micrarium.actions.placing import PYRAMID_SUFFIX
from micrarium.errors import InvalidInput, NotAllowed, NotFound, TooLarge
from micrarium.model import (
    DatasetImageLink,
    Experimenter,
    ExperimenterGroup,
    FilesetEntry,
    Image,
    OriginalFile,
    Pixels,
    Project,
    ProjectDatasetLink,
    Upload,
)
from micrarium.permissions import Actor, ActorSession, every, get_visible, require_privilege, system_session

KINDS = ("user", "group", "project")
#: More than any disk has, and less than a database's integers.
MOST_BYTES = 2**60
#: How long an upload that was begun counts for a quota before it is imported.
WAITING_HOURS = 24.0
#: What an administrator with a list of privileges needs in order to set a quota.
_PRIVILEGES = {"user": "ModifyUser", "group": "ModifyGroup"}
_AT_ONCE = 500
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass
class Use:
    """Bytes and numbers of what somebody keeps."""

    original_bytes: int = 0
    original_count: int = 0
    in_place_bytes: int = 0
    in_place_count: int = 0
    derived_bytes: int = 0
    derived_count: int = 0

    @property
    def kept_bytes(self) -> int:
        """What takes room here, and counts for a quota."""
        return self.original_bytes + self.derived_bytes

    def to_json(self) -> dict[str, int]:
        """All of it by name."""
        return asdict(self) | {"total_bytes": self.kept_bytes}


def disk_use(engine: Engine, by: str) -> dict[str, Any]:
    """Bytes and counts by ``user``, ``group`` or ``project``, the largest first, and those of the whole site as ``total``.

    A file in several projects counts in each of them, so these may add up to more than the total.
    """
    if by not in KINDS:
        raise InvalidInput(f"Disk use is told by {', '.join(KINDS)}", field="by")
    with system_session(engine, f"disk use by {by}", is_reading=True) as session:
        groups = _use_by(session, OriginalFile.group_id, Image.group_id)
        total = Use()
        for use in groups.values():
            total = Use(*(a + b for a, b in zip(asdict(total).values(), asdict(use).values(), strict=True)))
        if by == "project":
            items = _by_project(session)
        elif by == "group":
            items = _with_quotas(session, ExperimenterGroup, ExperimenterGroup.name, groups)
        else:
            found = _use_by(session, OriginalFile.owner_id, Image.owner_id)
            items = _with_quotas(session, Experimenter, Experimenter.ome_name, found)
    items.sort(key=lambda item: (-item["total_bytes"], item["name"]))
    return {"by": by, "items": items, "total": total.to_json(), "next": None}


def _use_by(session: ActorSession, of_file: Any, of_image: Any) -> dict[int, Use]:
    """The use of every owner or group, whichever column is given."""
    found: dict[int, Use] = {}
    columns = (of_file, OriginalFile.is_in_place, func.sum(OriginalFile.size), func.count())
    files: Any = every(OriginalFile).with_only_columns(*columns).group_by(of_file, OriginalFile.is_in_place)
    for number, is_in_place, size, count in session.execute(files):
        _add_files(found.setdefault(number, Use()), size, count, is_in_place=is_in_place)
    any_file = aliased(OriginalFile)
    several = every(any_file).with_only_columns(any_file.hash).group_by(any_file.hash).having(func.count() > 1)
    copies = files.where(OriginalFile.hash.in_(several), _is_copy())
    for number, is_in_place, size, count in session.execute(copies):
        _add_files(found[number], -size, -count, is_in_place=is_in_place)
    made: Any = every(Pixels).join(Image, Image.id == Pixels.image_id).where(Pixels.pyramid.is_not(None))
    made = made.with_only_columns(of_image, func.sum(func.coalesce(Pixels.pyramid_bytes, 0)), func.count()).group_by(of_image)
    for number, size, count in session.execute(made):
        use = found.setdefault(number, Use())
        use.derived_bytes, use.derived_count = int(size), count
    for number, size in _shared_pyramids(session, of_image):
        found[number].derived_bytes -= size
        found[number].derived_count -= 1
    return found


def _add_files(use: Use, size: Any, count: int, *, is_in_place: bool) -> None:
    if is_in_place:
        use.in_place_bytes, use.in_place_count = use.in_place_bytes + int(size or 0), use.in_place_count + count
    else:
        use.original_bytes, use.original_count = use.original_bytes + int(size or 0), use.original_count + count


def _is_copy() -> ColumnElement[bool]:
    """That an older row has the bytes of an original too. Rows that share bytes have one checksum, which has an index."""
    older = aliased(OriginalFile)
    same = older.hash == OriginalFile.hash, older.location == OriginalFile.location, older.id < OriginalFile.id
    return every(older).with_only_columns(older.id).where(*same).exists()


def _shared_pyramids(session: ActorSession, of_image: Any, *criteria: ColumnElement[bool]) -> list[tuple[int, int]]:
    """The pyramids that images of some criteria share with older images: of each the owner or group, and the bytes."""
    own_place = literal("%/") + cast(Pixels.image_id, String) + PYRAMID_SUFFIX
    copied: Any = every(Pixels).join(Image, Image.id == Pixels.image_id).where(Pixels.pyramid.not_like(own_place), *criteria)
    columns = (Pixels.id, Pixels.pyramid, of_image, func.coalesce(Pixels.pyramid_bytes, 0))
    rows = session.execute(copied.with_only_columns(*columns)).all()
    first = _first_with(session, {row[1] for row in rows})
    return [(row[2], int(row[3])) for row in rows if first[row[1]] != row[0]]


def _first_with(session: ActorSession, places: set[str]) -> dict[str, int]:
    """The pixels that have each pyramid first: those of the image it was made of, else the oldest that are left."""
    found: dict[str, int] = {}
    numbers = {int(name): place for place in places if (name := place.rpartition("/")[2].removesuffix(PYRAMID_SUFFIX)).isdecimal()}
    for column, wanted in ((Pixels.image_id, set(numbers)), (Pixels.pyramid, places)):
        left: list[Any] = sorted(wanted if column is Pixels.image_id else wanted - set(found))
        for start in range(0, len(left), _AT_ONCE):
            here = every(Pixels).where(column.in_(left[start : start + _AT_ONCE]), Pixels.pyramid.is_not(None))
            oldest: Any = here.with_only_columns(Pixels.pyramid, func.min(Pixels.id)).group_by(Pixels.pyramid)
            found |= {place: number for place, number in session.execute(oldest) if place in places}
    return found


def _with_quotas(session: ActorSession, entity: Any, name: Any, uses: dict[int, Use]) -> list[dict[str, Any]]:
    rows = session.execute(every(entity).with_only_columns(entity.id, name, entity.quota_bytes))
    items = []
    for number, told, quota in rows:
        use = uses.get(number, Use())
        items.append({"id": number, "name": told, **use.to_json(), **_remaining(quota, use.kept_bytes)})
    return items


def _remaining(quota: int | None, used: int) -> dict[str, int | None]:
    return {"quota_bytes": quota, "remaining_bytes": None if quota is None else max(0, quota - used)}


def _by_project(session: ActorSession) -> list[dict[str, Any]]:
    """What lies in projects by way of their datasets; the bytes of each file once a project, copies or not."""
    project, image = ProjectDatasetLink.parent_id.label("project_id"), DatasetImageLink.child_id
    inside: Any = every(ProjectDatasetLink).join(DatasetImageLink, DatasetImageLink.parent_id == ProjectDatasetLink.child_id)
    inside = inside.where(ProjectDatasetLink.deleted_event_id.is_(None), DatasetImageLink.deleted_event_id.is_(None))
    files = inside.join(Image, Image.id == image).join(FilesetEntry, FilesetEntry.fileset_id == Image.fileset_id)
    files = files.join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
    columns = (project, OriginalFile.location, OriginalFile.size, OriginalFile.is_in_place)
    once = files.with_only_columns(*columns).distinct().subquery()
    made = inside.join(Pixels, Pixels.image_id == image).where(Pixels.pyramid.is_not(None))
    pyramids = made.with_only_columns(project, Pixels.pyramid, Pixels.pyramid_bytes).distinct().subquery()
    named = {row[0]: row[1] for row in session.execute(_live_projects().with_only_columns(Project.id, Project.name))}
    uses = {number: Use() for number in named}
    sums: Any = _live_projects().join(once, once.c.project_id == Project.id)
    sums = sums.with_only_columns(Project.id, once.c.is_in_place, func.sum(once.c.size), func.count())
    for number, is_in_place, size, count in session.execute(sums.group_by(Project.id, once.c.is_in_place)):
        _add_files(uses[number], size, count, is_in_place=is_in_place)
    derived: Any = _live_projects().join(pyramids, pyramids.c.project_id == Project.id)
    size_sum = func.sum(func.coalesce(pyramids.c.pyramid_bytes, 0))
    for number, size, count in session.execute(derived.with_only_columns(Project.id, size_sum, func.count()).group_by(Project.id)):
        uses[number].derived_bytes, uses[number].derived_count = int(size), count
    return [{"id": number, "name": named[number], **use.to_json()} for number, use in uses.items()]


def _live_projects() -> Any:
    return every(Project).where(Project.deleted_event_id.is_(None))


def set_quota(session: ActorSession, kind: str, object_id: int, size_bytes: int | None) -> dict[str, Any]:
    """Give a ``user`` or ``group`` a quota in bytes, or with None take it away: what holds now."""
    actor = session.actor
    assert actor is not None
    if kind not in _PRIVILEGES:
        raise InvalidInput("A quota is of a user or a group", field="kind")
    if actor.is_reading:
        raise NotAllowed("This sign-in is for reading only")
    require_privilege(actor, _PRIVILEGES[kind], told="Only administrators set quotas")
    if size_bytes is not None and not 0 <= size_bytes <= MOST_BYTES:
        raise InvalidInput(f"A quota is 0 to {MOST_BYTES} bytes", field="quota_bytes")
    found: Any = get_visible(session, Experimenter if kind == "user" else ExperimenterGroup, object_id)
    found.quota_bytes = size_bytes
    session.flush()
    name = found.ome_name if kind == "user" else found.name
    used = _used(session, kind, object_id)
    return {"kind": kind, "id": object_id, "name": name, "used_bytes": used, **_remaining(size_bytes, used)}


def _used(session: ActorSession, kind: str, object_id: int) -> int:
    """The bytes that count for the quota of a user or group."""
    of_file, of_image = (OriginalFile.owner_id, Image.owner_id) if kind == "user" else (OriginalFile.group_id, Image.group_id)
    kept = every(OriginalFile).where(of_file == object_id, OriginalFile.is_in_place.is_(False), ~_is_copy())
    made = every(Pixels).join(Image, Image.id == Pixels.image_id).where(Pixels.pyramid.is_not(None), of_image == object_id)
    files = session.execute(kept.with_only_columns(func.sum(OriginalFile.size))).scalar()
    pyramids = session.execute(made.with_only_columns(func.sum(Pixels.pyramid_bytes))).scalar()
    shared = sum(size for _, size in _shared_pyramids(session, of_image, of_image == object_id))
    return int(files or 0) + int(pyramids or 0) - shared


def show_quotas(engine: Engine, actor: Actor) -> dict[str, Any]:
    """What somebody has used of their own quota, and what each of their groups has: the room that is left."""
    with system_session(engine, f"quotas of experimenter:{actor.id}", is_reading=True) as session:
        found = [_told(session, "user", Experimenter, Experimenter.ome_name, actor.id)]
        groups = [_told(session, "group", ExperimenterGroup, ExperimenterGroup.name, g) for g in actor.memberships]
    return {"user": found[0], "groups": groups}


def _told(session: ActorSession, kind: str, entity: Any, name: Any, object_id: int) -> dict[str, Any]:
    statement = every(entity).where(entity.id == object_id).with_only_columns(name, entity.quota_bytes)
    row: Any = session.execute(statement).first()
    if row is None:
        raise NotFound(f"There is no {kind} with the number {object_id}")
    used = _used(session, kind, object_id)
    return {"kind": kind, "id": object_id, "name": row[0], "used_bytes": used, **_remaining(row[1], used)}


def check_quota(
    engine: Engine, actor: Actor, coming: Callable[[], int], *, group_ids: Iterable[int], is_uploading: bool = False
) -> None:
    """Nothing while ``coming()`` bytes fit into the quota of an actor and of one of some groups, else ``TooLarge``.

    ``coming`` is only called where there is a quota. Uploads of theirs that wait to be imported count while uploading.
    """
    with system_session(engine, "check quotas", is_reading=True) as session:
        own = session.execute(every(Experimenter).where(Experimenter.id == actor.id).with_only_columns(Experimenter.quota_bytes))
        asked = tuple(group_ids)
        groups = every(ExperimenterGroup).where(ExperimenterGroup.id.in_(asked))
        columns = (ExperimenterGroup.id, ExperimenterGroup.name, ExperimenterGroup.quota_bytes)
        found: Any = session.execute(groups.with_only_columns(*columns)).all()
        quota, limited = own.scalar(), [row for row in found if row.quota_bytes is not None]
        if quota is None and (not found or len(limited) < len(found)):
            return
        size = coming()
        waiting = _waiting(session, actor.id) if is_uploading else 0
        if quota is not None:
            _refuse_over(size, quota - _used(session, "user", actor.id) - waiting, quota, whose="Your quota")
        if found and len(limited) == len(found):
            rooms = [(row.quota_bytes - _used(session, "group", row.id), row) for row in limited]
            room, widest = max(rooms, key=lambda pair: pair[0])
            _refuse_over(size, room - waiting, widest.quota_bytes, whose=f"The quota of the group {widest.name}")


def _waiting(session: ActorSession, experimenter_id: int) -> int:
    """The bytes of uploads that somebody has begun lately: those that nobody goes on with must not keep them out."""
    lately = datetime.now(UTC) - timedelta(hours=WAITING_HOURS)
    uploads = session.scalars(every(Upload).where(Upload.experimenter_id == experimenter_id, Upload.created_at > lately))
    return sum(int(file["size"]) for upload in uploads for file in upload.files)


def _refuse_over(size: int, room: int, quota: int, *, whose: str) -> None:
    if size > room:
        left = max(0, room)
        told = f"{whose} has room for {spell_bytes(left)} more, and this has {spell_bytes(size)}; remove something, "
        told += "or ask an administrator for a larger quota"
        raise TooLarge(told, quota_bytes=quota, remaining_bytes=left, needed_bytes=size)


def spell_bytes(size: int) -> str:
    """A number of bytes for people: ``1.5 GB``, in powers of 1000 as disks are sold."""
    value, unit = float(size), 0
    while value >= 999.95 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
