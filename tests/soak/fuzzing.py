"""What a fuzzer guided by coverage calls: a reader of ours on bytes that it makes up.

    python tests/soak/fuzzing.py READER SUFFIX CORPUS [options of libFuzzer]

Ends badly when a reader raises anything but ``UnreadableFile``, tells more than one line, takes too long or too much memory.
"""

from __future__ import annotations

import pkgutil
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["micrarium.formats"], enable_loader_override=False):
    import micrarium.formats

    for module in pkgutil.walk_packages(micrarium.formats.__path__, "micrarium.formats."):
        with suppress(ImportError):  # of a library that is optional
            import_module(module.name)

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Region, Size

#: A window is read of each image, so that decoding is reached and large claims stay small work.
MOST_PIXELS, MOST_IMAGES = 256, 3


def look(path: Path, name: str) -> None:
    """Open a file, ask all it tells, and read a corner of its first images."""
    with open_image_file(path, reader=name) as opened:
        opened.original_metadata()
        opened.ome_xml()
        for source in opened.images[:MOST_IMAGES]:
            shape = source.shape
            corner = Size(1, min(shape.c, source.samples), 1, min(shape.y, MOST_PIXELS), min(shape.x, MOST_PIXELS))
            source.read(Region(Size(0, 0, 0, 0, 0), corner))


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    name, suffix, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"fuzzed{suffix}"

        def try_bytes(data: bytes) -> None:
            path.write_bytes(data)
            try:
                look(path, name)
            except UnreadableFile as error:
                if "\n" in error.detail:
                    raise AssertionError(f"more than one line: {error.detail}") from error

        atheris.Setup([sys.argv[0], *options], try_bytes)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
