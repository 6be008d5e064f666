"""A fuzzer guided by coverage on every reader whose parser is ours, from the files that the readers' tests make."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import tests.formats

from micrarium.testing.readers import ReaderTests

pytest.importorskip("atheris", reason="the fuzzer is not installed: pip install atheris==3.0.0")
pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

SECONDS = 120
#: A second's work at most, even on a busy machine.
LONGEST_S, MEMORY_MB = 30, 2048
#: Readers of which a library parses the whole file, in C: their damage is met in a process that may die of it.
OF_LIBRARIES = {"hdf5", "bdv", "emd", "ims", "openslide", "bioformats"}
MOST_SEED_BYTES = 200_000

Maker = Callable[[Path], Path]


def find_seeds() -> dict[str, list[Path | Maker]]:
    """The files that the tests of each reader read or make."""
    found: dict[str, list[Path | Maker]] = {}
    for module in pkgutil.iter_modules(tests.formats.__path__, "tests.formats."):
        if not module.name.rsplit(".", 1)[-1].startswith("test_"):
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, ReaderTests) and "reader" in vars(value):
                found.setdefault(value.reader, []).extend(value.paths)
    return {reader: seeds for reader, seeds in sorted(found.items()) if reader not in OF_LIBRARIES}


def plant(seeds: list[Path | Maker], corpus: Path, work: Path) -> str:
    """Put small single files among the seeds into the corpus; the suffix they have."""
    suffix = ""
    for number, seed in enumerate(seeds):
        folder = work / str(number)
        folder.mkdir()
        path = seed if isinstance(seed, Path) else seed(folder)
        if path.is_file() and path.stat().st_size <= MOST_SEED_BYTES:
            (corpus / str(number)).write_bytes(path.read_bytes())
            suffix = suffix or "".join(path.suffixes[-2:])
    return suffix


@pytest.mark.parametrize(("reader", "seeds"), list(find_seeds().items()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_reader_survives_what_a_fuzzer_finds(reader: str, seeds: list[Path | Maker], tmp_path: Path) -> None:
    corpus, work = tmp_path / "corpus", tmp_path / "work"
    corpus.mkdir()
    work.mkdir()
    suffix = plant(seeds, corpus, work)
    if not suffix:
        pytest.skip("the tests of this reader make no small single file")
    options = [f"-max_total_time={SECONDS}", f"-timeout={LONGEST_S}", f"-rss_limit_mb={MEMORY_MB}", "-len_control=0"]
    options += [f"-max_len={MOST_SEED_BYTES}", f"-artifact_prefix={tmp_path}/"]
    script = Path(__file__).with_name("fuzzing.py")
    command = [sys.executable, str(script), reader, suffix, str(corpus), *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{reader}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "DONE" in done.stderr
