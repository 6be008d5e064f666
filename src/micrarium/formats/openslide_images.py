"""The images of a slide that OpenSlide opens: the slide with its resolutions, and the pictures that lie beside it."""

from __future__ import annotations

import weakref
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats.openslide import is_mirax, mirax_index
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.segments import forget, new_token, remember
from micrarium.formats.trying import try_out
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_TILE = 512
_LARGEST_SIDE = 1 << 22
_LARGEST_PICTURE_PIXELS = 1 << 28
_LONGEST_VALUE = 65536
_THUMBNAILS = ("label", "macro", "thumbnail", "overview")
_DATES = (("aperio.Date", "%m/%d/%y"), ("mirax.GENERAL.SLIDE_CREATIONDATETIME", "%d/%m/%Y %H:%M:%S"))
_ISO_DATES = ("leica.creation-date", "tiff.DateTime")


def load_openslide() -> Any:
    """The package ``openslide``. Raises ``UnsupportedFormat`` where it is not installed."""
    try:
        import openslide
    except (ImportError, OSError):  # the second where the shared library is missing
        raise UnsupportedFormat(
            "Slides of this format are read by OpenSlide, which is not installed: it needs `pip install micrarium[slides]`"
        ) from None
    return openslide


class SlideSource(PlaneSource):
    """The slide, read in tiles of one grid, so that every region has the same pixels; what was not scanned is background."""

    file: SlideFile

    def __init__(self, file: SlideFile, index: int) -> None:
        super().__init__(file, index)
        self.samples, self.dtype = 3, np.dtype(np.uint8)
        slide = file.slide
        kept: list[tuple[int, tuple[int, int]]] = []
        for number, (width, height) in enumerate(slide.level_dimensions):
            if not kept or (width, height) != kept[-1][1]:
                kept.append((number, (width, height)))
        self._numbers = [number for number, _ in kept]
        self._downsamples = [float(slide.level_downsamples[number]) for number in self._numbers]
        sizes = [(Size(1, 3, 1, height, width), (_TILE, _TILE)) for _, (width, height) in kept]
        if max(max(shape.y, shape.x) for shape, _ in sizes) > _LARGEST_SIDE or min(min(shape) for shape, _ in sizes) < 1:
            raise UnsupportedFormat(f"{file.path.name} claims a slide of {slide.dimensions[0]} by {slide.dimensions[1]} pixels")
        self.levels = plane_levels(sizes, samples=3)
        self.description = _describe_slide(file)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one plane)
        """A part of the slide, put together from whole tiles."""
        out = np.empty((window.height, window.width, 3), np.uint8)
        for row in range(window.top // _TILE, -(-(window.top + window.height) // _TILE)):
            for column in range(window.left // _TILE, -(-(window.left + window.width) // _TILE)):
                tile = self.file.read_tile(self._numbers[level], self._downsamples[level], row, column, self.levels[level].shape)
                top, left = row * _TILE, column * _TILE
                y0, y1 = max(top, window.top), min(top + tile.shape[0], window.top + window.height)
                x0, x1 = max(left, window.left), min(left + tile.shape[1], window.left + window.width)
                piece = tile[y0 - top : y1 - top, x0 - left : x1 - left]
                out[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = piece
        return out


class PictureSource(PlaneSource):
    """A picture beside the slide: of its label, of the whole of it, or a small one of the tissue."""

    file: SlideFile

    def __init__(self, file: SlideFile, index: int, called: str, size: tuple[int, int]) -> None:
        super().__init__(file, index)
        self.samples, self.dtype = 3, np.dtype(np.uint8)
        self._called = called
        self.levels = plane_levels([(Size(1, 3, 1, size[1], size[0]), (size[1], size[0]))], samples=3)
        name = f"{file.path.stem} {called}"
        self.description = ImageDescription(name=name, channels=(ChannelDescription(),), is_thumbnail=called in _THUMBNAILS)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one plane)
        """A part of the picture; all of it is decoded once."""
        return self.file.read_picture(self._called)[window.slices]


class SlideFile(OpenedFile):
    """An opened slide."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        openslide = load_openslide()
        if is_mirax(path) and not mirax_index(path).is_file():
            missing = mirax_index(path).relative_to(path.parent)
            raise UnreadableFile(f"{path.name} is only the face of a slide; {missing}, which belongs beside it, is missing")
        self.token = new_token()
        self._lock = Lock()
        self._is_closed = False
        self.files = (path, *(one for one in _companions(path) if one != path))
        try_out(f"{__name__}:read_through", path, files=self.files)
        self.slide: Any = openslide.OpenSlide(path)
        # Closed once, by whoever is first: a source that was unpickled has nobody to close its file.
        self._close_slide = weakref.finalize(self, self.slide.close)
        try:
            self.properties = {str(key): str(value)[:_LONGEST_VALUE] for key, value in self.slide.properties.items()}
            background = self.properties.get("openslide.background-color", "FFFFFF")
            self._background = np.array([int(background[at : at + 2], 16) for at in (0, 2, 4)], np.uint16)
            sources: list[PlaneSource] = [SlideSource(self, 0)]
            for called in sorted(self.slide.associated_images.keys()):
                told = [_number(self.properties.get(f"openslide.associated.{called}.{side}")) for side in ("width", "height")]
                width, height = (int(side or 0) for side in told)
                if 0 < width * height <= _LARGEST_PICTURE_PIXELS:
                    sources.append(PictureSource(self, len(sources), called, (width, height)))
        except BaseException:
            self._close_slide()
            raise
        self.images = tuple(sources)
        self.warnings = (
            "OpenSlide gives the pixels as 8-bit RGB, and most slides are stored with loss: grey values may not be as measured",
        )

    def read_tile(self, number: int, downsample: float, row: int, column: int, shape: Size) -> Array:
        """One tile (y, x, 3) of a resolution, cut at its edges."""
        height, width = min(_TILE, shape.y - row * _TILE), min(_TILE, shape.x - column * _TILE)
        corner = (round(column * _TILE * downsample), round(row * _TILE * downsample))

        def decode() -> Array:
            with self._lock:  # closing must not pull the slide from under a reader
                self._check_open()
                picture = self.slide.read_region(corner, number, (width, height))
            return self._on_background(np.asarray(picture))

        return remember((self.token, (number, row, column)), decode)

    def read_picture(self, called: str) -> Array:
        """A picture beside the slide, (y, x, 3)."""

        def decode() -> Array:
            with self._lock:
                self._check_open()
                picture = self.slide.associated_images[called]
            return self._on_background(np.asarray(picture))

        with self._lock:
            self._check_open()
        return remember((self.token, called), decode)

    def _check_open(self) -> None:
        if self._is_closed:
            raise UnreadableFile(f"{self.path.name} was closed")

    def _on_background(self, pixels: Array) -> Array:
        """RGB of pixels that may be transparent where the scanner saw nothing."""
        opaque = pixels[..., 3:].astype(np.uint16)
        if (opaque == 255).all():
            return np.ascontiguousarray(pixels[..., :3])
        mixed = (pixels[..., :3] * opaque + self._background * (255 - opaque) + 127) // 255
        return mixed.astype(np.uint8)

    def original_metadata(self) -> dict[str, str]:
        """Every property that OpenSlide knows of the slide."""
        return dict(self.properties)

    def close(self) -> None:
        """Close the slide; a thread that is reading finishes first."""
        with self._lock:
            self._is_closed = True
            self._close_slide()
        forget(self.token)


def _companions(path: Path) -> list[Path]:
    """The other files of a slide of several files: a Mirax slide has a folder, a Hamamatsu slide names pictures beside it."""
    if is_mirax(path):
        return sorted(one for one in mirax_index(path).parent.rglob("*") if one.is_file())
    if path.suffix.lower() not in (".vms", ".vmu"):
        return []
    text = path.read_bytes()[:_LONGEST_VALUE].decode("latin-1")
    named = [line.partition("=")[2].strip() for line in text.splitlines() if "=" in line]
    beside = {one.name: one for one in path.parent.iterdir() if one.is_file()}
    return sorted({beside[name] for name in named if name in beside})


def _describe_slide(file: SlideFile) -> ImageDescription:
    told = file.properties
    sizes: dict[str, Any] = {
        f"physical_size_{axis}": Quantity(size, "µm") if (size := _number(told.get(f"openslide.mpp-{axis}"))) else None
        for axis in "xy"
    }
    power = _number(told.get("openslide.objective-power"))
    instrument = {"manufacturer": told.get("openslide.vendor", ""), "model": told.get("aperio.ScanScope ID", "")}
    return ImageDescription(
        name=file.path.stem,
        acquisition_date=_date(told),
        channels=(ChannelDescription(),),
        objective={"nominal_magnification": power} if power else {},
        instrument={key: value for key, value in instrument.items() if value},
        **sizes,
    )


def _number(text: str | None) -> float | None:
    with suppress(ValueError):
        value = float(text or "")
        return value if 0 < value < 1e6 else None
    return None


def _date(told: dict[str, str]) -> datetime | None:
    for key, form in _DATES:
        with suppress(ValueError, KeyError):
            return datetime.strptime(told[key], form).replace(tzinfo=UTC)
    for key in _ISO_DATES:
        with suppress(ValueError, KeyError):
            found = datetime.fromisoformat(told[key])
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def read_through(path: Path) -> None:
    """Read a little of all that a slide holds. To be called in a process of its own: damage can break it off."""
    slide = load_openslide().OpenSlide(path)
    for level in range(slide.level_count):
        slide.read_region((0, 0), level, (64, 64))
    for name in slide.associated_images:
        _ = slide.associated_images[name]
