from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from micrarium.testing.files import write_rgb_png

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A real two-channel stack as OME-TIFF."""
    pixels = np.arange(2 * 3 * 40 * 60, dtype=np.uint16).reshape(3, 2, 40, 60)
    about = {
        "axes": "ZCYX", "Channel": {"Name": ["DAPI", "GFP"]},
        "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25, "PhysicalSizeYUnit": "µm",
    }  # fmt: skip
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(path, pixels, metadata=about)
    return path


def test_inspect_tells_people_what_is_in_a_file(micrarium: Run, stack: Path) -> None:
    answer = micrarium("inspect", stack)
    assert answer.returncode == 0, answer.stderr
    assert "60" in answer.stdout
    assert "0.25 × 0.25 µm" in answer.stdout
    assert "DAPI, GFP" in answer.stdout


def test_inspect_names_no_channels_where_none_has_a_name(micrarium: Run, tmp_path: Path) -> None:
    about = {"axes": "CYX", "Channel": {"Name": ["", ""]}}
    tifffile.imwrite(tmp_path / "none.ome.tif", np.zeros((2, 8, 9), np.uint8), metadata=about)
    tifffile.imwrite(tmp_path / "one.ome.tif", np.zeros((2, 8, 9), np.uint8), metadata=about | {"Channel": {"Name": ["", "GFP"]}})
    assert "levels   channels" not in micrarium("inspect", tmp_path / "none.ome.tif").stdout
    assert "unnamed, GFP" in micrarium("inspect", tmp_path / "one.ome.tif").stdout


def test_inspect_tells_programs_what_is_in_a_file(micrarium: Run, stack: Path) -> None:
    found = json.loads(micrarium("inspect", "--json", "--hash", stack).stdout)
    (image,) = found["images"]
    assert image["size"] == {"t": 1, "c": 2, "z": 3, "y": 40, "x": 60}
    assert image["channels"] == ["DAPI", "GFP"]
    assert image["plane_sha256"] == hashlib.sha256(tifffile.imread(stack)[0, 0].tobytes()).hexdigest()


def test_inspect_of_several_files_goes_on_after_a_bad_one_and_ends_with_3(micrarium: Run, stack: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\x00 this is no TIFF")
    answer = micrarium("inspect", "--json", bad, stack)
    assert answer.returncode == 3
    assert [found["path"] for found in json.loads(answer.stdout)] == [str(stack)]
    assert "bad.tif" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"", b"neither image nor anything else"])
def test_inspect_of_what_cannot_be_read_is_one_line_and_ends_with_3(micrarium: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "thing.dat"
    if content is not None:
        path.write_bytes(content)
    answer = micrarium("inspect", path)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert len(answer.stderr.splitlines()) == 1
    assert "thing.dat" in answer.stderr


def test_convert_writes_ome_zarr_that_others_read(micrarium: Run, stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "cells.ome.zarr"
    answer = micrarium("convert", stack, out)
    assert (answer.returncode, answer.stderr) == (0, "")
    ome: Any = zarr.open_group(out, mode="r").attrs["ome"]
    pixels = np.asarray(zarr.open_array(out, path=ome["multiscales"][0]["datasets"][0]["path"], mode="r"))
    assert (pixels[0] == tifffile.imread(stack).swapaxes(0, 1)).all()


def test_convert_refuses_what_exists_with_5_unless_told(micrarium: Run, stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "cells.ome.zarr"
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    refused = micrarium("convert", stack, out)
    assert refused.returncode == 5
    assert "--overwrite" in refused.stderr
    assert (out / "mine.txt").exists()
    assert micrarium("convert", stack, out, "--overwrite").returncode == 0
    assert not (out / "mine.txt").exists()


def test_convert_of_a_damaged_file_leaves_nothing_behind(micrarium: Run, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tif"
    tifffile.imwrite(cut, np.ones((512, 512), np.uint16), tile=(128, 128))
    cut.write_bytes(cut.read_bytes()[:300_000])
    answer = micrarium("convert", cut, tmp_path / "cells.ome.zarr")
    assert answer.returncode == 3
    assert len(answer.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir() if "zarr" in path.name] == []


def test_what_was_converted_is_valid_and_what_was_broken_is_not(micrarium: Run, stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "cells.ome.zarr"
    micrarium("convert", stack, out)
    assert micrarium("validate", out).returncode == 0
    assert json.loads(micrarium("validate", out, "--json", "--deep").stdout)["is_valid"] is True
    (out / "0/zarr.json").unlink()
    broken = micrarium("validate", out)
    assert broken.returncode == 1
    assert "error" in broken.stdout
    assert len(broken.stderr.splitlines()) == 1
    report = micrarium("validate", out, "--json")
    assert (report.returncode, json.loads(report.stdout)["is_valid"]) == (1, False)
    assert micrarium("validate", tmp_path / "nothing.zarr").returncode == 3


@pytest.fixture
def old_zarr(tmp_path: Path) -> Path:
    """OME-Zarr 0.4 with one small level."""
    path = tmp_path / "old.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", shape=(64, 48), chunks=(32, 32), dtype="uint8", chunk_key_encoding={"name": "v2", "separator": "/"})[
        :
    ] = 7
    axes = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0]}]}]
    multiscale: Any = {"version": "0.4", "axes": axes, "datasets": datasets}
    group.attrs["multiscales"] = [multiscale]
    return path


def test_resave_needs_a_licence_or_no_crate(micrarium: Run, old_zarr: Path, tmp_path: Path) -> None:
    for options in ([], ["--cc0", "--cc-by"]):
        refused = micrarium("resave", old_zarr, tmp_path / "new.zarr", *options)
        assert refused.returncode == 2
        assert "--rocrate-skip" in refused.stderr
    for number, options in enumerate(
        (["--rocrate-skip"], ["--cc0"], ["--cc-by"], ["--rocrate-license", "https://example.org/mine"])
    ):
        out = tmp_path / f"new{number}.zarr"
        assert micrarium("resave", old_zarr, out, *options).returncode == 0
        assert (out / "ro-crate-metadata.json").exists() == (options != ["--rocrate-skip"])
        assert micrarium("validate", out).returncode == 0
    assert "https://example.org/mine" in (tmp_path / "new3.zarr/ro-crate-metadata.json").read_text()


def test_resave_writes_what_it_was_told_into_the_crate(micrarium: Run, old_zarr: Path, tmp_path: Path) -> None:
    options = ["--rocrate-organism", "NCBI:txid9606", "--rocrate-modality", "obo:FBbi_00000251", "--rocrate-name", "A name"]
    out = tmp_path / "new.zarr"
    answer = micrarium(
        "resave", old_zarr, out, "--cc-by", *options, "--rocrate-description", "What it shows", "--output-shards", "64,64"
    )
    assert answer.returncode == 0, answer.stderr
    crate = (out / "ro-crate-metadata.json").read_text()
    assert all(text in crate for text in ("9606", "FBbi_00000251", "A name", "What it shows"))
    assert zarr.open_array(out, path="0", mode="r").shards == (64, 64)
    assert micrarium("resave", old_zarr, out, "--cc-by").returncode == 5
    assert micrarium("resave", old_zarr, out, "--cc-by", "--output-chunks", "a,b").returncode == 2
    assert micrarium("resave", old_zarr, out, "--cc-by", "--overwrite").returncode == 0


def test_a_dry_run_says_what_an_import_would_do_without_any_server(micrarium: Run, stack: Path) -> None:
    folder = stack.parent / "run"
    folder.mkdir()
    stack.rename(folder / stack.name)
    (folder / "notes.txt").write_text("day 3")
    answer = micrarium("import", folder, "--dry-run", "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert [(image["reader"], image["x"], image["c"]) for image in found["images"]] == [("ome-tiff", 60, 2)]
    assert [Path(entry["path"]).name for entry in found["skipped"]] == ["notes.txt"]
    assert not (folder.parent / "work/micrarium-data").exists()
    assert "1 image would be imported" in micrarium("import", folder, "--dry-run").stdout


@pytest.mark.parametrize("out", ["plain/x.zarr", "/proc/x.zarr"])
def test_an_output_that_cannot_be_made_is_told_in_one_line(micrarium: Run, tmp_path: Path, out: str) -> None:
    (tmp_path / "plain").write_text("a file")
    source, _ = write_rgb_png(tmp_path / "a.png")
    answer = micrarium("convert", str(source), str(tmp_path / out))
    assert answer.returncode == 1
    assert "cannot be used" in answer.stderr
    assert "unexpected" not in answer.stderr
    assert ".partial" not in answer.stderr
