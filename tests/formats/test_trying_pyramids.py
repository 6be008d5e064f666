"""Pyramids built in a process that may die of its file: the same as built here, told of, ended, and survived."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.formats.trying import DeadlyFile, Trial
from micrarium.jobs import JobCancelledError
from micrarium.pixels.pyramids import build_pyramid
from micrarium.testing.files import write_big_tiff


@pytest.fixture
def trial() -> Iterator[Trial]:
    trial = Trial(memory_mb=2048, timeout_s=60)
    yield trial
    trial.close()


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_pyramid_is_the_same_as_one_built_here_and_tells_how_far_it_is(trial: Trial, tmp_path: Path) -> None:
    path, _ = write_big_tiff(tmp_path / "big.tif", side=9000)
    told: list[float] = []
    trial.build_pyramid(path, tmp_path / "there", reader="tiff", series=0, progress=told.append)
    with open_image_file(path, reader="tiff") as opened:
        build_pyramid(opened.images[0], tmp_path / "here")
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 1.0


def test_one_that_is_not_wanted_any_more_ends_with_what_it_made_of_nothing(trial: Trial, tmp_path: Path) -> None:
    path, _ = write_big_tiff(tmp_path / "big.tif", side=5000)

    def cancel(_part: float) -> None:
        raise JobCancelledError

    with pytest.raises(JobCancelledError):
        trial.build_pyramid(path, tmp_path / "there", reader="tiff", series=0, progress=cancel)
    assert not (tmp_path / "there").exists()
    assert trial.is_worn, "the process ended with it"
    trial.build_pyramid(path, tmp_path / "there", reader="tiff", series=0, progress=lambda _part: None)
    assert (tmp_path / "there" / "zarr.json").is_file()


def test_a_process_that_dies_meanwhile_is_told_of(trial: Trial, tmp_path: Path) -> None:
    path, _ = write_big_tiff(tmp_path / "big.tif", side=5000)

    def kill(_part: float) -> None:
        assert trial._process is not None
        os.kill(trial._process.pid, signal.SIGKILL)

    with pytest.raises(DeadlyFile, match=r"big\.tif ends the program that opens it \(SIGKILL\)"):
        trial.build_pyramid(path, tmp_path / "there", reader="tiff", series=0, progress=kill)
    assert not (tmp_path / "there").exists()


def test_an_image_that_a_file_has_not_is_told(trial: Trial, tmp_path: Path) -> None:
    path, _ = write_big_tiff(tmp_path / "big.tif", side=300)
    with pytest.raises(UnreadableFile, match=r"big\.tif has 1 images and no number 4"):
        trial.build_pyramid(path, tmp_path / "there", reader="tiff", series=4, progress=lambda _part: None)


def test_the_process_ends_when_nobody_can_ask_it_any_more(trial: Trial, tmp_path: Path) -> None:
    path, _ = write_big_tiff(tmp_path / "big.tif", side=5000)
    trial.build_pyramid(path, tmp_path / "there", reader="tiff", series=0, progress=lambda _part: None)
    process = trial._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # as when the server is gone
    assert process.wait(30) == 0
