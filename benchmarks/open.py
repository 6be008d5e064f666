"""Opening a file, all its metadata included, and reading its first plane, beside a warm Bio-Formats in the same process.

    python benchmarks/open.py [FILE...] [--samples FOLDER] [--jar bioformats_package.jar] [--repeats 15] [--json open.json]

Without files, CZI, LIF, ND2 and OME-TIFF of the sample folder (``MICRARIUM_SAMPLES``) are opened. Both start from nothing
but loaded code: the Java machine runs, its compiler has seen each file several times, and every round opens the file anew.
Bio-Formats fills its OME-XML metadata store, as it does for an import; neither is asked for the original metadata as keys
and values. Rounds alternate; medians are compared. The peer
needs Java, ``pip install jpype1`` and the jar (``MICRARIUM_BIOFORMATS_JAR``); without them the run fails.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SAMPLES = (
    "czi/CellDivision_T3_Z5_CH2_X240_Y170.czi", "czi/S3_1Pos_2Mosaic_T1_Z1_CH1.czi", "lif/xz-example.lif",
    "lif/PR2729_frameOrderCombinedScanTypes.lif", "nd2/example-multichannel.nd2", "nd2/example-timelapse.nd2",
    "ome-tiff/artificial_multi-channel-4D-series.ome.tiff", "ome-tiff/omero_test_pyramid.ome.tif",
)  # fmt: skip
WARMING = 8


def open_with_micrarium(path: Path) -> int:
    """Bytes of the first plane, after the file told all it knows."""
    from micrarium.formats import open_image_file
    from micrarium.geometry import Region, Size

    with open_image_file(path) as opened:
        descriptions = [image.description for image in opened.images]
        assert descriptions
        opened.ome_xml()
        first = opened.images[0]
        shape = first.shape._replace(t=1, z=1, c=first.samples)
        return first.read(Region(Size(0, 0, 0, 0, 0), shape)).nbytes


def start_peer(jar: Path) -> Callable[[Path], int]:
    """What opens a file by Bio-Formats in a Java machine that is started here."""
    import jpype

    jpype.startJVM("-Xmx2g", classpath=[str(jar)])
    jpype.JPackage("loci").common.DebugTools.setRootLevel("ERROR")
    loci = jpype.JPackage("loci").formats
    service = jpype.JPackage("loci").common.services.ServiceFactory().getInstance(loci.services.OMEXMLService)

    def open_with_peer(path: Path) -> int:
        reader = loci.ImageReader()
        reader.setOriginalMetadataPopulated(False)
        reader.setMetadataStore(service.createOMEXMLMetadata())
        try:
            reader.setId(str(path))
            return len(reader.openBytes(0))
        finally:
            reader.close()

    return open_with_peer


def compare(path: Path, contestants: dict[str, Callable[[Path], int]], *, repeats: int) -> dict[str, Any]:
    """Median milliseconds of each, and how many times the peer's time is ours."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(WARMING + repeats):
        for name, opening in contestants.items():
            started = time.perf_counter()
            opening(path)
            if number >= WARMING:
                times[name].append((time.perf_counter() - started) * 1000)
    medians = {name: round(statistics.median(values), 3) for name, values in times.items()}
    return {"file": path.name, "ms": medians, "times_faster": round(medians["bioformats"] / medians["micrarium"], 1)}


def main() -> None:
    """Reads the options, compares, prints a line a file and writes the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--samples", type=Path, default=os.environ.get("MICRARIUM_SAMPLES"))
    parser.add_argument("--jar", type=Path, default=os.environ.get("MICRARIUM_BIOFORMATS_JAR"))
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path, default=Path("open.json"))
    arguments = parser.parse_args()
    if arguments.jar is None or not arguments.jar.is_file():
        sys.exit("Name the jar of Bio-Formats with --jar or MICRARIUM_BIOFORMATS_JAR")
    if not arguments.files and arguments.samples is None:
        sys.exit("Name files, or the sample folder with --samples or MICRARIUM_SAMPLES")
    files = arguments.files or [arguments.samples / "files" / name for name in SAMPLES]
    contestants = {"micrarium": open_with_micrarium, "bioformats": start_peer(arguments.jar)}
    results = []
    for path in files:
        result = compare(path, contestants, repeats=arguments.repeats)
        results.append(result)
        ours, theirs = result["ms"]["micrarium"], result["ms"]["bioformats"]
        print(f"{path.name:50s} micrarium {ours:8.2f} ms  bioformats {theirs:8.2f} ms  {result['times_faster']:6.1f} x faster")
    print(f"{'median':50s} {statistics.median(one['times_faster'] for one in results):49.1f} x faster")
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
