"""Where objects come from, as W3C PROV, read by the library of PROV's own makers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prov.model import ProvActivity, ProvAgent, ProvDelegation, ProvDocument, ProvEntity, ProvGeneration, ProvUsage

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import resume_session, sign_in_as
from micrarium.model import Experimenter, Fileset, FilesetEntry, Image, OriginalFile
from micrarium.permissions import get_visible, load_actor, open_session, system_session

Door = Callable[[str | None], httpx.Client]


@pytest.fixture
def image_id(site: Site, people: dict[str, int]) -> int:
    """An image of Ada's from one file, renamed by the administrator as her."""
    with system_session(site.engine, "an image for a test") as session:
        person = session.get_one(Experimenter, people["ada"])
        person.orcid = "https://orcid.org/0000-0002-1825-0097"
        ada, admin = load_actor(session, people["ada"]), load_actor(session, 1)
    with open_session(site.engine, ada) as session:
        fileset = Fileset(template_prefix="x", reader="ome tiff", reader_version="1.2")
        file = OriginalFile(name='cells "one".tif', path="cells.tif", size=12, hash="ab" * 32, location="x")
        session.add_all([fileset, file, FilesetEntry(fileset=fileset, original_file=file, position=0, client_path="cells.tif")])
        image = Image(name="cells", fileset=fileset)
        session.add(image)
        session.flush()
        number = image.id
    as_her = resume_session(site.engine, sign_in_as(site.engine, admin, "ada").key or "", hours=1).actor
    with open_session(site.engine, as_her) as session:
        get_visible(session, Image, number).name = "HeLa, cells \\ 2"
    return number


def statements(notation: str) -> list[tuple[str, ...]]:
    """The statements of a PROV-N document as their parts, without the names of relations and in one order."""
    lines = (re.sub(r"_:r\d+; ", "", line.strip()) for line in notation.splitlines())
    told = [line for line in lines if line and not line.startswith(("prefix", "default", "document", "endDocument"))]
    return sorted(tuple(sorted(re.split(r"[(,\[\])]\s*", line))) for line in told)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_provenance_tells_of_files_people_and_changes(door: Door, image_id: int, people: dict[str, int]) -> None:
    ada = door("ada")
    ada.post(f"/api/v1/images/{image_id}/annotations", json={"type": "TagAnnotation", "text_value": "mitosis"})
    answer = ada.get(f"/api/v1/images/{image_id}/provenance")
    assert answer.status_code == 200, answer.text
    document: Any = ProvDocument.deserialize(content=json.dumps(answer.json()), format="json")

    def named(kind: type[Any]) -> dict[str, Any]:
        return {str(record.identifier): record for record in document.get_records(kind)}

    entities, activities, agents = named(ProvEntity), named(ProvActivity), named(ProvAgent)
    states = [name for name in entities if name.startswith(f"mic:images/{image_id}#")]
    assert len(states) == 3
    assert len(activities) == 3
    assert all(activity.get_startTime().tzinfo for activity in activities.values())
    ada_name = f"mic:experimenters/{people['ada']}"
    assert {str(v) for v in entities["mic:original_files/1"].get_attribute("mic:sha256")} == {"ab" * 32}
    assert {str(v) for v in agents[ada_name].get_attribute("mic:orcid")} == {"orcid:0000-0002-1825-0097"}
    assert {str(v) for v in agents["mic:readers/ome-tiff"].get_attribute("mic:version")} == {"1.2"}
    (delegation,) = document.get_records(ProvDelegation)
    assert [str(value) for _, value in delegation.formal_attributes][:2] == [
        "mic:experimenters/1",
        f"mic:experimenters/{people['ada']}",
    ]
    used = {str(record.formal_attributes[1][1]) for record in document.get_records(ProvUsage)}
    assert {"mic:original_files/1", "mic:annotations/1"} <= used
    assert len(list(document.get_records(ProvGeneration))) == 3
    notation = ada.get(f"/api/v1/images/{image_id}/provenance", params={"format": "provn"})
    assert notation.headers["content-type"].startswith("text/provenance-notation")
    assert statements(notation.text) == statements(document.get_provn())
    assert door("eve").get(f"/api/v1/images/{image_id}/provenance").status_code == 404
