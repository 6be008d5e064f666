"""Every sample cut at 20 places, and with 200 bytes changed one after the other: one sentence, in bounded time and memory."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats.trying import DeadlyFile, Trial
from micrarium.testing.samples import sample_folder

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

CUTS, CHANGES = 20, 200
MEMORY_MB, TIMEOUT_S = 2048, 60.0
SAMPLES = sample_folder(Path(__file__).parents[2])


def find_samples() -> Iterator[Path]:
    """Every file and folder of the catalogue that holds pixels."""
    if SAMPLES is None:
        return
    with (SAMPLES / "CATALOGUE.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if not row["path"].startswith(("files/metadata", "files/malformed", "files/anndata", "files/omero-transfer")):
                yield SAMPLES / row["path"]


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    made = Trial(memory_mb=MEMORY_MB, timeout_s=TIMEOUT_S)
    yield made
    made.close()


def look(trial: Trial, path: Path) -> str:
    """How opening a file and looking at all its pixels ends: ``read``, or the sentence that says why not."""
    found = trial.examine(path)
    if found is None:
        return "a folder"
    if found.problem:
        return found.problem
    try:
        trial.measure(found.path, reader=found.reader)
    except UnreadableFile as error:
        return error.detail
    return "read"


def damages(victim: Path, chance: random.Random) -> Iterator[str]:
    """Hurt a file in place, one way after the other, and make it whole again after each."""
    whole = victim.read_bytes()
    for _ in range(CUTS):
        length = chance.randrange(len(whole))
        with victim.open("r+b") as file:
            file.truncate(length)
        yield f"cut at {length}"
        victim.write_bytes(whole)
    for number in range(CHANGES):
        # Half of the changes fall where headers mostly are.
        place = chance.randrange(min(len(whole), 4096) if number % 2 else len(whole))
        value = whole[place] ^ (1 << chance.randrange(8)) if number % 4 < 2 else chance.choice([0, 255, 127, 128])
        with victim.open("r+b") as file:
            file.seek(place)
            file.write(bytes([value]))
        yield f"byte {place} is {value}"
        with victim.open("r+b") as file:
            file.seek(place)
            file.write(whole[place : place + 1])


@pytest.mark.parametrize("sample", list(find_samples()), ids=lambda path: path.name)
def test_damage_is_told_in_one_sentence(sample: Path, trial: Trial, tmp_path: Path) -> None:
    copied = tmp_path / sample.name
    if sample.is_dir():
        shutil.copytree(sample, copied)
    else:
        shutil.copy(sample, copied)
    files = sorted(path for path in copied.rglob("*") if path.is_file() and path.stat().st_size) if copied.is_dir() else [copied]
    chance = random.Random(sample.name)
    bad, ended = [], 0
    victim = chance.choice(files)
    for damage in damages(victim, chance):
        try:
            told = look(trial, copied)
        except DeadlyFile as error:
            told = error.detail
        if "\n" in told or "given up after" in told or "Traceback" in told:
            bad.append(f"{victim.name}, {damage}: {told}")
        ended += "ends the program" in told
    assert not bad, "\n".join(bad[:10])
    # Libraries in C may die of a file now and then; ours, which are Python, never.
    assert ended <= (CUTS + CHANGES) // 20, f"{ended} damaged copies of {victim.name} ended the process that opened them"
