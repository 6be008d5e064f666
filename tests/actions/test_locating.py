"""Image files kept open between requests: a bounded number, and none closed while it is read."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from micrarium.actions.locating import OpenFiles
from micrarium.errors import UnreadableFile
from micrarium.geometry import Region
from micrarium.testing.files import numbered_pixels, write_ome_tiff


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [write_ome_tiff(tmp_path / f"{n}.ome.tif", numbered_pixels(1, 1, 1, 16, 16, seed=n)) for n in range(6)]


def read(files: OpenFiles, path: Path, *, most: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    with files.use(path, "ome-tiff", most=most) as entry:
        assert entry.file is not None
        source = entry.file.images[0]
        return source.read(Region.whole(source.shape))


def test_no_more_files_stay_open_than_allowed(paths: list[Path]) -> None:
    files = OpenFiles()
    for path in (*paths, *paths):
        read(files, path)
        assert len(files) <= 3
    files.close_below()
    assert len(files) == 0


def test_a_file_is_opened_once_for_many_readers(paths: list[Path]) -> None:
    files = OpenFiles()
    with files.use(paths[0], "ome-tiff", most=3) as first, files.use(paths[0], "ome-tiff", most=3) as second:
        assert first.file is second.file
    files.close_below()


def test_a_file_that_is_being_read_outlives_others_and_the_closing_of_all(paths: list[Path]) -> None:
    files = OpenFiles()
    with files.use(paths[0], "ome-tiff", most=1) as entry:
        for path in paths[1:]:
            read(files, path, most=1)
        files.close_below(paths[0].parent)
        held = entry.file
        assert held is not None
        source = held.images[0]
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), numbered_pixels(1, 1, 1, 16, 16, seed=0))
    with pytest.raises(UnreadableFile, match="closed"):
        source.read(Region.whole(source.shape))
    assert len(files) == 0


def test_a_file_that_was_replaced_is_read_anew_and_one_that_is_gone_is_named(paths: list[Path]) -> None:
    files = OpenFiles()
    read(files, paths[0])
    write_ome_tiff(paths[0], numbered_pixels(1, 1, 1, 20, 20, seed=9))
    np.testing.assert_array_equal(read(files, paths[0]), numbered_pixels(1, 1, 1, 20, 20, seed=9))
    paths[0].unlink()
    with pytest.raises(UnreadableFile, match=r"0\.ome\.tif is not where it was imported from"):
        read(files, paths[0])
    paths[1].write_bytes(b"II*\x00damaged")
    with pytest.raises(UnreadableFile):
        read(files, paths[1])
    files.close_below()


def test_many_threads_read_many_files_through_few_places(paths: list[Path]) -> None:
    files = OpenFiles()
    wrong: list[int] = []

    def work(seed: int) -> None:
        order = np.random.default_rng(seed).integers(0, len(paths), 60)
        found = {int(number): read(files, paths[number], most=2) for number in order}
        wrong.extend(n for n, pixels in found.items() if not np.array_equal(pixels, numbered_pixels(1, 1, 1, 16, 16, seed=n)))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    files.close_below()
    assert len(files) == 0
