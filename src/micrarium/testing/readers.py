"""The conformance suite for readers of file formats: subclass it, say which files to read, and run it with pytest.

    from micrarium.testing.readers import ReaderTests

    class TestMyReader(ReaderTests):
        reader = "my-format"
        paths = [Path("one.myf"), Path("many-channels.myf")]

Every image of every path is put through every test.
"""

from __future__ import annotations

import json
import pickle
import random
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from micrarium.actions.inspecting import inspect_file
from micrarium.errors import InvalidInput, UnreadableFile
from micrarium.formats import find_filesets, open_image_file, readers
from micrarium.geometry import Quantity, Region, Size
from micrarium.pixels.source import ImageDescription, ImageFile, Source

#: Images with more pixels than this are looked at through a window of their full resolution.
_LARGEST_READ_PIXELS = 4 << 20
_MOST_IMAGES = 6
_LONGEST_S = 10.0
_CLOSING_S = 5.0
_MOST_MEMORY_BYTES = 700 << 20


class ReaderTests:
    """What every reader must do, on the files that a subclass names."""

    #: The name the reader is registered under.
    reader: ClassVar[str]
    #: Files and folders it reads, or functions that make one in the folder they are given.
    paths: ClassVar[Sequence[Path | Callable[[Path], Path]]] = ()
    #: How many damaged copies of each file are tried.
    damages: ClassVar[int] = 8

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run every test that asks for ``reader_path`` on each of the paths."""
        if "reader_path" in metafunc.fixturenames:
            absent = pytest.param(None, marks=pytest.mark.skip(reason="there are no files to read"))
            names = [getattr(path, "name", getattr(path, "__name__", "file")) for path in self.paths]
            metafunc.parametrize("reader_path", list(self.paths) or [absent], ids=names or ["none"], indirect=True)

    @pytest.fixture
    def reader_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        """One of the paths, made now where it is to be made."""
        path: Path | Callable[[Path], Path] = request.param
        return path if isinstance(path, Path) else path(tmp_path)

    @pytest.fixture
    def opened(self, reader_path: Path) -> Iterator[ImageFile]:
        """One of the files, opened by the reader under test."""
        with open_image_file(reader_path, reader=self.reader) as image_file:
            yield image_file

    def test_the_first_bytes_choose_this_reader(self, reader_path: Path) -> None:
        with open_image_file(reader_path) as image_file:
            assert image_file.reader == self.reader
            assert image_file.reader_version
            assert next(one.version for one in readers() if one.name == self.reader) == image_file.reader_version

    def test_the_file_tells_what_belongs_to_it(self, opened: ImageFile, reader_path: Path) -> None:
        assert opened.images
        assert all(Path(file).is_absolute() and Path(file).is_file() for file in opened.files)
        assert len(set(opened.files)) == len(opened.files)
        assert reader_path.is_dir() or Path(reader_path).absolute() in [Path(file) for file in opened.files]
        assert all(isinstance(warning, str) and warning for warning in opened.warnings)

    def test_the_fileset_is_found_once(self, reader_path: Path) -> None:
        found = list(find_filesets([reader_path, reader_path]))
        assert [(one.reader, one.problem) for one in found] == [(self.reader, "")]

    def test_a_region_is_a_crop_of_the_whole(self, opened: ImageFile) -> None:
        for source in _sources(opened):
            for level in range(len(source.levels)):
                whole = _looked_at(source, level)
                all_of_it = source.read(whole, level=level)
                assert all_of_it.shape == tuple(whole.shape)
                assert all_of_it.dtype == source.dtype
                for region in _crops(whole):
                    relative = tuple(
                        slice(a - o, a - o + n) for a, o, n in zip(region.start, whole.start, region.shape, strict=True)
                    )
                    np.testing.assert_array_equal(source.read(region, level=level), all_of_it[relative])

    def test_many_threads_read_the_same(self, opened: ImageFile) -> None:
        for source in _sources(opened):
            crops = _crops(_looked_at(source, 0)) * 3
            alone = [source.read(region) for region in crops]
            with ThreadPoolExecutor(6) as pool:
                for one, other in zip(alone, pool.map(source.read, crops), strict=True):
                    np.testing.assert_array_equal(one, other)

    def test_a_source_can_be_pickled(self, opened: ImageFile) -> None:
        for source in _sources(opened):
            again: Source = pickle.loads(pickle.dumps(source))  # noqa: S301 (made by the line itself)
            assert again.levels == source.levels
            assert again.description == source.description
            for region in _crops(_looked_at(source, 0))[:2]:
                np.testing.assert_array_equal(again.read(region), source.read(region))

    def test_no_file_stays_open(self, reader_path: Path) -> None:
        before = _open_files()
        with open_image_file(reader_path, reader=self.reader) as image_file:
            for source in _sources(image_file):
                source.read(_crops(_looked_at(source, 0))[0])
            image_file.original_metadata()
            for source in image_file.images[:4]:  # their notes on planes may be read from the file only now
                assert source.planes is None or len(source.planes.columns) <= 5
        left = _open_files() - before
        give_up = time.monotonic() + _CLOSING_S
        while left and time.monotonic() < give_up:  # libraries with threads of their own close a moment later
            time.sleep(0.02)
            left = _open_files() - before
        assert not left, f"still open: {sorted(left)}"

    def test_a_closed_file_says_so(self, reader_path: Path) -> None:
        image_file = open_image_file(reader_path, reader=self.reader)
        image_file.close()
        image_file.close()
        source = image_file.images[0]
        with pytest.raises(UnreadableFile):
            source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 1, 1)))

    def test_regions_outside_are_refused(self, opened: ImageFile) -> None:
        for source in _sources(opened):
            shape = source.shape
            for axis in range(5):
                start, size = [0] * 5, [1] * 5
                start[axis] = shape[axis]
                with pytest.raises(InvalidInput):
                    source.read(Region(Size(*start), Size(*size)))
            with pytest.raises(InvalidInput):
                source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 1, 1)), level=len(source.levels))

    def test_levels_shrink_in_step(self, opened: ImageFile) -> None:
        for source in _sources(opened):
            full = source.levels[0].shape
            assert source.shape == full
            for above, level in zip(source.levels, source.levels[1:], strict=False):
                assert level.shape[:2] == full[:2]
                assert level.shape.x <= above.shape.x
                assert level.shape.y <= above.shape.y
                assert level.shape != above.shape
            for level in source.levels:
                assert all(1 <= chunk <= size for chunk, size in zip(level.chunk, level.shape, strict=True))

    def test_the_description_makes_sense(self, opened: ImageFile) -> None:
        for source in _sources(opened):
            about = source.description
            assert isinstance(about, ImageDescription)
            assert about.name
            assert source.samples in (1, 3, 4)
            assert source.shape.c % source.samples == 0
            assert len(about.channels) == source.shape.c // source.samples
            assert source.dtype.kind in "uifc"
            assert source.dtype.isnative
            for quantity in (about.physical_size_x, about.physical_size_y, about.physical_size_z):
                assert quantity is None or (isinstance(quantity, Quantity) and quantity.value > 0)
            for channel in about.channels:
                assert channel.color is None or (len(channel.color) == 6 and int(channel.color, 16) >= 0)
                assert channel.window is None or channel.window[0] <= channel.window[1]
            assert about.acquisition_date is None or about.acquisition_date.tzinfo is not None
            assert about.well is None or about.well.plate < len(opened.plates)
            for label in source.labels.values():
                assert label.description.is_label

    def test_damaged_copies_are_read_or_told_in_one_line(
        self, reader_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        check_damaged_copies(reader_path, tmp_path / "damaged", reader=self.reader, count=self.damages)
        assert capfd.readouterr() == ("", "")

    def test_original_metadata_is_flat_text(self, opened: ImageFile) -> None:
        metadata = opened.original_metadata()
        assert all(isinstance(key, str) and isinstance(value, str) for key, value in metadata.items())
        json.dumps(metadata)


def check_damaged_copies(path: Path, folder: Path, *, reader: str, count: int) -> None:
    """Copies a file or folder, damages it ``count`` times and inspects it each time.

    Fails when that raises anything but ``UnreadableFile`` with a single line, takes long or takes much memory.
    """
    copied = folder / path.name
    folder.mkdir()
    if path.is_dir():
        shutil.copytree(path, copied)
    else:
        shutil.copy(path, copied)
    files = [file for file in sorted(copied.rglob("*")) if file.is_file()] if copied.is_dir() else [copied]
    whole = {file: data for file in files if (data := file.read_bytes())}
    chance = random.Random(path.name)
    memory_before = _peak_memory_bytes()
    for _ in range(count):
        victim = chance.choice(sorted(whole))
        victim.write_bytes(spoil(whole[victim], chance))
        start = time.monotonic()
        with suppress(UnreadableFile):
            _inspect_in_one_line(copied, reader)
        assert time.monotonic() - start < _LONGEST_S
        victim.write_bytes(whole[victim])
    assert _peak_memory_bytes() - memory_before < _MOST_MEMORY_BYTES


def _inspect_in_one_line(path: Path, reader: str) -> None:
    try:
        inspect_file(path, with_hash=True, reader=reader)
    except UnreadableFile as error:
        if "\n" in error.detail:
            raise AssertionError(f"More than one line: {error.detail}") from error
        raise


def spoil(data: bytes, chance: random.Random) -> bytes:
    """The data cut short, with a few bits flipped, or with bytes near the beginning or anywhere overwritten."""
    way = chance.choice(["cut", "flip", "flip", "head", "many"])
    if way == "cut":
        return data[: chance.randrange(len(data))]
    hurt = bytearray(data)
    for _ in range(chance.randint(1, 3) if way == "flip" else 0):
        hurt[chance.randrange(len(hurt))] ^= 1 << chance.randrange(8)
    reach = min(len(hurt), 2048) if way == "head" else len(hurt)
    for _ in range({"head": 3, "many": 50}.get(way, 0)):
        hurt[chance.randrange(reach)] = chance.choice([0, 255, 127, chance.randrange(256)])
    return bytes(hurt)


def _peak_memory_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _sources(opened: ImageFile) -> list[Source]:
    """The first few images of a file, and the labels over them."""
    images = list(opened.images[:_MOST_IMAGES])
    return images + [label for image in images for label in image.labels.values()]


def _looked_at(source: Source, level: int) -> Region:
    """All of a level, or as much from its middle as tests should read."""
    shape = source.levels[level].shape
    if np.prod([float(size) for size in shape]) <= _LARGEST_READ_PIXELS:
        return Region.whole(shape)
    size = Size(min(shape.t, 2), min(shape.c, 2 * source.samples), min(shape.z, 2), min(shape.y, 700), min(shape.x, 700))
    return Region(Size(*((total - kept) // 2 for total, kept in zip(shape, size, strict=True))), size)


def _crops(whole: Region) -> list[Region]:
    """Corners, a middle, single planes and single samples of a region."""
    start, shape = whole
    thirds = Size(*(max(1, size // 3) for size in shape))
    last = Size(*(a + n - 1 for a, n in zip(start, shape, strict=True)))
    return [
        Region(start, thirds),
        Region(Size(*(a + (n - k) // 2 for a, n, k in zip(start, shape, thirds, strict=True))), thirds),
        Region(Size(*(a + n - k for a, n, k in zip(start, shape, thirds, strict=True))), thirds),
        Region(last, Size(1, 1, 1, 1, 1)),
        Region(Size(last.t, last.c, last.z, start.y, start.x), Size(1, 1, 1, shape.y, shape.x)),
        Region(Size(start.t, start.c, start.z, last.y, start.x), Size(1, shape.c, 1, 1, shape.x)),
        Region(Size(start.t, start.c, start.z, start.y, last.x), Size(shape.t, 1, shape.z, shape.y, 1)),
    ]


def _open_files() -> set[str]:
    """The regular files this process holds open or mapped; nothing where the system does not tell."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return set()
    found = set()
    for entry in folder.iterdir():
        try:
            target = entry.readlink()
        except OSError:
            continue
        if target.is_absolute() and target.is_file() and not str(target).startswith(("/dev", "/proc")):
            found.add(str(target))
    return found
