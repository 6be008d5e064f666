"""Images whose planes lie in many files, read a part of a plane at a time by the readers of TIFF, PNG and JPEG."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from micrarium.errors import MicrariumError, UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.plates.layouts import ImageLayout, Layout, PlaneFile, describe
from micrarium.formats.raster_images import RasterFile, RasterSource, read_header
from micrarium.formats.segments import forget
from micrarium.formats.tiff_head import read_page_head
from micrarium.formats.tiff_pages import RGB, StoredPlane, TiffPages, loss_warnings, natural_chunk
from micrarium.geometry import Size
from micrarium.pixels.source import ImageDescription

_MOST_PICTURES = 64
#: How many files of another size than the first are looked into at opening; the others are checked as they are read.
_MOST_LOOKED_INTO = 256
#: How many files are tried for a first plane before all are taken to be damaged.
_MOST_TRIED = 16


class PlaneKind(NamedTuple):
    """What the planes of a fileset have in common."""

    height: int
    width: int
    samples: int
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        colours = f", {self.samples} samples a pixel" if self.samples > 1 else ""
        return f"{self.width} x {self.height} of {self.dtype.name}{colours}"


class Planes:
    """The planes of many files; few of the files are open at a time."""

    def __init__(self) -> None:
        self.pages = TiffPages()
        self._descriptors = Descriptors()
        self._pictures: OrderedDict[Path, RasterSource] = OrderedDict()
        self._lock = Lock()

    def kind(self, plane: PlaneFile) -> tuple[PlaneKind, tuple[int, int], int]:
        """Of a plane: its size and type, the (y, x) that are cheapest to read, and its compression (0 for pictures)."""
        if is_picture(plane.path):
            source = self._picture(plane.path)
            if source.shape.c != source.samples:
                raise UnreadableFile(f"{plane.path.name} holds several channels, and each plane of its set is to be one")
            return PlaneKind(source.shape.y, source.shape.x, source.samples, source.dtype), source.levels[0].chunk[3:], 0
        page = self.pages.page(plane.path, plane.page)
        samples = int(page.samplesperpixel) if page.photometric in RGB and page.samplesperpixel in (3, 4) else 1
        if page.dtype is None or 0 in page.shaped or (samples == 1 and page.samplesperpixel > 1):
            raise UnreadableFile(f"{plane.path.name} holds no plane of grey values or colours that can be read")
        dtype = np.dtype(np.uint8) if np.dtype(page.dtype).kind == "b" else np.dtype(page.dtype)
        kind = PlaneKind(int(page.imagelength), int(page.imagewidth), samples, dtype)
        return kind, natural_chunk(page), int(page.compression)

    def read(self, plane: PlaneFile, kind: PlaneKind, window: Window) -> Array:
        """A part of a plane, (y, x) or (y, x, sample). Raises ``UnreadableFile`` when it is of another kind."""
        found = self.kind(plane)[0]
        if found != kind:
            raise UnreadableFile(f"{plane.path.name} is {found}, and the first plane of its set {kind}")
        if is_picture(plane.path):
            return self._picture(plane.path).read_plane(0, 0, 0, 0, window)
        return self.pages.read(StoredPlane(plane.path, self.pages.page(plane.path, plane.page)), window)

    def _picture(self, path: Path) -> RasterSource:
        with self._lock:
            found = self._pictures.get(path)
            if found is None:
                file = RasterFile(path, "raster", "")
                file.descriptors = self._descriptors  # one bounded set of descriptors for all pictures
                source = file.images[0]
                assert isinstance(source, RasterSource)
                found = self._pictures[path] = source
                while len(self._pictures) > _MOST_PICTURES:
                    forget(self._pictures.popitem(last=False)[1].file.token)
            self._pictures.move_to_end(path)
            return found

    def close(self) -> None:
        """Let go of all files."""
        self.pages.close()
        self._descriptors.close()
        with self._lock:
            for source in self._pictures.values():
                forget(source.file.token)


def is_picture(path: Path) -> bool:
    """Whether a file of this name is a PNG or JPEG."""
    return path.suffix.lower() in (".png", ".jpg", ".jpeg")


class GatheredSource(PlaneSource):
    """One image whose planes lie in many files."""

    file: GatheredFile

    def __init__(self, file: GatheredFile, index: int, image: ImageLayout) -> None:
        super().__init__(file, index)
        self._image = image
        self.samples = file.kind.samples
        self.dtype = file.kind.dtype.newbyteorder("=")
        self.levels = file.levels

    @cached_property
    def description(self) -> ImageDescription:  # type: ignore[override]  # found when it is asked for: it may take a look into a file
        """What names, indexes and the first of its files say of the image."""
        return describe(self._image, self.file.layout)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane; None where no file holds it."""
        plane = self._image.planes.get((t, channel, z))
        return None if plane is None else self.file.planes.read(plane, self.file.kind, window)


class GatheredFile(OpenedFile):
    """An opened fileset of many files."""

    def __init__(self, layout: Layout, reader: str, version: str) -> None:
        super().__init__(layout.head, reader, version)
        self.layout = layout
        self.planes = Planes()
        self.files = layout.files
        self.plates = layout.plates
        try:
            self.kind, chunk, compression = self._first_kind()
            told = self._leave_out_others()
        except BaseException:
            self.planes.close()
            raise
        (t, c, z), (height, width, samples, _) = layout.shape, self.kind
        self.levels = plane_levels([(Size(t, c * samples, z, height, width), chunk)], samples=samples)
        self.images = tuple(GatheredSource(self, index, image) for index, image in enumerate(layout.images))
        is_jpeg = any(path.suffix.lower().startswith(".jp") for path in layout.files)
        self.warnings = (*layout.warnings, *told, *loss_warnings([7] if is_jpeg else [compression]))

    def _first_kind(self) -> tuple[PlaneKind, tuple[int, int], int]:
        """The kind of the first plane that can be read. Raises ``UnreadableFile``."""
        first: MicrariumError | None = None
        tried = 0
        for image in self.layout.images:
            for where in sorted(image.planes):
                try:
                    return self.planes.kind(image.planes[where])
                except (OSError, ValueError, MicrariumError) as error:
                    told = f"{image.planes[where].path.name} cannot be read"
                    first = first or (error if isinstance(error, MicrariumError) else UnreadableFile(told))
                tried += 1
                if tried >= _MOST_TRIED:
                    raise first
        raise first or UnreadableFile(f"{self.path.name} has no planes")

    def _leave_out_others(self) -> list[str]:
        """Take away the planes whose files are empty, cut short or of another kind, and say so."""
        judged = self._judge(dict.fromkeys(plane.path for image in self.layout.images for plane in image.planes.values()))
        if not judged:
            return []
        for image in self.layout.images:
            image.planes = {where: plane for where, plane in image.planes.items() if plane.path not in judged}
        path, why = next(iter(judged.items()))
        return [f"{len(judged)} files do not fit their set, such as {path.name}, which {why}; their planes read as zeros"]

    def _judge(self, paths: dict[Path, None]) -> dict[Path, str]:
        """Which files do not fit, and why. Only those are looked into whose number of bytes differs from most others'."""
        sizes = {path: _size(path) for path in paths}
        counts: dict[int, int] = {}
        for size in sizes.values():
            counts[size] = counts.get(size, 0) + 1
        usual = max(counts, key=lambda size: (counts[size], size))
        looked = ([p for p in paths if sizes[p] == usual][:1] + [p for p in paths if sizes[p] != usual])[:_MOST_LOOKED_INTO]
        found = {path: why for path in looked if (why := self._fault(path))}
        return found | {path: "is empty or cannot be read" for path, size in sizes.items() if size <= 0}

    def _fault(self, path: Path) -> str:
        """Why a file does not fit the others; nothing where it does."""
        with suppress(OSError, ValueError, MicrariumError):
            if is_picture(path):
                header = read_header(path)
                seen: tuple[int, ...] = (header.height, header.width, header.bits)
                size = f"{header.width} x {header.height}"
            else:
                page = read_page_head(path)
                if page is None:
                    return "is damaged or no TIFF"
                seen, size = (page.height, page.width, page.bits), f"{page.width} x {page.height}"
                if page.end > _size(path):
                    return "is cut short"
            kind = self.kind
            bits = seen[2] if seen[2] % 8 else kind.dtype.itemsize * 8
            if seen != (kind.height, kind.width, bits):
                return f"is {size} of {seen[2]} bits, where the others are {kind}"
            return ""
        return "cannot be read"

    def original_metadata(self) -> dict[str, str]:
        """What the index says, and the first file."""
        return self.layout.metadata

    def close(self) -> None:
        """Let go of all files."""
        self.planes.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def open_gathered(path: Path, find: Callable[[Path], Layout], reader: str, version: str) -> OpenedFile:
    """The fileset that ``find`` makes out from a path."""
    from micrarium.formats.planes import listen_while_opening

    return listen_while_opening(path, lambda: GatheredFile(find(path), reader, version))
