"""BigDataViewer datasets that the tests write: channels and angles, resolutions, absent views, partitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tensorstore

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]


def pixels(*shape: int) -> Array:
    """Noise over all 16 bits, the same every time."""
    return np.random.default_rng(7).integers(0, 65535, shape).astype("uint16")


def write_cells(path: Path, views: dict[tuple[int, int], Array]) -> None:
    """The pixels of views by (time, setup), in two resolutions."""
    with h5py.File(path, "w") as file:
        for setup in {setup for _, setup in views}:
            file[f"s{setup:02}/resolutions"] = np.array([[1.0, 1, 1], [2, 2, 1]])
            file[f"s{setup:02}/subdivisions"] = np.array([[16, 16, 4], [16, 16, 4]])
        for (time, setup), view in views.items():
            for level, array in enumerate((view, view[:, ::2, ::2])):
                chunks = tuple(min(4 if n == 0 else 16, size) for n, size in enumerate(array.shape))
                group = file.create_group(f"t{time:05}/s{setup:02}/{level}")
                group.create_dataset("cells", data=array.view("int16"), chunks=chunks, compression="gzip")


def write_xml(path: Path, setups: list[dict[str, str]], times: str, *, loader: str = "bdv.hdf5", target: str = "") -> Path:
    """The XML of views, each with its number of channel, angle and so on."""
    views = "".join(
        f"<ViewSetup><id>{number}</id><name>view {number}</name><size>50 40 5</size><voxelSize><unit>micrometer</unit>"
        "<size>0.25 0.25 2.0</size></voxelSize><attributes>"
        + "".join(f"<{kind}>{value}</{kind}>" for kind, value in setup.items())
        + "</attributes></ViewSetup>"
        for number, setup in enumerate(setups)
    )
    named = '<Attributes name="channel"><Channel><id>0</id><name>GFP</name></Channel></Attributes>'
    tag = "hdf5" if loader == "bdv.hdf5" else "n5"
    file = f'<ImageLoader format="{loader}"><{tag} type="relative">{target or path.with_suffix(".h5").name}</{tag}></ImageLoader>'
    sequence = (
        f"<SequenceDescription>{file}<ViewSetups>{views}{named}</ViewSetups><Timepoints {times}</Timepoints></SequenceDescription>"
    )
    path.write_text(f'<?xml version="1.0"?><SpimData version="0.2"><BasePath type="relative">.</BasePath>{sequence}</SpimData>')
    return path


def all_views(times: int, setups: int) -> dict[tuple[int, int], Array]:
    array = pixels(times, setups, 5, 40, 50)
    return {(t, s): array[t, s] for t in range(times) for s in range(setups)}


def channels(folder: Path) -> Path:
    write_cells(folder / "channels.h5", all_views(3, 2))
    times = 'type="range"><first>0</first><last>2</last>'
    return write_xml(folder / "channels.xml", [{"channel": "0", "angle": "0"}, {"channel": "1", "angle": "0"}], times)


def angles(folder: Path) -> Path:
    write_cells(folder / "angles.h5", {key: view for key, view in all_views(2, 2).items() if key != (0, 0)})
    setups = [{"channel": "0", "angle": str(number)} for number in range(2)]
    write_xml(folder / "angles.xml", setups, 'type="pattern"><integerpattern>0-1</integerpattern>')
    return folder / "angles.h5"


def bare(folder: Path) -> Path:
    write_cells(folder / "bare.h5", all_views(1, 2))
    return folder / "bare.h5"


def partitions(folder: Path) -> Path:
    views = all_views(2, 1)
    for time in range(2):
        write_cells(folder / f"parts-{time:02}-00.h5", {(time, 0): views[(time, 0)]})
    with h5py.File(folder / "parts.h5", "w") as file:
        file["s00/resolutions"] = np.array([[1.0, 1, 1], [2, 2, 1]])
        for time in range(2):
            file[f"t{time:05}/s00"] = h5py.ExternalLink(f"parts-{time:02}-00.h5", f"t{time:05}/s00")
    return write_xml(folder / "parts.xml", [{"channel": "0"}], 'type="pattern"><integerpattern>0, 1</integerpattern>')


def in_n5(folder: Path) -> Path:
    views = {key: view for key, view in all_views(2, 2).items() if key != (0, 0)}
    for (time, setup), view in views.items():
        for level, array in enumerate((view, view[:, ::2, ::2])):
            spec = {
                "driver": "n5",
                "kvstore": {"driver": "file", "path": f"{folder}/blocks.n5/setup{setup}/timepoint{time}/s{level}/"},
                "metadata": {
                    "dimensions": array.shape[::-1],
                    "blockSize": [16, 16, 4],
                    "dataType": "uint16",
                    "compression": {"type": "gzip"},
                },
            }
            tensorstore.open(spec, create=True).result().write(array.transpose(2, 1, 0)).result()
    setups = [{"channel": str(number)} for number in range(2)]
    times = 'type="pattern"><integerpattern>0-1</integerpattern>'
    return write_xml(folder / "blocks.xml", setups, times, loader="bdv.n5", target="blocks.n5")


class TestBdv(ReaderTests):
    reader = "bdv"
    damages = 4
    paths = (channels, angles, in_n5)


def test_channels_of_one_view_are_one_image(tmp_path: Path) -> None:
    with open_image_file(channels(tmp_path)) as opened:
        (source,) = opened.images
        assert [level.shape for level in source.levels] == [Size(3, 2, 5, 40, 50), Size(3, 2, 5, 20, 25)]
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), pixels(3, 2, 5, 40, 50))
        small = source.read(Region.whole(source.levels[1].shape), level=1)
        np.testing.assert_array_equal(small, pixels(3, 2, 5, 40, 50)[..., ::2, ::2])
        about = source.description
        assert [channel.name for channel in about.channels] == ["GFP", "1"]
        assert (about.physical_size_x, about.physical_size_z) == (Quantity(0.25, "micrometer"), Quantity(2.0, "micrometer"))
        assert opened.original_metadata()["SpimData.SequenceDescription.ViewSetups.ViewSetup.name"] == "view 0"
        assert [file.name for file in opened.files] == ["channels.xml", "channels.h5"]


def test_angles_are_images_and_absent_views_are_zeros(tmp_path: Path) -> None:
    with open_image_file(angles(tmp_path)) as opened:
        assert [source.description.name for source in opened.images] == ["angles angle 0", "angles angle 1"]
        expected = pixels(2, 2, 5, 40, 50)
        expected[0, 0] = 0
        for number, source in enumerate(opened.images):
            np.testing.assert_array_equal(source.read(Region.whole(source.shape))[:, 0], expected[:, number])


def test_blocks_of_n5_are_read_as_cells_are(tmp_path: Path) -> None:
    expected = pixels(2, 2, 5, 40, 50)
    expected[0, 0] = 0
    with open_image_file(in_n5(tmp_path)) as opened:
        (source,) = opened.images
        assert [level.shape for level in source.levels] == [Size(2, 2, 5, 40, 50), Size(2, 2, 5, 20, 25)]
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), expected)
        small = source.read(Region.whole(source.levels[1].shape), level=1)
        np.testing.assert_array_equal(small, expected[..., ::2, ::2])
        assert [channel.name for channel in source.description.channels] == ["GFP", "1"]
    assert [(one.path.name, one.problem) for one in find_filesets([tmp_path])] == [("blocks.xml", "")]


def test_without_an_xml_every_view_is_an_image(tmp_path: Path) -> None:
    with open_image_file(bare(tmp_path)) as opened:
        assert [source.shape for source in opened.images] == [Size(1, 1, 5, 40, 50)] * 2
        assert "no XML beside" in opened.warnings[0]


def test_either_file_finds_the_whole_fileset_once(tmp_path: Path) -> None:
    partitions(tmp_path)
    for name in ("parts.xml", "parts.h5", "parts-01-00.h5"):
        with open_image_file(tmp_path / name) as opened:
            assert {file.name for file in opened.files} == {"parts.xml", "parts.h5", "parts-00-00.h5", "parts-01-00.h5"}
            whole = opened.images[0].read(Region.whole(opened.images[0].shape))
            np.testing.assert_array_equal(whole[:, 0], pixels(2, 1, 5, 40, 50)[:, 0])
    channels(tmp_path)
    assert [(one.problem, len(one.files)) for one in find_filesets([tmp_path])] == [("", 2), ("", 4)]


def test_links_lead_no_further_than_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write_cells(tmp_path / "secret.h5", all_views(1, 1))
    for target in ("../secret.h5", str(tmp_path / "secret.h5"), "link.h5"):
        with h5py.File(inner / "evil.h5", "w") as file:
            file["s00/resolutions"] = np.array([[1.0, 1, 1]])
            file["t00000/s00"] = h5py.ExternalLink(target, "t00000/s00")
        if target == "link.h5":
            (inner / "link.h5").symlink_to(tmp_path / "secret.h5")
        with pytest.raises(UnreadableFile, match="none of its 1 views has pixels"):
            open_image_file(inner / "evil.h5")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = write_xml(tmp_path / "alone.xml", [{}], "></")
    path.write_text(path.read_text().replace("></</Timepoints>", "></Timepoints>"))
    with pytest.raises(UnreadableFile, match=r"alone\.h5, which is not beside it"):
        open_image_file(path)
    (tmp_path / "alone.h5").write_bytes(b"no HDF5")
    with pytest.raises(UnreadableFile, match=r"alone\.xml cannot be opened"):
        open_image_file(path)
    (tmp_path / "odd.xml").write_text(
        '<SpimData><SequenceDescription><ImageLoader format="spimreconstruction.stack"/></SequenceDescription></SpimData>'
    )
    with pytest.raises(UnreadableFile, match=r"in the format spimreconstruction\.stack"):
        open_image_file(tmp_path / "odd.xml")
    (tmp_path / "cut.xml").write_text("<SpimData><SequenceDescription>")
    with pytest.raises(UnreadableFile, match=r"The description in cut\.xml cannot be read"):
        open_image_file(tmp_path / "cut.xml")
