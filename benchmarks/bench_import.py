"""Importing 1,000 small TIFFs, and a plate of 384 wells with 4 fields and 2 channels: files per second, and what takes the time.

    python benchmarks/bench_import.py [--files 1000] [--wells 384] [--json import.json]

Each is imported at a quarter and at the whole of its size into an empty data folder (SQLite), in this process with all
that the server does: files opened in a process of their own, copied with checksums, measured, recorded, drawn. Time in the
database is apart from the rest. Growth is the time for one file at the whole size against that at a quarter: 1.0 is linear.
The least any program must do is in the same run: copy each file with its SHA-256, and decode it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

SIDE = 256


def make_tiffs(folder: Path, *, files: int) -> None:
    """TIFFs of one plane each, with names that belong to no sequence."""
    generator = np.random.default_rng(1)
    for number in range(files):
        pixels = generator.poisson(200, (SIDE, SIDE)).astype(np.uint16)
        tifffile.imwrite(folder / f"{generator.bytes(6).hex()}-{number}.tif", pixels)


def make_plate(folder: Path, *, wells: int) -> None:
    """A plate as MetaXpress writes it: a file for each well, site and wavelength, and an HTD that describes them."""
    generator = np.random.default_rng(2)
    rows, columns, sites = 16, 24, 4
    used = [(number // columns, number % columns) for number in range(wells)]
    lines = ['"HTSInfoFile", Version 1.0', '"Description", ""', '"PlateType", 6', '"TimePoints", 1', '"ZSeries", FALSE']
    lines += [f'"XWells", {columns}', f'"YWells", {rows}']
    for row in range(rows):
        flags = ", ".join("TRUE" if (row, column) in used else "FALSE" for column in range(columns))
        lines.append(f'"WellsSelection{row + 1}", {flags}')
    lines += ['"Sites", TRUE', '"XSites", 2', '"YSites", 2', '"SiteSelection1", TRUE, TRUE', '"SiteSelection2", TRUE, TRUE']
    lines += ['"Waves", TRUE', '"NWavelengths", 2', '"WaveName1", "DAPI"', '"WaveName2", "FITC"', '"EndFile"']
    images = folder / "TimePoint_1"
    images.mkdir()
    (folder / "plate.HTD").write_text("\r\n".join(lines) + "\r\n")
    for row, column in used:
        for site in range(1, sites + 1):
            for wave in (1, 2):
                pixels = generator.poisson(200, (SIDE, SIDE)).astype(np.uint16)
                name = f"plate_{chr(65 + row)}{column + 1:02d}_s{site}_w{wave}.TIF"
                tifffile.imwrite(images / name, pixels)


def run_limit(folder: Path, out: Path) -> float:
    """Seconds to copy each file with its checksum and to decode it."""
    started = time.perf_counter()
    for path in sorted(folder.rglob("*.[Tt][Ii][Ff]")):
        data = path.read_bytes()
        hashlib.sha256(data)
        (out / path.name).write_bytes(data)
        tifffile.imread(path).min()
    return time.perf_counter() - started


@contextmanager
def timing_database(engine: Any) -> Iterator[dict[str, float]]:
    """Seconds and statements in the database meanwhile."""
    from sqlalchemy import event

    spent = {"seconds": 0.0, "statements": 0.0}
    started: list[float] = []

    def begin(*_: Any) -> None:
        started.append(time.perf_counter())

    def end(*_: Any) -> None:
        spent["seconds"] += time.perf_counter() - started.pop()
        spent["statements"] += 1

    def commit(connection: Any) -> None:
        begin()
        connection.connection.dbapi_connection.commit()  # what follows finds nothing left to do
        end()

    hooks = {"before_cursor_execute": begin, "after_cursor_execute": end, "commit": commit}
    for name, hook in hooks.items():
        event.listen(engine, name, hook)
    try:
        yield spent
    finally:
        for name, hook in hooks.items():
            event.remove(engine, name, hook)


def run_import(folder: Path, data: Path) -> dict[str, Any]:
    """What importing a folder took."""
    from micrarium.actions.importing import import_files
    from micrarium.actions.opening import admin_actor, open_site
    from micrarium.settings import load_settings

    with open_site(load_settings(data=data, admin_password="benchmark-password")) as site:
        actor = admin_actor(site)
        phases: dict[str, float] = {}
        last: list[Any] = ["looking", time.perf_counter()]

        def progress(_part: float, doing: str) -> None:
            now = time.perf_counter()
            phase = "looking" if doing.startswith("Looking") else "preparing" if doing.startswith("Preparing") else "importing"
            phases[last[0]] = phases.get(last[0], 0.0) + now - last[1]
            last[:] = phase, now

        with timing_database(site.engine) as spent:
            started = time.perf_counter()
            result = import_files(site, actor, [folder], dataset="Benchmark", progress=progress)
            elapsed = time.perf_counter() - started
    phases[last[0]] = phases.get(last[0], 0.0) + time.perf_counter() - last[1]
    assert not result.failed, result.failed[:3]
    assert result.images, result.skipped[:3]
    return {"seconds": elapsed, "images": len(result.images), "plates": len(result.plates), "phases": phases, "database": spent}


def measure(kind: str, size: int, root: Path) -> dict[str, Any]:
    """One kind of folder at one size: the import and the limit."""
    folder = root / f"{kind}-{size}"
    folder.mkdir()
    (make_tiffs(folder, files=size) if kind == "tiffs" else make_plate(folder, wells=size))
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    out = root / "limit"
    out.mkdir()
    limit = run_limit(folder, out)
    found = run_import(folder, root / f"data-{kind}-{size}")
    shutil.rmtree(out)
    return found | {"files": files, "limit_seconds": limit, "files_per_second": files / found["seconds"]}


def main() -> None:
    """Reads the options, measures, prints a line for each and writes the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--wells", type=int, default=384)
    parser.add_argument("--json", type=Path, default=Path("import.json"))
    arguments = parser.parse_args()
    report: dict[str, Any] = {}
    for kind, whole in (("tiffs", arguments.files), ("plate", arguments.wells)):
        with tempfile.TemporaryDirectory() as folder:
            measure(kind, max(1, whole // 20), Path(folder))  # loads what is loaded once
            runs = [measure(kind, size, Path(folder)) for size in (whole // 4, whole)]
        per_file = [run["seconds"] / run["files"] for run in runs]
        report[kind] = {"runs": runs, "growth": per_file[1] / per_file[0]}
        for run in runs:
            database = run["database"]
            print(
                f"{kind:6s} {run['files']:5d} files  {run['seconds']:7.2f} s  {run['files_per_second']:6.1f} files/s  "
                f"database {database['seconds']:6.2f} s ({database['statements'] / run['files']:.1f} statements a file)  "
                + "  ".join(f"{name} {seconds:.2f} s" for name, seconds in run["phases"].items())
                + f"  {run['seconds'] / run['limit_seconds']:.1f} x the limit"
            )
        print(f"{kind:6s} growth {report[kind]['growth']:.2f}")
    arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
