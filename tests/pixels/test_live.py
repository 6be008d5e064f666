"""Live OME-Zarr: every key against the pixels themselves, and whole images read by others."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import zarr
from hypothesis import given
from hypothesis import strategies as st
from ome_zarr_models import v05

from micrarium.geometry import Quantity, Size
from micrarium.pixels.channels import ChannelView
from micrarium.pixels.layout import LARGEST_CHUNK_BYTES, live_layout
from micrarium.pixels.live import LiveCollection, LiveField, LiveGroup, LiveImage, LivePlate
from micrarium.pixels.source import ImageDescription
from micrarium.testing.sources import PIXEL_TYPES, ArraySource, make_pixels

Array = np.ndarray[Any, np.dtype[Any]]
Validate = Callable[[dict[str, Any], str], None]


def image_keys(image: LiveImage) -> Iterator[str]:
    """All keys of an image without its labels."""
    yield "zarr.json"
    for number, level in enumerate(image.source.levels):
        yield f"{number}/zarr.json"
        chunk = image.layout(number).chunk
        for index in product(*(range(-(-length // side)) for length, side in zip(level.shape, chunk, strict=True))):
            yield f"{number}/c/" + "/".join(map(str, index))


def save(live: LiveGroup, folder: Path, keys: Iterator[str]) -> Path:
    """Writes the value of each key to a file of that name."""
    for key in keys:
        value = live.get(key)
        assert value is not None, key
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(value)
    return folder


def ome(live: LiveGroup, key: str = "zarr.json") -> Any:
    value = live.get(key)
    assert value is not None
    return json.loads(value)["attributes"]["ome"]


@pytest.mark.parametrize("dtype", PIXEL_TYPES)
def test_every_pixel_type_is_read_by_others(dtype: str, tmp_path: Path) -> None:
    array = make_pixels((2, 2, 3, 70, 1101), dtype)
    live = LiveImage(ArraySource(array, chunk=(1, 1, 1, 1, 1101)))
    folder = save(live, tmp_path, image_keys(live))
    group = zarr.open_group(folder, mode="r")
    np.testing.assert_array_equal(np.asarray(group["0"]), array)
    store = tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{tmp_path}/0"}}).result()
    np.testing.assert_array_equal(np.asarray(store), array)
    v05.Image.from_zarr(group)


def test_pixels_in_another_byte_order_are_served_in_ours(tmp_path: Path) -> None:
    array = make_pixels((1, 1, 1, 10, 11), "uint16").astype(">u2")
    live = LiveImage(ArraySource(array))
    np.testing.assert_array_equal(np.asarray(zarr.open_group(save(live, tmp_path, image_keys(live)), mode="r")["0"]), array)


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 60), st.integers(1, 60)),
    natural=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 60), st.integers(1, 60)),
    data=st.data(),
)
def test_any_chunk_is_the_crop_it_stands_for(shape: tuple[int, ...], natural: tuple[int, ...], data: st.DataObject) -> None:
    import imagecodecs

    array = make_pixels(shape, "uint16")
    source = ArraySource(array, chunk=natural)
    live = LiveImage(source)
    chunk = live.layout(0).chunk
    index = [data.draw(st.integers(0, -(-n // c) - 1)) for n, c in zip(shape, chunk, strict=True)]
    key = "0/c/" + "/".join(map(str, index))
    value = live.get(key)
    assert value is not None
    found = np.frombuffer(imagecodecs.blosc_decode(value), "<u2").reshape(chunk)
    crop = array[tuple(slice(i * c, (i + 1) * c) for i, c in zip(index, chunk, strict=True))]
    np.testing.assert_array_equal(found[tuple(slice(0, n) for n in crop.shape)], crop)
    assert int(found.astype(np.uint64).sum()) == int(crop.astype(np.uint64).sum()), "what lies beyond the image is zero"
    assert len(source.reads) == 1
    assert live.get(key) == value, "the same bytes each time"


LENGTHS = st.one_of(st.integers(1, 5000), st.integers(5000, 10**6))


@given(
    shape=st.tuples(st.integers(1, 100), st.integers(1, 40), st.integers(1, 300), LENGTHS, LENGTHS),
    natural=st.tuples(st.integers(1, 100), st.integers(1, 40), st.integers(1, 300), LENGTHS, LENGTHS),
    itemsize=st.sampled_from([1, 2, 4, 8]),
)
def test_no_chunk_is_larger_than_16_mib_nor_than_the_image(shape: tuple[int, ...], natural: tuple[int, ...], itemsize: int) -> None:
    chunk = live_layout(Size(*shape), Size(*natural), itemsize).chunk
    assert all(1 <= side <= length for side, length in zip(chunk, shape, strict=True))
    if itemsize * chunk.y * chunk.x <= LARGEST_CHUNK_BYTES:
        assert itemsize * int(np.prod(chunk)) <= LARGEST_CHUNK_BYTES
    else:
        assert chunk[:3] == (1, 1, 1)
    assert chunk.y <= 2048
    assert chunk.x <= 2048


@pytest.mark.parametrize(
    ("natural", "served"),
    [
        ((1, 1, 1, 512, 512), (1, 1, 1, 512, 512)),  # tiles stay
        ((1, 3, 1, 256, 256), (1, 3, 1, 256, 256)),  # with their interleaved samples
        ((1, 1, 8, 256, 256), (1, 1, 8, 256, 256)),  # and their planes
        ((1, 1, 1, 1, 20000), (1, 1, 1, 512, 1024)),  # rows are gathered and cut
        ((1, 1, 1, 7, 20000), (1, 1, 1, 518, 1024)),  # strips too, at their borders
        ((1, 1, 1, 10000, 20000), (1, 1, 1, 1024, 1024)),  # whole planes are cut
        ((1, 1, 1, 64, 64), (1, 1, 1, 512, 512)),  # small tiles are gathered
        ((1, 1, 100, 1024, 1024), (1, 1, 8, 1024, 1024)),  # deep ones get thinner
    ],
)
def test_chunks_follow_the_source_where_that_makes_sense(natural: tuple[int, ...], served: tuple[int, ...]) -> None:
    assert live_layout(Size(1, 3, 100, 10000, 20000), Size(*natural), 2).chunk == served


@pytest.mark.parametrize(
    "key",
    [
        "", "/", "zarr.json/", "/zarr.json", "0", "0/", "1/zarr.json", "00/zarr.json", "-1/zarr.json", ".zarray", "0/.zarray",
        "0/c", "0/c/0/0/0/0", "0/c/0/0/0/0/0/0", "0/c/0/0/0/0/2", "0/c/1/0/0/0/0", "0/c/0/0/0/0/-1", "0/c/0/0/0/0/00",
        "0/c/0/0/0/0/+1", "0/c/0/0/0/0/\u0661", "0/c/0/0/0/0/1e0", "0/0.0.0.0.0", "labels/zarr.json", "labels",
        "labels/a/zarr.json", "../zarr.json", "0/../zarr.json", "0/c/0/0/0/0/99999999999999999999", "OME/METADATA.ome.xml",
    ],
)  # fmt: skip
def test_there_is_nothing_at_other_keys(key: str) -> None:
    assert LiveImage(ArraySource(make_pixels((1, 1, 1, 70, 1101), "uint8"))).get(key) is None


@given(st.text(alphabet="0123456789c/zarr.jsonlbe-", max_size=20))
def test_no_key_is_an_error(key: str) -> None:
    source = ArraySource(
        make_pixels((1, 1, 1, 7, 11), "uint8"), labels={"cells": ArraySource(make_pixels((1, 1, 1, 7, 11), "uint8"))}
    )
    LiveImage(source).get(key)


def test_levels_labels_and_what_a_person_changed_are_in_the_metadata(tmp_path: Path, validate_ngff: Validate) -> None:
    big = make_pixels((1, 2, 1, 301, 401), "uint16")
    cells = make_pixels((1, 1, 1, 301, 401), "uint32")
    source = ArraySource(
        big,
        big[..., ::2, ::2],
        labels={"cells": ArraySource(cells)},
        description=ImageDescription(physical_size_x=Quantity(3, "nm")),
    )
    views = [ChannelView(f"mine {i}", "ABCDEF", (1.0, 2.0), (0.0, 9.0), active=bool(i)) for i in range(2)]
    label_source = ArraySource(cells, cells[..., ::2, ::2])
    live = LiveImage(source, name="renamed", channels=views, labels={"nuclei/1": label_source})
    folder = save(live, tmp_path, image_keys(live))
    label = LiveImage(label_source)
    save(live, tmp_path, iter(["labels/zarr.json", *(f"labels/nuclei_1/{key}" for key in image_keys(label))]))
    validate_ngff({"ome": ome(live)}, "image")
    validate_ngff({"ome": ome(live, "labels/nuclei_1/zarr.json")}, "label")
    assert ome(live)["multiscales"][0]["name"] == "renamed"
    scales = [dataset["coordinateTransformations"][0]["scale"] for dataset in ome(live)["multiscales"][0]["datasets"]]
    assert scales == [[1, 1, 1, 1, 3], [1, 1, 1, 2, 6]]
    channels = ome(live)["omero"]["channels"]
    assert [(c["label"], c["color"], c["active"]) for c in channels] == [("mine 0", "ABCDEF", False), ("mine 1", "ABCDEF", True)]
    assert channels[0]["window"] == {"start": 1, "end": 2, "min": 0, "max": 9}
    group = zarr.open_group(folder, mode="r")
    np.testing.assert_array_equal(np.asarray(group["1"]), big[..., ::2, ::2])
    np.testing.assert_array_equal(np.asarray(group["labels/nuclei_1/0"]), cells)
    v05.Image.from_zarr(group)
    assert live.get("labels/cells/zarr.json") is None, "labels given take the place of the source's"


def test_a_plate_loads_only_the_fields_that_are_asked_for(tmp_path: Path, validate_ngff: Validate) -> None:
    loaded: list[int] = []
    images = [LiveImage(ArraySource(np.full((1, 1, 1, 5, 6), value, np.uint8)), name=str(value)) for value in range(4)]

    def field(value: int, run: int = 0) -> LiveField:
        def load() -> LiveImage:
            loaded.append(value)
            return images[value]

        return LiveField(load, run)

    wells = {(0, 0): [field(0), field(1)], (1, 2): [field(2), field(3, 1)], (1, 1): []}
    live = LivePlate("P", rows=2, columns=3, wells=wells)
    groups = ["zarr.json", "A/zarr.json", "B/zarr.json", "A/1/zarr.json", "B/3/zarr.json"]
    save(live, tmp_path, iter(groups))
    assert loaded == []
    validate_ngff({"ome": ome(live)}, "strict_plate")
    validate_ngff({"ome": ome(live, "B/3/zarr.json")}, "well")
    assert [image["acquisition"] for image in ome(live, "B/3/zarr.json")["well"]["images"]] == [0, 1]
    for value, path in enumerate(["A/1/0", "A/1/1", "B/3/0", "B/3/1"]):
        save(live, tmp_path, (f"{path}/{key}" for key in image_keys(images[value])))
        assert set(loaded) == set(range(value + 1))
        np.testing.assert_array_equal(np.asarray(zarr.open_group(tmp_path, mode="r")[f"{path}/0"]), value)
    v05.HCS.from_zarr(zarr.open_group(tmp_path, mode="r"))
    for key in ("C/zarr.json", "B/2/zarr.json", "A/1/2/zarr.json", "A/1/00/zarr.json", "A/01/zarr.json", "A", "A/1/0"):
        assert live.get(key) is None, key


def test_a_collection_lists_its_images_and_gives_the_ome_xml(validate_ngff: Validate) -> None:
    images = [LiveImage(ArraySource(np.full((1, 1, 1, 5, 6), value, np.uint8)), name=str(value)) for value in range(2)]
    live = LiveCollection([lambda: images[0], lambda: images[1]], ome_xml="<OME/>")
    validate_ngff({"ome": ome(live)}, "bf2raw")
    validate_ngff({"ome": ome(live, "OME/zarr.json")}, "ome")
    assert live.get("OME/METADATA.ome.xml") == b"<OME/>"
    assert live.get("1/0/c/0/0/0/0/0") == images[1].get("0/c/0/0/0/0/0")
    assert live.get("2/zarr.json") is None


def test_metadata_and_chunks_are_the_same_in_another_process() -> None:
    live = LiveImage(ArraySource(make_pixels((1, 2, 1, 70, 1101), "uint16")))
    again = pickle.loads(pickle.dumps(live))  # noqa: S301 - our own object
    assert all(live.get(key) == again.get(key) for key in image_keys(live))
