"""Imports that are killed at random moments: what is there is whole, and what is not whole is not there."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from micrarium.actions.opening import admin_actor, open_site
from micrarium.actions.tidying import tidy_site
from micrarium.model import FilesetEntry, Image, OriginalFile
from micrarium.permissions import open_session, visible
from micrarium.settings import Settings
from micrarium.testing.files import numbered_pixels, write_ome_tiff

KILLS = 25
FILES = 8
PASSWORD = "correct horse"


@pytest.mark.soak
def test_an_import_killed_at_any_moment_leaves_whole_images_and_no_orphans(tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    source.mkdir()
    generator = random.Random(7)
    for kill in range(KILLS):
        for number in range(FILES):
            write_ome_tiff(source / f"{kill:02}-{number}.ome.tif", numbered_pixels(1, 2, 2, 200, 200, seed=kill * FILES + number))
        command = [sys.executable, "-m", "micrarium.cli", "import", str(source), "--data", str(data), "--quiet"]
        settings = os.environ | {"MICRARIUM_ADMIN_PASSWORD": PASSWORD}
        process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0.3, 5.0))
        process.kill()
        process.wait()
        check_store(data)
    finished = subprocess.run(command, env=settings, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert check_store(data) == KILLS * FILES


def check_store(data: Path) -> int:
    """How many images there are, when every original that is told of is there with its checksum, and no other file is."""
    with open_site(Settings(data=data, admin_password=SecretStr(PASSWORD))) as site:
        tidy_site(site)
        actor = admin_actor(site)
        with open_session(site.engine, actor, is_reading=True) as session:
            told = {original.location: original.hash for original in session.scalars(visible(OriginalFile, actor))}
            filesets = set(session.scalars(visible(FilesetEntry, actor).with_only_columns(FilesetEntry.fileset_id)))
            shown = set(session.scalars(visible(Image, actor).with_only_columns(Image.fileset_id)))
        assert shown == filesets
        for location, checksum in told.items():
            assert hashlib.sha256((data / location).read_bytes()).hexdigest() == checksum
        kept = {str(path.relative_to(data)) for path in site.originals.rglob("*") if path.is_file()}
        assert kept == set(told)
        return len(shown)
