"""RO-Crates say what is known, are valid, and are written in bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.exchange.conftest import RocIssues

from micrarium.exchange.descriptions import CrateComment, CrateDescription, CrateFile, CratePart, Organisation
from micrarium.exchange.key_names import Person
from micrarium.exchange.licences import NOT_EVALUATED
from micrarium.exchange.ro_crate import build_crate, stream_crate

DAY = date(2025, 3, 4)
HOST = "http://localhost:4080"
JANE = Person("Jane Doe", "https://orcid.org/0000-0002-1825-0097", "An Institute", "https://institute.example/")

CHALLENGE = CrateDescription(
    name="Cells",
    date_published=DAY,
    description="Dividing cells.",
    licence="CC-BY",
    organisms=("NCBI:txid10090",),
    modalities=("obo:FBbi_00000251",),
    authors=(JANE,),
    publisher=Organisation("A Facility", "https://facility.example/"),
)

DETACHED = CrateDescription(
    name="Cells «α»",
    date_published=datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC),
    url=f"{HOST}/images/12",
    identifier="https://doi.org/10.5072/example",
    authors=(JANE, Person("Jo Roe")),
    keywords=("mitosis", "HeLa"),
    key_values=(("Organism", "Homo sapiens"), ("Imaging Method", "spinning disk"), ("Dose", "1"), ("Dose", "2"), ("", "")),
    comments=(CrateComment("Nice.", "jo", DAY), CrateComment("Two\nlines", None)),
    date_created=DAY,
    date_modified=datetime(2025, 3, 5, tzinfo=UTC),
    zarr_url=f"{HOST}/zarr/images/12.ome.zarr",
    files=(CrateFile(f"{HOST}/api/v1/images/12/original", "a b.tif", 123, "ab" * 32, "image/tiff", DAY),),
    parts=(),
)


def entities(crate: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(found) == len(crate["@graph"]), "every @id is there once"
    return found


def test_the_challenge_form_leads_from_the_image_to_organism_and_method() -> None:
    found = entities(build_crate(CHALLENGE))
    acquisition = found[found["./"]["resultOf"]["@id"]]
    assert acquisition["@type"] == "image_acquisition"
    assert acquisition["fbbi_id"] == {"@id": "http://purl.obolibrary.org/obo/FBbi_00000251"}
    specimen = found[acquisition["specimen"]["@id"]]
    biosample = found[specimen["biosample"]["@id"]]
    assert biosample["organism_classification"] == {"@id": "http://purl.obolibrary.org/obo/NCBITaxon_10090"}
    assert found["http://purl.obolibrary.org/obo/NCBITaxon_10090"]["name"] == "Mus musculus"


def test_an_imaging_method_alone_is_not_dropped() -> None:
    found = entities(build_crate(replace(CHALLENGE, organisms=())))
    acquisition = found[found["./"]["resultOf"]["@id"]]
    assert acquisition["fbbi_id"]["@id"].endswith("FBbi_00000251")
    assert "specimen" not in acquisition


def test_an_organism_alone_is_not_dropped() -> None:
    found = entities(build_crate(replace(CHALLENGE, modalities=())))
    assert "fbbi_id" not in found["#image-acquisition"]
    assert found["#biosample"]["organism_classification"]["@id"].endswith("NCBITaxon_10090")


def test_names_without_a_term_are_kept_as_text() -> None:
    found = entities(build_crate(replace(CHALLENGE, organisms=("Hypsibius exemplaris", "human"), modalities=("a new trick",))))
    assert found["#image-acquisition"]["fbbi_id"] == "a new trick"
    expected = ["Hypsibius exemplaris", {"@id": "http://purl.obolibrary.org/obo/NCBITaxon_9606"}]
    assert found["#biosample"]["organism_classification"] == expected


def test_organism_method_and_licence_come_from_key_values() -> None:
    pairs = (("Species", "human"), ("Imaging modality", "FBbi:00000246"), ("License", "CC BY 4.0"), ("Release date", "2024-01-02"))
    found = entities(build_crate(replace(DETACHED, key_values=pairs)))
    root = found[f"{HOST}/images/12/"]
    assert root["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert root["datePublished"] == "2024-01-02"
    assert found[f"{HOST}/images/12/#biosample"]["organism_classification"]["@id"].endswith("NCBITaxon_9606")
    assert found[f"{HOST}/images/12/#image-acquisition"]["fbbi_id"]["@id"].endswith("FBbi_00000246")


def test_key_values_keep_their_order_and_repeats() -> None:
    found = entities(build_crate(DETACHED))
    pairs = [found[ref["@id"]] for ref in found[f"{HOST}/images/12/"]["additionalProperty"]]
    assert [(pair["name"], pair["value"]) for pair in pairs][:4] == list(DETACHED.key_values[:4])
    assert pairs[0]["valueReference"] == {"@id": "http://purl.obolibrary.org/obo/NCBITaxon_9606"}


def test_a_detached_crate_names_files_with_checksum_and_size_and_the_live_zarr() -> None:
    found = entities(build_crate(DETACHED))
    root = found[f"{HOST}/images/12/"]
    file = found[root["hasPart"]["@id"]]
    assert (file["contentSize"], file["sha256"], file["encodingFormat"]) == ("123", "ab" * 32, "image/tiff")
    assert found[root["distribution"]["@id"]]["contentUrl"] == DETACHED.zarr_url
    assert root["author"][0] == {"@id": JANE.orcid}


def test_without_a_stated_licence_the_crate_says_that_nobody_looked_into_it() -> None:
    found = entities(build_crate(replace(CHALLENGE, licence=None)))
    assert found["./"]["license"] == {"@id": NOT_EVALUATED.url}


def test_every_term_a_crate_uses_is_defined(samples: Any) -> None:
    known = set(json.loads((samples / "ro-crate-contexts" / "1.1.jsonld").read_text(encoding="utf-8"))["@context"])
    for description in (CHALLENGE, replace(DETACHED, parts=(CratePart(f"{HOST}/images/13", "x", zarr_url="http://x/z"),))):
        crate = build_crate(description)
        ours = set(crate["@context"][1])
        used = {key for entity in crate["@graph"] for key in entity if not key.startswith("@")}
        types = {kind for entity in crate["@graph"] for kind in [entity["@type"]]}
        assert not (used | types) - known - ours


@pytest.mark.parametrize("kind", ["image", "dataset", "project", "screen", "plate", "well"])
def test_roc_validator_accepts_the_crate_of_every_kind_of_object(roc_issues: RocIssues, kind: Any) -> None:
    parts = (CratePart(f"{HOST}/images/13", "one", zarr_url=f"{HOST}/zarr/images/13.ome.zarr"), CratePart(f"{HOST}/images/14", ""))
    described = replace(DETACHED, kind=kind, url=f"{HOST}/{kind}s/3", parts=parts)
    assert roc_issues(build_crate(described)) == []


@pytest.mark.parametrize(
    "described",
    [
        CHALLENGE,
        replace(CHALLENGE, organisms=()),
        replace(CHALLENGE, modalities=()),
        replace(CHALLENGE, organisms=("Hypsibius exemplaris",), modalities=("odd", "SPIM")),
        CrateDescription("", DAY),
        replace(CHALLENGE, licence="Ask us first. Please!", key_values=(("a", "b"),)),
    ],
)
def test_roc_validator_accepts_attached_crates(roc_issues: RocIssues, described: CrateDescription) -> None:
    assert roc_issues(build_crate(described)) == []


def test_a_fully_described_crate_follows_the_recommendations_too(roc_issues: RocIssues) -> None:
    assert roc_issues(build_crate(CHALLENGE), "recommended") == []


def test_a_stream_and_the_whole_document_say_the_same() -> None:
    streamed = json.loads("".join(stream_crate(DETACHED)))
    whole = build_crate(DETACHED)
    assert entities(streamed) == entities(whole)
    assert [entity["@id"] for entity in whole["@graph"][:2]] == ["ro-crate-metadata.json", f"{HOST}/images/12/"]


def test_a_collection_of_very_many_images_is_streamed_in_little_memory() -> None:
    count = 30_000

    def images() -> Iterator[CratePart]:
        for number in range(count):
            yield CratePart(f"{HOST}/images/{number}", f"Image {number}", description="x" * 200)

    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in stream_crate(replace(DETACHED, files=(), parts=images())))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > count * 300
    assert peak < 4_000_000
    assert len(json.loads("".join(stream_crate(replace(DETACHED, parts=images()))))["@graph"]) > count
