"""Saving OME-Zarr 0.4 again as 0.5, beside ``cp -r``, beside copying and decoding every chunk, and beside a peer.

    python benchmarks/resave.py [--planes 60] [--side 2048] [--repeats 5] [--json resave.json] [--peer PROGRAM | --without-peer]

The limit copies the folder and then decodes every chunk once with two threads, which is what moving checked chunks has
to do. The peer is ome2024-ngff-challenge (a name or path of its program); without it the run fails unless told to go on.
Runs are interleaved; medians are compared; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CHANNELS = 3
CHUNK = 512
PEER = "ome2024-ngff-challenge"


def make_input(path: Path, *, planes: int, side: int) -> None:
    """Writes OME-Zarr 0.4 with three channels and three levels: chunks of 512 x 512, blosc zstd 1 with shuffle."""
    import cv2
    import numcodecs
    import numpy as np
    import zarr

    depth = planes // CHANNELS
    options: dict[str, Any] = {"chunks": (1, 1, 1, CHUNK, CHUNK), "dtype": "<u2"}
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    names = {"name": "v2", "separator": "/"}
    codec = numcodecs.Blosc("zstd", 1, 1)
    shapes = [(1, CHANNELS, depth, side >> level, side >> level) for level in range(3)]
    arrays = [
        group.create_array(str(i), shape=s, compressors=codec, chunk_key_encoding=names, **options) for i, s in enumerate(shapes)
    ]
    generator = np.random.default_rng(1)
    base = cv2.GaussianBlur(generator.random((side, side), dtype=np.float32), (0, 0), 6) * 20000
    for number in range(planes):
        plane = np.roll(base, 31 * number, axis=1)
        plane = (plane + np.sqrt(plane) * generator.standard_normal(plane.shape, dtype=np.float32)).clip(0).astype(np.uint16)
        for array in arrays:
            array[0, number % CHANNELS, number // CHANNELS] = plane
            plane = cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
    group.attrs.update(make_attributes())


def make_attributes() -> dict[str, object]:
    """The metadata of an image of OME-Zarr 0.4."""
    kinds = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
    scales = [[1.0, 1.0, 1.0, 2.0**i, 2.0**i] for i in range(3)]
    datasets = [{"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": s}]} for i, s in enumerate(scales)]
    axes = [{"name": name, "type": kind} for name, kind in kinds.items()]
    return {"multiscales": [{"version": "0.4", "name": "cells", "axes": axes, "datasets": datasets}]}


def run_limit(source: Path, out: Path) -> None:
    """Copies, then decodes every chunk once."""
    import imagecodecs

    subprocess.run(["cp", "-r", str(source), str(out)], check=True)
    chunks = (path for path in out.rglob("*") if path.name.isdigit() and path.is_file())
    with ThreadPoolExecutor(2) as pool:
        sum(pool.map(lambda path: len(imagecodecs.blosc_decode(path.read_bytes(), numthreads=1)), chunks))


def run_micrarium(source: Path, out: Path) -> None:
    """What ``micrarium resave`` does."""
    from micrarium.actions.resaving import resave

    resave(source, out, licence="CC-BY")


def commands(source: Path, out: Path, *, peer: str | None) -> dict[str, list[str]]:
    """The command line of each contestant."""
    child = [sys.executable, __file__, "--child"]
    found = {
        "cp -r": ["cp", "-r", str(source), str(out)],
        "limit": [*child, "limit", str(source), str(out)],
        "micrarium": [*child, "micrarium", str(source), str(out)],
    }
    if peer:
        shapes = f"--output-chunks=1,1,1,{CHUNK},{CHUNK} --output-shards=1,1,1,{4 * CHUNK},{4 * CHUNK} --output-threads=2"
        found[PEER] = [peer, "resave", "--cc-by", str(source), str(out), *shapes.split()]
    return found


def measure(command: list[str], *, status_when_done: int) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one command; fails when it fails."""
    started = time.perf_counter()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # a device
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1), (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2)]
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != status_when_done:
        sys.exit(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def compare(source: Path, out: Path, *, repeats: int, peer: str | None) -> dict[str, dict[str, float]]:
    """Median seconds, ratio to the limit and peak memory of each contestant, run in turn."""
    runs: dict[str, list[tuple[float, float]]] = {}
    for number in range(repeats + 1):
        for name, command in commands(source, out, peer=peer).items():
            shutil.rmtree(out, ignore_errors=True)
            # The peer ends with the number of images it converted.
            measured = measure(command, status_when_done=1 if name == PEER else 0)
            if number:  # the first round warms the page cache
                runs.setdefault(name, []).append(measured)
    shutil.rmtree(out, ignore_errors=True)
    seconds = {name: statistics.median(run[0] for run in found) for name, found in runs.items()}
    memory = {name: max(run[1] for run in found) for name, found in runs.items()}
    return {
        name: {"seconds": seconds[name], "times_limit": seconds[name] / seconds["limit"], "peak_mib": memory[name]} for name in runs
    }


def main() -> None:
    """Run the benchmark, or one contestant in a process of its own."""
    if sys.argv[1:2] == ["--input"]:
        make_input(Path(sys.argv[2]), planes=int(sys.argv[3]), side=int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--child"]:
        {"limit": run_limit, "micrarium": run_micrarium}[sys.argv[2]](Path(sys.argv[3]), Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=60)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peer", default=PEER)
    parser.add_argument("--without-peer", action="store_true")
    given = parser.parse_args()
    peer = shutil.which(given.peer)
    if peer is None and not given.without_peer:
        sys.exit(f"The peer {PEER} is missing: install it (pip install {PEER}), or go on with --without-peer")
    with tempfile.TemporaryDirectory(prefix="micrarium-benchmark-") as scratch:
        source = Path(scratch) / "in.zarr"
        # In a process of its own: what this one takes would be counted as its children's peak.
        subprocess.run([sys.executable, __file__, "--input", str(source), str(given.planes), str(given.side)], check=True)
        found = compare(source, Path(scratch) / "out.zarr", repeats=given.repeats, peer=None if given.without_peer else peer)
    for name, row in found.items():
        print(f"{name:24} {row['seconds']:8.2f} s  {row['times_limit']:6.2f} x limit  {row['peak_mib']:7.0f} MiB")
    report = {"benchmark": "resave", "machine": platform.platform(), "cores": os.cpu_count(), **vars(given) | {"results": found}}
    if given.json:
        given.json.write_text(json.dumps(report, indent=1, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
