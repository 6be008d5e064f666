"""Which reader opens what, what is said of files nobody knows, and which filesets lie in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import find_filesets, open_image_file, readers
from micrarium.formats.previewing import is_known_format
from micrarium.formats.reader import Reader


def _tiff(path: Path) -> Path:
    tifffile.imwrite(path, np.zeros((8, 9), "uint8"), metadata=None)
    return path


def _zarr(path: Path) -> Path:
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    group.create_array("0", data=np.zeros((8, 9), "uint8"))
    group.attrs["multiscales"] = [{"version": "0.4", "axes": [{"name": "y"}, {"name": "x"}], "datasets": [{"path": "0"}]}]
    return path


def test_our_readers_are_registered_as_a_strangers_would_be() -> None:
    found = readers()
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]
    assert {reader.name for reader in found} >= set(project["entry-points"]["micrarium.formats"]) > {"czi", "ome-tiff", "tiff"}
    assert all(isinstance(reader, Reader) and reader.version for reader in found)


def test_the_suffix_does_not_decide(tmp_path: Path) -> None:
    with open_image_file(_tiff(tmp_path / "really-a-tiff.czi")) as opened:
        assert opened.reader == "tiff"


def test_a_reader_can_be_chosen_or_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.ome.tif"
    tifffile.imwrite(path, np.zeros((3, 8, 9), "uint8"), metadata={"axes": "ZYX"})
    with open_image_file(path) as opened:
        assert opened.reader == "ome-tiff"
    with open_image_file(path, reader="tiff") as opened:
        assert opened.reader == "tiff"
    with open_image_file(path, preferred=["tiff"]) as opened:
        assert opened.reader == "tiff"
    monkeypatch.setenv("MICRARIUM_PREFER_READERS", '["tiff"]')
    with open_image_file(path) as opened:
        assert opened.reader == "tiff"
    with pytest.raises(UnsupportedFormat, match=r"no reader 'fish'; installed: .*czi"):
        open_image_file(path, reader="fish")


def test_unknown_bytes_are_shown(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_bytes(b"hello world, this is no image")
    with pytest.raises(UnsupportedFormat, match=r"First bytes: 68 65 6c 6c 6f .*\(hello world,\)"):
        open_image_file(tmp_path / "note.txt")
    (tmp_path / "nothing.tif").write_bytes(b"")
    with pytest.raises(UnsupportedFormat, match="empty"):
        open_image_file(tmp_path / "nothing.tif")
    with pytest.raises(UnreadableFile, match="No such file"):
        open_image_file(tmp_path / "absent.tif")


def test_a_folder_with_one_fileset_opens_it_and_one_with_several_names_them(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with pytest.raises(UnsupportedFormat, match="without any file"):
        open_image_file(folder)
    _zarr(folder / "a.zarr")
    with open_image_file(folder) as opened:
        assert opened.reader == "ome-zarr"
    (folder / "cut.tif").write_bytes(b"II*\x00\x08\x00\x00\x00")
    (folder / "notes.txt").write_text("day 3")
    with open_image_file(folder) as opened:
        assert [warning.split()[0] for warning in opened.warnings] == ["cut.tif"]
    _tiff(folder / "b.tif")
    with pytest.raises(UnsupportedFormat, match="holds 2 filesets"):
        open_image_file(folder)


def test_a_walk_finds_each_fileset_once_and_tells_what_it_cannot_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    _tiff(tmp_path / "b.tif")
    _zarr(inner / "a.zarr")
    Image.fromarray(np.zeros((8, 9), "uint8")).save(inner / "c.png")
    (inner / "table.csv").write_text("a,b\n")
    (inner / ".hidden").write_text("not looked at")
    (inner / "hurt.tif").write_bytes(b"II*\0\x08\0\0\0\xff\xff")
    (inner / "loop").symlink_to(tmp_path)
    found = list(find_filesets([tmp_path, inner / "c.png"]))
    assert [(one.path.name, one.reader) for one in found] == [
        ("a.zarr", "ome-zarr"),
        ("c.png", "raster"),
        ("hurt.tif", ""),
        ("table.csv", ""),
        ("b.tif", "tiff"),
    ]
    assert len(found[0].files) > 2
    assert [bool(one.problem) for one in found] == [False, False, True, True, False]
    assert next(iter(find_filesets([tmp_path / "absent"]))).problem.endswith("No such file or directory")


_STRANGER = """
from micrarium.errors import UnreadableFile
class StrangerReader:
    name, version, suffixes = "stranger", "1", (".odd",)
    def recognises(self, head, path): return head.startswith(b"ODD!")
    def open(self, path): raise UnreadableFile(f"{path.name} is odder than expected")
"""


def test_another_packages_reader_is_found(tmp_path: Path) -> None:
    (tmp_path / "stranger.py").write_text(_STRANGER)
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[micrarium.formats]\nstranger = stranger:StrangerReader\n")
    (tmp_path / "one.odd").write_bytes(b"ODD! and more")
    script = f"""
import json
from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file, readers
try:
    open_image_file({str(tmp_path / "one.odd")!r})
except UnreadableFile as error:
    print(json.dumps([[reader.name for reader in readers()], error.detail]))
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, env=environment, text=True)
    names, detail = json.loads(run.stdout)
    assert "stranger" in names
    assert detail == "one.odd is odder than expected"


def test_choosing_a_reader_imports_no_heavy_library() -> None:
    script = """
import sys
from pathlib import Path
from micrarium.formats import readers
assert not any(reader.recognises(b"nothing", Path("x")) for reader in readers())
heavy = {"tifffile", "nd2", "h5py", "mrcfile", "oiffile", "zarr", "tensorstore", "imagecodecs", "liffile", "czifile", "PIL", "cv2"}
print(sorted((heavy | {"sqlalchemy", "fastapi", "pydicom", "openslide"}) & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "[]"


def test_a_pipe_is_refused_and_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "live_t02.tif")
    _tiff(tmp_path / "live_t00.tif")
    _tiff(tmp_path / "live_t01.tif")
    with pytest.raises(UnsupportedFormat, match=r"live_t02\.tif is a pipe, a socket or a device, and no file"):
        open_image_file(tmp_path / "live_t02.tif")
    assert not is_known_format(tmp_path / "live_t02.tif")
    found = [(one.path.name, len(one.files), bool(one.problem)) for one in find_filesets([tmp_path])]
    assert found == [("live_t00.tif", 2, False), ("live_t02.tif", 1, True)]


def test_a_link_to_itself_hides_no_files_beside_it(tmp_path: Path) -> None:
    for number in range(6):
        _tiff(tmp_path / f"m_t{number:02}.tif")
    (tmp_path / "a_loop.tif").symlink_to("a_loop.tif")
    with open_image_file(tmp_path / "m_t03.tif") as opened:
        assert (opened.reader, len(opened.files)) == ("sequence", 6)
