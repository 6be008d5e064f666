"""Every usual spelling of a term leads to one PURL, and the starter table agrees with the ontologies."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from micrarium.vocabularies.terms import (
    EDAM,
    OBO,
    describe_term,
    find_term,
    narrower_terms,
    normalise_term,
    shorten_term,
    starter_terms,
)

HUMAN = f"{OBO}NCBITaxon_9606"
FLUORESCENCE = f"{OBO}FBbi_00000246"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
RDFS = "{http://www.w3.org/2000/01/rdf-schema#}"
OWL = "{http://www.w3.org/2002/07/owl#}"

#: Newer than the release of FBbi among the samples.
NEWER = {f"{OBO}FBbi_00050000"}


@pytest.mark.parametrize(
    "text",
    [
        "NCBI:txid9606", "ncbi:txid9606", "NCBITaxon_9606", "NCBITaxon:9606", "ncbitaxon:9606", "obo:NCBITaxon_9606", "txid9606",
        "taxonomy:9606", "NCBI_TaxID:9606", "taxon 9606", HUMAN, HUMAN.replace("http:", "https:"), f" <{HUMAN}> ",
        "https://www.ncbi.nlm.nih.gov/taxonomy/9606", "http://identifiers.org/taxonomy/9606", "https://identifiers.org/taxonomy:9606",
        "https://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?id=9606", "https://www.uniprot.org/taxonomy/9606",
    ],
)  # fmt: skip
def test_every_spelling_of_human_is_one_purl(text: str) -> None:
    assert normalise_term(text) == HUMAN


@pytest.mark.parametrize("text", ["FBbi:00000246", "obo:FBbi_00000246", "FBbi_00000246", "fbbi:246", FLUORESCENCE])
def test_every_spelling_of_fluorescence_microscopy_is_one_purl(text: str) -> None:
    assert normalise_term(text) == FLUORESCENCE


@pytest.mark.parametrize(
    "text", ["", "hello", "9606", "room:12", "Homo sapiens", "http://example.org/9606", "plate_12", "TO DO: 3x"]
)
def test_what_is_no_term_is_not_taken_for_one(text: str) -> None:
    assert normalise_term(text) is None


def test_a_purl_shortens_and_comes_back() -> None:
    for term in starter_terms():
        assert normalise_term(shorten_term(term.purl)) == term.purl
        assert normalise_term(term.purl) == term.purl


@pytest.mark.parametrize(
    "text", ["human", "Homo sapiens", "HOMO  SAPIENS", "Homo sapiens (human)", "Human (Homo sapiens)", "NCBI:txid9606"]
)
def test_an_organism_is_found_by_any_of_its_names(text: str) -> None:
    term = find_term(text, kind="organism")
    assert term is not None
    assert (term.purl, term.label) == (HUMAN, "Homo sapiens")


def test_a_name_means_what_its_kind_says() -> None:
    assert describe_term("Light microscopy", kind="imaging method")[0] == f"{OBO}FBbi_00000345"
    assert describe_term("Light microscopy", kind="topic")[0] == f"{EDAM}topic_3385"
    assert describe_term("something new", kind="organism") == (None, "something new")
    assert describe_term("NCBI:txid12345") == (f"{OBO}NCBITaxon_12345", "NCBITaxon:12345")


def test_confocal_finds_spinning_disk() -> None:
    below = narrower_terms(f"{OBO}FBbi_00000251")
    assert f"{OBO}FBbi_00000253" in below
    assert FLUORESCENCE not in below


def test_the_starter_table_holds_each_term_once_with_parents_that_are_in_it() -> None:
    terms = list(starter_terms())
    purls = {term.purl for term in terms}
    assert len(purls) == len(terms)
    assert all(parent in purls for term in terms for parent in term.parents)
    counts = [sum(term.kind == kind for term in terms) for kind in ("organism", "imaging method", "topic")]
    assert min(counts) >= 30


def test_no_name_of_one_kind_means_two_terms() -> None:
    seen: dict[tuple[str, str], str] = {}
    for term in starter_terms():
        for name in {term.label.casefold(), *(s.casefold() for s in term.synonyms)}:
            assert seen.setdefault((term.kind, name), term.purl) == term.purl, name


def test_the_starter_table_agrees_with_the_ontologies(samples: Path) -> None:
    folder = samples / "ontologies"
    labels = _owl_labels(folder / "fbbi.owl") | _owl_labels(folder / "EDAM-bioimaging.owl") | _obo_labels(folder / "taxslim.obo")
    for term in starter_terms():
        if term.purl not in NEWER:
            assert _plain(labels[term.purl]) == _plain(term.label)


def _plain(label: str) -> str:
    return " ".join(label.replace("_", " ").split())


def _owl_labels(path: Path) -> dict[str, str]:
    classes = ET.parse(path).getroot().findall(f"{OWL}Class")
    return {c.get(f"{RDF}about", ""): c.findtext(f"{RDFS}label") or "" for c in classes}


def _obo_labels(path: Path) -> dict[str, str]:
    pairs = re.findall(r"^id: NCBITaxon:(\d+)\nname: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {f"{OBO}NCBITaxon_{number}": name for number, name in pairs}
