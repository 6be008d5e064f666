"""People and organisations as RO-Crate entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from micrarium.exchange.descriptions import Organisation
from micrarium.exchange.key_names import Person


def refer_to_person(person: Person, number: int, base: str) -> dict[str, Any]:
    """A reference to the number-th person (from 0): by ORCID where there is one."""
    return {"@id": person.orcid or f"{base}person-{number + 1}"}


def describe_people(people: tuple[Person, ...], publisher: Organisation | None, *, base: str) -> Iterator[dict[str, Any]]:
    """Entities for people, their institutions and the publisher, each once. ``base`` begins the ids of those without an address."""
    institutions = _number_institutions(people)
    written: set[str] = set()
    for number, person in enumerate(people):
        reference = refer_to_person(person, number, base)
        if reference["@id"] in written:
            continue
        written.add(reference["@id"])
        affiliation = institutions.get(person.affiliation or "")
        entity = {**reference, "@type": "Person", "name": person.name}
        yield entity | ({"affiliation": {"@id": _institution_id(affiliation, base)}} if affiliation else {})
    organisations = [*institutions.values(), *([(0, publisher)] if publisher else [])]
    for institution in organisations:
        identifier = _institution_id(institution, base)
        if identifier not in written:
            written.add(identifier)
            yield {"@id": identifier, "@type": "Organization", "name": institution[1].name, "url": institution[1].url or None}


def _number_institutions(people: Iterable[Person]) -> dict[str, tuple[int, Organisation]]:
    found: dict[str, tuple[int, Organisation]] = {}
    for person in people:
        if person.affiliation and person.affiliation not in found:
            found[person.affiliation] = (len(found) + 1, Organisation(person.affiliation, person.affiliation_url or ""))
    return found


def _institution_id(institution: tuple[int, Organisation], base: str) -> str:
    number, organisation = institution
    return organisation.url or f"{base}organisation-{number}"
