"""What was imaged and how, as the NGFF challenge's crates say it: biosample, specimen, image acquisition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from micrarium.vocabularies.terms import OBO, Kind, describe_term, shorten_term


def describe_samples(organisms: tuple[str, ...], modalities: tuple[str, ...], *, base: str) -> Iterator[dict[str, Any]]:
    """Entities for the organisms and imaging methods, and the chain that leads to them from the acquisition.

    The acquisition is there when either is given. Names that no term is known for are kept as text.
    """
    acquisition: dict[str, Any] = {"@id": f"{base}image-acquisition", "@type": "image_acquisition", "name": "Image acquisition"}
    if modalities:
        acquisition["fbbi_id"] = _values(modalities, "imaging method")
    if organisms:
        acquisition["specimen"] = {"@id": f"{base}specimen"}
    yield acquisition
    if organisms:
        yield {"@id": f"{base}specimen", "@type": "specimen", "name": "Specimen", "biosample": {"@id": f"{base}biosample"}}
        classification = _values(organisms, "organism")
        yield {"@id": f"{base}biosample", "@type": "biosample", "name": "Biosample", "organism_classification": classification}
    yield from _describe_terms(organisms, "organism")
    yield from _describe_terms(modalities, "imaging method")


def _values(names: tuple[str, ...], kind: Kind) -> Any:
    values: list[Any] = []
    for name in names:
        purl, label = describe_term(name, kind=kind)
        value = {"@id": purl} if purl else label
        if value not in values:
            values.append(value)
    return values[0] if len(values) == 1 else values


def _describe_terms(names: tuple[str, ...], kind: Kind) -> Iterator[dict[str, Any]]:
    terms = {purl: label for purl, label in (describe_term(name, kind=kind) for name in names) if purl}
    for purl, label in terms.items():
        entity = {"@id": purl, "@type": "DefinedTerm", "name": label, "termCode": shorten_term(purl)}
        if purl.startswith(f"{OBO}NCBITaxon_"):
            # The spelling that the challenge's own tools look for.
            entity["identifier"] = f"NCBI:txid{purl.rsplit('_', 1)[-1]}"
        yield entity
