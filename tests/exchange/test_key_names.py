"""Keys and values as people write them are understood."""

from __future__ import annotations

from datetime import date

import pytest

from micrarium.exchange.key_names import KEYS, Person, recognise_key, recognise_values


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("Organism", "organism"), ("organism", "organism"), ("SPECIES", "organism"), ("Characteristics [Organism]", "organism"),
        ("Imaging Method", "modality"), ("imaging_modality", "modality"), ("modality", "modality"), ("FBbi-ID", "modality"),
        ("License", "licence"), ("Licence", "licence"), ("Authors", "author"), ("Dose", None), ("", None), ("organism part", None),
    ],
)  # fmt: skip
def test_a_key_is_recognised_however_it_is_written(key: str, field: str | None) -> None:
    assert recognise_key(key) == field


def test_no_key_means_two_things() -> None:
    names = [name for names in KEYS.values() for name in names]
    assert len(names) == len(set(names))


def test_people_come_with_their_orcid_and_institution() -> None:
    pairs = [("Authors", "Jane Doe (0000-0002-1825-0097); John Roe"), ("Affiliation", "An Institute")]
    jane = Person("Jane Doe", "https://orcid.org/0000-0002-1825-0097", "An Institute")
    assert recognise_values(pairs).authors == (jane, Person("John Roe", None, "An Institute"))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Doe, Jane", ["Doe, Jane"]),
        ("Jane Doe, John Roe", ["Jane Doe", "John Roe"]),
        ("Doe, Jane; Roe, John", ["Doe, Jane", "Roe, John"]),
    ],
)
def test_commas_part_people_only_where_each_has_two_names(value: str, names: list[str]) -> None:
    assert [person.name for person in recognise_values([("Author", value)]).authors] == names


def test_orcids_in_a_key_of_their_own_go_to_the_authors_in_order() -> None:
    pairs = [("Author", "A Bee"), ("Author", "C Dee"), ("ORCID", "0000-0002-1825-0097, https://orcid.org/0000-0001-5109-3700")]
    assert [person.orcid for person in recognise_values(pairs).authors] == [
        "https://orcid.org/0000-0002-1825-0097",
        "https://orcid.org/0000-0001-5109-3700",
    ]


def test_several_organisms_dates_and_keywords_are_read() -> None:
    organisms = [("Organism", "Homo sapiens; Mus musculus"), ("organism", "Homo sapiens")]
    said = recognise_values([*organisms, ("Keywords", "a, b;c"), ("Release date", "2024-05-06")])
    assert said.organisms == ("Homo sapiens", "Mus musculus")
    assert said.keywords == ("a", "b", "c")
    assert said.date_published == date(2024, 5, 6)


def test_a_date_that_is_none_is_left_out() -> None:
    assert recognise_values([("Release date", "soon")]).date_published is None
