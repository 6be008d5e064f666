"""LOF files and projects of XLEF, XLCF and XLIF that the tests write: from arrays, and from what the LIF samples hold."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.formats.test_made_lifs import Array, pixels
from tests.formats.test_made_lifs import image_xml as short_image_xml

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.formats.lif_files import read_blocks
from micrarium.geometry import Region
from micrarium.testing.readers import ReaderTests
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[2])
_DECLARED = '<?xml version="1.0"?>'
_HEADER = '<LMSDataContainerHeader Version="2">{}</LMSDataContainerHeader>'


def image_xml(name: str, array: Array, axes: str, tags: Sequence[int]) -> str:
    """The Element of an image with all the attributes that liffile asks for."""
    more = '<ChannelDescription NameOfMeasuredQuantity="" Unit="" IsLUTInverted="0" BitInc="0" '
    text = short_image_xml(name, array, axes, tags).replace("<ChannelDescription ", more)
    return text.replace("<DimensionDescription ", '<DimensionDescription BitInc="0" ')


def lof_bytes(xml: str, data: bytes) -> bytes:
    """A LOF file: what it is, its version, its pixels, and behind them its XML."""
    mark, text = "LMS_Object_File".encode("utf-16-le"), xml.encode("utf-16-le")
    head = struct.pack("<IIBI", 0x70, len(mark) + 5, 0x2A, len(mark) // 2) + mark
    version = struct.pack("<BIBIBQ", 0x2A, 2, 0x2A, 0, 0x2A, len(data))
    return head + version + data + struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(text) // 2) + text


def refer(name: str, kind: str, *files: str) -> str:
    """The XML of an experiment or a collection that names other files."""
    children = "".join(f'<Reference File="{file}" UUID="0"/>' for file in files)
    return _DECLARED + _HEADER.format(f'<Element Name="{name}"><Data><{kind}/></Data><Children>{children}</Children></Element>')


def xlif_text(element: str, *frames: tuple[str, int, int]) -> str:
    """The XML of an image whose bytes lie in other files."""
    root = ElementTree.fromstring(element)
    memory = root.find("./Memory")
    assert memory is not None
    for file, offset, size in frames:
        kind = "Block" if file.endswith(".lof") else "Frame"
        ElementTree.SubElement(memory, kind, File=file, Offset=str(offset), Size=str(size), UUID="0")
    return _DECLARED + _HEADER.format(ElementTree.tostring(root, "unicode"))


STACK = pixels(2, 3, 2, 40, 50, dtype="uint16")


def lof(folder: Path) -> Path:
    path = folder / "stack.lof"
    path.write_bytes(lof_bytes(_HEADER.format(image_xml("stack", STACK, "TZCYX", (0, 0))), STACK.tobytes()))
    return path


def old_lof(folder: Path) -> Path:
    path = folder / "a & b.lof"
    element = image_xml("ignored", STACK, "TZCYX", (0, 0))
    path.write_bytes(lof_bytes(element.partition(">")[2].removesuffix("</Element>"), STACK.tobytes()))
    return path


def xlif(folder: Path) -> Path:
    """An image that names its LOF file, as Windows would."""
    lof(folder)
    path = folder / "stack.xlif"
    path.write_text(xlif_text(image_xml("stack", STACK, "TZCYX", (0, 0)), (".\\STACK.lof", 0, STACK.nbytes)), encoding="utf-16")
    return path


def project(folder: Path) -> Path:
    """An experiment with a collection of two images, whose descriptions lie in a folder of their own."""
    (folder / "My Run" / "Metadata").mkdir(parents=True)
    (folder / "My Run" / "images").mkdir()
    for number in (1, 2):
        array = STACK + number
        element = image_xml(f"Image {number}", array, "TZCYX", (0, 0))
        (folder / "My Run" / "images" / f"Image {number}.lof").write_bytes(lof_bytes(_HEADER.format(element), array.tobytes()))
        text = xlif_text(element, (f"..\\images\\image%20{number}.lof", 0, array.nbytes))
        (folder / "My Run" / "Metadata" / f"Image {number}.xlif").write_text(text, encoding="utf-8-sig")
    text = refer("Slide A", "Collection", "Image%201.xlif", "Image%202.xlif")
    (folder / "My Run" / "Metadata" / "Slide A.xlcf").write_text(text, encoding="utf-8")
    path = folder / "My Run" / "My Run.xlef"
    path.write_text(refer("My Run", "Experiment", "Metadata\\Slide A.xlcf"), "utf-16")
    return path


def tiff_frames(folder: Path) -> Path:
    """A picture for each plane."""
    frames = []
    for number, plane in enumerate(STACK.reshape(-1, 40, 50)):
        tifffile.imwrite(folder / f"plane{number}.tif", plane, compression="zlib", metadata=None)
        frames.append((f"plane{number}.tif", number * plane.nbytes, plane.nbytes))
    path = folder / "stack.xlif"
    path.write_text(xlif_text(image_xml("stack", STACK, "TZCYX", (0, 0)), *frames))
    return path


def paged_tiff(folder: Path) -> Path:
    """All planes as pages of one TIFF."""
    tifffile.imwrite(folder / "all.tif", STACK.reshape(-1, 40, 50), metadata=None)
    path = folder / "stack.xlif"
    path.write_text(xlif_text(image_xml("stack", STACK, "TZCYX", (0, 0)), ("all.tif", 0, STACK.nbytes)))
    return path


def colour_frames(folder: Path) -> Path:
    """Two sections in colours, one PNG each."""
    array = pixels(2, 40, 50, 3)
    frames = []
    for number, plane in enumerate(array):
        Image.fromarray(plane).save(folder / f"{number}.png")
        frames.append((f"{number}.png", number * plane.nbytes, plane.nbytes))
    path = folder / "colours.xlif"
    path.write_text(xlif_text(image_xml("colours", array, "ZYXC", (1, 2, 3)), *frames))
    return path


class TestLeicaProjects(ReaderTests):
    reader = "lif"
    paths = (lof, old_lof, xlif, project, tiff_frames, paged_tiff, colour_frames)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        return opened.images[index].read(Region.whole(opened.images[index].shape))


@pytest.mark.parametrize("make", [lof, old_lof, xlif, tiff_frames, paged_tiff])
def test_every_pixel_is_where_it_was_written(tmp_path: Path, make: Any) -> None:
    np.testing.assert_array_equal(_read(make(tmp_path)), STACK.swapaxes(1, 2))


def test_colours_in_pictures_come_out(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(colour_frames(tmp_path))[0], np.moveaxis(pixels(2, 40, 50, 3), -1, 0))


@pytest.mark.parametrize("make", [lof, xlif, project, tiff_frames, colour_frames])
def test_liffile_reads_the_same(tmp_path: Path, make: Any) -> None:
    import liffile

    path = make(tmp_path)
    with liffile.LifFile(path) as other, open_image_file(path) as opened:
        assert len(other.images) == len(opened.images)
        for source, image in zip(opened.images, other.images, strict=True):
            mine, expected = source.read(Region.whole(source.shape)), image.asarray()
            if image.dims[-1] == "S":
                expected = np.moveaxis(expected, -1, 0)
            assert sorted(map(bytes, mine.reshape(-1, *mine.shape[3:]))) == sorted(
                map(bytes, expected.reshape(-1, *expected.shape[-2:]))
            )


def test_any_file_of_a_project_opens_all_of_it(tmp_path: Path) -> None:
    path = project(tmp_path)
    files = {file for file in path.parent.rglob("*") if file.is_file()}
    assert len(files) == 6
    for file in sorted(files):
        with open_image_file(file) as opened:
            assert (set(opened.files), opened.files[0]) == (files, file)
            assert [source.description.name for source in opened.images] == ["Slide A/Image 1", "Slide A/Image 2"]
            np.testing.assert_array_equal(opened.images[1].read(Region.whole(opened.images[1].shape)), (STACK + 2).swapaxes(1, 2))
            assert any(key.startswith("Metadata/Image 2.xlif: ") for key in opened.original_metadata())


def test_a_project_is_found_once_by_its_head(tmp_path: Path) -> None:
    path = project(tmp_path)
    (one,) = find_filesets([tmp_path])
    assert (one.path, one.reader, len(one.files)) == (path, "lif", 6)
    (two,) = find_filesets([tiff_frames(tmp_path / "My Run" / "images")])
    assert two.path.name == "stack.xlif"
    assert len(two.files) == 13


def test_a_file_that_is_missing_leaves_out_its_image_alone(tmp_path: Path) -> None:
    path = project(tmp_path)
    (path.parent / "images" / "Image 1.lof").unlink()
    with open_image_file(path) as opened:
        assert [source.description.name for source in opened.images] == ["Slide A/Image 2"]
        assert opened.warnings == ("Image Slide A/Image 1 was left out: its file image 1.lof is not there",)
    (path.parent / "Metadata" / "Slide A.xlcf").unlink()
    with pytest.raises(UnreadableFile, match=r"My Run\.xlef names Slide A\.xlcf, which is not there"):
        open_image_file(path)


def test_a_project_shows_nothing_that_lies_outside_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    lof(tmp_path)
    path = tmp_path / "given" / "stack.xlif"
    for named in ("..\\stack.lof", str(tmp_path / "stack.lof"), "../stack.lof"):
        path.write_text(xlif_text(image_xml("stack", STACK, "TZCYX", (0, 0)), (named, 0, STACK.nbytes)))
        with pytest.raises(UnreadableFile, match=r"its file stack\.lof is not there"):
            open_image_file(path)
    (tmp_path / "given" / "stack.lof").symlink_to(tmp_path / "stack.lof")
    with pytest.raises(UnreadableFile, match="is not there"):
        open_image_file(path)


def test_files_that_name_each_other_are_read_once(tmp_path: Path) -> None:
    lof(tmp_path)
    (tmp_path / "a.xlef").write_text(refer("a", "Experiment", "b.xlcf", "stack.lof"))
    (tmp_path / "b.xlcf").write_text(refer("b", "Collection", "a.xlef", "b.xlcf", "stack.lof"))
    with open_image_file(tmp_path / "a.xlef") as opened:
        assert [source.description.name for source in opened.images] == ["b/stack"]


def _split(path: Path, folder: Path) -> Path:
    """A project with what a LIF file holds, a LOF and an XLIF for each image."""
    xml, blocks = read_blocks(path)
    data, names = path.read_bytes(), []
    for number, element in enumerate(ElementTree.fromstring(xml).iter("Element")):
        memory = element.find("./Memory")
        if element.find("./Data/Image") is not None and memory is not None:
            offset, size = blocks[memory.get("MemoryBlockID", "")]
            for children in element.findall("./Children"):
                element.remove(children)
            text = ElementTree.tostring(element, "unicode")
            (folder / f"{number}.lof").write_bytes(lof_bytes(_HEADER.format(text), data[offset : offset + size]))
            (folder / f"{number}.xlif").write_text(xlif_text(text, (f"{number}.lof", 0, size)), encoding="utf-8")
            names.append(f"{number}.xlif")
    head = folder / "all.xlef"
    head.write_text(refer("all", "Experiment", *names))
    return head


@pytest.mark.parametrize(
    "path", [] if _SAMPLES is None else sorted((_SAMPLES / "files/lif").glob("*.lif")), ids=lambda path: path.name
)
def test_a_project_made_of_a_sample_is_read_as_the_sample_is(path: Path, tmp_path: Path) -> None:
    with open_image_file(path) as whole, open_image_file(_split(path, tmp_path)) as split:
        assert len(whole.images) == len(split.images)
        for mine, other in zip(whole.images, split.images, strict=True):
            assert mine.levels == other.levels
            assert mine.description.channels == other.description.channels
            assert mine.description.objective == other.description.objective
            np.testing.assert_array_equal(mine.read(Region.whole(mine.shape)), other.read(Region.whole(other.shape)))
