"""A 512 x 512 region of three uint16 channels, windowed and coloured, to JPEG, beside the sum of its parts.

    python benchmarks/render.py [--side 4096] [--tiles 64] [--rounds 5] [--json render.json]

The parts are what any program must do, each measured alone on the same regions: decode three chunks, put them
together in colour, encode the JPEG. Everything runs in one thread, files in the page cache, no chunk kept in memory.
With ``--projection N`` the picture is the maximum of N planes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.geometry import Region, Size
from micrarium.pixels.layout import Codec
from micrarium.pixels.source import Source
from micrarium.pixels.stored import StoredImage
from micrarium.pixels.writing import write_image
from micrarium.render.encoding import encode_picture
from micrarium.render.regions import render_region
from micrarium.render.settings import ChannelSettings, RenderingSettings
from micrarium.testing.sources import ArraySource

TILE = 512
WINDOWS = ((100.0, 1500.0, "FF0000"), (100.0, 900.0, "00FF00"), (100.0, 1200.0, "0000FF"))


def make_image(folder: Path, *, side: int, planes: int) -> StoredImage:
    """Three channels of blurred cells with noise, stored as Micrarium stores images."""
    import cv2

    generator = np.random.default_rng(0)
    cells = cv2.GaussianBlur(generator.exponential(1.0, (side, side)).astype(np.float32), (0, 0), 6)
    cells = 110 + (cells - cells.min()) / (cells.max() - cells.min()) * 1400
    noise = generator.standard_normal((side, side), dtype=np.float32)
    plane = (cells + np.sqrt(cells) * 0.5 * noise).astype(np.uint16)
    stack = [np.roll(plane, 101 * i) for i in range(3 * planes)]
    write_image(ArraySource(np.array(stack).reshape(1, 3, planes, side, side)), folder)
    return StoredImage(folder)


def limit_threads() -> None:
    """One thread everywhere, as the parts have."""
    import cv2

    cv2.setNumThreads(1)


def milliseconds(work: Callable[[int, int], Any], corners: list[tuple[int, int]]) -> float:
    """The median time of the work over the corners of regions."""
    times = []
    for y, x in corners:
        started = time.perf_counter()
        work(y, x)
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def make_parts(image: Source, corners: list[tuple[int, int]], planes: int) -> dict[str, Callable[[int, int], Any]]:
    """Each part of the work alone, with its input made beforehand."""
    import cv2
    import imagecodecs
    import simplejpeg

    codec = Codec()
    arrays: dict[tuple[int, int], list[Any]] = {}
    chunks: dict[tuple[int, int], list[bytes]] = {}
    pictures: dict[tuple[int, int], Any] = {}
    for y, x in corners:
        block = image.read(Region(Size(0, 0, 0, y, x), Size(1, 3, planes, TILE, TILE)))
        arrays[y, x] = [np.ascontiguousarray(block[0, c, 0]) for c in range(3)]
        chunks[y, x] = [codec.encode(np.ascontiguousarray(plane)) for plane in block[0].reshape(-1, TILE, TILE)]

    def decode(y: int, x: int) -> None:
        for chunk in chunks[y, x]:
            imagecodecs.blosc_decode(chunk, numthreads=1)

    def put_together(y: int, x: int) -> Any:
        levels = []
        for plane, (start, end, _) in zip(arrays[y, x], WINDOWS, strict=True):
            levels.append(
                cv2.convertScaleAbs(np.clip(plane, np.uint16(start), np.uint16(end)) - np.uint16(start), alpha=255 / (end - start))
            )
        return cv2.merge(levels)

    for y, x in corners:
        pictures[y, x] = put_together(y, x)

    def encode(y: int, x: int) -> None:
        simplejpeg.encode_jpeg(pictures[y, x], quality=85, colorspace="RGB", colorsubsampling="420")

    return {"decode": decode, "colour": put_together, "jpeg": encode}


def compare(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Interleaved rounds of the whole and of its parts."""
    planes = max(1, arguments.projection)
    image = make_image(folder / "a.ome.zarr", side=arguments.side, planes=planes)
    channels = tuple(ChannelSettings(start, end, color) for start, end, color in WINDOWS)
    settings = RenderingSettings(channels, projection="max" if arguments.projection else "none")

    def render(y: int, x: int) -> bytes:
        return encode_picture(render_region(image, settings, x=x, y=y, width=TILE, height=TILE), "jpeg")

    generator = np.random.default_rng(1)
    count = arguments.side // TILE
    corners = [(int(i) // count * TILE, int(i) % count * TILE) for i in generator.permutation(count * count)[: arguments.tiles]]
    contestants = {"region to JPEG": render, **make_parts(image, corners, planes)}
    rounds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(arguments.rounds + 1):
        for name, work in contestants.items():
            median = milliseconds(work, corners)
            if number:  # the first round only warms up
                rounds[name].append(median)
    found = {name: round(statistics.median(times), 3) for name, times in rounds.items()}
    parts = sum(value for name, value in found.items() if name != "region to JPEG")
    ratio = round(found["region to JPEG"] / parts, 2)
    return {"p50_ms": found, "sum_of_parts_ms": round(parts, 3), "times_sum_of_parts": ratio, "cores": os.cpu_count()}


def main() -> None:
    """Reads the options, compares, prints the times and writes the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=4096, help="pixels a side of the image")
    parser.add_argument("--tiles", type=int, default=64, help="regions in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--projection", type=int, default=0, help="project this many planes")
    parser.add_argument("--json", type=Path, default=Path("render.json"))
    arguments = parser.parse_args()
    limit_threads()
    with tempfile.TemporaryDirectory() as folder:
        report = compare(arguments, Path(folder))
    for name, value in report["p50_ms"].items():
        print(f"{name:16s} {value:7.2f} ms")
    print(
        f"{'sum of parts':16s} {report['sum_of_parts_ms']:7.2f} ms; the whole takes {report['times_sum_of_parts']:.2f} times that"
    )
    arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
