"""What can be embedded in the objects of a list, each in a constant number of statements for the whole page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, null

from micrarium.actions.detailing import Rows, add_acquisitions, add_instruments, ids_in, read_rows
from micrarium.errors import InvalidInput
from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Channel,
    Entity,
    Experimenter,
    Image,
    LogicalChannel,
    Owned,
    Pixels,
    Roi,
    Shape,
    StatsInfo,
    Well,
    WellSample,
)  # fmt: skip
from micrarium.model.schema import containment_from, containment_to
from micrarium.permissions import ActorSession, among, beside, every, is_for, reached_already, visible


def embed(session: ActorSession, entity: type[Entity], rows: Rows, include: Sequence[str]) -> None:
    """Add to each row what ``include`` names. Raises ``InvalidInput`` for what this class has not."""
    for name in include:
        if name not in includes_of(entity):
            known = ", ".join(includes_of(entity))
            raise InvalidInput(f"{entity.plural()} cannot include {name!r}; known are: {known}", field="include")
        if rows:
            _INCLUDES[name](session, entity, rows)


def includes_of(entity: type[Entity]) -> list[str]:
    """What the objects of a class can include."""
    return [name for name in _INCLUDES if _FITS[name](entity)]


def _add_child_counts(session: ActorSession, entity: type[Entity], rows: Rows) -> None:
    assert session.actor is not None
    counts: dict[int, int] = {}
    for link in containment_from(entity):
        child = link.__child__
        statement = (
            visible(link, session.actor)
            .join(child, child.id == link.child_id)
            .with_only_columns(link.parent_id, func.count(link.child_id.distinct()))
        )
        counts |= dict(session.execute(statement.where(among(link.parent_id, ids_in(rows))).group_by(link.parent_id)).all())
    if entity.__name__ == "Plate":
        statement = visible(Well, session.actor).with_only_columns(Well.plate_id, func.count(Well.id))
        counts = dict(session.execute(statement.where(among(Well.plate_id, ids_in(rows))).group_by(Well.plate_id)).all())
    for row in rows:
        row["child_count"] = counts.get(row["id"], 0)


def _add_owners(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    found = read_rows(session, Experimenter, list(set(ids_in(rows, "owner_id"))), "id")
    people = {p["id"]: {"id": p["id"], "username": p.get("ome_name")} for p in found}  # visitors are not told
    for person in found:
        people[person["id"]] |= {name: person[name] for name in ("first_name", "last_name")}
    for row in rows:
        row["owner"] = people.get(row["owner_id"])


def _add_permissions(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    assert session.actor is not None
    for row in rows:
        may = session.actor.may(row["group_id"], row["owner_id"])
        row["permissions"] = {
            action: action in may and is_for(session.actor, "annotate" if action == "annotate" else "write")
            for action in ("annotate", "edit", "delete", "link")
        }


def _add_pixels(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    found = {p["image_id"]: p for p in read_rows(session, Pixels, ids_in(rows), "image_id")}
    for row in rows:
        row["pixels"] = found.get(row["id"])


def _add_channels(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    """Channels with how they were acquired and their range, as one object each."""
    assert session.actor is not None
    own = (Channel.id, Channel.pixels_id, Channel.channel_index, Channel.color)
    acquired = [
        getattr(LogicalChannel, n)
        for n in ("name", "fluor", "excitation_wave", "emission_wave", "contrast_method", "mode", "illumination")
    ]
    ranges = (StatsInfo.global_min, StatsInfo.global_max, StatsInfo.window_start, StatsInfo.window_end)
    columns = (*own, *acquired, *ranges)
    statement = (
        visible(Channel, session.actor).with_only_columns(Pixels.image_id, *columns).join(Pixels, Pixels.id == Channel.pixels_id)
    )
    statement = statement.join(LogicalChannel, LogicalChannel.id == Channel.logical_channel_id).outerjoin(
        StatsInfo, StatsInfo.channel_id == Channel.id
    )
    found: dict[int, Rows] = {}
    for image_id, *values in session.execute(
        statement.where(among(Pixels.image_id, ids_in(rows))).order_by(Pixels.image_id, Channel.channel_index)
    ):
        found.setdefault(image_id, []).append(dict(zip((c.key for c in columns), values, strict=True)))
    for row in rows:
        row["channels"] = found.get(row["id"], [])


def _add_annotations(session: ActorSession, entity: type[Entity], rows: Rows) -> None:
    """Annotations with the link they hang on: ``link_id`` and ``link_owner_id``."""
    from micrarium.actions.listing import read_objects

    link = ANNOTATION_LINKS[entity]
    statement: Any = every(link).with_only_columns(link.parent_id, link.child_id, link.id, link.owner_id)
    links = session.execute(reached_already(statement, link).where(among(link.parent_id, ids_in(rows))).order_by(link.id)).all()
    wanted = sorted({row.child_id for row in links})
    annotations = {a["id"]: a for a in read_objects(session, Annotation, wanted, include=("owner",), is_reached=True)}
    found: dict[int, Rows] = {row["id"]: [] for row in rows}
    for parent_id, child_id, link_id, link_owner_id in links:
        if (annotation := annotations.get(child_id)) is not None:
            found[parent_id].append({**annotation, "link_id": link_id, "link_owner_id": link_owner_id})
    for row in rows:
        row["annotations"] = found[row["id"]]


def _add_rois(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    rois = read_rows(session, Roi, ids_in(rows), "image_id")
    _add_shapes(session, Roi, rois)
    for row in rows:
        row["rois"] = [roi for roi in rois if roi["image_id"] == row["id"]]


def _add_shapes(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    from micrarium.actions.listing import ListQuery, list_objects

    shapes: dict[int, Rows] = {}
    cursor: str | None = None
    ids = ",".join(str(i) for i in ids_in(rows))
    while ids:
        page = list_objects(session, Shape, ListQuery(limit=1000, cursor=cursor, filters=(("roi_id", ids),)))
        for shape in page["items"]:
            shapes.setdefault(shape["roi_id"], []).append(shape)
        cursor = page["next"]
        if cursor is None:
            break
    for row in rows:
        row["shapes"] = shapes.get(row["id"], [])


def _add_containers(session: ActorSession, entity: type[Entity], rows: Rows) -> None:
    """What contains each object: type, id and name, and the link that says so."""
    assert session.actor is not None
    found: dict[int, Rows] = {}
    for link in containment_to(entity):
        parent: Any = link.__parent__
        statement = visible(link, session.actor).join(parent, parent.id == link.parent_id)
        name_column = parent.name if hasattr(parent, "name") else null()  # a well has none
        statement = statement.with_only_columns(link.child_id, parent.id, name_column, link.id).where(
            among(link.child_id, ids_in(rows))
        )
        rows_found: Any = session.execute(statement.order_by(link.id))
        for child_id, parent_id, name, link_id in rows_found:
            found.setdefault(child_id, []).append({"type": parent.singular(), "id": parent_id, "name": name, "link_id": link_id})
    for row in rows:
        row["containers"] = found.get(row["id"], [])


def _add_well_samples(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    samples: dict[int, Rows] = {}
    for sample in sorted(read_rows(session, WellSample, ids_in(rows), "well_id"), key=lambda s: (s["well_id"], s["field_index"])):
        samples.setdefault(sample["well_id"], []).append(sample)
    for row in rows:
        row["well_samples"] = samples.get(row["id"], [])


def _add_custody(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    """When the files of images were last verified, with what outcome; nothing for those who came by a link."""
    from micrarium.actions.attesting import state_of

    assert session.actor is not None
    if session.actor.is_visitor:
        found: dict[int, Any] = {}
    else:
        with beside(session, "tell when files were verified") as system:
            found = state_of(system, rows)
    for row in rows:
        row["custody"] = found.get(row["id"])


_INCLUDES: dict[str, Callable[[ActorSession, type[Entity], Rows], None]] = {
    "child_count": _add_child_counts,
    "owner": _add_owners,
    "permissions": _add_permissions,
    "pixels": _add_pixels,
    "channels": _add_channels,
    "annotations": _add_annotations,
    "rois": _add_rois,
    "shapes": _add_shapes,
    "containers": _add_containers,
    "well_samples": _add_well_samples,
    "custody": _add_custody,
    "instrument": add_instruments,
    "acquisition": add_acquisitions,
}
#: The fields of an object that what is embedded in it is found by, beside its id.
NEEDS: dict[str, tuple[str, ...]] = {
    "owner": ("owner_id",),
    "permissions": ("owner_id", "group_id"),
    "instrument": ("instrument_id",),
    "custody": ("fileset_id",),
    "acquisition": ("experiment_id",),
}
_FITS: dict[str, Callable[[type[Entity]], bool]] = {
    "child_count": lambda e: bool(containment_from(e)) or e.__name__ == "Plate",
    "owner": lambda e: issubclass(e, Owned),
    "permissions": lambda e: issubclass(e, Owned),
    "pixels": lambda e: e is Image,
    "channels": lambda e: e is Image,
    "annotations": lambda e: e in ANNOTATION_LINKS,
    "rois": lambda e: e is Image,
    "shapes": lambda e: e is Roi,
    "containers": lambda e: bool(containment_to(e)),
    "well_samples": lambda e: e is Well,
    "instrument": lambda e: e is Image,
    "custody": lambda e: e is Image,
    "acquisition": lambda e: e is Image,
}
