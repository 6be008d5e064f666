"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def sample_folder() -> Path | None:
    """The folder of sample data: ``MICRARIUM_SAMPLES``, else ``../shared/data`` beside the repository, or None."""
    named = os.environ.get("MICRARIUM_SAMPLES")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if (folder / "files").is_dir() else None


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample data; a test that asks for it is skipped where there is none."""
    folder = sample_folder()
    if folder is None:
        pytest.skip("no sample data: set MICRARIUM_SAMPLES")
    return folder
