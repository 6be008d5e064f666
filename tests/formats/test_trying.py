"""Files that end the program which reads them: it is another program that they end, and the others are read."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets
from micrarium.formats.trying import Trial, trying
from micrarium.testing.files import numbered_pixels, write_deadly_reader, write_ome_tiff


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """A process with little memory and time, in which a reader is installed that some files are the end of."""
    monkeypatch.setenv("PYTHONPATH", str(write_deadly_reader(tmp_path / "installed")))
    trial = Trial(memory_mb=1024, timeout_s=20)
    yield trial
    trial.close()


def write_good(path: Path) -> Path:
    """A file that can be read, of pixels from 0 to 999."""
    return write_ome_tiff(path, numbered_pixels(1, 1, 1, 256, 256))


def write(path: Path, deed: str) -> Path:
    path.write_bytes(f"DEADLY {deed}".encode())
    return path


def test_what_a_file_holds_is_told_as_if_it_were_opened_here(trial: Trial, tmp_path: Path) -> None:
    path = write_good(tmp_path / "a.ome.tif")
    assert list(find_filesets([path], examine=trial.examine)) == list(find_filesets([path]))
    (channels,) = trial.measure(path, reader="ome-tiff").values()
    assert [(one.minimum, one.maximum) for one in channels] == [(0.0, 999.0)]
    assert trial.examine(tmp_path) is None


@pytest.mark.parametrize(("deed", "told"), [("segfault", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "status 7")])
def test_a_file_that_ends_its_reader_is_told_to_and_the_next_is_read(trial: Trial, tmp_path: Path, deed: str, told: str) -> None:
    bad, good = write(tmp_path / "bad.img", deed), write_good(tmp_path / "good.ome.tif")
    for path in (good, bad, good):
        found = trial.examine(path)
        assert found is not None
        assert bool(found.problem) == (path is bad)
        if path is bad:
            assert found.problem == (
                f"bad.img ends the program that opens it ({told}), so it is not opened again; it is probably damaged"
            )


def test_a_file_that_asks_for_all_memory_gets_none(trial: Trial, tmp_path: Path) -> None:
    found = trial.examine(write(tmp_path / "huge.img", "fill"))
    assert found is not None
    assert found.problem == "huge.img takes more than 1024 MB of memory to open; it may be damaged"


def test_a_file_that_never_ends_is_given_up(trial: Trial, tmp_path: Path) -> None:
    trial.timeout_s = 1
    began = time.monotonic()
    found = trial.examine(write(tmp_path / "endless.img", "hang"))
    assert found is not None
    assert found.problem == "endless.img was given up after 1 seconds of opening it; it may be damaged"
    assert time.monotonic() - began < 15
    with pytest.raises(UnreadableFile, match="given up after 1 seconds"):
        trial.measure(tmp_path / "endless.img", reader="deadly")


def test_a_file_of_many_images_has_the_time_for_each_of_them(trial: Trial, tmp_path: Path) -> None:
    path = write(tmp_path / "many.img", "crawl")
    assert trial.examine(path) is not None  # when all is imported
    trial.timeout_s = 1.5  # for four images that take 0.6 s each
    assert list(trial.measure(path, reader="deadly")) == [0, 1, 2, 3]
    trial.timeout_s = 0.3
    with pytest.raises(UnreadableFile, match=r"given up after 0\.3 seconds"):
        trial.measure(path, reader="deadly")


def test_waiting_for_a_file_can_be_stopped(trial: Trial, tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    trial.beat = stop
    with pytest.raises(KeyboardInterrupt):
        trial.examine(write(tmp_path / "endless.img", "hang"))
    assert trial.is_worn


def test_what_libraries_print_is_no_answer(trial: Trial, tmp_path: Path) -> None:
    found = trial.examine(write(tmp_path / "loud.img", "print"))
    assert found is not None
    assert found.problem == "loud.img is of no use"


def test_a_process_is_kept_for_the_next_and_told_no_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(write_deadly_reader(tmp_path / "installed")))
    monkeypatch.setenv("MICRARIUM_ADMIN_PASSWORD", "correct horse")
    seen = set()
    for _ in range(2):
        with trying(memory_mb=1025, timeout_s=20) as trial:
            found = trial.examine(write(tmp_path / "curious.img", "environment"))
            assert found is not None
            assert "correct horse" not in found.problem
            seen.add(found.problem)
    assert len(seen) == 1  # it told its number, too
    trial.close()


def test_a_process_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from pathlib import Path; from micrarium.formats.trying import Trial\n"
        "t = Trial(memory_mb=1024, timeout_s=20); t.examine(Path(sys.argv[1])); print(t._process.pid, flush=True); os._exit(0)"
    )
    path = write_good(tmp_path / "a.ome.tif")
    told = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True).stdout
    for _ in range(100):
        if not _is_alive(int(told)):
            break
        time.sleep(0.1)
    assert not _is_alive(int(told))


def _is_alive(number: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False


def test_a_process_that_was_told_of_other_readers_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    found = []
    for preferred in ("", "tiff", ""):
        monkeypatch.setenv("MICRARIUM_PREFER_READERS", preferred)
        with trying(memory_mb=1024, timeout_s=60) as trial:
            examined = trial.examine(path)
        assert examined is not None
        found.append(examined.reader)
    assert found == ["ome-tiff", "tiff", "ome-tiff"]
