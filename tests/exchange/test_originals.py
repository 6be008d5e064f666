"""Zips that are made while they are sent hold the files, in bounded memory."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from micrarium.errors import InvalidInput, UnreadableFile
from micrarium.exchange.originals import ZipMember, list_folder, plan_zip, stream_zip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "run 1"
    for name, body in {"b/µ.czi": b"1" * 3_000_000, "a.txt": b"", "b/c/x.bin": os.urandom(1000)}.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(body)
    return top


def test_a_folder_comes_out_of_the_zip_as_it_went_in(folder: Path) -> None:
    body = b"".join(stream_zip(list_folder(folder)))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["run 1/a.txt", "run 1/b/µ.czi", "run 1/b/c/x.bin"]
        for name in archive.namelist():
            assert archive.read(name) == (folder.parent / name).read_bytes()


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    assert b"".join(stream_zip(list_folder(folder))) == b"".join(stream_zip(list_folder(folder)))


def test_another_program_can_read_it(folder: Path, tmp_path: Path) -> None:
    program = shutil.which("unzip")
    if program is None:
        pytest.skip("unzip is not installed")
    (tmp_path / "a.zip").write_bytes(b"".join(stream_zip(list_folder(folder, name="x"))))
    assert subprocess.run([program, "-tq", str(tmp_path / "a.zip")], check=False, capture_output=True).returncode == 0


def test_an_empty_zip_is_a_zip() -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(stream_zip([])))) as archive:
        assert archive.namelist() == []


def test_a_large_file_is_streamed_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(300_000_000)
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in stream_zip([ZipMember(tmp_path / "large", "large")]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 300_000_000
    assert peak < 12_000_000


@pytest.mark.soak
def test_a_file_of_more_than_four_gigabytes_comes_through(tmp_path: Path) -> None:
    size = 5 * 2**30
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    members = [ZipMember(tmp_path / "large", "large"), ZipMember(tmp_path / "large", "again")]
    with (tmp_path / "a.zip").open("wb") as out:
        for piece in stream_zip(members):
            out.write(piece)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert [entry.file_size for entry in archive.infolist()] == [size, size]
        with archive.open("again") as file:
            file.seek(size - 10)
            assert file.read() == bytes(10)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ""])
def test_names_that_lead_out_of_the_zip_are_refused(name: str, folder: Path) -> None:
    with pytest.raises(InvalidInput):
        list(stream_zip([ZipMember(folder / "a.txt", name)]))


def test_two_files_of_one_name_and_missing_files_are_refused(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="Two files"):
        list(stream_zip([ZipMember(folder / "a.txt", "x"), ZipMember(folder / "a.txt", "x")]))
    with pytest.raises(UnreadableFile, match=r"nothing\.czi"):
        list(stream_zip([ZipMember(folder / "nothing.czi", "x")]))


def test_the_length_of_a_zip_is_known_and_a_download_can_go_on_anywhere(folder: Path) -> None:
    plan = plan_zip(list_folder(folder))
    whole = b"".join(plan.stream())
    assert plan.size == len(whole)
    for start, end in ((0, 10), (7, 7), (1_048_570, 2_100_000), (3_000_000, None), (plan.size - 30, None)):
        assert b"".join(plan.stream(start, end)) == whole[start:end]
    (folder / "a.txt").write_bytes(b"now it has more")
    assert plan_zip(list_folder(folder)).tag != plan.tag


def test_more_files_than_two_bytes_count_and_great_offsets_are_told_in_longer_fields(folder: Path, tmp_path: Path) -> None:
    plan = plan_zip(ZipMember(folder / "a.txt", f"{number}.txt") for number in range(70_000))
    (tmp_path / "many.zip").write_bytes(b"".join(plan.stream()))
    assert (tmp_path / "many.zip").stat().st_size == plan.size
    with zipfile.ZipFile(tmp_path / "many.zip") as archive:
        assert len(archive.namelist()) == 70_000
        assert archive.read("69999.txt") == b""


def test_a_file_that_became_shorter_breaks_the_download_off(folder: Path) -> None:
    plan = plan_zip(list_folder(folder))
    (folder / "b/µ.czi").write_bytes(b"1")
    with pytest.raises(UnreadableFile, match="shorter"):
        list(plan.stream())
