"""Opening a slide in another process first: over some damaged slides OpenSlide breaks off the whole process it runs in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from micrarium.errors import UnreadableFile

_TIMEOUT_S = 60
_TRIAL = f"""
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({8 << 30}, {8 << 30}))
    resource.setrlimit(resource.RLIMIT_CPU, ({_TIMEOUT_S}, {_TIMEOUT_S}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
import openslide
try:
    slide = openslide.OpenSlide(sys.argv[1])
    for level in range(slide.level_count):
        slide.read_region((0, 0), level, (64, 64))
    for name in slide.associated_images:
        slide.associated_images[name]
except Exception:
    pass
"""


def try_slide(path: Path, files: Sequence[Path]) -> None:
    """Opens a slide in another process, once for every state of its files. Raises ``UnreadableFile`` where that ends badly."""
    states = [file.stat() for file in files]
    _try(path, tuple((state.st_mtime_ns, state.st_size) for state in states))


@lru_cache(maxsize=4096)
def _try(path: Path, _states: tuple[tuple[int, int], ...]) -> None:
    try:
        run = subprocess.run([sys.executable, "-c", _TRIAL, str(path)], capture_output=True, check=False, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"{path.name} is damaged: OpenSlide does not open it within {_TIMEOUT_S} seconds") from None
    if run.returncode:
        raise UnreadableFile(f"{path.name} is damaged: OpenSlide breaks off when it opens it")
