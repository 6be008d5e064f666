"""Our checks of RO-Crates say what roc-validator says, on good crates and on broken ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import RocIssues
from tests.exchange.test_ro_crate import CHALLENGE, DETACHED, HOST

from micrarium.actions.validating import validate
from micrarium.exchange.crate_checks import check_crate
from micrarium.exchange.descriptions import CratePart
from micrarium.exchange.findings import Findings
from micrarium.exchange.ro_crate import FILE_NAME, build_crate

Crate = dict[str, Any]


def entity(crate: Crate, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in crate["@graph"] if e["@id"] == name)
    return found


def errors(body: bytes) -> list[str]:
    findings = Findings()
    check_crate(body, findings)
    return [problem.sentence for problem in findings.problems if problem.severity == "error"]


BROKEN: dict[str, Callable[[Crate], Any]] = {
    "no @context": lambda c: c.pop("@context"),
    "a term is undefined": lambda c: c["@context"][1].pop("fbbi_id"),
    "an unknown key": lambda c: entity(c, "./").update(nonsense="x"),
    "an address as a key": lambda c: entity(c, "./").update({"http://example.org/x": "x"}),
    "no name": lambda c: entity(c, "./").pop("name"),
    "no description": lambda c: entity(c, "./").pop("description"),
    "no license": lambda c: entity(c, "./").pop("license"),
    "no date": lambda c: entity(c, "./").pop("datePublished"),
    "a date in words": lambda c: entity(c, "./").update(datePublished="last Tuesday"),
    "a name that is a reference": lambda c: entity(c, "./").update(name={"@id": "#biosample"}),
    "no descriptor": lambda c: c["@graph"].remove(entity(c, FILE_NAME)),
    "the descriptor is about nothing": lambda c: entity(c, FILE_NAME).pop("about"),
    "the descriptor conforms to nothing": lambda c: entity(c, FILE_NAME).pop("conformsTo"),
    "the descriptor is something else": lambda c: entity(c, FILE_NAME).update({"@type": "Thing"}),
    "the root is no Dataset": lambda c: entity(c, "./").update({"@type": "CreativeWork"}),
    "no @type": lambda c: entity(c, "#biosample").pop("@type"),
    "no @id": lambda c: entity(c, "#biosample").pop("@id"),
    "an object inside": lambda c: entity(c, "#specimen").update(biosample={"@type": "biosample", "name": "x"}),
    "a reference that says more": lambda c: entity(c, "#specimen").update(biosample={"@id": "#biosample", "name": "x"}),
    "a part that is not linked": lambda c: c["@graph"].append({"@id": "a/", "@type": "Dataset", "name": "a"}),
    "a file that is not linked": lambda c: c["@graph"].append({"@id": "http://x/a.txt", "@type": "File", "name": "a"}),
    "a part without an address": lambda c: (
        entity(c, "./").update(hasPart={"@id": "_:b0"}),
        c["@graph"].append({"@id": "_:b0", "@type": "Dataset", "name": "a"}),
    ),
    "a file that is not there": lambda c: (
        entity(c, "./").update(hasPart={"@id": "a.txt"}),
        c["@graph"].append({"@id": "a.txt", "@type": "File", "name": "a"}),
    ),
    "a publisher that is no organisation": lambda c: entity(c, "./").update(publisher={"@id": "#biosample"}),
    "a web site without a name": lambda c: c["@graph"].append({"@id": "http://x/", "@type": "WebSite"}),
}

FINE: dict[str, Callable[[Crate], Any]] = {
    "as it is": lambda c: c,
    "a licence in words": lambda c: entity(c, "./").update(license="ask us"),
    "a date to the month": lambda c: entity(c, "./").update(datePublished="2024-05"),
    "a time": lambda c: entity(c, "./").update(datePublished="2024-05-06T07:08:09+01:00"),
    "a value object": lambda c: entity(c, "./").update(name={"@value": "x", "@language": "en"}),
    "a compact address": lambda c: entity(c, "./").update({"obo:OBI_0000001": "x"}),
    "a part of a part": lambda c: (
        entity(c, "./").update(hasPart={"@id": "http://x/a/"}),
        c["@graph"].append({"@id": "http://x/a/", "@type": "Dataset", "name": "a", "hasPart": [{"@id": "http://x/a/b.txt"}]}),
        c["@graph"].append({"@id": "http://x/a/b.txt", "@type": "File", "name": "b"}),
    ),
}


def write_broken(what: str, folder: Path) -> None:
    crate = copy.deepcopy(build_crate(CHALLENGE))
    BROKEN[what](crate)
    (folder / FILE_NAME).write_text(json.dumps(crate), encoding="utf-8")


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_crate_is_refused(what: str, tmp_path: Path) -> None:
    write_broken(what, tmp_path)
    assert not validate(str(tmp_path)).is_valid


@pytest.mark.soak
@pytest.mark.parametrize("what", BROKEN)
def test_roc_validator_refuses_the_same_crates(what: str, roc_issues: RocIssues, tmp_path: Path) -> None:
    write_broken(what, tmp_path)
    assert roc_issues(tmp_path)


@pytest.mark.parametrize("what", FINE)
def test_a_good_crate_is_accepted_as_roc_validator_accepts_it(what: str, roc_issues: RocIssues, tmp_path: Path) -> None:
    crate = copy.deepcopy(build_crate(CHALLENGE))
    FINE[what](crate)
    (tmp_path / FILE_NAME).write_text(json.dumps(crate), encoding="utf-8")
    assert roc_issues(tmp_path) == []
    assert validate(str(tmp_path)).problems == []


def test_our_own_crates_have_no_problems() -> None:
    for description in (CHALLENGE, DETACHED, replace(DETACHED, parts=(CratePart(f"{HOST}/images/2", "b"),))):
        assert errors(json.dumps(build_crate(description)).encode()) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'{"@context": 1, "@graph": {}}', b'{"@graph": [1], "@context": ""}', b"[" * 10**6]
)
def test_malformed_text_gives_one_sentence_each(body: bytes) -> None:
    found = errors(body)
    assert found
    assert all("\n" not in sentence and len(sentence) < 300 for sentence in found)


@pytest.mark.parametrize("name", ["minimal.json", "ro-crate-metadata.json", "bia_point_annotations_ro-crate-metadata.json"])
def test_the_sample_crates_are_judged_as_roc_validator_judges_them(
    samples: Path, roc_issues: RocIssues, name: str, tmp_path: Path
) -> None:
    (tmp_path / FILE_NAME).write_bytes((samples / "files" / "metadata" / "ro-crate" / name).read_bytes())
    issues = roc_issues(tmp_path)
    report = validate(str(tmp_path))
    assert report.is_valid == (not issues)
    said = " ".join(problem.sentence for problem in report.problems)
    for key in ("preparation_method", "fbbi_id", "resultOf", "datePublished", "dros-mel-image.zarr", "file_list.tsv"):
        assert (key in said) == any(key in issue for issue in issues), key
