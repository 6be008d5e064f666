"""The crates that are written beside pixels are valid and say what was given."""

from __future__ import annotations

import json
from pathlib import Path

from tests.actions.test_resaving import image_attributes, pixels_of, write_array, write_group
from tests.exchange.conftest import RocIssues

from micrarium.actions.resaving import resave
from micrarium.exchange.ro_crate import FILE_NAME


def test_the_crate_says_what_was_given(tmp_path: Path, roc_issues: RocIssues) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint8"), chunks=(1, 64, 64))
    resave(
        tmp_path / "in.zarr",
        tmp_path / "out.zarr",
        licence="https://creativecommons.org/licenses/by/4.0/",
        modality="obo:FBbi_00000251",
        name="My cells",
        description="Cells that divide.",
    )
    crate = json.loads((tmp_path / "out.zarr" / FILE_NAME).read_text(encoding="utf-8"))
    root = next(entity for entity in crate["@graph"] if entity["@id"] == "./")
    assert (root["name"], root["description"]) == ("My cells", "Cells that divide.")
    assert root["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert any("FBbi_00000251" in str(entity.get("fbbi_id")) for entity in crate["@graph"])
    assert roc_issues(tmp_path / "out.zarr") == []
