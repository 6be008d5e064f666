"""Random worlds for the permission tests: people, groups, memberships, and objects of many classes, as plain data.

A world is drawn by Hypothesis, written by a session of the system (which checks nothing), and then known to the oracle
only through the plain values below.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Engine

from micrarium import model
from micrarium.permissions import Actor, load_actor, system_session

LEVELS = ("private", "read-only", "read-annotate", "read-write")
#: Kinds of owned objects with the kinds they refer to; each is made with the parts it has in reality.
KINDS: dict[str, tuple[str, ...]] = {
    "Project": (),
    "Dataset": (),
    "Image": (),
    "Plate": ("Image",),
    "Roi": ("Image",),
    "RenderingDef": ("Image",),
    "TagAnnotation": (),
    "MapAnnotation": (),
    "ProjectDatasetLink": ("Project", "Dataset"),
    "DatasetImageLink": ("Dataset", "Image"),
    "ImageAnnotationLink": ("Image", "TagAnnotation"),
    "WellAnnotationLink": ("Plate", "MapAnnotation"),
}


@dataclass(frozen=True)
class Thing:
    """One owned object: who it belongs to, and the places in the world of what it refers to. ``ids`` are of it and its parts."""

    kind: str
    owner: int
    group: int
    is_binned: bool
    refers: tuple[int, ...] = ()
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Its own id."""
        return self.ids[self.kind]


@dataclass(frozen=True)
class World:
    """People (whether they are administrators, with which privileges), groups (their levels), memberships, and things."""

    people: tuple[bool, ...]
    groups: tuple[str, ...]
    members: dict[tuple[int, int], bool]
    things: tuple[Thing, ...]
    privileges: tuple[list[str] | None, ...]
    person_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] = ()

    def of_kind(self, *kinds: str) -> list[Thing]:
        """The things of some kinds."""
        return [thing for thing in self.things if thing.kind in kinds]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Worlds with two to four people and groups, and up to 24 things."""
    people = tuple(draw(st.lists(st.sampled_from([False, False, False, True]), min_size=2, max_size=4)))
    groups = tuple(draw(st.lists(st.sampled_from(LEVELS), min_size=2, max_size=4)))
    ranks = st.sampled_from(["none", "member", "member", "owner"])
    drawn = {(p, g): draw(ranks) for p in range(len(people)) for g in range(len(groups))}
    members = {key: rank == "owner" for key, rank in drawn.items() if rank != "none"}
    things: list[Thing] = []
    for kind in [
        "Project",
        "Dataset",
        "Image",
        "TagAnnotation",
        "MapAnnotation",
        *draw(st.lists(st.sampled_from(sorted(KINDS)), max_size=19)),
    ]:
        candidates = [[i for i, thing in enumerate(things) if thing.kind == wanted] for wanted in KINDS[kind]]
        if not all(candidates):
            continue
        owner, group = draw(st.integers(0, len(people) - 1)), draw(st.integers(0, len(groups) - 1))
        refers = tuple(draw(st.sampled_from(found)) for found in candidates)
        if len(refers) > 0 and draw(st.booleans()):
            group = things[refers[0]].group
        if any(t.kind == kind and t.refers == refers and t.owner == owner for t in things if "Link" in kind):
            continue
        things.append(Thing(kind, owner, group, draw(st.sampled_from([False, False, False, True])), refers))
    some = st.lists(st.sampled_from(["Chgrp", "Chown", "DeleteOwned", "WriteOwned", "ModifyUser"]), unique=True)
    privileges = tuple(draw(st.one_of(st.none(), some)) if is_admin else None for is_admin in people)
    return World(people, groups, members, tuple(things), privileges)


def build(engine: Engine, world: World, number: int) -> World:
    """The world as it is in the database, with the ids of everything. ``number`` keeps names apart from other worlds'."""
    with system_session(engine, "build a world") as session:
        people = [
            model.Experimenter(ome_name=f"p{number}-{i}", is_admin=a, privileges=world.privileges[i])
            for i, a in enumerate(world.people)
        ]
        groups = [model.ExperimenterGroup(name=f"g{number}-{i}", level=level) for i, level in enumerate(world.groups)]
        session.add_all([*people, *groups])
        session.flush()
        session.add_all(
            model.GroupExperimenterMap(parent_id=groups[g].id, child_id=people[p].id, owner=owner)
            for (p, g), owner in world.members.items()
        )
        bin_event = model.Event()
        session.add(bin_event)
        session.flush()
        things: list[Thing] = []
        for thing in world.things:
            owned = {"owner_id": people[thing.owner].id, "group_id": groups[thing.group].id}
            owned |= {"deleted_event_id": bin_event.id} if thing.is_binned else {}
            made = _MAKERS.get(thing.kind, _make_plain)(thing, [things[i] for i in thing.refers], owned)
            session.add_all(made)
            session.flush()
            things.append(replace(thing, ids={type(obj).__name__: obj.id for obj in made}))
        return replace(world, things=tuple(things), person_ids=tuple(p.id for p in people), group_ids=tuple(g.id for g in groups))


def actor_of(engine: Engine, world: World, person: int) -> Actor:
    """The actor that a person of the world is."""
    with system_session(engine, "load an actor", is_reading=True) as session:
        return load_actor(session, world.person_ids[person])


def _make_plain(thing: Thing, refers: list[Thing], owned: dict[str, Any]) -> list[Any]:
    cls = getattr(model, thing.kind, None) or next(c for c in model.ANNOTATION_LINKS.values() if c.__name__ == thing.kind)
    if issubclass(cls, model.Link):
        parent = refers[0].ids.get(cls.__parent__.__name__)
        return [cls(parent_id=parent, child_id=refers[1].id, **owned)]
    return [cls(**({"text_value": "t"} if thing.kind == "TagAnnotation" else {"name": "n"}), **owned)]


def _make_map(_thing: Thing, _refers: list[Thing], owned: dict[str, Any]) -> list[Any]:
    annotation = model.MapAnnotation(**owned)
    entry = model.MapEntry(position=0, name="k", value="v", annotation=annotation)
    return [annotation, entry]


def _make_image(_thing: Thing, _refers: list[Thing], owned: dict[str, Any]) -> list[Any]:
    image = model.Image(name="n", **owned)
    sizes = dict.fromkeys(("size_x", "size_y", "size_z", "size_c", "size_t"), 1)
    pixels = model.Pixels(image=image, pixels_type="uint8", **sizes)
    logical = model.LogicalChannel(name="DAPI")
    channel = model.Channel(pixels=pixels, logical_channel=logical, channel_index=0)
    stats = model.StatsInfo(channel=channel, global_min=0, global_max=1, window_start=0, window_end=1)
    return [image, pixels, logical, channel, stats]


def _make_plate(_thing: Thing, refers: list[Thing], owned: dict[str, Any]) -> list[Any]:
    plate = model.Plate(name="n", **owned)
    well = model.Well(plate=plate, row=0, column=0)
    return [plate, well, model.WellSample(well=well, image_id=refers[0].id)]


def _make_roi(_thing: Thing, refers: list[Thing], owned: dict[str, Any]) -> list[Any]:
    roi = model.Roi(image_id=refers[0].id, **owned)
    return [roi, model.Point(roi=roi, x=1.0, y=1.0)]


def _make_rendering(_thing: Thing, refers: list[Thing], owned: dict[str, Any]) -> list[Any]:
    definition = model.RenderingDef(pixels_id=refers[0].ids["Pixels"], **owned)
    binding = model.ChannelBinding(rendering_def=definition, channel_index=0, input_start=0, input_end=1)
    return [definition, binding]


_MAKERS: dict[str, Any] = {
    "MapAnnotation": _make_map,
    "Image": _make_image,
    "Plate": _make_plate,
    "Roi": _make_roi,
    "RenderingDef": _make_rendering,
}
