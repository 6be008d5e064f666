"""Validation finds what is wrong, in folders and on the web, and says it in sentences."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.actions.validating import ValidationReport, validate
from micrarium.errors import Unavailable, UnreadableFile
from micrarium.geometry import Quantity
from micrarium.pixels.source import ImageDescription, PlateDescription, WellPosition
from micrarium.pixels.writing_files import write_image_file
from micrarium.testing.sources import ArrayFile, ArraySource

SIZE = Quantity(0.5, "µm")
DESCRIPTION = ImageDescription(name="cells", physical_size_x=SIZE, physical_size_y=SIZE)


def random_pixels(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).integers(0, 200, shape).astype(dtype)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    labels = {"nuclei": ArraySource(random_pixels((1, 1, 1, 700, 600)), description=ImageDescription(is_label=True))}
    source = ArraySource(random_pixels((1, 2, 1, 700, 600)), description=DESCRIPTION, labels=labels)
    write_image_file(ArrayFile(source), tmp_path / "image.ome.zarr")
    return tmp_path / "image.ome.zarr"


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    wells = [WellPosition(0, row, column, 0) for row in range(2) for column in range(2)]
    sources = [ArraySource(random_pixels((1, 1, 1, 20, 30)), description=ImageDescription(name="f", well=well)) for well in wells]
    write_image_file(ArrayFile(*sources, plates=[PlateDescription("p", 2, 2)]), tmp_path / "plate.ome.zarr")
    return tmp_path / "plate.ome.zarr"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    sources = [ArraySource(random_pixels((1, 1, 1, 20, 30))) for _ in range(2)]
    write_image_file(ArrayFile(*sources, ome_xml="<OME/>"), tmp_path / "many.ome.zarr")
    return tmp_path / "many.ome.zarr"


@pytest.fixture
def website() -> Iterator[Callable[[Path], str]]:
    servers = []

    class Quiet(SimpleHTTPRequestHandler):
        """Answers ranges, suffix ranges too, as servers of Zarr have to."""

        def do_GET(self) -> None:
            path = Path(self.translate_path(self.path))
            asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
            if asked is None or not path.is_file():
                super().do_GET()
                return
            body = path.read_bytes()
            start = int(asked[1]) if asked[1] else max(0, len(body) - int(asked[2]))
            stop = min(int(asked[2]) + 1, len(body)) if asked[1] and asked[2] else len(body)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(body)}")
            self.send_header("Content-Length", str(stop - start))
            self.end_headers()
            self.wfile.write(body[start:stop])

        def log_message(self, *_: Any) -> None:
            return

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def edit(path: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def sentences(report: ValidationReport, severity: str = "error") -> str:
    return "\n".join(f"{p.path}: {p.sentence}" for p in report.problems if p.severity == severity)


@pytest.mark.parametrize("kind", ["image", "plate", "collection"])
def test_what_we_write_is_valid_and_without_warnings(kind: str, request: pytest.FixtureRequest) -> None:
    report = validate(str(request.getfixturevalue(kind)), deep=True)
    assert report.problems == []
    assert report.is_valid
    assert (report.version, report.has_crate) == ("0.5", False)


@pytest.mark.parametrize("kind", ["image", "plate", "collection"])
def test_the_web_gives_the_same_answer(kind: str, request: pytest.FixtureRequest, website: Callable[[Path], str]) -> None:
    folder: Path = request.getfixturevalue(kind)
    report = validate(f"{website(folder.parent)}/{folder.name}")
    assert (report.problems, report.version) == ([], "0.5")


def test_a_missing_version_a_wrong_name_and_a_wrong_type_are_found(image: Path) -> None:
    def change(document: Any) -> None:
        del document["attributes"]["ome"]["version"]

    edit(image / "zarr.json", change)
    assert "ome.version is missing" in sentences(validate(str(image)))


def test_dimension_names_have_to_be_those_of_the_axes(image: Path) -> None:
    edit(image / "0" / "zarr.json", lambda d: d.update(dimension_names=["t", "c", "z", "x", "y"]))
    assert "dimension_names are t, c, z, x, y" in sentences(validate(str(image)))
    edit(image / "0" / "zarr.json", lambda d: d.pop("dimension_names"))
    assert "has no dimension_names" in sentences(validate(str(image)))


def test_a_level_that_is_not_there_is_found(image: Path) -> None:
    shutil.rmtree(image / "1")
    assert "1: No array is here" in sentences(validate(str(image)))


def test_levels_of_different_types_are_found(image: Path, tmp_path: Path) -> None:
    other = ArraySource(random_pixels((1, 2, 1, 350, 300), "uint8"), description=DESCRIPTION)
    write_image_file(ArrayFile(other), tmp_path / "other.ome.zarr")
    shutil.rmtree(image / "1")
    shutil.move(tmp_path / "other.ome.zarr" / "0", image / "1")
    assert "1: The pixels are uint8, where the first level has uint16" in sentences(validate(str(image)))


def test_levels_that_grow_or_do_not_fit_their_scale_are_found(image: Path) -> None:
    edit(image / "zarr.json", lambda d: d["attributes"]["ome"]["multiscales"][0]["datasets"].reverse())
    assert "is larger than the one before" in sentences(validate(str(image)))


def test_a_scale_that_does_not_fit_the_shapes_is_a_warning(image: Path) -> None:
    def change(document: Any) -> None:
        document["attributes"]["ome"]["multiscales"][0]["datasets"][1]["coordinateTransformations"][0]["scale"][3] = 2.0

    edit(image / "zarr.json", change)
    report = validate(str(image))
    assert report.is_valid
    assert "goes from 700 to 350 pixels, but its scale from 0.5 to 2" in sentences(report, "warning")


def test_odd_units_and_windows_are_warnings(image: Path) -> None:
    def change(document: Any) -> None:
        ome = document["attributes"]["ome"]
        ome["multiscales"][0]["axes"][4]["unit"] = "pixel"
        ome["omero"]["channels"][0]["window"] |= {"start": 90, "end": 10}
        del ome["omero"]["channels"][1]

    edit(image / "zarr.json", change)
    report = validate(str(image))
    assert report.is_valid
    found = sentences(report, "warning")
    assert "'pixel'" in found
    assert "starts at 90 and ends at 10" in found
    assert "describes 1 channels, where the image has 2" in found


def test_a_damaged_chunk_is_found(image: Path) -> None:
    shard = next(path for path in (image / "0" / "c").rglob("*") if path.is_file())
    body = bytearray(shard.read_bytes())
    body[20:200] = bytes(180)
    shard.write_bytes(body)
    assert "cannot be decoded" in sentences(validate(str(image), deep=True))
    shard.write_bytes(body[:100])
    assert "cannot be decoded" in sentences(validate(str(image)))
    assert sentences(validate(str(image / ".." / image.name))) == sentences(validate(str(image)))


def test_a_damaged_chunk_on_the_web_is_found(image: Path, website: Callable[[Path], str]) -> None:
    for shard in [path for path in (image / "1" / "c").rglob("*") if path.is_file()]:
        shard.write_bytes(b"no shard at all")
    assert "cannot be decoded" in sentences(validate(f"{website(image.parent)}/{image.name}/"))


def test_missing_chunks_are_a_warning(image: Path) -> None:
    shutil.rmtree(image / "0" / "c")
    report = validate(str(image))
    assert report.is_valid
    assert "are not there; readers see the fill value" in sentences(report, "warning")


def test_labels_that_are_listed_but_missing_or_not_integers_are_found(image: Path) -> None:
    edit(image / "labels" / "zarr.json", lambda d: d["attributes"]["ome"]["labels"].append("cells"))
    assert "labels/cells: No Zarr group is here" in sentences(validate(str(image)))
    edit(image / "labels" / "nuclei" / "0" / "zarr.json", lambda d: d.update(data_type="float16", fill_value=0.0))
    assert "A label image should have integer pixels, not float16" in sentences(validate(str(image)))


def test_a_plate_with_wells_out_of_bounds_or_missing_is_found(plate: Path) -> None:
    edit(plate / "zarr.json", lambda d: d["attributes"]["ome"]["plate"]["wells"][0].update(rowIndex=7))
    assert "rowIndex is 7, outside of the 2 there are" in sentences(validate(str(plate)))
    shutil.rmtree(plate / "A" / "2")
    assert "A/2: No Zarr group is here" in sentences(validate(str(plate)))


def test_a_collection_that_lists_its_images_nowhere_is_a_warning(collection: Path) -> None:
    (collection / "OME" / "METADATA.ome.xml").unlink()
    assert validate(str(collection)).problems == []
    shutil.rmtree(collection / "OME")
    report = validate(str(collection))
    assert report.is_valid
    assert "neither series nor METADATA.ome.xml" in sentences(report, "warning")


def test_an_image_that_a_collection_lists_but_does_not_have_is_found(collection: Path) -> None:
    shutil.rmtree(collection / "1")
    assert "1: No Zarr group is here" in sentences(validate(str(collection)))


GROUP = '{"zarr_format":3,"node_type":"group","attributes":%s}'
MALFORMED = ["", "{", "[]", '"x"', "nul", "{}", '{"zarr_format": 3}', "[" * 100_000, '{"zarr_format":3,"node_type":"array"}']
MALFORMED += [GROUP.replace("%s", text) for text in ("[]", '{"multiscales":[]}', '{"ome":3}', '{"ome":{}}')]
MALFORMED += [GROUP.replace("%s", text) for text in ('{"ome":{"version":[]}}', '{"ome":{"version":"0.5"}}')]


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_root_gives_a_sentence_each(image: Path, text: str) -> None:
    (image / "zarr.json").write_text(text, encoding="utf-8")
    report = validate(str(image))
    assert not report.is_valid
    assert all("\n" not in p.sentence and "Traceback" not in p.sentence and len(p.sentence) < 300 for p in report.problems)


@pytest.mark.parametrize(
    "change", [{"shape": "x"}, {"shape": [-1]}, {"codecs": []}, {"data_type": "text"}, {"shape": [1, 2, 1, 2**60, 9]}]
)
def test_a_malformed_array_gives_a_sentence(image: Path, change: dict[str, Any]) -> None:
    edit(image / "0" / "zarr.json", lambda d: d.update(change))
    report = validate(str(image))
    assert report.problems
    assert all("\n" not in p.sentence and len(p.sentence) < 300 for p in report.problems)


def test_an_array_that_claims_gigantic_chunks_is_not_decoded(image: Path) -> None:
    def change(document: Any) -> None:
        document["shape"] = [1, 1, 1, 2**20, 2**20]
        document["chunk_grid"]["configuration"]["chunk_shape"] = [1, 1, 1, 2**20, 2**20]
        document["codecs"] = [{"name": "bytes", "configuration": {"endian": "little"}}]

    edit(image / "0" / "zarr.json", change)
    assert "none was decoded" in sentences(validate(str(image)), "warning")


def test_paths_that_lead_outside_are_not_followed(image: Path, tmp_path: Path) -> None:
    shutil.copytree(image / "0", tmp_path / "secret")

    def change(document: Any) -> None:
        document["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = "../secret"

    edit(image / "zarr.json", change)
    assert "No array is here" in sentences(validate(str(image)))


def test_what_cannot_be_reached_is_an_error_of_its_own(tmp_path: Path, website: Callable[[Path], str]) -> None:
    with pytest.raises(UnreadableFile, match="does not exist"):
        validate(str(tmp_path / "nothing"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        validate("http://127.0.0.1:9/x.zarr")
    assert "No Zarr group is here" in sentences(validate(f"{website(tmp_path)}/nothing.zarr"))


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [
        ("ngffchallenge_2d.zarr", True),
        ("ngffchallenge_bf2raw.zarr", True),
        ("ngffchallenge_hcs.zarr", True),
        ("mobie_skimage-2dt-zarr/image.ome.zarr", True),
        ("mobie_skimage-2dt-zarr/segmentation.ome.zarr", True),
        ("mobie_blobs.ome.zarr", False),  # an empty list of transformations, which the schema refuses
        ("viv_blobs_image_v05.ome.zarr", False),  # a version of its own, labels that are numbers
        ("viv_blobs_image_v04.ome.zarr", False),
        ("omezarrpy_v1.zarr", False),  # version 0.1
    ],
)
def test_the_samples_are_judged_as_the_schemas_judge_them(samples: Path, name: str, is_valid: bool) -> None:
    report = validate(str(samples / "files" / "ome-zarr" / name), deep=True)
    assert report.is_valid is is_valid, report.problems
