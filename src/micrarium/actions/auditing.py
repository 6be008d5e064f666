"""Whether the files of a site and the rows about them agree: what is missing, changed, or known to nobody."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine

from micrarium.actions.comparing import Original, compare_original, originals_with_prefix
from micrarium.actions.storing import locate
from micrarium.model import Pixels
from micrarium.permissions import every, system_session

#: How many originals are read where nobody asks for all, and how many bytes of them at most.
SAMPLE, SAMPLE_BYTES = 200, 2 * 10**9
#: What is younger than this may belong to an import that is under way.
_YOUNG_S = 3600.0
#: How many files are named one by one.
_NAMED = 20
_AT_ONCE = 5000
State = Literal["ok", "warning", "error"]
Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: ``ok``, or what is wrong and what to do."""

    check: str
    state: State
    told: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def check_files(engine: Engine, data: Path, *, is_thorough: bool, report: Report) -> Iterator[Finding]:
    """What is wrong with originals and pyramids; a sample of the originals is read, or all when it is thorough."""
    originals, pyramids = _read_rows(engine)
    there: list[Original] = []
    missing: list[Original] = []
    for one in originals:
        if "://" in one.location:
            continue  # at a distance, where reading them tells
        (there if locate(data, one.location).exists() else missing).append(one)
    yield from _tell_missing(missing, len(originals))
    chosen = there if is_thorough else _choose(there)
    changed = []
    for number, one in enumerate(chosen):
        report(0.1 + 0.85 * number / len(chosen), f"Reading original_file:{one.id}")
        if fault := compare_original(data, one, is_thorough=is_thorough):
            changed.append(f"original_file:{one.id}, {one.location}, {fault.told}")
    advice = "Restore it from a backup; if there is none, ask the person who imported it for the file"
    yield from _tell("checksums", "error", changed, advice, f"{len(chosen)} of {len(there)} originals were read, all as imported")
    report(0.95, "Looking for files that nobody knows")
    gone = [path for path in pyramids if not (data / path).is_dir()]
    advice = "Restore derived/ from a backup; until then these images are read from their originals, more slowly"
    yield from _tell("pyramids", "warning", [f"The pyramid {path} is missing" for path in gone], advice, "Every pyramid is there")
    known = {"/".join(Path(one.location).parts[:4]) for one in originals if not one.is_in_place} | set(pyramids)
    known |= {one.prefix for one in originals if one.prefix}
    orphans = [f"{path.relative_to(data).as_posix()} belongs to nothing" for path in _find_orphans(data, known)]
    advice = "No row knows these files; look whether they are wanted, and remove them"
    yield from _tell("orphans", "warning", orphans, advice, "Every file kept belongs to something")


def _read_rows(engine: Engine) -> tuple[list[Original], list[str]]:
    with system_session(engine, "compare files with rows", is_reading=True) as session:
        rows = session.execute(originals_with_prefix().execution_options(yield_per=_AT_ONCE))
        originals = {row[0]: Original(*row) for row in rows}
        paths = every(Pixels).where(Pixels.pyramid.is_not(None)).with_only_columns(Pixels.pyramid)
        return list(originals.values()), [str(path) for path in session.execute(paths).scalars()]


def _tell(check: str, state: State, faults: list[str], advice: str, fine: str) -> Iterator[Finding]:
    """A finding for each of the first faults, and one for all others; or that all is well."""
    for fault in faults[:_NAMED]:
        yield Finding(check, state, fault, advice)
    if len(faults) > _NAMED:
        yield Finding(check, state, f"and {len(faults) - _NAMED} more like these", advice)
    if not faults:
        yield Finding(check, "ok", fine)


def _tell_missing(missing: list[Original], total: int) -> Iterator[Finding]:
    kept = [f"original_file:{one.id}, {one.location}, is missing" for one in missing if not one.is_in_place]
    yield from _tell("originals", "error", kept, "Restore it from a backup", f"{total - len(missing)} originals are there")
    elsewhere = [f"original_file:{one.id}, {one.location}, is not where it was registered" for one in missing if one.is_in_place]
    if elsewhere:
        advice = "Mount the disk it is on, or move the file back to where it was imported from"
        yield from _tell("originals in place", "error", elsewhere, advice, "")


def _choose(there: list[Original]) -> list[Original]:
    """Some originals by chance, other ones each time, so that in time all are read."""
    chosen: list[Original] = []
    size = 0
    for one in random.sample(there, min(SAMPLE, len(there))):
        if chosen and size + one.size > SAMPLE_BYTES:
            continue
        chosen.append(one)
        size += one.size
    return chosen


def _find_orphans(data: Path, known: set[str]) -> Iterator[Path]:
    """Folders of originals and pyramids that no row names, but for those that are still being made."""
    for pattern in ("originals/*/*/*", "derived/*/*"):
        for path in sorted(data.glob(pattern)):
            name = path.relative_to(data).as_posix()
            is_hidden = any(part.startswith(".") for part in path.relative_to(data).parts)
            if name not in known and not is_hidden and time.time() - path.stat().st_mtime > _YOUNG_S:
                yield path
