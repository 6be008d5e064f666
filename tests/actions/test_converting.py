"""Conversion of real files, read back by others."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from ome_zarr_models import v05

from micrarium.actions.converting import convert_file
from micrarium.errors import InvalidInput, OutputExists, UnreadableFile
from micrarium.formats import ome_zarr_store
from micrarium.testing.sources import make_pixels


def write_tiff(path: Path, shape: tuple[int, ...] = (2, 3, 4, 40, 50)) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    array = make_pixels(shape, "uint16")
    metadata = {"axes": "TCZYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(path, array, ome=True, metadata=metadata, photometric="minisblack")
    return array


def test_an_ome_tiff_becomes_an_ome_zarr_with_its_sizes(tmp_path: Path) -> None:
    array = write_tiff(tmp_path / "a.ome.tif")
    seen: list[float] = []
    convert_file(tmp_path / "a.ome.tif", tmp_path / "a.ome.zarr", progress=seen.append)
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    np.testing.assert_array_equal(np.asarray(group["0"]), array)
    v05.Image.from_zarr(group)
    multiscale = json.loads((tmp_path / "a.ome.zarr/zarr.json").read_text())["attributes"]["ome"]["multiscales"][0]
    assert multiscale["axes"][-1]["unit"] == "micrometer"
    assert multiscale["datasets"][0]["coordinateTransformations"][0]["scale"][-1] == 0.5
    assert seen[-1] == 1.0


def test_what_was_converted_can_be_converted_again(tmp_path: Path) -> None:
    array = write_tiff(tmp_path / "a.ome.tif")
    convert_file(tmp_path / "a.ome.tif", tmp_path / "a.ome.zarr")
    convert_file(tmp_path / "a.ome.zarr", tmp_path / "b.ome.zarr")
    np.testing.assert_array_equal(np.asarray(zarr.open_group(tmp_path / "b.ome.zarr", mode="r")["0"]), array)


def test_a_path_may_lead_up_and_down_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = write_tiff(tmp_path / "a.ome.tif")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    convert_file(Path("../a.ome.tif"), Path("../a.ome.zarr"))
    monkeypatch.setattr(ome_zarr_store, "_open_with_zarr", None)  # slow, and for what TensorStore does not know
    convert_file(Path("../a.ome.zarr"), Path("../here/../b.ome.zarr"))
    np.testing.assert_array_equal(np.asarray(zarr.open_group(tmp_path / "b.ome.zarr", mode="r")["0"]), array)


def test_what_exists_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.ome.zarr").mkdir()
    with pytest.raises(OutputExists, match="--overwrite"):
        convert_file(tmp_path / "not-there.tif", tmp_path / "a.ome.zarr")


def test_an_output_inside_the_input_is_refused(tmp_path: Path) -> None:
    write_tiff(tmp_path / "a.ome.tif")
    convert_file(tmp_path / "a.ome.tif", tmp_path / "a.ome.zarr")
    for out in (tmp_path / "a.ome.zarr" / "b.ome.zarr", tmp_path / "a.ome.zarr", tmp_path):
        with pytest.raises(InvalidInput, match="inside one another"):
            convert_file(tmp_path / "a.ome.zarr", out, overwrite=True)
    assert (tmp_path / "a.ome.zarr/zarr.json").exists()


def test_a_file_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    write_tiff(tmp_path / "a.ome.tif", (1, 1, 1, 3000, 3000))
    whole = (tmp_path / "a.ome.tif").read_bytes()
    (tmp_path / "a.ome.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match=r"a\.ome\.tif"):
        convert_file(tmp_path / "a.ome.tif", tmp_path / "a.ome.zarr")
    assert [p.name for p in tmp_path.iterdir()] == ["a.ome.tif"]


def test_an_interrupted_conversion_leaves_nothing_behind(tmp_path: Path) -> None:
    write_tiff(tmp_path / "a.ome.tif", (1, 1, 20, 2048, 2048))
    # A pause after each piece leaves time to interrupt it, however busy the machine is.
    program = "import sys, time; from pathlib import Path; from micrarium.actions.converting import convert_file\n"
    program += "def tell(part): print(part, flush=True); time.sleep(0.1)\n"
    program += "convert_file(Path(sys.argv[1]), Path(sys.argv[2]), progress=tell)"
    command = [sys.executable, "-c", program, str(tmp_path / "a.ome.tif"), str(tmp_path / "a.ome.zarr")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        process.wait(timeout=60)
        assert time.monotonic() - started < 20
    assert process.returncode != 0
    assert [p.name for p in tmp_path.iterdir()] == ["a.ome.tif"]
