"""What the JSON schemas of OME-Zarr refuse is refused here too, whatever is wrong with it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from micrarium.exchange import ngff_rules
from micrarium.exchange.findings import Cursor, Findings

AXES = [{"name": "c", "type": "channel"}, *({"name": n, "type": "space", "unit": "micrometer"} for n in "zyx")]
SCALE = {"type": "scale", "scale": [1.0, 2.0, 0.5, 0.5]}
MULTISCALE = {
    "name": "cells",
    "axes": AXES,
    "datasets": [
        {"path": "0", "coordinateTransformations": [SCALE, {"type": "translation", "translation": [0, 0, 0.5, 0.5]}]},
        {"path": "1", "coordinateTransformations": [{"type": "scale", "scale": [1, 2, 1, 1]}]},
    ],
    "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1, 1]}],
}
WINDOW = {"min": 0, "start": 10, "end": 200, "max": 255}
OMERO = {"channels": [{"label": "DAPI", "color": "0000FF", "active": True, "family": "linear", "window": WINDOW}]}
LABEL = {
    "colors": [{"label-value": 1, "rgba": [255, 0, 0, 255]}, {"label-value": 2}],
    "properties": [{"label-value": 1, "area": 12}],
    "source": {"image": "../../"},
}
PLATE = {
    "name": "p",
    "field_count": 1,
    "acquisitions": [{"id": 0, "name": "run", "maximumfieldcount": 2, "starttime": 1, "endtime": 2, "description": "x"}],
    "rows": [{"name": "A"}, {"name": "B"}],
    "columns": [{"name": "1"}],
    "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}, {"path": "B/1", "rowIndex": 1, "columnIndex": 0}],
}
WELL = {"images": [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 0}]}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "image": {"multiscales": [MULTISCALE], "omero": OMERO},
    "label": {"image-label": LABEL},
    "plate": {"plate": PLATE},
    "well": {"well": WELL},
}


def has_errors(kind: str, document: Any, version: str) -> bool:
    findings = Findings()
    ome = Cursor(findings, "x", "", document)
    if kind == "image":
        ngff_rules.read_multiscales(ome, version=version)
        ngff_rules.check_omero(ome, version=version, channels=None)
    elif kind == "label":
        ngff_rules.check_image_label(ome, version=version)
    elif kind == "plate":
        ngff_rules.read_plate(ome, version=version)
    else:
        ngff_rules.read_well(ome, version=version, acquisitions=None)
    return any(problem.severity == "error" for problem in findings.problems)


def schema(samples: Path, kind: str, version: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    folder = samples / "ngff-schemas" / version
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.schema")]
    registry: Any = Registry().with_resources([(c["$id"], Resource.from_contents(c)) for c in contents if "$schema" in c])
    return Draft202012Validator(json.loads((folder / f"{kind}.schema").read_text(encoding="utf-8")), registry=registry)


def mutations(document: Any) -> Iterator[Any]:
    """The document with each value in it, at any depth, left out, doubled, or replaced by something else."""
    others: list[Any] = [None, 7, -1, 2.5, "pixel!", "", [], {}, True, [1], {"a": 1}]
    for path in paths(document):
        parent: Any
        for value in others:
            changed = copy.deepcopy(document)
            parent = dig(changed, path[:-1])
            parent[path[-1]] = value
            yield changed
        changed = copy.deepcopy(document)
        parent = dig(changed, path[:-1])
        if isinstance(parent, list):
            parent.append(parent[path[-1]])
            yield changed
            changed = copy.deepcopy(document)
            parent = dig(changed, path[:-1])
        del parent[path[-1]]
        yield changed


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*here, key)
        yield from paths(value[key], (*here, key))


def dig(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize("version", ngff_rules.VERSIONS)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_without_fault_has_no_errors(kind: str, version: str) -> None:
    assert not has_errors(kind, DOCUMENTS[kind], version)


@pytest.mark.parametrize("version", ngff_rules.VERSIONS)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_whatever_the_schema_refuses_is_refused(samples: Path, kind: str, version: str) -> None:
    validator = schema(samples, kind, version)

    def wrapped(document: Any) -> Any:
        return {"ome": {"version": "0.5", **document}} if version == "0.5" else document

    assert validator.is_valid(wrapped(DOCUMENTS[kind]))
    missed = []
    refused = 0
    for document in mutations(DOCUMENTS[kind]):
        if document and not validator.is_valid(wrapped(document)):
            refused += 1
            if not has_errors(kind, document, version):
                missed.append(document)
    assert refused > 20
    assert missed == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("image", ("multiscales", 0, "axes", 0), {"name": "y", "type": "channel"}),
        ("image", ("multiscales", 0, "axes"), list(reversed(AXES))),
        ("image", ("multiscales", 0, "datasets", 0, "coordinateTransformations", 0, "scale"), [1, 1, 1]),
        ("image", ("multiscales", 0, "datasets", 1, "path"), "0"),
        ("label", ("image-label", "colors", 1, "label-value"), 1),
        ("plate", ("plate", "wells", 0, "rowIndex"), 1),
        ("plate", ("plate", "wells", 0, "columnIndex"), 1),
        ("plate", ("plate", "wells", 1, "path"), "A/1"),
        ("well", ("well", "images", 1, "path"), "0"),
    ],
)
def test_what_the_text_of_the_specification_adds_is_held(kind: str, path: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(DOCUMENTS[kind])
    dig(document, path[:-1])[path[-1]] = value
    assert has_errors(kind, document, "0.5")
