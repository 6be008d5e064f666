"""What goes together, compared with the rule said again in plain Python; and all or nothing."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from micrarium import model
from micrarium.actions.emptying import list_bin
from micrarium.actions.graphing import Wish, perform_graph, plan_graph
from micrarium.actions.opening import Site, open_site
from micrarium.actions.organizing import restore
from micrarium.errors import Conflict
from micrarium.model import ANNOTATION_LINKS, Base
from micrarium.permissions import Actor, load_actor, open_session, system_session
from micrarium.settings import Settings
from micrarium.testing.people import make_people

NUMBERS = itertools.count(1)
RANDOM = settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
#: What holds what: the class of the links.
HOLDS: dict[tuple[str, str], Any] = {
    ("Project", "Dataset"): model.ProjectDatasetLink,
    ("Dataset", "Image"): model.DatasetImageLink,
    ("Folder", "Image"): model.FolderImageLink,
    **{
        (kind, tag): ANNOTATION_LINKS[getattr(model, kind)]
        for kind in ("Project", "Dataset", "Image", "Roi")
        for tag in ("TagAnnotation", "CommentAnnotation")
    },
}
KINDS = ("Project", "Dataset", "Folder", "Plate", "Image", "Image", "Image", "Roi", "TagAnnotation", "CommentAnnotation")
#: What an object of a kind is of, and cannot be without.
WHOLES = {"Roi": ("Image",), "Folder": ("Folder",), "Image": ("Plate",)}


@dataclass(frozen=True)
class Thing:
    """One object: whose it is (0 is Ada, 1 is Bob), what it is of, and with which images it was imported."""

    kind: str
    owner: int
    whole: int | None = None
    fileset: int | None = None
    id: int = 0


@dataclass(frozen=True)
class Heap:
    """Things, and which is in or on which."""

    things: tuple[Thing, ...]
    links: frozenset[tuple[int, int]]
    ids: dict[str, int] = field(default_factory=dict)


@st.composite
def heaps(draw: st.DrawFn) -> Heap:
    """Heaps of some twenty things with random links."""
    things: list[Thing] = []
    for kind in ["Project", "Dataset", "Dataset", "Image", "Image", *draw(st.lists(st.sampled_from(KINDS), max_size=12))]:
        wholes = [i for i, thing in enumerate(things) if thing.kind in WHOLES.get(kind, ())]
        whole = draw(st.sampled_from(wholes)) if wholes and (kind == "Roi" or draw(st.booleans())) else None
        if kind == "Roi" and whole is None:
            continue
        fileset = draw(st.sampled_from([None, None, 0, 1])) if kind == "Image" else None
        things.append(Thing(kind, draw(st.sampled_from([0, 0, 0, 1])), whole, fileset))
    pairs = [
        (i, j)
        for (i, one), (j, other) in itertools.permutations(enumerate(things), 2)
        if (one.kind, other.kind) in HOLDS and (one.kind != "Folder" or i != j)
    ]
    links = draw(st.sets(st.sampled_from(pairs), max_size=14)) if pairs else set()
    return Heap(tuple(things), frozenset(links))


def going_by_the_rule(heap: Heap, targets: set[int], operation: str) -> set[int]:
    """What goes with the targets: said slowly."""
    going = set(targets)
    while True:
        more = {i for i, thing in enumerate(heap.things) if thing.whole in going}
        for i, thing in enumerate(heap.things):
            homes = {parent for parent, child in heap.links if child == i} | ({thing.whole} - {None})
            if not any(parent in going for parent, child in heap.links if child == i):
                continue
            if operation == "delete" and thing.kind == "TagAnnotation":
                continue
            if operation == "chgrp" and thing.owner != 0:
                continue
            if homes <= going:
                more.add(i)
        if more <= going:
            return going
        going |= more


def is_refused_by_the_rule(heap: Heap, going: set[int], operation: str, targets: set[int]) -> bool:
    """Whether something stands in the way."""
    things = heap.things
    for i in going:
        siblings = {j for j, other in enumerate(things) if other.fileset is not None and other.fileset == things[i].fileset}
        if not siblings <= going:
            return True
        is_torn = things[i].whole is not None and things[i].whole not in going
        if is_torn and (things[i].kind == "Image" or (things[i].kind == "Roi" and operation == "chgrp")):
            return True
        if operation == "chgrp" and things[i].owner != 0 and i not in targets:
            return True
        if operation == "chgrp" and any(things[j].owner != 0 for j in siblings):
            return True
    return False


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for all tests here, on each dialect; tests keep to objects of their own."""
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    data: Path = tmp_path_factory.mktemp("graphs") / "data"
    with databases.make() as url:
        given_settings = Settings(data=data, database_url=url, admin_password=SecretStr("correct horse"))
        with open_site(given_settings) as found:
            yield found


@pytest.fixture(scope="module")
def known(shared_site: Site) -> dict[str, int]:
    """The people and groups of ``make_people``."""
    return make_people(shared_site)


def act_as(site: Site, known: dict[str, int], name: str) -> Actor:
    with system_session(site.engine, "a test acts") as session:
        return load_actor(session, known[name], group_id=known.get("read-write"))


def build(site: Site, heap: Heap, known: dict[str, int]) -> Heap:
    """The heap as it is in the database, in the read-write group."""
    number, made, filesets = next(NUMBERS), list[Thing](), dict[int, int]()
    with system_session(site.engine, "build a heap") as session:
        for thing in heap.things:
            owned = {"owner_id": known[("ada", "bob")[thing.owner]], "group_id": known["read-write"]}
            if thing.fileset is not None and thing.fileset not in filesets:
                fileset = model.Fileset(template_prefix=f"{number}", reader="r", reader_version="1", **owned)
                session.add(fileset)
                session.flush()
                filesets[thing.fileset] = fileset.id
            made.append(replace(thing, id=_make(session, thing, made, filesets, owned)))
        for parent, child in heap.links:
            one, other = made[parent], made[child]
            owned = {"owner_id": known[("ada", "bob")[other.owner]], "group_id": known["read-write"]}
            session.add(HOLDS[one.kind, other.kind](parent_id=one.id, child_id=other.id, **owned))
    return replace(heap, things=tuple(made))


def _make(session: Any, thing: Thing, made: list[Thing], filesets: dict[int, int], owned: dict[str, int]) -> int:
    if thing.kind == "Roi":
        obj: Any = model.Roi(image_id=made[thing.whole or 0].id, **owned)
    elif thing.kind == "Folder":
        obj = model.Folder(name="f", parent_folder_id=None if thing.whole is None else made[thing.whole].id, **owned)
    elif thing.kind.endswith("Annotation"):
        obj = getattr(model, thing.kind)(text_value="t", **owned)
    elif thing.kind == "Image":
        obj = model.Image(name="i", fileset_id=None if thing.fileset is None else filesets[thing.fileset], **owned)
    else:
        obj = getattr(model, thing.kind)(name="n", **owned)
    session.add(obj)
    session.flush()
    if thing.kind == "Image":
        sizes = dict.fromkeys(("size_x", "size_y", "size_z", "size_c", "size_t"), 1)
        pixels = model.Pixels(image=obj, pixels_type="uint8", **sizes)
        logical = model.LogicalChannel(name="DAPI")
        session.add_all([pixels, logical, model.Channel(pixels=pixels, logical_channel=logical, channel_index=0)])
        if thing.whole is not None:
            well = model.Well(plate_id=made[thing.whole].id, row=next(NUMBERS), column=0)
            session.add_all([well, model.WellSample(well=well, image=obj)])
        session.flush()
    return int(obj.id)


def name_of(thing: Thing) -> str:
    kind = "annotation" if thing.kind.endswith("Annotation") else thing.kind.lower()
    return f"{kind}:{thing.id}"


def states(site: Site, heap: Heap, column: str) -> list[Any]:
    """A column of every thing of a heap."""
    with site.engine.connect() as connection:
        return [
            connection.execute(
                text(f"SELECT {column} FROM {name_of(thing).partition(':')[0]} WHERE id = :id"), {"id": thing.id}
            ).scalar()
            for thing in heap.things
        ]


def dump(site: Site) -> dict[str, list[str]]:
    """What every table holds."""
    with site.engine.connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table.name}"')))
            for table in Base.metadata.sorted_tables
        }


def links_across(site: Site) -> list[str]:
    """The links, in the bin too, that join things of two groups or are in another group than those."""
    found = []
    with site.engine.connect() as connection:
        for (parent, child), link in HOLDS.items():
            tables = ["annotation" if kind.endswith("Annotation") else kind.lower() for kind in (parent, child)]
            query = (
                f'SELECT l.id FROM "{link.__tablename__}" l JOIN {tables[0]} p ON p.id = l.parent_id '
                f"JOIN {tables[1]} c ON c.id = l.child_id WHERE p.group_id != c.group_id OR l.group_id != p.group_id"
            )
            found += [f"{link.__tablename__}:{i}" for i in connection.execute(text(query)).scalars()]
    return found


@RANDOM
@given(drawn=heaps(), data=st.data(), operation=st.sampled_from(["delete", "chgrp"]))
def test_children_go_unless_they_are_elsewhere_and_it_is_all_or_nothing(
    shared_site: Site, known: dict[str, int], drawn: Heap, data: st.DataObject, operation: str
) -> None:
    site, heap, ada = shared_site, build(shared_site, drawn, known), act_as(shared_site, known, "ada")
    own = [i for i, thing in enumerate(heap.things) if thing.owner == 0] or [0]
    if heap.things[own[0]].owner != 0:
        return
    targets = data.draw(st.sets(st.sampled_from(own), min_size=1, max_size=2))
    wish = Wish(operation, tuple(name_of(heap.things[i]) for i in targets))
    wish = replace(wish, group_id=known["private"]) if operation == "chgrp" else wish
    going = going_by_the_rule(heap, targets, operation)
    is_refused = is_refused_by_the_rule(heap, going, operation, targets)

    before = dump(site)
    with open_session(site.engine, ada, is_reading=True) as session:
        plan = plan_graph(session, wish)
        found = {
            (entity.singular(), i) for entity, rows in plan.gathering.going.items() for i in rows if entity is not model.Fileset
        }
    assert dump(site) == before, "a dry run changes nothing"
    assert bool(plan.refused) == is_refused, plan.refused
    if not is_refused or operation == "delete":
        assert found == {(name_of(heap.things[i]).partition(":")[0], heap.things[i].id) for i in going}

    if is_refused:
        with pytest.raises(Conflict), open_session(site.engine, ada) as session:
            perform_graph(session, site, wish)
        assert dump(site) == before, "what is refused changes nothing"
        return
    with open_session(site.engine, ada) as session:
        perform_graph(session, site, wish)
    if operation == "delete":
        assert [event is not None for event in states(site, heap, "deleted_event_id")] == [
            i in going for i in range(len(heap.things))
        ]
    else:
        expected = [known["private"] if i in going else known["read-write"] for i in range(len(heap.things))]
        assert states(site, heap, "group_id") == expected
    assert links_across(site) == []


def test_what_somebody_links_meanwhile_is_not_torn_apart(shared_site: Site, known: dict[str, int]) -> None:
    site, ada, bob = shared_site, act_as(shared_site, known, "ada"), act_as(shared_site, known, "bob")
    things = (Thing("Dataset", 0), Thing("Image", 0), Thing("Dataset", 1))
    heap = build(site, Heap(things, frozenset({(0, 1)})), known)
    moving, image, other = heap.things

    def move_it() -> None:
        with open_session(site.engine, ada) as session:
            perform_graph(session, site, Wish("chgrp", (name_of(moving),), group_id=known["private"]))

    mover = threading.Thread(target=move_it)
    with open_session(site.engine, bob) as session:
        session.add(model.DatasetImageLink(parent_id=other.id, child_id=image.id))
        session.flush()
        mover.start()
        mover.join(0.5)
        assert mover.is_alive(), "it waits for who is linking"
    mover.join(20)
    assert states(site, heap, "group_id") == [known["private"], known["read-write"], known["read-write"]]
    assert links_across(site) == []


@RANDOM
@given(drawn=heaps(), data=st.data())
def test_what_is_restored_is_as_it_was(shared_site: Site, known: dict[str, int], drawn: Heap, data: st.DataObject) -> None:
    site, heap, ada = shared_site, build(shared_site, drawn, known), act_as(shared_site, known, "ada")
    target = data.draw(st.sampled_from(range(len(heap.things))))
    wish = Wish("delete", (name_of(heap.things[target]),))

    def content() -> dict[str, list[Any]]:
        with site.engine.connect() as connection:
            tables = {link.__tablename__ for link in HOLDS.values()} | {"project", "dataset", "folder", "plate", "image", "roi"}
            return {
                table: sorted(connection.execute(text(f'SELECT id FROM "{table}" WHERE deleted_event_id IS NULL')).scalars())
                for table in {*tables, "annotation"}
            }

    before = content()
    with open_session(site.engine, ada, is_reading=True) as session:
        if plan_graph(session, wish).refused:
            return
    with open_session(site.engine, ada) as session:
        perform_graph(session, site, wish)
    with open_session(site.engine, ada, is_reading=True) as session:
        listed = [one["object"] for one in list_bin(session, limit=1)["items"]]
    assert listed == [name_of(heap.things[target])], "what went along is not listed apart"
    kind, _, number = listed[0].partition(":")
    entity = next(m.class_ for m in Base.registry.mappers if m.local_table is not None and m.class_.__name__.lower() == kind)
    with open_session(site.engine, ada) as session:
        restore(session, entity, int(number))
    assert content() == before
