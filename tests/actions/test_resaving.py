"""OME-Zarr 0.4 saved again as 0.5 holds the same pixels, is valid, and has a crate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr

from micrarium.actions.resaving import resave
from micrarium.actions.validating import validate
from micrarium.errors import InvalidInput, OutputExists, UnreadableFile, UsageError
from micrarium.exchange.ro_crate import FILE_NAME

AXES = [{"name": "c", "type": "channel"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}]


def write_array(path: Path, pixels: np.ndarray[Any, Any], *, chunks: tuple[int, ...], compressor: Any = None, **more: Any) -> None:
    keys = {"name": "v2", "separator": more.pop("separator", "/")}
    options: dict[str, Any] = {"zarr_format": 2, "chunk_key_encoding": keys, "compressors": compressor, **more}
    array = zarr.create_array(str(path), shape=pixels.shape, chunks=chunks, dtype=pixels.dtype, **options)
    array[:] = pixels


def write_group(path: Path, attributes: dict[str, Any]) -> None:
    path.mkdir(parents=True, exist_ok=True)
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    (path / ".zattrs").write_text(json.dumps(attributes))


def image_attributes(levels: int = 1, axes: Any = AXES, **more: Any) -> dict[str, Any]:
    datasets = [
        {"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": [1.0, 2.0**i, 2.0**i]}]} for i in range(levels)
    ]
    multiscale = {"name": "cells", "version": "0.4", "axes": axes, "datasets": datasets, "metadata": {"version": "tool 1"}}
    return {"multiscales": [multiscale], **more}


def pixels_of(dtype: str, shape: tuple[int, ...] = (2, 70, 90)) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(3)
    if np.dtype(dtype).kind == "c":
        return (random.random(shape) + 1j * random.random(shape)).astype(dtype)
    return (random.random(shape) * 200).astype(dtype)


def read_both(path: Path) -> np.ndarray[Any, Any]:
    """The array as TensorStore and as zarr-python read it, which have to agree."""
    import tensorstore

    store = tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{path}/"}}).result()
    found = np.asarray(store.read().result())
    np.testing.assert_array_equal(found, np.asarray(zarr.open_array(str(path), mode="r")[...]))
    return found


BLOSC = [numcodecs.Blosc(cname, 5, shuffle) for cname in ("lz4", "zstd", "zlib", "lz4hc", "blosclz") for shuffle in (0, 1, 2, -1)]
MOVED = [*BLOSC, numcodecs.GZip(3), numcodecs.Zstd(2), None]
ENCODED = [numcodecs.Zlib(1), numcodecs.LZ4(), numcodecs.BZ2(1)]


@pytest.mark.parametrize("compressor", MOVED, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_chunks_of_a_codec_both_versions_know_are_moved_as_they_are(compressor: Any, dtype: str, tmp_path: Path) -> None:
    pixels = pixels_of(dtype)
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels, chunks=(1, 32, 40), compressor=compressor)
    report = resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    assert (report.arrays, report.moved_arrays, report.moved_chunks) == (1, 1, 2 * 3 * 3)
    np.testing.assert_array_equal(read_both(tmp_path / "out.zarr" / "0"), pixels)
    assert validate(str(tmp_path / "out.zarr"), deep=True).problems == []


@pytest.mark.parametrize("compressor", ENCODED, ids=str)
def test_chunks_of_other_codecs_are_encoded_anew(compressor: Any, tmp_path: Path) -> None:
    pixels = pixels_of("uint16")
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels, chunks=(1, 32, 40), compressor=compressor)
    assert resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0").moved_arrays == 0
    np.testing.assert_array_equal(read_both(tmp_path / "out.zarr" / "0"), pixels)


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "int8",
        "uint8",
        ">u2",
        "<u2",
        ">i4",
        "uint32",
        "int64",
        "uint64",
        "float16",
        ">f4",
        "float64",
        "complex64",
        "complex128",
    ],
)
def test_every_pixel_type_and_byte_order_comes_through(dtype: str, tmp_path: Path) -> None:
    pixels = pixels_of(dtype)
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels, chunks=(1, 32, 40), compressor=numcodecs.Blosc("lz4"))
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    found = read_both(tmp_path / "out.zarr" / "0")
    assert found.dtype == pixels.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("options", [{"order": "F"}, {"filters": [numcodecs.Delta("<u2")]}, {"separator": "."}], ids=str)
def test_fortran_order_filters_and_flat_keys_come_through(options: dict[str, Any], tmp_path: Path) -> None:
    pixels = pixels_of("uint16")
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels, chunks=(1, 32, 40), compressor=numcodecs.Blosc("zstd"), **options)
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    np.testing.assert_array_equal(read_both(tmp_path / "out.zarr" / "0"), pixels)


@pytest.mark.parametrize("chunks", [None, (1, 35, 45)])
def test_missing_chunks_stay_fill_values(chunks: tuple[int, ...] | None, tmp_path: Path) -> None:
    pixels = pixels_of("float32")
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels, chunks=(1, 32, 40), compressor=numcodecs.Blosc("lz4"), fill_value=np.nan)
    shutil.rmtree(tmp_path / "in.zarr" / "0" / "1")
    (tmp_path / "in.zarr" / "0" / "0" / "1" / "1").unlink()
    pixels[1] = np.nan
    pixels[0, 32:64, 40:80] = np.nan
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0", chunks=chunks)
    np.testing.assert_array_equal(read_both(tmp_path / "out.zarr" / "0"), pixels)


def test_wanted_chunks_and_shards_are_used(tmp_path: Path) -> None:
    pixels = pixels_of("uint16")
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels, chunks=(1, 32, 40), compressor=numcodecs.Blosc("lz4"))
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0", chunks=(1, 16, 20), shards=(2, 32, 40))
    array = zarr.open_array(str(tmp_path / "out.zarr" / "0"), mode="r")
    assert (array.chunks, array.shards) == ((1, 16, 20), (2, 32, 40))
    np.testing.assert_array_equal(array[...], pixels)
    with pytest.raises(InvalidInput, match="multiples"):
        resave(tmp_path / "in.zarr", tmp_path / "bad.zarr", licence="CC0", shards=(1, 33, 40))


def test_metadata_become_those_of_0_5(tmp_path: Path) -> None:
    omero = {
        "channels": [{"label": "a", "color": "FF0000", "window": {"min": 0, "max": 9, "start": 0, "end": 9}}],
        "version": "0.4",
    }
    write_group(tmp_path / "in.zarr", image_attributes(levels=2, omero=omero, mine={"version": "7"}))
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint8"), chunks=(1, 64, 64))
    write_array(tmp_path / "in.zarr" / "1", pixels_of("uint8", (2, 35, 45)), chunks=(1, 64, 64))
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", skip_crate=True)
    attributes = json.loads((tmp_path / "out.zarr" / "zarr.json").read_text())["attributes"]
    assert attributes["ome"]["version"] == "0.5"
    assert "version" not in attributes["ome"]["multiscales"][0]
    assert "version" not in attributes["ome"]["omero"]
    assert attributes["ome"]["multiscales"][0]["metadata"] == {"version": "tool 1"}
    assert attributes["ome"]["omero"]["channels"] == omero["channels"]
    assert attributes["mine"] == {"version": "7"}
    assert json.loads((tmp_path / "out.zarr" / "1" / "zarr.json").read_text())["dimension_names"] == ["c", "y", "x"]
    assert not (tmp_path / "out.zarr" / FILE_NAME).exists()


def test_labels_are_saved_again_too(tmp_path: Path) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint8"), chunks=(1, 64, 64))
    write_group(tmp_path / "in.zarr" / "labels", {"labels": ["nuclei"]})
    label: dict[str, Any] = {"image-label": {"version": "0.4", "source": {"image": "../../"}}}
    write_group(tmp_path / "in.zarr" / "labels" / "nuclei", image_attributes(**label))
    write_array(tmp_path / "in.zarr" / "labels" / "nuclei" / "0", pixels_of("int32"), chunks=(1, 64, 64))
    assert resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC-BY").arrays == 2
    found = json.loads((tmp_path / "out.zarr" / "labels" / "nuclei" / "zarr.json").read_text())["attributes"]["ome"]
    assert found["image-label"] == {"source": {"image": "../../"}}
    assert validate(str(tmp_path / "out.zarr"), deep=True).problems == []


def test_without_a_licence_nothing_is_done(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="licence"):
        resave(tmp_path / "in.zarr", tmp_path / "out.zarr")
    assert not list(tmp_path.iterdir())


def test_an_output_that_exists_is_refused_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint8"), chunks=(1, 64, 64))
    (tmp_path / "out.zarr").mkdir()
    with pytest.raises(OutputExists):
        resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0", overwrite=True)
    assert validate(str(tmp_path / "out.zarr")).is_valid


@pytest.mark.parametrize("compressor", [numcodecs.Blosc("zstd"), numcodecs.GZip(1), None, numcodecs.Zlib(1)], ids=str)
def test_a_damaged_chunk_stops_it_and_leaves_nothing(compressor: Any, tmp_path: Path) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint16"), chunks=(1, 32, 40), compressor=compressor)
    chunk = tmp_path / "in.zarr" / "0" / "1" / "1" / "1"
    chunk.write_bytes(chunk.read_bytes()[:-40])
    with pytest.raises(UnreadableFile, match="0"):
        resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    assert [path.name for path in tmp_path.iterdir()] == ["in.zarr"]


def test_progress_ends_at_one_and_can_stop_it(tmp_path: Path) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint16"), chunks=(1, 32, 40))
    seen: list[float] = []
    resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0", shards=(1, 32, 40), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resave(tmp_path / "in.zarr", tmp_path / "other.zarr", licence="CC0", progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.zarr", "out.zarr"]


@pytest.mark.parametrize("change", [{"path": "../x"}, {"path": 3}, {"path": "nothing"}, {}])
def test_metadata_that_lead_nowhere_give_one_sentence(change: dict[str, Any], tmp_path: Path) -> None:
    attributes = image_attributes()
    attributes["multiscales"][0]["datasets"] = [change]
    write_group(tmp_path / "in.zarr", attributes)
    with pytest.raises(InvalidInput):
        resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    assert not (tmp_path / "out.zarr").exists()


@pytest.mark.filterwarnings("ignore:Found an empty list of filters")
@pytest.mark.parametrize(
    ("name", "arrays"),
    [
        ("ngffchallenge_2d.zarr", 1), ("ngffchallenge_bf2raw.zarr", 2), ("ngffchallenge_hcs.zarr", 8), ("mobie_blobs.ome.zarr", 1),
        ("mobie_skimage-2dt-zarr/image.ome.zarr", 3), ("viv_blobs_image_v04.ome.zarr", 1),
    ],
)  # fmt: skip
def test_the_samples_are_the_same_afterwards(samples: Path, name: str, arrays: int, tmp_path: Path) -> None:
    source, out = samples / "files" / "ome-zarr" / name, tmp_path / "out.zarr"
    assert resave(source, out, licence="CC-BY", organism="NCBI:txid9606").arrays == arrays
    assert validate(str(out), deep=True).is_valid
    for metadata in source.rglob(".zarray"):
        path = metadata.parent.relative_to(source)
        expected = np.asarray(zarr.open_array(str(source / path), mode="r")[...])
        np.testing.assert_array_equal(read_both(out / path), expected)
    for xml in source.rglob("METADATA.ome.xml"):
        assert (out / xml.relative_to(source)).read_bytes() == xml.read_bytes()


@pytest.mark.parametrize("name", ["omezarrpy_v1.zarr", "viv_blobs_image_v05.ome.zarr", "viv_bioformats-zarr/data.zarr"])
def test_other_versions_are_refused_in_one_sentence(samples: Path, name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"0\.4"):
        resave(samples / "files" / "ome-zarr" / name, tmp_path / "out.zarr", licence="CC0")


SENSELESS: list[dict[str, Any]] = [
    {"compressor": 3},
    {"compressor": {"id": "blosc", "cname": "lz4", "clevel": "x"}},
    {"dimension_separator": 7},
    {"order": []},
    {"filters": 1},
    {"dtype": "|S3"},
    {"dtype": 3},
    {"shape": None},
    {"shape": [1]},
    {"chunks": [0, 1, 1]},
    {"fill_value": "x"},
]


@pytest.mark.parametrize("change", SENSELESS, ids=str)
def test_array_metadata_that_make_no_sense_give_one_sentence(change: dict[str, Any], tmp_path: Path) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint8"), chunks=(1, 64, 64), compressor=numcodecs.Blosc("lz4"))
    metadata = tmp_path / "in.zarr" / "0" / ".zarray"
    metadata.write_text(json.dumps(json.loads(metadata.read_text()) | change))
    with pytest.raises(InvalidInput) as raised:
        resave(tmp_path / "in.zarr", tmp_path / "out.zarr", licence="CC0")
    assert "\n" not in raised.value.detail
    assert not (tmp_path / "out.zarr").exists()


@pytest.mark.parametrize("out", ["in.zarr", "in.zarr/deeper.zarr", "."])
def test_what_is_read_is_never_written_over(out: str, tmp_path: Path) -> None:
    write_group(tmp_path / "in.zarr", image_attributes())
    write_array(tmp_path / "in.zarr" / "0", pixels_of("uint8"), chunks=(1, 64, 64), compressor=numcodecs.Blosc("lz4"))
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with pytest.raises(InvalidInput, match="inside one another"):
        resave(tmp_path / "in.zarr", tmp_path / out, licence="CC0", overwrite=True)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
