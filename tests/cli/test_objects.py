from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from tests.formats.plates.test_metaxpress import write_plate

from micrarium.testing.servers import TemporaryServer

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def signed_in(micrarium: Run, server: TemporaryServer) -> Run:
    """Runs commands as somebody who has signed in to a running server."""
    answer = micrarium("login", server.url, "--user", "admin", "--password-stdin", stdin=server.admin_password + "\n")
    assert answer.returncode == 0, answer.stderr
    return micrarium


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    """A two-channel stack as OME-TIFF, with pixels that no other test has imported."""
    path = tmp_path / "stack.ome.tif"
    pixels = np.random.default_rng().integers(0, 4000, (3, 2, 70, 90), dtype=np.uint16)
    tifffile.imwrite(path, pixels, metadata={"axes": "ZCYX", "Channel": {"Name": ["DAPI", "GFP"]}})
    return path


def read_json(answer: CompletedProcess[str]) -> Any:
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_signing_in_keeps_a_token_and_no_password(signed_in: Run, server: TemporaryServer, tmp_path: Path) -> None:
    path = tmp_path / "home/config/micrarium/login.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.admin_password not in path.read_text()
    assert read_json(signed_in("whoami", "--json"))["url"] == server.url
    token = json.loads(path.read_text())["token"]
    assert signed_in("logout").returncode == 0
    assert not path.exists()
    refused = signed_in("whoami", MICRARIUM_URL=server.url, MICRARIUM_TOKEN=token)
    assert refused.returncode == 4
    assert len(refused.stderr.splitlines()) == 1


def test_signing_in_with_a_token_or_by_the_environment(micrarium: Run, server: TemporaryServer) -> None:
    assert "admin" in micrarium("whoami", MICRARIUM_URL=server.url, MICRARIUM_TOKEN=server.token).stdout
    assert micrarium("login", server.url, "--token", "wrong").returncode == 4
    assert micrarium("login", server.url, "--user", "admin", "--password-stdin", stdin="wrong").returncode == 4
    assert micrarium("login", server.url, "--token", server.token).returncode == 0
    assert "admin" in micrarium("whoami").stdout


def test_without_a_server_or_a_folder_one_is_told_what_to_do(micrarium: Run) -> None:
    answer = micrarium("list", "images")
    assert answer.returncode == 4
    assert "micrarium login" in answer.stderr
    assert micrarium("list", "images", "--data", "nowhere").returncode == 4


def test_objects_are_listed_shown_changed_annotated_and_deleted(signed_in: Run, stack_file: Path) -> None:
    imported = read_json(signed_in("import", stack_file, "--dataset", "By command", "--project", "Commands", "--json"))
    (number,) = imported["images"]
    name = f"image:{number}"
    assert imported["failed"] == []

    listed = read_json(signed_in("list", "images", "--filter", f"id={number}", "--json"))
    assert [item["name"] for item in listed["items"]] == ["stack.ome.tif"]
    assert listed["next"] is None
    assert "stack.ome.tif" in signed_in("list", "images", "--sort", "-id").stdout

    assert signed_in("set", name, "name=Mitosis, day 3", "description=after the wash").returncode == 0
    assert signed_in("annotate", name, "--tag", "mitosis", "--kv", "Organism=Homo sapiens", "--comment", "good").returncode == 0
    shown = read_json(signed_in("show", name, "--json"))
    assert (shown["name"], shown["description"]) == ("Mitosis, day 3", "after the wash")
    assert {annotation["type"] for annotation in shown["annotations"]} == {"TagAnnotation", "MapAnnotation", "CommentAnnotation"}
    assert "Organism=Homo sapiens" in signed_in("show", name).stdout
    assert read_json(signed_in("set", name, "description:=null", "--json"))["description"] is None

    found = read_json(signed_in("search", 'organism="homo sapiens"', "--type", "image", "--json"))
    assert number in [item["id"] for item in found["items"]]

    asked = signed_in("delete", name)
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    assert signed_in("delete", name, "--yes").returncode == 0
    gone = signed_in("show", name)
    assert (gone.returncode, len(gone.stderr.splitlines())) == (4, 1)


def test_objects_are_made_and_kinds_that_are_not_are_told(signed_in: Run) -> None:
    name = signed_in("create", "dataset", "name=Made by command").stdout.strip()
    assert name.startswith("dataset:")
    assert "Made by command" in signed_in("show", name).stdout
    assert signed_in("create", "dataset", "nonsense=1").returncode == 1
    unknown = signed_in("list", "enumerations-of-nothing")
    assert (unknown.returncode, "datasets" in unknown.stderr) == (2, True)
    listed = signed_in("list", "datasets", "--filter", "name~=made by", "--limit", "1", "--fields", "name")
    assert listed.stdout.splitlines()[-1].strip() == "Made by command"


def test_an_import_tells_what_failed_and_ends_with_1_or_3(signed_in: Run, stack_file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tif"
    cut.write_bytes(b"II*\x00\x08\x00\x00\x00")
    mixed = signed_in("import", stack_file, cut, "--json")
    assert mixed.returncode == 1
    result = json.loads(mixed.stdout)
    assert len(result["images"]) == 1
    assert [Path(entry["path"]).name for entry in result["failed"]] == ["cut.tif"]
    alone = signed_in("import", cut)
    assert alone.returncode == 3
    assert "cut.tif" in alone.stderr
    again = signed_in("import", stack_file)
    assert (again.returncode, "already imported" in again.stderr) == (0, True)


def test_an_image_of_several_files_is_sent_whole_though_one_was_named(signed_in: Run, tmp_path: Path) -> None:
    pixels = np.random.default_rng().integers(0, 4000, (2, 40, 50), dtype=np.uint16)
    uuids = ["urn:uuid:11111111-0000-4000-8000-000000000001", "urn:uuid:11111111-0000-4000-8000-000000000002"]
    blocks = "".join(
        f'<TiffData FirstC="{c}" IFD="0"><UUID FileName="part{c}.ome.tif">{uuid}</UUID></TiffData>' for c, uuid in enumerate(uuids)
    )
    for c, uuid in enumerate(uuids):
        xml = (
            f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid}">'
            '<Image ID="Image:0" Name="parts"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="50" SizeY="40" '
            'SizeC="2" SizeZ="1" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
            f'<Channel ID="Channel:0:1" SamplesPerPixel="1"/>{blocks}</Pixels></Image></OME>'
        )
        tifffile.imwrite(tmp_path / f"part{c}.ome.tif", pixels[c], description=xml, metadata=None)
    (number,) = read_json(signed_in("import", tmp_path / "part0.ome.tif", "--json"))["images"]
    assert signed_in("export", f"image:{number}", tmp_path / "whole.ome.zarr").returncode == 0
    assert (np.asarray(zarr.open_array(tmp_path / "whole.ome.zarr", path="0", mode="r"))[0, :, 0] == pixels).all()


def test_exports_open_elsewhere(signed_in: Run, stack_file: Path, tmp_path: Path) -> None:
    (number,) = read_json(signed_in("import", stack_file, "--json"))["images"]
    name = f"image:{number}"
    assert signed_in("export", name, tmp_path / "a.ome.zarr").returncode == 0
    assert (
        np.asarray(zarr.open_array(tmp_path / "a.ome.zarr", path="0", mode="r"))[0] == tifffile.imread(stack_file).swapaxes(0, 1)
    ).all()
    assert signed_in("validate", tmp_path / "a.ome.zarr").returncode == 0
    assert signed_in("export", name, tmp_path / "a.ome.zarr").returncode == 5
    assert signed_in("export", name, tmp_path / "a.ome.zarr", "--overwrite").returncode == 0
    assert signed_in("export", name, tmp_path / "a.ome.tiff", "--format", "ome-tiff").returncode == 0
    assert signed_in("export", name, tmp_path / "back.tif", "--format", "original").returncode == 0
    assert (tmp_path / "back.tif").read_bytes() == stack_file.read_bytes()
    assert signed_in("export", name, tmp_path / "x", "--format", "gif").returncode == 2
    assert signed_in("export", "image:99999999", tmp_path / "x").returncode == 4


def test_a_data_folder_is_worked_on_without_a_server(micrarium: Run, stack_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (number,) = read_json(micrarium("import", stack_file, "--dataset", "Here", "--data", data, "--json"))["images"]
    assert (data / "initial-password").exists()
    listed = read_json(micrarium("list", "images", "--json", MICRARIUM_DATA=str(data)))
    assert [item["id"] for item in listed["items"]] == [number]
    assert micrarium("export", f"image:{number}", tmp_path / "a.ome.zarr", "--data", data).returncode == 0
    assert (tmp_path / "a.ome.zarr/ro-crate-metadata.json").is_file()


def test_a_kind_there_is_not_is_told_with_those_there_are(signed_in: Run) -> None:
    for command in (("show", "bogus:1"), ("set", "bogus:1", "name=x")):
        refused = signed_in(*command)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
        assert "There are no 'bogus'; there are acquisition_modes, annotations," in refused.stderr
        assert " images, " in refused.stderr
    assert signed_in("show", "image:99999999").returncode == 4


def test_a_data_folder_overrides_a_sign_in(signed_in: Run, tmp_path: Path) -> None:
    assert signed_in("upgrade", "--data", tmp_path / "data").returncode == 0
    assert read_json(signed_in("list", "projects", "--data", tmp_path / "data", "--json"))["items"] == []


def test_files_can_stay_where_they_are(micrarium: Run, stack_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (number,) = read_json(micrarium("import", stack_file, "--in-place", "--data", data, "--json"))["images"]
    assert not [path for path in (data / "originals").rglob("*") if path.is_file()]
    assert micrarium("export", f"image:{number}", tmp_path / "back.tif", "--format", "original", "--data", data).returncode == 0
    assert (tmp_path / "back.tif").read_bytes() == stack_file.read_bytes()


def test_a_plate_is_sent_whole_though_one_image_of_it_was_named(signed_in: Run, tmp_path: Path) -> None:
    name = f"Sent {os.urandom(4).hex()}"
    write_plate(tmp_path / "plate", name=name, wells=("B02",))
    image = tmp_path / "plate" / f"{name}_B02_s2_w1.TIF"
    assert read_json(signed_in("import", image, "--dry-run", "--json"))["images"][1]["files"] == 9
    sent = read_json(signed_in("import", image, "--json"))
    assert (len(sent["images"]), len(sent["plates"])) == (2, 1)
    refused = read_json(signed_in("import", image, "--no-grouping", "--dry-run", "--json"))["images"]
    assert [(found["reader"], found["files"]) for found in refused] == [("tiff", 1)]
    alone = read_json(signed_in("import", image, "--no-grouping", "--json"))
    assert (len(alone["images"]), alone["plates"]) == (1, [])


def test_a_reader_that_is_named_is_asked_first(signed_in: Run, tmp_path: Path) -> None:
    name = f"Read {os.urandom(4).hex()}"
    write_plate(tmp_path / "plate", name=name, wells=("B02",))
    image = tmp_path / "plate" / f"{name}_B02_s1_w2.TIF"  # no other test has sent these bytes
    (told,) = read_json(signed_in("import", image, "--reader", "tiff", "--dry-run", "--json"))["images"]
    assert (told["reader"], told["files"]) == ("tiff", 1)
    sent = read_json(signed_in("import", image, "--reader", "tiff", "--json"))
    assert (len(sent["images"]), sent["plates"], sent["imported"][0]["reader"]) == (1, [], "tiff")
    for dry in ((), ("--dry-run",)):
        refused = signed_in("import", image, "--reader", "crystal-ball", *dry)
        assert refused.returncode == 1, refused
        assert "There is no reader 'crystal-ball'" in refused.stderr
