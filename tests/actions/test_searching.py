"""Finding: the same answers on both databases, those of a naive search in plain Python."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from micrarium import model
from micrarium.actions import indexing
from micrarium.actions.annotating import annotate, unlink_annotation
from micrarium.actions.searching import parse_query, search
from micrarium.errors import InvalidInput
from micrarium.model.search import fold, words_of
from micrarium.permissions import Actor, every, get_visible, load_actor, open_session, put_into_bin, restore, system_session

NUMBERS = itertools.count()
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
RANDOM = settings(
    max_examples=12, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
#: Words that begin alike, differ in case, come with accents, other scripts, underscores and signs that engines take for syntax.
WORDS = (
    "cell",
    "Cells",
    "cel",
    "mitosis",
    "Straße",
    "STRASSE",
    "µm",
    "α-tubulin",
    "a_b",
    "kv",
    "10x",
    "1",
    "日本",
    "O'Brien",
    "x*y",
    "AND",
    "né",
)
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
PAIRS = st.tuples(
    st.sampled_from(["Organism", "organism", "imaging method", "a=b"]),
    st.sampled_from(["Homo sapiens", "homo  SAPIENS", "", "cell", "c"]),
)


@pytest.fixture(autouse=True)
def documents() -> None:
    """Sessions keep search documents, as they do when a site is opened."""
    indexing.keep_documents()


def make_actor(engine: Engine, name: str, group: str = "lab", level: str = "read-annotate") -> Actor:
    """A new person, a member of a group that is made when it is not there."""
    with system_session(engine, "a person for a test") as session:
        found = session.scalars(every(model.ExperimenterGroup).where(model.ExperimenterGroup.name == group)).first()
        found = found or model.ExperimenterGroup(name=group, level=level)
        person = model.Experimenter(ome_name=name)
        session.add_all([found, person])
        session.flush()
        session.add(model.GroupExperimenterMap(parent_id=found.id, child_id=person.id))
        session.flush()
        return load_actor(session, person.id)


@dataclass
class Described:
    """An object as the naive search knows it."""

    kind: str
    name: str
    description: str | None
    tags: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    id: int = 0

    def words(self) -> set[str]:
        texts = [self.name, self.description or "", *self.tags, *(part for pair in self.pairs for part in pair)]
        return {word for text in texts for word in words_of(text)}


def find_naively(things: list[Described], query: str) -> list[tuple[str, int]]:
    """The answers to a query of plain words, whole words in quotes, and pairs, by the rule of ranking."""
    asked = parse_naively(query)
    plain = [word for kind, words in asked if kind == "plain" for word in words]
    if not any(words for _, words in asked):
        return []
    ranked = []
    for thing in things:
        words = thing.words()
        folded = {(fold(key), fold(value)) for key, value in thing.pairs}
        keys = {key for key, _ in folded}
        fits = True
        for kind, parts in asked:
            if kind == "plain":
                fits &= all(any(word.startswith(part) for word in words) for part in parts)
            elif kind == "whole":
                fits &= all(part in words for part in parts)
            else:
                key, value = parts
                fits &= key in keys if value == "" else any(f"{k}={v}" == f"{key}={value}" for k, v in folded)
        if fits:
            name = words_of(thing.name)
            is_plain = all(kind == "plain" for kind, _ in asked)
            begins = is_plain and "__".join(name).startswith("__".join(plain))
            rank = 2 if not is_plain or not begins else 0 if name == plain else 1
            ranked.append((rank, ["project", "dataset", "image"].index(thing.kind), thing.id, thing.kind))
    return [(kind, object_id) for _, _, object_id, kind in sorted(ranked)]


def parse_naively(query: str) -> list[tuple[str, list[str]]]:
    """The pieces of the queries this test makes; its plain words hold no spaces, its pairs are quoted on both sides."""
    if query.startswith('"') and "=" in query:
        key, value = query.split('"="')
        return [("pair", [fold(key.strip('"')), fold(value.strip('"'))])]
    if query.startswith('"'):
        return [("whole", words_of(query))]
    return [("plain", words_of(word)) for word in query.split()]


QUERIES = st.one_of(
    TEXTS,
    TEXTS.map(lambda text: text[: max(1, len(text) - 1)].strip()),
    st.sampled_from(WORDS).map(lambda word: f'"{word}"'),
    PAIRS.map(lambda pair: f'"{pair[0]}"="{pair[1]}"'),
)
THINGS = st.builds(
    Described,
    kind=st.sampled_from(["project", "dataset", "image"]),
    name=TEXTS,
    description=st.none() | TEXTS,
    tags=st.lists(TEXTS, max_size=2, unique=True),
    pairs=st.lists(PAIRS, max_size=3),
)


@RANDOM
@given(things=st.lists(THINGS, min_size=1, max_size=8), queries=st.lists(QUERIES, min_size=3, max_size=6), limit=st.integers(1, 4))
def test_both_databases_find_what_a_naive_search_finds(
    engine: Engine, things: list[Described], queries: list[str], limit: int
) -> None:
    number = next(NUMBERS)
    actor = make_actor(engine, f"person {number}", f"group {number}")
    with open_session(engine, actor) as session:
        for thing in things:
            cls: Any = {"project": model.Project, "dataset": model.Dataset, "image": model.Image}[thing.kind]
            obj = cls(name=thing.name, description=thing.description)
            session.add(obj)
            session.flush()
            thing.id = obj.id
            for tag in thing.tags:
                annotate(session, obj, {"type": "TagAnnotation", "text_value": tag})
            if thing.pairs:
                annotate(session, obj, {"type": "MapAnnotation", "map_value": [list(pair) for pair in thing.pairs]})
    with open_session(engine, actor, is_reading=True) as session:
        for query in queries:
            found: list[tuple[str, int]] = []
            cursor: str | None = None
            while True:
                page = search(session, query, types=("project", "dataset", "image"), limit=limit, cursor=cursor)
                found += [(item["type"], item["id"]) for item in page["items"]]
                cursor = page["next"]
                assert len(page["items"]) == limit or cursor is None
                if cursor is None:
                    break
            assert found == find_naively(things, query), query


def found_by(engine: Engine, actor: Actor, query: str) -> list[str]:
    with open_session(engine, actor, is_reading=True) as session:
        return [f"{item['type']}:{item['id']}" for item in search(session, query)["items"]]


def test_documents_follow_every_change(engine: Engine) -> None:
    ada = make_actor(engine, "ada")
    with open_session(engine, ada) as session:
        image = model.Image(name="spindle.tif")
        pixels = model.Pixels(
            image=image, pixels_type="uint8", **dict.fromkeys(("size_x", "size_y", "size_z", "size_c", "size_t"), 1)
        )
        logical = model.LogicalChannel(name="DAPI")
        session.add_all([image, model.Channel(pixels=pixels, logical_channel=logical, channel_index=0)])
        session.flush()
        tag = annotate(session, image, {"type": "TagAnnotation", "text_value": "mitosis"}).annotation_id
        pairs = annotate(session, image, {"type": "MapAnnotation", "map_value": [["Organism", "Homo sapiens"]]}).annotation_id
    assert found_by(engine, ada, "spin dap mito organism=") == ["image:1"]
    with open_session(engine, ada) as session:
        get_visible(session, model.TagAnnotation, tag).text_value = "meiosis"
        get_visible(session, model.MapAnnotation, pairs).map_value = [["Organism", "Mus musculus"]]
        get_visible(session, model.LogicalChannel, 1).name = "GFP"
        get_visible(session, model.Image, 1).name = "metaphase.tif"
    assert found_by(engine, ada, 'metaphase meiosis gfp organism="mus musculus"') == ["image:1"]
    for gone in ("spindle", "mitosis", "dapi", "sapiens"):
        assert found_by(engine, ada, gone) == [], gone
    with open_session(engine, ada) as session:
        unlink_annotation(session, get_visible(session, model.Image, 1), tag)
        put_into_bin(session, [get_visible(session, model.MapAnnotation, pairs)])
    assert found_by(engine, ada, "meiosis") == []
    assert found_by(engine, ada, "organism=") == []
    with open_session(engine, ada) as session:
        restore(session, model.Annotation, pairs)
    assert found_by(engine, ada, "organism=") == ["image:1"]
    with open_session(engine, ada) as session:
        put_into_bin(session, [get_visible(session, model.Image, 1)])
    assert found_by(engine, ada, "metaphase") == []


def test_a_change_that_is_undone_leaves_the_documents_alone(engine: Engine) -> None:
    ada = make_actor(engine, "ada")
    with open_session(engine, ada) as session:
        session.add(model.Project(name="kept"))

    def change_and_fail() -> None:
        with open_session(engine, ada) as session:
            get_visible(session, model.Project, 1).name = "undone"
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert found_by(engine, ada, "kept") == ["project:1"]
    assert found_by(engine, ada, "undone") == []


def test_nobody_finds_what_they_may_not_see(engine: Engine) -> None:
    ada, bob = make_actor(engine, "ada", "private", "private"), make_actor(engine, "bob", "private", "private")
    with open_session(engine, ada) as session:
        session.add(model.Project(name="secret"))
    assert found_by(engine, ada, "secret") == ["project:1"]
    assert found_by(engine, bob, "secret") == []


def test_all_documents_can_be_made_anew(engine: Engine) -> None:
    ada = make_actor(engine, "ada")
    with open_session(engine, ada) as session:
        plate = model.Plate(name="plate")
        session.add_all(
            [model.Project(name="one"), plate, model.Well(plate=plate, row=26, column=11, external_identifier="siRNA 7")]
        )
    with system_session(engine, "lose the documents") as session:
        for document in session.scalars(every(model.SearchDocument)).all():
            session.delete(document)
    assert found_by(engine, ada, "one") == []
    assert indexing.reindex(engine) == 3
    assert found_by(engine, ada, "one") == ["project:1"]
    assert found_by(engine, ada, "AA12") == ["well:1"]
    assert found_by(engine, ada, "sirna") == ["well:1"]


def test_very_long_words_values_and_texts_are_kept_and_found(engine: Engine) -> None:
    ada = make_actor(engine, "ada")
    long_word, long_value, much = "日" * 3000, "ä" * 5000, " ".join(f"word{n}" for n in range(200_000))
    with open_session(engine, ada) as session:
        project = model.Project(name="p", description=much)
        session.add(project)
        session.flush()
        annotate(session, project, {"type": "CommentAnnotation", "text_value": long_word})
        annotate(session, project, {"type": "MapAnnotation", "map_value": [["key", long_value]]})
    assert found_by(engine, ada, "word77") == ["project:1"]
    assert found_by(engine, ada, "日日日") == ["project:1"]
    assert found_by(engine, ada, "key=") == ["project:1"]


def test_what_is_no_search_is_said_clearly(engine: Engine) -> None:
    ada = make_actor(engine, "ada")
    with open_session(engine, ada, is_reading=True) as session:
        assert search(session, '  "" --- ') == {"items": [], "next": None}
        for wrong in (
            {"text": "x" * 1001},
            {"text": "x", "types": ["roi"]},
            {"text": "x", "cursor": "9.9.9"},
            {"text": "x", "limit": 0},
        ):
            with pytest.raises(InvalidInput):
                search(session, **wrong)
    assert parse_query('a "b c').prefixes == ("a", "b", "c")
