"""Conversion of an OME-TIFF to OME-Zarr 0.5, beside the least any program must do and beside a peer.

    python benchmarks/convert.py [--planes 120] [--side 2048] [--rgb 30000] [--repeats 5] [--json convert.json] [--without-peer]

The input is a 5-D uint16 image of so many planes, 1 GB by default, or with ``--rgb`` one tiled RGB plane of so many pixels
a side. The limit reads the same pixels, halves them, compresses the same chunks and writes the same bytes with two threads,
to one flat file a plane (of RGB: a shard): no container, no metadata. The peer is ngff-zarr (``pip install ngff-zarr[cli]``);
without it the run fails unless told to go on. Runs are interleaved; medians are compared; memory is the peak of the process.
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
CHUNK, SHARD, TILE = 512, 2048, 512


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


def make_rgb_input(path: Path, *, side: int) -> None:
    """Writes one tiled RGB plane that looks like a stained slide, row of tiles by row of tiles."""
    import tifffile

    kept = [np.stack([make_plane(3 * n + c, SHARD) // 8 for c in range(3)], -1).clip(0, 255).astype(np.uint8) for n in range(4)]
    across = -(-side // TILE)

    def tiles() -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
        for number in range(across * across):
            y, x = TILE * (number % 3), TILE * (number // across % 3)
            yield np.roll(kept[number % len(kept)][y : y + TILE, x : x + TILE], number, axis=1)

    tifffile.imwrite(
        path,
        tiles(),
        shape=(side, side, 3),
        dtype="uint8",
        tile=(TILE, TILE),
        photometric="rgb",
        ome=True,
        metadata={"axes": "YXS"},
    )


def halved(level: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The next level, of a plane or of an RGB plane."""
    import cv2

    half = (level.shape[1] + 1) // 2, (level.shape[0] + 1) // 2
    return np.asarray(cv2.resize(level, half, interpolation=cv2.INTER_AREA))


def write_chunks(levels: list[np.ndarray[Any, Any]], path: Path) -> None:
    """Compresses the chunks of one or several levels and writes them to one file."""
    import cv2
    from numcodecs import blosc

    parts: list[bytes] = []
    for level in levels:
        for plane in cv2.split(level):
            corners = [(y, x) for y in range(0, level.shape[0], CHUNK) for x in range(0, level.shape[1], CHUNK)]
            chunks = (np.ascontiguousarray(plane[y : y + CHUNK, x : x + CHUNK]) for y, x in corners)
            parts.extend(blosc.compress(chunk, b"zstd", 1, 1, 0) for chunk in chunks)
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(parts), 500):
            os.writev(file.fileno(), parts[start : start + 500])


def run_limit(source: Path, out: Path) -> None:
    """Reads, halves, compresses and writes, and nothing else."""
    import tifffile

    settle_limit(out)
    mapped = tifffile.memmap(source)
    pages = mapped.reshape(-1, *mapped.shape[-2:])

    def write(number: int) -> None:
        levels = [np.ascontiguousarray(pages[number])]
        while max(levels[-1].shape) > CHUNK:
            levels.append(halved(levels[-1]))
        write_chunks(levels, out / str(number))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(len(pages))))


def settle_limit(out: Path) -> None:
    """One thread for each worker, and memory that is kept, as our own program does it."""
    import cv2
    from numcodecs import blosc

    from micrarium.pixels.allocation import settle_allocation

    settle_allocation()
    blosc.use_threads = False
    cv2.setNumThreads(1)
    out.mkdir()


def run_rgb_limit(source: Path, out: Path) -> None:
    """The same for one large plane of uncompressed RGB tiles, a shard at a time; the lower levels stay in memory."""
    import tifffile

    settle_limit(out)
    with tifffile.TiffFile(source) as tiff:
        page: Any = tiff.pages[0]
        side, offsets, counts = page.shape[0], page.dataoffsets, page.databytecounts
    across, descriptor = -(-side // TILE), os.open(source, os.O_RDONLY)
    level = np.empty(((side + 1) // 2, (side + 1) // 2, 3), np.uint8)

    def write(row: int, column: int) -> None:
        top, left = row * SHARD, column * SHARD
        block = np.empty((SHARD, SHARD, 3), np.uint8)
        for y in range(top // TILE, min((top + SHARD) // TILE, across)):
            for x in range(left // TILE, min((left + SHARD) // TILE, across)):
                data = os.pread(descriptor, counts[y * across + x], offsets[y * across + x])
                tile = np.frombuffer(data, np.uint8).reshape(TILE, TILE, 3)
                block[y * TILE - top : (y + 1) * TILE - top, x * TILE - left : (x + 1) * TILE - left] = tile
        block = np.ascontiguousarray(block[: side - top, : side - left])
        write_chunks([block], out / f"0.{row}.{column}")
        half = halved(block)
        level[top // 2 : top // 2 + half.shape[0], left // 2 : left // 2 + half.shape[1]] = half

    def write_lower(number: int, row: int, column: int) -> None:
        part = level[row * SHARD : (row + 1) * SHARD, column * SHARD : (column + 1) * SHARD]
        write_chunks([np.ascontiguousarray(part)], out / f"{number}.{row}.{column}")

    with ThreadPoolExecutor(2) as pool:
        shards = range(-(-side // SHARD))
        list(pool.map(write, *zip(*[(row, column) for row in shards for column in shards], strict=True)))
        number = 1
        while True:
            shards = range(-(-level.shape[0] // SHARD))
            places = [(number, row, column) for row in shards for column in shards]
            list(pool.map(write_lower, *zip(*places, strict=True)))
            if max(level.shape) <= CHUNK:
                break
            level, number = halved(level), number + 1


def run_micrarium(source: Path, out: Path) -> None:
    """What ``micrarium convert`` does."""
    from micrarium.actions.converting import convert_file
    from micrarium.pixels.allocation import settle_allocation

    settle_allocation()
    convert_file(source, out)


def commands(source: Path, out: Path, *, is_rgb: bool, has_peer: bool) -> dict[str, list[str]]:
    """The command line of each contestant."""
    child = [sys.executable, __file__, "--child"]
    limit = "rgb-limit" if is_rgb else "limit"
    found = {"limit": [*child, limit, str(source), str(out)], "micrarium": [*child, "micrarium", str(source), str(out)]}
    if has_peer:
        # It drops the t axis, which has length 1: chunks and shards are given for czyx, of RGB for yxc.
        cut = "-c 512 512 1 --chunks-per-shard 4 4 1" if is_rgb else "-c 1 1 512 512 --chunks-per-shard 1 1 4 4"
        peer = f"--ome-zarr-version 0.5 {cut} --codec blosc:zstd --compression-level 1"
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
    if arguments.rgb:
        make_rgb_input(source, side=arguments.rgb)
    else:
        make_input(source, planes=arguments.planes, side=arguments.side)
    contestants = commands(source, out, is_rgb=bool(arguments.rgb), has_peer=not arguments.without_peer)
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
        {"limit": run_limit, "rgb-limit": run_rgb_limit, "micrarium": run_micrarium}[sys.argv[2]](
            Path(sys.argv[3]), Path(sys.argv[4])
        )
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=120, help="planes in all, a multiple of 3")
    parser.add_argument("--side", type=int, default=2048, help="pixels a side")
    parser.add_argument("--rgb", type=int, default=0, help="one tiled RGB plane of so many pixels a side instead")
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
