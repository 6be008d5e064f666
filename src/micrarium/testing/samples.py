"""Where sample data lie that are too large or too freely licensed to be kept in the repository."""

from __future__ import annotations

import os
from pathlib import Path


def sample_folder(repository: Path) -> Path | None:
    """The folder of sample data: ``MICRARIUM_SAMPLES``, else ``../shared/data`` beside the repository, or None."""
    named = os.environ.get("MICRARIUM_SAMPLES")
    folder = Path(named) if named else repository.parent / "shared" / "data"
    return folder if (folder / "files").is_dir() else None
