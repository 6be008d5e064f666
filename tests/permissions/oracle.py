"""Who may do what, said again in plain Python, slowly, straight from the tables of OMERO's "Groups and permissions system"."""

from __future__ import annotations

from tests.permissions.worlds import LEVELS, Thing, World

#: What each sort of person may do to other people's data, for the four levels in their order, as the tables have it.
OTHERS_DATA = {
    "administrator": {
        "view": "YYYY", "annotate": "NYYY", "delete": "YYYY", "edit": "YYYY", "chgrp": "YYYY", "link": "NYYY", "chown": "YYYY",
    },
    "group owner": {
        "view": "YYYY", "annotate": "NYYY", "delete": "YYYY", "edit": "YYYY", "chgrp": "NNNN", "link": "NYYY", "chown": "YYYY",
    },
    "group member": {
        "view": "NYYY", "annotate": "NNYY", "delete": "NNNY", "edit": "NNNY", "chgrp": "NNNN", "link": "NNNY", "chown": "NNNN",
    },
}  # fmt: skip
#: What administrators with a list of privileges need besides, from OMERO's "Restricted administrators".
PRIVILEGE = {
    "annotate": "WriteOwned", "delete": "DeleteOwned",
    "edit": "WriteOwned", "chgrp": "Chgrp", "link": "WriteOwned", "chown": "Chown",
}  # fmt: skip
ACTIONS = tuple(OTHERS_DATA["administrator"])


def may(world: World, person: int, action: str, thing: Thing) -> bool:
    """Whether a person may do something to an object that is not in the bin."""
    level = LEVELS.index(world.groups[thing.group])
    is_member = (person, thing.group) in world.members
    if is_member and thing.owner == person and action != "chown":
        return True  # "can perform all actions on their own data (with the exception of changing the ownership of the data)"
    sorts = ["administrator"] if (action == "view" and world.people[person]) or has(world, person, PRIVILEGE.get(action)) else []
    sorts += ["group member"] if is_member else []
    sorts += ["group owner"] if world.members.get((person, thing.group)) else []
    return any(OTHERS_DATA[sort][action][level] == "Y" for sort in sorts)


def has(world: World, person: int, privilege: str | None) -> bool:
    """Whether a person is an administrator with a privilege."""
    given = world.privileges[person]
    return world.people[person] and privilege is not None and (given is None or privilege in given)


def sees(world: World, person: int, thing: Thing) -> bool:
    """Whether a person sees an object."""
    return not thing.is_binned and may(world, person, "view", thing)


def visible_ids(world: World, person: int, entity: str) -> set[int]:
    """The ids of the objects of a class, owned or parts, that a person sees."""
    return {thing.ids[entity] for thing in world.things if entity in thing.ids and sees(world, person, thing)}


def all_ids(world: World, entity: str) -> set[int]:
    """The ids of all objects of a class."""
    return {thing.ids[entity] for thing in world.things if entity in thing.ids}


def is_in(world: World, person: int, group: int, *, privilege: str = "WriteOwned") -> bool:
    """Whether a person may make objects in a group, or with the privilege ``Chgrp`` move some into it."""
    return has(world, person, privilege) or (person, group) in world.members


def live_links(world: World, thing: Thing) -> list[Thing]:
    """The things that refer to an object and are not in the bin, nor part of something that is."""
    place = world.things.index(thing)
    return [other for other in world.things if place in other.refers and not other.is_binned]
