from __future__ import annotations

import os
from pathlib import Path

import pytest

from micrarium.client.uploading import UploadMemory, find_upload_files
from micrarium.errors import UnreadableFile


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_is_sent_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path / "run1/a.czi", b"123")
    assert [(file.name, file.size_bytes) for file in find_upload_files([tmp_path / "run1/a.czi"])] == [("a.czi", 3)]


def test_a_folder_keeps_its_name_and_its_order(tmp_path: Path) -> None:
    for name in ("run1/b.czi", "run1/a.czi", "run1/deep/c.czi"):
        write(tmp_path / name)
    assert [file.name for file in find_upload_files([tmp_path / "run1"])] == ["run1/a.czi", "run1/b.czi", "run1/deep/c.czi"]


def test_files_of_one_name_in_two_folders_stay_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path / "run1/a.czi"), write(tmp_path / "run2/a.czi")]
    assert [file.name for file in find_upload_files(paths)] == ["run1/a.czi", "run2/a.czi"]


def test_a_file_named_twice_is_sent_once(tmp_path: Path) -> None:
    path = write(tmp_path / "run1/a.czi")
    assert len(find_upload_files([path, tmp_path / "run1", path])) == 1


def test_what_is_missing_or_empty_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"nothing\.czi does not exist"):
        find_upload_files([tmp_path / "nothing.czi"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableFile, match="no files"):
        find_upload_files([tmp_path / "empty"])


def test_what_cannot_be_sent_is_told_and_stops_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "run1/a.czi")
    write(tmp_path / "run1/closed.czi")
    (tmp_path / "run1/gone.czi").symlink_to("nowhere.czi")
    os.mkfifo(tmp_path / "run1/live.czi")
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "closed.czi")
    told: dict[str, str] = {}
    files = find_upload_files([tmp_path / "run1"], leave_out=told.__setitem__)
    assert [file.name for file in files] == ["run1/a.czi"]
    assert told == {
        "run1/closed.czi": "it cannot be read: Permission denied",
        "run1/gone.czi": "it is a link that leads nowhere",
        "run1/live.czi": "it is a pipe, a socket or a device, and no file",
    }


def test_an_upload_is_remembered_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = write(tmp_path / "a.czi", b"123")
    UploadMemory("http://a", find_upload_files([path])).keep("17")
    assert UploadMemory("http://a", find_upload_files([path])).recall() == "17"
    assert UploadMemory("http://b", find_upload_files([path])).recall() is None
    write(path, b"1234")
    assert UploadMemory("http://a", find_upload_files([path])).recall() is None


def test_a_computer_that_cannot_remember_still_uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(write(tmp_path / "a file, no folder")))
    memory = UploadMemory("http://a", find_upload_files([write(tmp_path / "a.czi")]))
    memory.keep("17")
    assert memory.recall() is None
    memory.forget()
