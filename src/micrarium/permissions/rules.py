"""The one table of who may do what: the role a person has towards an object, and the level of the object's group.

As in OMERO (https://docs.openmicroscopy.org, "Groups and permissions system"): a group is the unit of sharing, each
object is in one group, and a person who is no member of it sees nothing of it, their own former objects included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from micrarium.errors import NotFound

#: ``link`` is to put into and take out of containers; ``chgrp`` moves to another group; ``chown`` gives to another owner;
#: ``share`` shows it to people without an account, which OMERO has no action for.
ACTIONS = ("view", "annotate", "link", "edit", "delete", "chgrp", "chown", "share")

_ALL_BUT_CHOWN = frozenset(ACTIONS) - {"chown"}
_ALL = frozenset(ACTIONS)
_NOTHING: frozenset[str] = frozenset()
_LOOKING = frozenset({"view"})
_ANNOTATING = frozenset({"view", "annotate"})

#: role -> level of the group -> what may be done.
ALLOWED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "owner": dict.fromkeys(("private", "read-only", "read-annotate", "read-write"), _ALL_BUT_CHOWN),
    "member": {
        "private": _NOTHING,
        "read-only": frozenset({"view"}),
        "read-annotate": frozenset({"view", "annotate"}),
        "read-write": frozenset({"view", "annotate", "link", "edit", "delete"}),
    },
    "group owner": {
        "private": frozenset({"view", "edit", "delete", "chown"}),
        "read-only": _ALL - {"chgrp"},
        "read-annotate": _ALL - {"chgrp"},
        "read-write": _ALL - {"chgrp"},
    },
    "administrator": {
        "private": _ALL - {"annotate", "link"},
        "read-only": _ALL,
        "read-annotate": _ALL,
        "read-write": _ALL,
    },
}

#: What an administrator with a list of privileges needs in order to do something as an administrator; seeing is free.
NEEDED: Mapping[str, str] = {
    "annotate": "WriteOwned", "link": "WriteOwned", "edit": "WriteOwned", "delete": "DeleteOwned",
    "chgrp": "Chgrp", "chown": "Chown", "share": "WriteOwned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Membership:
    """That someone is in a group: the group's level, and whether they are one of its owners."""

    level: str
    is_owner: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """To what a share link or a publication narrows an actor: objects with what lies below them, or what a search finds.

    ``roots`` are pairs of a class's name and an id; ``groups`` are those whose objects are all in it. ``found`` gives for
    the name of a class the statement for the ids that a shared search finds, in SQL of ``dialect``. ``is_public`` is
    everybody's, made by no actor. ``shown_keys`` are the keys of pairs that a blind reach shows, and ``hidden_words`` what it
    hides in them.
    """

    grant_id: int | None = None
    roots: tuple[tuple[str, int], ...] = ()
    groups: tuple[int, ...] = ()
    query: str | None = None
    dialect: str | None = None
    found: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), compare=False, hash=False)
    is_public: bool = False
    is_blind: bool = False
    may_annotate: bool = False
    shown_keys: tuple[str, ...] = ()
    hidden_words: tuple[str, ...] = field(default=(), compare=False)

    def ids_of(self, name: str) -> tuple[int, ...]:
        """The ids of the objects of a class that it begins with."""
        return tuple(object_id for kind, object_id in self.roots if kind == name)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a person, their groups, and the group new objects go into.

    ``memberships`` maps group ids to memberships; an administrator's ``levels`` gives the level of every group.
    ``privileges`` are what an administrator may do, None standing for everything. ``is_reading`` marks an actor that may
    change nothing, such as one who came with a token for reading; ``scopes`` are what a token is for, and what may be changed
    all the same. ``sudo_id`` is the administrator who acts as this person. ``only_group_id`` narrows what they see to one
    group, as ``within`` does. ``reach`` narrows it to what a share link or a publication shows; the actor is then the link's
    maker, who may do there nothing but look, and annotate where the link says so.
    """

    id: int
    ome_name: str = ""
    is_admin: bool = False
    group_id: int | None = None
    memberships: Mapping[int, Membership] = field(default_factory=lambda: MappingProxyType({}))
    levels: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    is_reading: bool = False
    privileges: frozenset[str] | None = None
    sudo_id: int | None = None
    reach: Reach | None = None
    scopes: frozenset[str] | None = None
    only_group_id: int | None = None

    @property
    def is_visitor(self) -> bool:
        """Whether somebody came by a share link, or to what is published."""
        return self.reach is not None

    def has(self, privilege: str) -> bool:
        """Whether this actor is an administrator with a privilege."""
        return self.is_admin and self.reach is None and (self.privileges is None or privilege in self.privileges)

    def within(self, group_id: int) -> Actor:
        """This actor working in one group: what they make goes there, and they see nothing of other groups.

        Raises ``NotFound`` for a group they have nothing to do with.
        """
        if group_id not in self.memberships and not (self.is_admin and group_id in self.levels):
            raise NotFound(f"There is no experimenter_group:{group_id}", field="group")
        return replace(self, group_id=group_id, only_group_id=group_id)

    def covers(self, *, is_admin: bool, privileges: Iterable[str] | None) -> bool:
        """Whether this actor may do all that an account with these rights may: nobody makes or becomes one with more."""
        if not is_admin:
            return True
        if not self.is_admin or self.privileges is None:
            return self.is_admin
        return privileges is not None and self.privileges.issuperset(privileges)

    def level_of(self, group_id: int) -> str:
        """The level of a group this actor has to do with; ``private``, the closest, of one it has not."""
        membership = self.memberships.get(group_id)
        return membership.level if membership else self.levels.get(group_id, "private")

    def roles(self, group_id: int, owner_id: int) -> list[str]:
        """The roles of this actor towards an object of a group and an owner."""
        found = ["administrator"] if self.is_admin else []
        membership = self.memberships.get(group_id)
        if membership is None:
            return found
        found.append("member")
        if membership.is_owner:
            found.append("group owner")
        if owner_id == self.id:
            found.append("owner")
        return found

    def may(self, group_id: int, owner_id: int) -> frozenset[str]:
        """All that this actor may do to an object of a group and an owner."""
        if self.reach is not None:
            allowed = _ANNOTATING if self.reach.may_annotate else _LOOKING
            return allowed if self.reach.is_public else allowed & replace(self, reach=None).may(group_id, owner_id)
        level = self.level_of(group_id)
        found = _NOTHING.union(*(ALLOWED[role][level] for role in self.roles(group_id, owner_id) if role != "administrator"))
        if not self.is_admin:
            return found
        return found | {one for one in ALLOWED["administrator"][level] if one not in NEEDED or self.has(NEEDED[one])}

    @property
    def open_groups(self) -> tuple[int, ...]:
        """The groups in which this actor sees everyone's objects."""
        return tuple(sorted(g for g, m in self.memberships.items() if m.is_owner or m.level != "private"))

    @property
    def close_groups(self) -> tuple[int, ...]:
        """The groups in which this actor sees only what is its own."""
        return tuple(sorted(g for g, m in self.memberships.items() if not m.is_owner and m.level == "private"))
