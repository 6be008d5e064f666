from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from micrarium.client import Client, Image, ImportResult, importing
from micrarium.client.uploading import UploadMemory, find_upload_files, upload_files
from micrarium.errors import NotFound, OutputExists, UnreadableFile, UsageError
from micrarium.testing.servers import TemporaryServer


def test_files_and_folders_are_imported_with_progress(client: Client, stack_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "deep").mkdir(parents=True)
    stack_file.rename(run / "a.ome.tif")
    tifffile.imwrite(run / "deep/b.tif", np.random.default_rng().integers(0, 255, (40, 50), dtype=np.uint8))
    told: list[float] = []
    result = client.import_files(run, dataset="A run", project="A thesis", progress=lambda done, _doing: told.append(done))
    assert (len(result.images), result.failed) == (2, [])
    assert told == sorted(told)
    assert told[-1] == 1.0
    dataset = client.datasets(name="A run").first()
    assert {image.id for image in dataset.images} == set(result.images)
    assert [project.name for project in client.projects(name="A thesis")] == ["A thesis"]
    assert "image:" in result._repr_html_()


def test_what_cannot_be_read_is_reported_and_the_rest_imported(client: Client, stack_file: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("day 3")
    (tmp_path / "cut.tif").write_bytes(b"II*\x00\x08\x00\x00\x00")
    result = client.import_files([stack_file, tmp_path / "notes.txt", tmp_path / "cut.tif"])
    assert len(result.images) == 1
    assert {Path(entry["path"]).name for entry in result.skipped + result.failed} == {"notes.txt", "cut.tif"}
    assert all(entry["reason"] for entry in result.skipped + result.failed)


def test_what_failed_is_told_file_by_file_and_tried_again(client: Client, stack_file: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.ome.tif", tmp_path / "bad.ome.tif"
    good.write_bytes(stack_file.read_bytes() + b"another")
    bad.write_bytes(stack_file.read_bytes()[:500])
    result = client.import_files([good, bad], on_server=True)
    assert {Path(row["path"]).name: row["outcome"] for row in result.report()} == {
        "good.ome.tif": "imported",
        "bad.ome.tif": "failed",
    }
    bad.write_bytes(stack_file.read_bytes() + b"mended")
    again = result.retry()
    assert len(again.images) == 1
    assert not again.failed
    with pytest.raises(UsageError, match="of no job"):
        ImportResult().retry()


def test_a_file_of_an_odd_name_does_not_stop_the_others(client: Client, stack_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    stack_file.rename(folder / "a.ome.tif")
    (folder / "two\nlines.tif").write_bytes(b"II*")
    with open(os.fsencode(folder) + b"/caf\xe9.tif", "wb") as file:  # noqa: PTH123 (a name that is no text)
        file.write(b"II*")
    result = client.import_files(folder)
    assert len(result.images) == 1
    assert sorted(entry["path"] for entry in result.failed) == ["odd/caf\\udce9.tif", "odd/two\\nlines.tif"]
    assert all("rename it" in entry["reason"] for entry in result.failed)


def test_a_link_that_leads_back_is_not_followed_again(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.tif").write_bytes(b"II*")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    assert [file.name for file in find_upload_files([tmp_path / "a"])] == ["a/one.tif"]


def test_what_is_there_already_is_left_out(client: Client, stack_file: Path) -> None:
    (number,) = client.import_files(stack_file).images
    again = client.import_files(stack_file)
    assert again.images == []
    assert f"already imported as image:{number}" in again.skipped[0]["reason"]


def test_an_administrator_imports_in_place(client: Client, stack_file: Path) -> None:
    (image,) = client.import_files(stack_file, in_place=True).objects
    assert np.asarray(image.array()[0, 0, 0]).tobytes() == tifffile.imread(stack_file)[0, 0].tobytes()


def test_a_file_left_in_place_is_known_by_where_it_lies(client: Client, stack_file: Path, tmp_path: Path) -> None:
    passed = tmp_path / "passed"
    passed.mkdir()
    (image,) = client.import_files(passed / ".." / stack_file.relative_to(tmp_path), in_place=True).objects
    passed.rmdir()
    assert np.asarray(image.array()[0, 0, 0]).tobytes() == tifffile.imread(stack_file)[0, 0].tobytes()


def test_an_upload_goes_on_where_a_killed_program_stopped(server: TemporaryServer, client: Client, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(2**20) * 96)
    program = (
        "import sys\nfrom micrarium.client import connect\nfrom micrarium.client.uploading import *\n"
        "client = connect(sys.argv[1], token=sys.argv[2])\nfiles = find_upload_files([sys.argv[3]])\n"
        "upload_files(client.connection, files, progress=lambda done, doing: print(done, flush=True))\n"
    )
    command = [sys.executable, "-c", program, server.url, server.token, str(large)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    files = find_upload_files([large])
    remembered = UploadMemory(client.connection.url, files).recall()
    assert remembered is not None
    before = client.connection.get(f"/api/v1/uploads/{remembered}")["files"][0]["received"]
    assert 0 < before < large.stat().st_size
    told: list[float] = []
    assert upload_files(client.connection, files, progress=lambda done, _doing: told.append(done)) == remembered
    assert told[0] > before / large.stat().st_size
    assert client.connection.get(f"/api/v1/uploads/{remembered}")["files"][0]["received"] == large.stat().st_size
    client.connection.send("DELETE", f"/api/v1/uploads/{remembered}")


def test_an_upload_that_the_server_forgot_starts_anew(client: Client, stack_file: Path) -> None:
    UploadMemory(client.connection.url, find_upload_files([stack_file])).keep("999999")
    assert len(client.import_files(stack_file).images) == 1


def test_an_upload_that_another_program_imported_meanwhile_is_sent_anew(
    client: Client, stack_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[int] = []

    def send_and_be_overtaken(*arguments: Any, **options: Any) -> str:
        sent = upload_files(*arguments, **options)
        if not others:
            monkeypatch.undo()
            others.extend(client.import_files(stack_file).images)
        return sent

    monkeypatch.setattr(importing, "upload_files", send_and_be_overtaken)
    result = client.import_files(stack_file)
    assert len(others) == 1
    assert (result.images, [entry["image"] for entry in result.skipped]) == ([], others)


def test_an_unknown_group_is_told_before_anything_is_sent(client: Client, stack_file: Path) -> None:
    with pytest.raises(NotFound, match="nobody's"):
        client.import_files(stack_file, group="nobody's")
    with pytest.raises(UnreadableFile):
        client.import_files(stack_file.with_name("missing.tif"))
    with pytest.raises(UsageError, match="path is empty"):
        client.import_files("")


def test_an_original_comes_back_byte_for_byte(client: Client, image: Image, stack_file: Path, tmp_path: Path) -> None:
    out = client.export(image, tmp_path / "back.ome.tif", format="original")
    assert out.read_bytes() == stack_file.read_bytes()


def test_an_export_as_ome_zarr_opens_in_zarr_python_with_its_crate(
    client: Client, image: Image, stack_file: Path, tmp_path: Path
) -> None:
    out = client.export(str(image.reference), tmp_path / "back.ome.zarr")
    array = np.asarray(zarr.open_array(out, path="0", mode="r"))
    assert (array[0] == tifffile.imread(stack_file).swapaxes(0, 1)).all()
    assert (out / "ro-crate-metadata.json").is_file()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_can_be_kept_as_the_zip_it_comes_in(client: Client, image: Image, tmp_path: Path) -> None:
    out = client.export(image, tmp_path / "back.zip")
    with zipfile.ZipFile(out) as opened:
        assert any(name.endswith("ro-crate-metadata.json") for name in opened.namelist())


def test_an_export_as_ome_tiff_has_the_same_pixels(client: Client, image: Image, stack_file: Path, tmp_path: Path) -> None:
    out = client.export(image, tmp_path / "back.ome.tiff", format="ome-tiff")
    assert sorted(np.unique(tifffile.imread(out))) == sorted(np.unique(tifffile.imread(stack_file)))
    with tifffile.TiffFile(out) as opened:
        assert "DAPI" in (opened.ome_metadata or "")


def test_an_export_never_overwrites_unasked_and_keeps_the_old_on_an_error(client: Client, image: Image, tmp_path: Path) -> None:
    out = tmp_path / "back.ome.zarr"
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    with pytest.raises(OutputExists):
        client.export(image, out)
    with pytest.raises(NotFound):
        client.export("image:999999", out, overwrite=True)
    assert (out / "mine.txt").read_text() == "keep me"
    client.export(image, out, overwrite=True)
    assert not (out / "mine.txt").exists()
    with pytest.raises(UsageError, match="ome-zarr"):
        client.export(image, tmp_path / "x", format="gif")
    with pytest.raises(UsageError, match="does not exist"):
        client.export(image, tmp_path / "nowhere/x.ome.zarr")


def test_an_upload_waits_for_a_server_that_comes_back(tmp_path: Path) -> None:
    from micrarium.client import connect
    from micrarium.testing.servers import make_token, start_server

    data = tmp_path / "data"
    large = tmp_path / "large.bin"
    large.write_bytes(b"0123456789abcdef" * 2**21)
    with start_server(data) as first:
        token = make_token(first.url, first.admin_password)
        client = connect(first.url, token=token)
        files = find_upload_files([large])
        port = int(first.url.rsplit(":", 1)[1])
        restarted: list[subprocess.Popen[bytes]] = []

        def restart_once(_done: float, _doing: str) -> None:
            if not restarted:
                first.process.kill()
                first.process.wait()
                command = [sys.executable, "-m", "micrarium.cli", "serve", "--data", str(data), "--port", str(port)]
                restarted.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        try:
            upload_id = upload_files(client.connection, files, progress=restart_once)
            state = client.connection.get(f"/api/v1/uploads/{upload_id}")
            assert state["files"][0]["received"] == large.stat().st_size
        finally:
            client.close()
            for process in restarted:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=20)
