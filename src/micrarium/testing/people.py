"""People for tests: a site with groups of every level and members of each."""

from __future__ import annotations

from micrarium.actions.opening import Site
from micrarium.model import LEVELS, Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions import system_session


def make_people(site: Site) -> dict[str, int]:
    """Ids by name of the people and groups made.

    Groups are called by their level. Ada and Bob are members of each, Ada's current one being the read-only group; Pia
    owns each; Eve is in a group of her own, ``elsewhere``.
    """
    made: dict[str, int] = {}
    with system_session(site.engine, "people for a test") as session:
        people = [Experimenter(ome_name=name, first_name=name.title(), last_name="Test") for name in ("ada", "bob", "pia", "eve")]
        levels = ("read-only", *(level for level in LEVELS if level != "read-only"))
        groups = [ExperimenterGroup(name=level, level=level) for level in levels]
        elsewhere = ExperimenterGroup(name="elsewhere", level="read-write")
        session.add_all([*people, *groups, elsewhere])
        session.flush()
        ada, bob, pia, eve = people
        for group in groups:
            session.add_all([GroupExperimenterMap(parent_id=group.id, child_id=p.id, owner=p is pia) for p in (ada, bob, pia)])
        session.add(GroupExperimenterMap(parent_id=elsewhere.id, child_id=eve.id))
        made |= {person.ome_name: person.id for person in people} | {group.name: group.id for group in (*groups, elsewhere)}
    return made
