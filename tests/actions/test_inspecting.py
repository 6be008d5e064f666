"""What is said of a file: the contract of ``micrarium inspect --json --hash``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from micrarium.actions.inspecting import hash_first_plane, inspect_file
from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import open_image_file


def _stack(path: Path, **options: Any) -> np.ndarray[Any, np.dtype[Any]]:
    stack = np.random.default_rng(1).integers(0, 4000, (2, 3, 65, 70)).astype("uint16")
    metadata = {"axes": "CZYX", "Name": "cells", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2, "Channel": {"Name": ["DAPI", "GFP"]}}
    tifffile.imwrite(path, stack, photometric="minisblack", metadata=metadata, **options)
    return stack


def test_an_inspected_file_has_all_that_the_contract_names(tmp_path: Path) -> None:
    stack = _stack(tmp_path / "cells.ome.tif")
    answer = inspect_file(tmp_path / "cells.ome.tif", with_hash=True)
    (image,) = answer["images"]
    assert answer["reader"] == "ome-tiff"
    assert answer["files"] == [str(tmp_path / "cells.ome.tif")]
    assert (image["index"], image["name"], image["samples"], image["dtype"]) == (0, "cells", 1, "uint16")
    assert image["size"] == {"t": 1, "c": 2, "z": 3, "y": 65, "x": 70}
    assert image["physical_size_um"] == {"x": 0.2, "y": 0.2, "z": None}
    assert image["channels"] == ["DAPI", "GFP"]
    assert image["levels"] == [[70, 65]]
    assert image["plane_sha256"] == hashlib.sha256(stack[0, 0].tobytes()).hexdigest()
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    "options", [{"byteorder": ">"}, {"tile": (16, 32), "compression": "zlib"}, {"rowsperstrip": 1, "compression": "lzw"}]
)
def test_the_hash_depends_on_pixels_alone(options: dict[str, Any], tmp_path: Path) -> None:
    stack = _stack(tmp_path / "one.tif", **options)
    assert (
        inspect_file(tmp_path / "one.tif", with_hash=True)["images"][0]["plane_sha256"]
        == hashlib.sha256(stack[0, 0].tobytes()).hexdigest()
    )


def test_a_colour_image_counts_one_channel_and_hashes_its_first_sample(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 255, (65, 70, 3)).astype("uint8")
    tifffile.imwrite(tmp_path / "rgb.tif", colours, photometric="rgb", metadata=None)
    (image,) = inspect_file(tmp_path / "rgb.tif", with_hash=True)["images"]
    assert (image["size"]["c"], image["samples"]) == (1, 3)
    assert image["plane_sha256"] == hashlib.sha256(np.ascontiguousarray(colours[..., 0]).tobytes()).hexdigest()


def test_large_planes_are_hashed_in_bands(tmp_path: Path) -> None:
    plane = np.add.outer(np.arange(9000).astype("uint8"), (np.arange(8200) * 3).astype("uint8"))
    tifffile.imwrite(tmp_path / "large.tif", plane, tile=(512, 512), metadata=None)
    with open_image_file(tmp_path / "large.tif") as opened:
        assert hash_first_plane(opened.images[0]) == hashlib.sha256(plane.tobytes()).hexdigest()


def test_hashes_are_made_only_when_asked_for(tmp_path: Path) -> None:
    _stack(tmp_path / "one.tif")
    assert "plane_sha256" not in inspect_file(tmp_path / "one.tif")["images"][0]


def test_a_file_nobody_knows_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "letter.doc").write_bytes(b"\xd0\xcf\x11\xe0 and so on")
    with pytest.raises(UnsupportedFormat, match="First bytes: d0 cf 11 e0") as caught:
        inspect_file(tmp_path / "letter.doc")
    assert "\n" not in caught.value.detail
    with pytest.raises(UnreadableFile):
        inspect_file(tmp_path / "absent.tif")
