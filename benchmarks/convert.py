"""Conversion of a 5-D uint16 OME-TIFF to OME-Zarr 0.5, beside the least any program must do and beside a peer.

    python benchmarks/convert.py [--planes 60] [--side 2048] [--repeats 5] [--json convert.json] [--without-peer]

The limit reads the same pixels, halves them, compresses the same chunks and writes the same bytes with two threads, to
one flat file a plane: no container, no metadata. The peer is ngff-zarr (``pip install ngff-zarr[cli]``); without it
the run fails unless told to go on. Runs are interleaved; medians are compared; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

CHANNELS = 3
CHUNK = 512


def make_plane(number: int, side: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """A plane that compresses as fluorescence does: blurred cells on a background, with the noise of photons."""
    import cv2

    generator = np.random.default_rng(number)
    cells = np.zeros((side, side), np.float32)
    for y, x in generator.integers(0, side, (side * side // 20000, 2)):
        cv2.circle(cells, (int(x), int(y)), int(generator.integers(8, 30)), float(generator.uniform(100, 1500)), -1)
    expected = 110 + cv2.GaussianBlur(cells, (0, 0), 4)
    noise = generator.standard_normal((side, side), dtype=np.float32)
    return (expected + np.sqrt(expected) * 0.5 * noise).clip(0, 65535).astype(np.uint16)


def make_input(path: Path, *, planes: int, side: int) -> None:
    """Writes an OME-TIFF with three channels, plane by plane."""
    import tifffile

    def pages() -> Iterator[np.ndarray[Any, np.dtype[np.uint16]]]:
        kept = [make_plane(number, side) for number in range(6)]
        for number in range(planes):
            yield np.roll(kept[number % len(kept)], 37 * number, axis=1)

    shape = (1, CHANNELS, planes // CHANNELS, side, side)
    metadata = {"axes": "TCZYX", "PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.1, "PhysicalSizeYUnit": "µm"}
    tifffile.imwrite(path, pages(), shape=shape, dtype="uint16", ome=True, metadata=metadata)


def run_limit(source: Path, out: Path) -> None:
    """Reads, halves, compresses and writes, and nothing else."""
    import cv2
    import tifffile
    from numcodecs import blosc

    blosc.use_threads = False
    cv2.setNumThreads(1)
    out.mkdir()
    mapped = tifffile.memmap(source)
    pages = mapped.reshape(-1, *mapped.shape[-2:])

    def write(number: int) -> None:
        level = np.ascontiguousarray(pages[number])
        parts = []
        while True:
            for y in range(0, level.shape[0], CHUNK):
                for x in range(0, level.shape[1], CHUNK):
                    chunk = np.ascontiguousarray(level[y : y + CHUNK, x : x + CHUNK])
                    parts.append(blosc.compress(chunk, b"zstd", 1, 1, 0))
            if max(level.shape) <= CHUNK:
                break
            level = cv2.resize(level, ((level.shape[1] + 1) // 2, (level.shape[0] + 1) // 2), interpolation=cv2.INTER_AREA)
        with (out / str(number)).open("wb", buffering=0) as file:
            os.writev(file.fileno(), parts)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(len(pages))))


def run_micrarium(source: Path, out: Path) -> None:
    """What ``micrarium convert`` does."""
    from micrarium.actions.converting import convert_file
    from micrarium.pixels.allocation import settle_allocation

    settle_allocation()
    convert_file(source, out)


def commands(source: Path, out: Path, *, has_peer: bool) -> dict[str, list[str]]:
    """The command line of each contestant."""
    child = [sys.executable, __file__, "--child"]
    found = {"limit": [*child, "limit", str(source), str(out)], "micrarium": [*child, "micrarium", str(source), str(out)]}
    if has_peer:
        # It drops the t axis, which has length 1: chunks and shards are given for czyx.
        peer = "--ome-zarr-version 0.5 -c 1 1 512 512 --chunks-per-shard 1 1 4 4 --codec blosc:zstd --compression-level 1"
        found["ngff-zarr"] = ["ngff-zarr", "-q", "-i", str(source), "-o", str(out), *peer.split(), "-m", "dask_bin_shrink"]
    return found


def measure(command: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of processor time and peak memory in MiB of one command; fails when it fails."""
    started = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size_of(path: Path) -> int:
    """Bytes of all files below."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def compare(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Runs all contestants in turn and sums up."""
    source, out = folder / "in.ome.tif", folder / "out.ome.zarr"
    make_input(source, planes=arguments.planes, side=arguments.side)
    contestants = commands(source, out, has_peer=not arguments.without_peer)
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    cpu: dict[str, list[float]] = {name: [] for name in contestants}
    memory_mib: dict[str, float] = dict.fromkeys(contestants, 0.0)
    written_bytes: dict[str, int] = {}
    for repeat in range(arguments.repeats + 1):
        for name, command in contestants.items():
            shutil.rmtree(out, ignore_errors=True)
            elapsed, busy, peak = measure(command)
            if repeat:  # the first round only fills the page cache
                seconds[name].append(elapsed)
                cpu[name].append(busy)
            memory_mib[name] = max(memory_mib[name], peak)
            written_bytes[name] = size_of(out)
    limit = statistics.median(seconds["limit"])
    results = {
        name: {
            "seconds": round(statistics.median(times), 3),
            "cpu_seconds": round(statistics.median(cpu[name]), 3),
            "times_limit": round(statistics.median(times) / limit, 2),
            "peak_mib": round(memory_mib[name]),
            "written_bytes": written_bytes[name],
        }
        for name, times in seconds.items()
    }
    return {"input_bytes": source.stat().st_size, "cores": os.cpu_count(), "python": platform.python_version(), "results": results}


def main() -> None:
    """Reads the options, compares, prints a table and writes the JSON."""
    if sys.argv[1:2] == ["--child"]:
        {"limit": run_limit, "micrarium": run_micrarium}[sys.argv[2]](Path(sys.argv[3]), Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=60, help="planes in all, a multiple of 3")
    parser.add_argument("--side", type=int, default=2048, help="pixels a side")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("convert.json"))
    parser.add_argument("--without-peer", action="store_true", help="compare with the limit only")
    arguments = parser.parse_args()
    if not arguments.without_peer and shutil.which("ngff-zarr") is None:
        sys.exit("ngff-zarr is not installed: pip install 'ngff-zarr[cli]', or give --without-peer")
    with tempfile.TemporaryDirectory() as folder:
        report = compare(arguments, Path(folder))
    print(f"{report['input_bytes'] / 1e6:.0f} MB in")
    for name, result in report["results"].items():
        line = f"{name:12s} {result['seconds']:7.2f} s  {result['times_limit']:5.2f} x limit"
        line += f"  {result['cpu_seconds']:7.2f} s of processor  {result['peak_mib']:5d} MiB"
        print(f"{line}  {result['written_bytes'] / 1e6:7.0f} MB written")
    arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
