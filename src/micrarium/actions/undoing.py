"""Taking back what an event did, all of it or what it did to some objects; taking back is an event itself.

A change can be taken back while what it changed is still as it left it. Everything is checked as if the person made the
change by hand: what was made goes into the bin, what went there is restored, what was removed is made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from micrarium.errors import Conflict, InvalidInput, NotAllowed, NotFound
from micrarium.model import Event, Link, Owned, RenderingDef
from micrarium.permissions import ActorSession, put_into_bin, restore
from micrarium.permissions.past import (
    BIN,
    Net,
    binning_of,
    changed_by,
    find_event,
    later_change,
    live_dependents,
    load_anyhow,
    load_meant,
    net_changes,
    removal_since,
    seen_among,
    value_from,
)
from micrarium.permissions.recording import plain
from micrarium.permissions.regrouping import move_in_bin


def undo_event(session: ActorSession, event_id: int, *, objects: Sequence[str] = (), is_dry_run: bool = False) -> dict[str, Any]:
    """Take back an event, or what it did to ``objects`` (``image:12``): what was done, and the id of the event that did it.

    Raises ``Conflict``, naming the later event, where something was changed again since or is needed by what came later;
    then nothing is changed. What is as it was already is passed over. A dry run does everything and takes it back again.
    """
    event = find_event(session, event_id)
    wanted = _choose(session, event, objects)
    session.info["undoes"] = event.id
    done = _take_back(session, event, wanted)
    told = {"event_id": session.event_id, "undone_event_id": event_id, "changes": done, "dry_run": is_dry_run}
    if is_dry_run:
        told["event_id"] = None
        session.rollback()
    return told


def _choose(session: ActorSession, event: Event, objects: Sequence[str]) -> list[Net]:
    """The changes to take back. ``NotFound`` names an object that the event did not change, or not that one may know of."""
    changes = net_changes(session, event.id)
    seen = seen_among(session, changes)
    known = [net for net in changes if (net.kind, net.id) in seen]
    if objects:
        names = {net.name for net in known}
        if missing := [name for name in objects if name not in names]:
            raise NotFound(f"event:{event.id} did nothing to {missing[0]!r}", field="objects")
        known = [net for net in known if net.name in set(objects)]
    if not changes:
        raise InvalidInput(f"event:{event.id} changed no objects")
    if not known:
        raise NotAllowed(f"You may not see what event:{event.id} changed")
    if len(known) < len(changes) and not objects:
        told = f"event:{event.id} changed objects that you may not see, too; name those to take back, such as {known[0].name}"
        raise Conflict(told, field="objects")
    return known


def _take_back(session: ActorSession, event: Event, changes: Sequence[Net]) -> list[dict[str, Any]]:
    """Take changes back, in the order in which each finds what it needs."""
    both = [net for net in changes if net.was_there and net.is_there]
    removed = sorted((net for net in changes if net.was_there and not net.is_there), key=lambda net: net.rank)
    made = sorted((net for net in changes if not net.was_there and net.is_there), key=lambda net: -net.rank)
    made = [net for net in made if net.fields.get(BIN, (None, None))[1] is None]
    back = _Undo(session, event, {(net.kind, net.id) for net in made})
    binned = (net for net in both if _bin_before_after(net) == (False, True))
    for net in sorted(binned, key=lambda net: (issubclass(net.entity, Link), net.rank)):  # a link needs both its ends
        back.restore(net)
    for net in (n for n in removed if not issubclass(n.entity, Link)):
        back.make_again(net)
    for net in (n for n in made if not _goes_into_bin(n)):  # links first: what they join may move apart then
        back.remove(net)
    with session.no_autoflush:  # all at once: what belongs together changes together
        for net in both:
            back.set_back(net)
    session.flush()
    back.move_in_bin()
    for net in (n for n in removed if issubclass(n.entity, Link)):  # whose ends are back in their groups
        back.make_again(net)
    for net in (n for n in both if _bin_before_after(n) == (True, False)):
        back.bin_again(net)
    for net in (n for n in made if _goes_into_bin(n)):
        back.bin_made(net)
    if not back.done:
        raise back.passed_over or Conflict(f"event:{event.id} left nothing that could be taken back")
    return back.done


def _goes_into_bin(net: Net) -> bool:
    return issubclass(net.entity, Owned) and not issubclass(net.entity, Link)


def _bin_before_after(net: Net) -> tuple[bool, bool]:
    before, after = net.fields.get(BIN, (None, None))
    return before is not None, after is not None


class _Undo:
    """One undoing: what it does to each object, and what it has done. ``made`` is what the event made."""

    def __init__(self, session: ActorSession, event: Event, made: set[tuple[str, int]]) -> None:
        self.session, self.event, self._made = session, event, made
        self.done: list[dict[str, Any]] = []
        #: Why the first thing was passed over that is as it was already; told where all were.
        self.passed_over: Conflict | None = None
        self._touched: set[tuple[str, int]] = set()
        self._last_log = 0
        self._in_bin: list[Net] = []

    def restore(self, net: Net) -> None:
        """Out of the bin, unless it came with another one already."""
        if self._is_touched(net):
            return
        obj = load_meant(self.session, self.event.id, net)
        if not isinstance(obj, Owned) or obj.deleted_event_id is None:
            self._pass_over(net, "was restored" if obj is not None else "was removed")
            return
        try:
            restore(self.session, type(obj), net.id)
        except NotAllowed:
            if not isinstance(obj, RenderingDef):  # somebody else's settings went into the bin as what they are for moved
                raise
            told = f"{net.name} belongs to somebody else and stays in the bin"
            self.passed_over = self.passed_over or Conflict(told, field="objects")
            return
        self._note(net, "RESTORE")

    def bin_again(self, net: Net) -> None:
        """Into the bin, unless it went there with another one already."""
        if (obj := self._to_bin(net)) is not None:
            put_into_bin(self.session, [obj])
            self._note(net, "BIN")

    def _to_bin(self, net: Net) -> Owned | None:
        """The object that is to go into the bin; None where it was touched already, or is there or gone, which is noted."""
        if self._is_touched(net):
            return None
        obj = load_meant(self.session, self.event.id, net)
        if isinstance(obj, Owned) and obj.deleted_event_id is None:
            return obj
        self._pass_over(net, "went into the bin" if obj is not None else "was removed")
        return None

    def make_again(self, net: Net) -> None:
        """A new row that holds what the removed one held, under its id where that is free."""
        if issubclass(net.entity, Link):
            if net.held.get(BIN) is not None:  # it was in the bin when it was removed, and nobody misses it
                return
            self._check_ends(net)
        elif issubclass(net.entity, Owned) and "creation_event_id" not in net.held:
            # A purge records what it removed by name only: to keep more would keep what somebody wanted gone.
            told = f"{net.name} was removed for good: only its name was kept, so it cannot be made again; restore a backup"
            raise Conflict(told, field="objects")
        values = {name: value_from(net.entity, name, value) for name, value in net.held.items() if self._is_given(name)}
        made = net.entity(**values)
        if load_anyhow(self.session, net.entity, net.id) is None:
            made.id = net.id
        actor = self.session.actor
        if isinstance(made, Owned) and actor is not None and not actor.has("WriteOwned"):
            made.owner_id = actor.id  # as by hand: nobody makes things for others
        self.session.add(made)
        self._write(f"{net.name} cannot be made again")
        self._note(net, "INSERT", name=f"{net.name.partition(':')[0]}:{made.id}")

    @staticmethod
    def _is_given(name: str) -> bool:
        return name not in ("id", "version", "creation_event_id", "update_event_id", BIN) and not name.endswith("_canonical")

    def _check_ends(self, net: Net) -> None:
        link: Any = net.entity
        for column, end in (("parent_id", link.__parent__), ("child_id", link.__child__)):
            obj = load_anyhow(self.session, end, net.held[column])
            name = f"{end.singular()}:{net.held[column]}"
            if obj is None:
                raise Conflict(f"{net.name} cannot be made again: {name} is gone", field="objects")
            if isinstance(obj, Owned) and obj.deleted_event_id is not None:
                number, who = binning_of(self.session, obj)
                told = f"{net.name} cannot be made again: {name} went into the bin with event:{number} by {who}"
                raise Conflict(told, field="objects", event_id=number)

    def set_back(self, net: Net) -> None:
        """The old values of its fields, which must still hold what the event gave them."""
        fields = {name: (old, new) for name, (old, new) in net.fields.items() if name != BIN and old != new}
        if not fields:
            return
        obj: Any = load_meant(self.session, self.event.id, net)
        if obj is None:
            self._pass_over(net, "was removed")
            return
        if isinstance(obj, Owned) and obj.deleted_event_id is not None:
            if obj.deleted_event_id < self.event.id and fields.keys() == {"group_id"}:
                self._in_bin.append(net)
                return
            raise self._conflict(net, "went into the bin")
        done = {}
        for name, (old, new) in fields.items():
            now = plain(getattr(obj, name))
            if now == new:
                setattr(obj, name, old if name == "map_value" else value_from(type(obj), name, old))
                done[name] = [new, old]
            elif now == old:
                self._pass_over(net, f"got its {name} back", fields=(name,))
            else:
                raise self._conflict(net, f"got another {name}", fields=(name,))
        if done:
            self._note(net, "UPDATE", changes=done)

    def move_in_bin(self) -> None:
        """What moved along within the bin goes back to its group after what it is about."""
        for net in sorted(self._in_bin, key=lambda net: net.rank):
            old, new = net.fields["group_id"]
            obj = load_anyhow(self.session, net.entity, net.id)
            if isinstance(obj, Owned) and obj.group_id == new and move_in_bin(self.session, obj, old):
                self._note(net, "UPDATE", changes={"group_id": [new, old]})

    def remove(self, net: Net) -> None:
        """A link, a part or an account that the event made: gone for good, as when it is removed by hand."""
        obj = load_meant(self.session, self.event.id, net)
        if obj is None or (isinstance(obj, Owned) and obj.deleted_event_id is not None):
            self._pass_over(net, "was removed" if obj is None else "went into the bin")
            return
        self.session.delete(obj)
        self._write(f"{net.name} cannot be removed")
        self._note(net, "DELETE")

    def bin_made(self, net: Net) -> None:
        """What the event made goes into the bin, where nothing that came later depends on it; personal settings do not count."""
        if (obj := self._to_bin(net)) is None:
            return
        for kind, object_id, number, who in live_dependents(self.session, net):
            if number > self.event.id and (kind, object_id) not in self._made and kind != RenderingDef.__name__:
                told = f"{net.name} cannot be taken back: event:{number} by {who} has used it since"
                raise Conflict(told, field="objects", event_id=number)
        put_into_bin(self.session, [obj])
        self._note(net, "BIN")

    def _is_touched(self, net: Net) -> bool:
        """Whether this undoing has changed the object already, together with another one."""
        return (net.kind, net.id) in self._touched

    def _pass_over(self, net: Net, verb: str, *, fields: Sequence[str] = ()) -> None:
        self.passed_over = self.passed_over or self._conflict(net, verb, fields=fields)

    def _conflict(self, net: Net, verb: str, *, fields: Sequence[str] = ()) -> Conflict:
        removal = removal_since(self.session, self.event.id, net)
        later = removal or later_change(self.session, self.event.id, net, fields=fields)
        if later is None:
            return Conflict(f"{net.name} {verb} since", field="objects")
        return Conflict(f"{net.name} {verb} with event:{later[0]} by {later[1]}", field="objects", event_id=later[0])

    def _write(self, failing: str) -> None:
        try:
            self.session.flush()
        except (Conflict, InvalidInput) as error:
            told = error.detail if error.detail.startswith(failing) else f"{failing}: {error.detail}"
            raise Conflict(told, field="objects") from None

    def _note(self, net: Net, action: str, *, name: str | None = None, changes: dict[str, Any] | None = None) -> None:
        self.done.append({"object": name or net.name, "action": action, "changes": changes or {}})
        if action in ("BIN", "RESTORE"):
            found, self._last_log = changed_by(self.session, self.session.event_id, after=self._last_log)
            self._touched |= found
