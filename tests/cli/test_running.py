from __future__ import annotations

import os
import pty
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from micrarium.cli.commands import app

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_without_a_command_the_help_is_shown(micrarium: Run) -> None:
    answer = micrarium()
    assert answer.returncode == 0
    assert "inspect" in answer.stdout
    assert "Exit status" in answer.stdout


def test_the_version_is_told(micrarium: Run) -> None:
    from micrarium import __version__

    assert micrarium("--version").stdout.strip() == __version__


@pytest.mark.parametrize("command", [[info.name] for info in app.registered_commands])
def test_every_command_has_help_with_examples(micrarium: Run, command: list[str]) -> None:
    answer = micrarium(*command, "--help")
    assert answer.returncode == 0
    assert f"\n    micrarium {' '.join(command)}" in answer.stdout.split("Examples:")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["inspect"],
        ["inspect", "--nonsense", "a.tif"],
        ["convert", "only-one.tif"],
        ["resave", "a.zarr", "b.zarr"],
        ["resave", "a.zarr", "b.zarr", "--cc0", "--cc-by"],
        ["show", "twelve"],
        ["set", "image:12", "no-assignment"],
        ["login", "http://localhost:1"],
        ["list", "images", "--limit", "many"],
    ],
)
def test_wrong_usage_is_one_line_on_standard_error_and_ends_with_2(micrarium: Run, arguments: list[str]) -> None:
    answer = micrarium(*arguments, "--data", "x") if arguments[0] in {"show", "set"} else micrarium(*arguments)
    assert answer.returncode == 2, answer.stderr
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stderr.startswith("micrarium: ")


def test_an_unexpected_error_is_one_line_that_says_how_to_see_more(tmp_path: Path) -> None:
    # A module of Python's own that cannot be loaded stands for whatever nobody thought of.
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/rich.py").write_text("raise RuntimeError('broken\\ninstallation')")
    write_image(tmp_path / "a.tif")
    command = [sys.executable, "-m", "micrarium.cli", "inspect", str(tmp_path / "a.tif")]
    broken = os.environ | {"PYTHONPATH": str(tmp_path / "broken")}
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=broken)
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "RuntimeError: broken installation" in answer.stderr
    assert "MICRARIUM_DEBUG=1" in answer.stderr
    more = subprocess.run(command, check=False, capture_output=True, text=True, env=broken | {"MICRARIUM_DEBUG": "1"})
    assert "Traceback" in more.stderr


def test_a_reader_that_stops_listening_ends_the_command_quietly() -> None:
    command = f"{sys.executable} -m micrarium.cli --help | head -n 1; echo ${{PIPESTATUS[0]}}"
    answer = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert answer.stderr == ""


def test_an_interrupted_command_ends_quietly_with_130() -> None:
    # Waiting for a password on a pipe that never delivers is the longest wait there is.
    command = [sys.executable, "-m", "micrarium.cli", "login", "http://localhost:1", "--user", "ada", "--password-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 20
        while "pipe_read" not in wait_channel(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert told == ""


def wait_channel(pid: int) -> str:
    """What the process waits for in the kernel; where the kernel does not say, it waits once it uses no more of the processor."""
    try:
        said = Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        said = "0"
    if said in {"", "0"}:
        return "pipe_read" if is_at_rest(pid) else "running"
    return said


def is_at_rest(pid: int) -> bool:
    def used() -> list[str]:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]

    before = used()
    time.sleep(1.5)
    return used() == before != ["0", "0"]


def test_the_command_line_starts_quickly() -> None:
    command = [sys.executable, "-m", "micrarium.cli", "--help"]
    times_s = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times_s.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(times_s) < 0.4  # of the processor, so that a busy machine fails nobody


def test_people_see_progress_and_programs_do_not(tmp_path: Path, micrarium: Run) -> None:
    write_image(tmp_path / "a.tif")
    assert micrarium("convert", tmp_path / "a.tif", tmp_path / "quiet.ome.zarr").stderr == ""
    reading, terminal = pty.openpty()
    command = [sys.executable, "-m", "micrarium.cli", "convert", str(tmp_path / "a.tif"), str(tmp_path / "a.ome.zarr")]
    with os.fdopen(reading, "rb", buffering=0) as screen:
        subprocess.run(command, check=True, stderr=terminal, env=os.environ | {"TERM": "xterm"})
        os.close(terminal)
        assert b"Converting a.tif" in screen.read(10_000)


def test_output_survives_a_terminal_without_the_letters(micrarium: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif")
    answer = micrarium("inspect", tmp_path / "a.tif", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert answer.returncode == 0, answer.stderr


def write_image(path: Path) -> None:
    import numpy as np
    import tifffile

    plane = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
    tifffile.imwrite(path, plane, imagej=True, resolution=(4.0, 4.0), metadata={"unit": "um"})
