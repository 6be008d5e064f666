"""What share links reach, against an oracle in plain Python: objects in random containers, and roots of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import joinedload

from micrarium.model import (
    ANNOTATION_LINKS,
    Dataset,
    DatasetImageLink,
    Experimenter,
    ExperimenterGroup,
    Image,
    Pixels,
    Project,
    ProjectDatasetLink,
    Roi,
    Screen,
    TagAnnotation,
)
from micrarium.permissions import Actor, Membership, Reach, open_session, system_session, visible

PROJECTS, DATASETS, IMAGES = range(2), range(3), range(4)
Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class World:
    """Which datasets are in which projects, which images in which datasets, and whose the images are (the maker's or not)."""

    in_projects: Pairs
    in_datasets: Pairs
    others: frozenset[int]
    binned: frozenset[int]


def pairs(above: range, below: range) -> st.SearchStrategy[Pairs]:
    return st.frozensets(st.tuples(st.sampled_from(above), st.sampled_from(below)))


worlds = st.builds(
    World, pairs(PROJECTS, DATASETS), pairs(DATASETS, IMAGES), st.frozensets(st.sampled_from(IMAGES)),
    st.frozensets(st.sampled_from(IMAGES)),
)  # fmt: skip
roots = st.one_of(
    st.tuples(st.just("Project"), st.sampled_from(PROJECTS)),
    st.tuples(st.just("Dataset"), st.sampled_from(DATASETS)),
    st.tuples(st.just("Image"), st.sampled_from(IMAGES)),
)


def reached(world: World, kind: str, number: int, *, level: str) -> tuple[set[int], set[int]]:
    """The datasets and the images that a link of the maker's shows."""
    datasets = {d for p, d in world.in_projects if p == number} if kind == "Project" else {number} if kind == "Dataset" else set()
    images = {i for d, i in world.in_datasets if d in datasets} | ({number} if kind == "Image" else set())
    hidden = world.binned | (world.others if level == "private" else frozenset())
    return datasets, images - hidden


def build(engine: Engine, world: World, level: str) -> tuple[Actor, dict[str, list[int]]]:
    """The link's maker, and the ids of what was made."""
    with system_session(engine, "a world") as session:
        number = len(list(session.scalars(select(ExperimenterGroup.id))))
        group = ExperimenterGroup(name=f"group {number}", level=level)
        maker, other = (Experimenter(ome_name=f"{name} {number}") for name in ("maker", "other"))
        session.add_all([group, maker, other])
        session.flush()
        mine = {"owner_id": maker.id, "group_id": group.id}

        def add(made: list[Any]) -> list[int]:
            session.add_all(made)
            session.flush()
            return [one.id for one in made]

        ids = {
            "Project": add([Project(name="p", **mine) for _ in PROJECTS]),
            "Dataset": add([Dataset(name="d", **mine) for _ in DATASETS]),
        }
        owners = [other.id if i in world.others else maker.id for i in IMAGES]
        ids["Image"] = add([Image(name="i", series=0, owner_id=owner, group_id=group.id) for owner in owners])
        add(
            [
                ProjectDatasetLink(parent_id=ids["Project"][p], child_id=ids["Dataset"][d], **mine)
                for p, d in sorted(world.in_projects)
            ]
        )
        add([DatasetImageLink(parent_id=ids["Dataset"][d], child_id=ids["Image"][i], **mine) for d, i in sorted(world.in_datasets)])
        ids["Tag"] = add([TagAnnotation(text_value=str(i), **mine) for i in IMAGES])
        add([ANNOTATION_LINKS[Image](parent_id=ids["Image"][i], child_id=ids["Tag"][i], **mine) for i in IMAGES])
        ids["Roi"] = add([Roi(image_id=ids["Image"][i], **mine) for i in IMAGES])
        for i in world.binned:
            image = session.get(Image, ids["Image"][i])
            assert image is not None
            image.deleted_event_id = image.creation_event_id
        memberships = MappingProxyType({group.id: Membership(level)})
        return Actor(maker.id, maker.ome_name, group_id=group.id, memberships=memberships, is_reading=True), ids


@pytest.mark.parametrize("level", ["private", "read-only"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=worlds, root=roots)
def test_a_link_reaches_what_the_oracle_shows(engine: Engine, level: str, world: World, root: tuple[str, int]) -> None:
    maker, ids = build(engine, world, level)
    datasets, images = reached(world, *root, level=level)
    reach = Reach(grant_id=1, roots=((root[0], ids[root[0]][root[1]]),))
    visitor = Actor(maker.id, "", group_id=maker.group_id, memberships=maker.memberships, is_reading=True, reach=reach)
    with open_session(engine, visitor, is_reading=True) as session:

        def seen(entity: Any, name: str) -> set[int]:
            found = session.scalars(visible(entity, visitor).with_only_columns(entity.id))
            return {ids[name].index(one) for one in found if one in ids[name]}

        assert seen(Image, "Image") == images
        assert seen(Dataset, "Dataset") == datasets
        assert seen(Project, "Project") == ({root[1]} if root[0] == "Project" else set())
        assert seen(Roi, "Roi") == images
        assert seen(TagAnnotation, "Tag") == images
        assert set(session.scalars(select(Pixels.image_id))) <= {ids["Image"][i] for i in images}
        assert list(session.scalars(select(Screen))) == []
        link: Any = ANNOTATION_LINKS[Image]
        for found in session.scalars(visible(link, visitor).options(joinedload(link.parent))).unique():
            assert found.parent is not None
            assert ids["Image"].index(found.parent_id) in images
