from __future__ import annotations

import pytest

from micrarium.client.names import parse_name, pluralise, singularise
from micrarium.errors import UsageError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("image:12", "image:12"),
        ("Image:12", "image:12"),
        ("images/12", "image:12"),
        ("http://localhost:4080/images/12/", "image:12"),
        ("https://example.org/micrarium/plates/3", "plate:3"),
        ("well_sample:7", "well_sample:7"),
        ("WellSample:7", "well_sample:7"),
        ("original-file:7", "original_file:7"),
    ],
)
def test_an_object_has_one_name_however_it_is_written(text: str, name: str) -> None:
    assert str(parse_name(text)) == name


@pytest.mark.parametrize("text", ["12", "image", "image:", "image:x", ":12", "image:-1", "image:12:13", ""])
def test_what_names_no_object_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="such as image:12"):
        parse_name(text)


def test_every_collection_of_the_server_has_a_singular_that_leads_back_to_it() -> None:
    from micrarium.model.base import Entity

    def walk(cls: type[Entity]) -> list[type[Entity]]:
        return [cls, *(found for child in cls.__subclasses__() for found in walk(child))]

    plurals = {cls.plural() for cls in walk(Entity) if not cls.__dict__.get("__abstract__") and not cls.is_kind()}
    assert len(plurals) > 20
    assert {plural: pluralise(singularise(plural)) for plural in plurals} == {plural: plural for plural in plurals}


def test_annotations_of_every_type_live_in_one_collection() -> None:
    assert parse_name("TagAnnotation:5").path == "/api/v1/annotations/5"
    assert parse_name("annotation:5").path == "/api/v1/annotations/5"
