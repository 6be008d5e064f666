"""Moving objects to another group, giving them to another owner, deleting and copying them, each with what goes with it.

A dry run gathers and checks the same and changes nothing: its report says what would happen. All or nothing: whatever is
in the way is found before anything is written, and everything is written in one transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from micrarium.actions.emptying import purge
from micrarium.actions.opening import Site
from micrarium.actions.safeguarding import sensitivity_of
from micrarium.errors import Conflict, InvalidInput, NotAllowed
from micrarium.model import Entity, Experimenter, ExperimenterGroup, Image, Link, Owned, Plate, RenderingDef, Screen
from micrarium.model.schema import entity_by_singular, kinds_of
from micrarium.permissions import Actor, ActorSession, dialect_of, get_visible, require
from micrarium.permissions.duplicating import copy_gathered, settings_to_copy
from micrarium.permissions.gathering import KEPT_KINDS, Gathering, Key, Row, Rows, Terms, lock_gathered, name_of
from micrarium.permissions.graph_checks import groups_of, is_member, names_told, reasons_told, refusals_of
from micrarium.permissions.regrouping import bin_gathered, count_links, give, keys_of, links_of_gift, links_of_move, move
from micrarium.permissions.wholes import general

#: What can be done to objects with all that goes with them; and what one must be allowed to do for it.
OPERATIONS = {"delete": "delete", "chgrp": "chgrp", "chown": "chown", "duplicate": "view"}
#: How many objects a report names, of those that go and of those that stay.
NAMED = 20
#: More objects than this are left to a job.
MOST_AT_ONCE = 500

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Wish:
    """What is to be done (``OPERATIONS``) to which objects (``image:12``), to which group or owner, and how far it goes."""

    operation: str
    objects: tuple[str, ...]
    group_id: int | None = None
    owner_id: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    is_purging: bool = False
    reason: str | None = None


@dataclass
class Plan:
    """What was gathered for a wish, and what stands in its way."""

    wish: Wish
    targets: list[Key]
    gathering: Gathering
    links: Any = ()
    #: Others' rendering settings of what moves: they go into the bin.
    left: Rows = field(default_factory=dict)
    #: Links and parts asked for by name, which are removed for good.
    removed: list[Entity] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    made: list[Key] = field(default_factory=list)
    #: The event in which things went into the bin.
    event_id: int = 0

    @property
    def size(self) -> int:
        """How many objects go."""
        return sum(map(len, self.gathering.going.values()))


def plan_graph(session: ActorSession, wish: Wish) -> Plan:
    """What a wish would do, and what stands in its way; nothing is changed.

    Raises ``NotFound`` and ``NotAllowed`` for the objects asked for, ``InvalidInput`` for a wish that makes no sense.
    """
    actor = _check_wish(session, wish)
    found = [_find(session, name) for name in dict.fromkeys(wish.objects)]
    removed = [obj for obj in found if isinstance(obj, Link) or not isinstance(obj, Owned)]
    if removed and wish.operation != "delete":
        raise InvalidInput(f"{removed[0]} is a part or a link of something else and goes with it", field="objects")
    targets = [obj for obj in found if isinstance(obj, Owned) and not isinstance(obj, Link)]
    for obj in found:
        require(session, OPERATIONS[wish.operation] if isinstance(obj, Owned) else "edit", obj)
    _check_destination(session, actor, wish, targets)
    gathering = Gathering(session, _terms(actor, wish, targets))
    by_class: dict[Any, list[int]] = defaultdict(list)
    for obj in targets:
        by_class[general(type(obj))].append(obj.id)
    for entity, ids in by_class.items():
        gathering.gather(entity, ids)
    plan = Plan(wish, [(entity, i) for entity, ids in by_class.items() for i in ids], gathering, removed=removed)
    _complete(session, actor, plan)
    return plan


def perform_graph(session: ActorSession, site: Site, wish: Wish, *, report: Report | None = None) -> dict[str, Any]:
    """The report of doing what was wished, all of it or nothing. Raises ``Conflict`` with what stands in its way."""
    if session.actor is not None and session.actor.is_reading:
        raise NotAllowed("This sign-in is for reading only")
    session.reason = wish.reason or session.reason
    plan = plan_graph(session, wish)
    while not plan.refused and dialect_of(session) == "postgresql" and not plan.gathering.is_held:
        held = lock_gathered(plan.gathering)
        plan = plan_graph(session, wish)  # what others linked meanwhile is seen now
        plan.gathering.is_held = held == lock_gathered(plan.gathering)
    if plan.refused:
        raise Conflict(plan.refused[0], refused=plan.refused)
    told = tell(plan, is_dry_run=False)
    if report is not None:
        report(0.3, f"{_DOING[wish.operation]} {plan.size} objects")
    _DO[wish.operation](session, plan)
    if wish.is_purging:
        told["files"] = purge(session, site, {plan.event_id: list(keys_of(plan.gathering))})["files"]
    session.flush()
    return told | {"made": [name_of(key) for key in plan.made]}


def tell(plan: Plan, *, is_dry_run: bool) -> dict[str, Any]:
    """The report of a wish, as JSON holds it: counts by class, some objects by name, what stays and why, what is in the way."""
    gathering, wish = plan.gathering, plan.wish
    session, going = gathering.session, gathering.going
    counts = Counter({entity.singular(): n for entity, rows in going.items() if (n := _count_live(rows))})
    counts.update(obj.singular() for obj in plan.removed)
    in_bin = Counter({entity.singular(): n for entity, rows in going.items() if (n := len(rows) - _count_live(rows))})
    others = ((entity, i) for entity, rows in going.items() for i, row in rows.items() if row.deleted_event_id is None)
    told = list(dict.fromkeys([*plan.targets, *islice(others, 2 * NAMED)]))
    stays = reasons_told(gathering, limit=NAMED)
    return {
        "operation": wish.operation,
        "dry_run": is_dry_run,
        "objects": list(wish.objects),
        "group_id": wish.group_id,
        "owner_id": wish.owner_id,
        "purge": wish.is_purging,
        "counts": dict(sorted(counts.items())),
        "removed_counts": dict(sorted(Counter(obj.singular() for obj in plan.removed).items())),
        "counts_in_bin": dict(sorted(in_bin.items())),
        "named": names_told(session, told[:NAMED]),
        "stays": stays,
        "stays_count": dict(sorted(Counter(key[0].singular() for key in gathering.stays).items())),
        "links_cut": dict(sorted(count_links(plan.links[1]).items())) if plan.links else {},
        "settings_binned": _count_live(plan.left),
        "made": [],
        "files": None,
        "refused": plan.refused,
    }


def _count_live(rows: Rows) -> int:
    return sum(row.deleted_event_id is None for row in rows.values())


def _find(session: ActorSession, name: str) -> Entity:
    kind, _, number = name.partition(":")
    entity = entity_by_singular().get(kind) or (entity_by_singular()["annotation"] if kind.endswith("_annotation") else None)
    if entity is None or not (number.isascii() and number.isdecimal()):
        raise InvalidInput(f"{name!r} names no object; write its kind and number, such as image:12", field="objects")
    return get_visible(session, entity, int(number))


def _check_wish(session: ActorSession, wish: Wish) -> Actor:
    if session.actor is None:
        raise InvalidInput("Somebody has to wish for it")
    if wish.operation not in OPERATIONS:
        raise InvalidInput(f"The operation is one of {', '.join(OPERATIONS)}", field="operation")
    if not wish.objects:
        raise InvalidInput("Name at least one object, such as image:12", field="objects")
    for side, names in (("include", wish.include), ("exclude", wish.exclude)):
        if unknown := [name for name in names if name not in _known_names()]:
            raise InvalidInput(f"{side} knows no {unknown[0]!r}; it is one of {', '.join(sorted(_known_names()))}", field=side)
    if both := set(wish.include) & set(wish.exclude):
        raise InvalidInput(f"{min(both)} is both included and excluded", field="exclude")
    return session.actor


def _known_names() -> set[str]:
    kinds = kinds_of(entity_by_singular()["annotation"])
    names = {"".join(f"_{c.lower()}" if c.isupper() else c for c in kind).lstrip("_") for kind in kinds}
    return {"dataset", "image", "plate", "roi", "annotation", *names, *(name.removesuffix("_annotation") for name in names)}


def _check_destination(session: ActorSession, actor: Actor, wish: Wish, targets: list[Owned]) -> None:
    if wish.operation == "chgrp":
        if wish.group_id is None:
            raise InvalidInput("Say to which group", field="group")
        get_visible(session, ExperimenterGroup, wish.group_id)
        if not actor.has("Chgrp") and wish.group_id not in actor.memberships:
            raise NotAllowed(f"You are not a member of experimenter_group:{wish.group_id}", field="group")
    if wish.operation == "chown":
        if wish.owner_id is None:
            raise InvalidInput("Say to whom", field="owner")
        get_visible(session, Experimenter, wish.owner_id)
        for obj in targets:
            if not is_member(session, wish.owner_id, obj.group_id):
                told = f"experimenter:{wish.owner_id} is not a member of experimenter_group:{obj.group_id}, which {obj} is in"
                raise InvalidInput(told, field="owner")
    if wish.operation == "duplicate":
        for obj in targets:
            if not actor.has("WriteOwned") and obj.group_id not in actor.memberships:
                raise NotAllowed(f"You may make nothing in experimenter_group:{obj.group_id}, which {obj} is in")
        _check_marks(session, targets)


def _check_marks(session: ActorSession, targets: list[Owned]) -> None:
    """Nothing where copies are marked as sensitive as their originals are, else ``Conflict``."""
    for entity in (Image, Plate, Screen):
        ids = [obj.id for obj in targets if isinstance(obj, entity)]
        if ids and sensitivity_of(session, entity, ids):
            found = next(i for i in ids if sensitivity_of(session, entity, [i]))
            told = f"{entity.singular()}:{found} is in a dataset that is marked as sensitive, and its copy would not be"
            raise Conflict(f"{told}; copy the dataset")


def _terms(actor: Actor, wish: Wish, targets: list[Owned]) -> Terms:
    needed = OPERATIONS[wish.operation]

    def may(row: Row) -> bool:
        is_own = row.owner_id == actor.id or not row.kind.endswith("Annotation")
        return needed in actor.may(row.group_id, row.owner_id) and (wish.operation != "duplicate" or is_own)

    include, exclude = frozenset(wish.include), frozenset(wish.exclude)
    if wish.operation == "delete":
        return Terms(may, include=include, exclude=exclude, kept=KEPT_KINDS)
    if wish.operation == "chgrp":
        return Terms(may, include=include, exclude=exclude, dependents="any", has_files=True)
    if wish.operation == "chown":
        owners = frozenset(obj.owner_id for obj in targets)
        return Terms(may, include=include, exclude=exclude, has_files=True, owner_ids=owners)
    return Terms(may, include=include, exclude=exclude, has_files=True, is_all=True, kept=KEPT_KINDS)


def _complete(session: ActorSession, actor: Actor, plan: Plan) -> None:
    """Find the links that are kept and cut, what is left behind, and what stands in the way."""
    gathering, wish = plan.gathering, plan.wish
    if wish.operation == "duplicate":
        settings = gathering.going.get(RenderingDef, {})
        chosen = settings_to_copy(gathering, actor) if "rendering_def" not in wish.exclude else set()
        gathering.going[RenderingDef] = {i: row for i, row in settings.items() if i in chosen}
        return
    if wish.operation == "chgrp":
        left = {i for entity, i in gathering.forbidden if entity is RenderingDef}
        plan.left = {i: gathering.going[RenderingDef].pop(i) for i in left}
        is_private = groups_of(session, [wish.group_id or 0])[wish.group_id or 0] == "private"
        plan.links = links_of_move(gathering, wish.group_id or 0, is_private=is_private)
    if wish.operation == "chown":
        group_ids = {row.group_id for rows in gathering.going.values() for row in rows.values()}
        is_private = "private" in groups_of(session, sorted(group_ids)).values()
        plan.links = links_of_gift(gathering, wish.owner_id or 0, is_private=is_private)
    plan.refused = refusals_of(gathering, wish.operation, group_id=wish.group_id)


def _delete(session: ActorSession, plan: Plan) -> None:
    for obj in plan.removed:
        session.delete(obj)
    session.flush()
    plan.event_id = bin_gathered(plan.gathering)


def _move(_session: ActorSession, plan: Plan) -> None:
    move(plan.gathering, plan.wish.group_id or 0, left=plan.left, links=plan.links)


def _give(_session: ActorSession, plan: Plan) -> None:
    give(plan.gathering, plan.wish.owner_id or 0, links=plan.links)


def _copy(session: ActorSession, plan: Plan) -> None:
    assert session.actor is not None
    plan.made = copy_gathered(plan.gathering, session.actor, plan.targets)


_DO: dict[str, Callable[[ActorSession, Plan], None]] = {
    "delete": _delete, "chgrp": _move, "chown": _give, "duplicate": _copy,
}  # fmt: skip
_DOING = {"delete": "Deleting", "chgrp": "Moving", "chown": "Giving away", "duplicate": "Copying"}
