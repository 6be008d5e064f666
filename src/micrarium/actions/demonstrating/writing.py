"""Writing the demo data as real files, each in bounded memory, the same bytes of pixels for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.actions.demonstrating import cells, describing
from micrarium.actions.demonstrating.describing import DemoFile, Outline
from micrarium.actions.demonstrating.drawing import Points
from micrarium.actions.demonstrating.tissue import BrainSection, StainedSlide, cut_tiles
from micrarium.geometry import Quantity, Region, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription, ImageFile, Level, PlateDescription, Source, WellPosition
from micrarium.pixels.writing_files import write_image_file

#: Told how much of all is done, from 0 to 1, and what is being made.
Progress = Callable[[float, str], None]
#: Told how much of one file is done, from 0 to 1.
Report = Callable[[float], None]

#: Parts of the whole time that the files take, in the order they are made: what is made last is shown first.
WEIGHTS = {
    describing.PLATE: 0.20,
    describing.BRAIN: 0.25,
    describing.FILM: 0.10,
    describing.SLIDE: 0.25,
    describing.SEGMENTED: 0.05,
    describing.STACK: 0.15,
}


def write_demo_files(
    folder: Path, *, names: Collection[str] = tuple(WEIGHTS), progress: Progress | None = None, seed: int = 1
) -> list[DemoFile]:
    """Writes the demo data, or those files of it that are named, into a folder, and says what is in them.

    The folder is made; files that are there are kept. The files: a 3-channel stack (OME-TIFF), a time-lapse (ImageJ
    hyperstack), a segmented field with labels (OME-Zarr), an 8192 x 8192 tiled plane without a pyramid (TIFF), an RGB slide
    with one (OME-TIFF) and a 96-well plate (OME-Zarr).
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole, before, made = sum(WEIGHTS[name] for name in names) or 1.0, 0.0, []
    for name in (name for name in WEIGHTS if name in names):
        weight = WEIGHTS[name] / whole

        def report(part: float, *, name: str = name, before: float = before, weight: float = weight) -> None:
            if progress is not None:
                progress(min(before + weight * part, 1.0), name)

        report(0)
        made.append(WRITERS[name](folder / name, seed=seed, report=report))
        before += weight
    if progress is not None:
        progress(1.0, "")
    return made


def as_outline(name: str, points: Points, *, z: int | None = None) -> Outline:
    """An outline as plain numbers, to a tenth of a pixel."""
    return Outline(name, tuple((round(float(x), 1), round(float(y), 1)) for x, y in points), z=z)


def finish_tiff(path: Path, write: Callable[[Path], None]) -> None:
    """Writes a file beside its place and renames it when it is complete; one that is there is kept."""
    if path.exists():
        return
    part = path.with_name(f".{path.name}.partial")
    try:
        write(part)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def write_stack(path: Path, *, seed: int, report: Report) -> DemoFile:
    """A confocal stack of three channels, 24 planes of 512 x 512, 16 bits, as OME-TIFF with its acquisition metadata."""
    import tifffile

    scene = cells.StackScene(seed)

    def planes() -> Iterator[np.ndarray[Any, Any]]:
        for z in range(scene.planes):
            yield from scene.plane(z)
            report((z + 1) / scene.planes)

    def write(part: Path) -> None:
        with tifffile.TiffWriter(part) as tiff:
            shape = (scene.planes * 3, *scene.size)
            tiff.write(planes(), shape=shape, dtype="uint16", photometric="minisblack", metadata=None, description=stack_xml(scene))

    finish_tiff(path, write)
    nuclei = [as_outline(f"nucleus {n}", points, z=z) for n, (z, points) in enumerate(scene.nuclei(), 1)]
    return describing.describe(path, outlines=tuple(nuclei))


def stack_xml(scene: cells.StackScene) -> bytes:
    """The OME-XML of the stack: planes with channels first, physical sizes, dyes, the objective and the day."""
    from ome_types import OME

    dyes = [("DAPI", "DAPI", 405, 452, "#4D7DFF"), ("Microtubules", "Alexa Fluor 488", 488, 525, "#2EE66B")]
    dyes.append(("Mitochondria", "MitoTracker Deep Red", 640, 676, "#FF3355"))
    kind = {"acquisition_mode": "SpinningDiskConfocal", "contrast_method": "Fluorescence", "illumination_type": "Epifluorescence"}
    channels = [
        {"id": f"Channel:0:{i}", "name": name, "fluor": dye, "excitation_wavelength": excitation, "emission_wavelength": emission}
        | {"color": color, "samples_per_pixel": 1, **kind}
        for i, (name, dye, excitation, emission, color) in enumerate(dyes)
    ]
    pixels = {
        "id": "Pixels:0",
        "dimension_order": "XYCZT",
        "type": "uint16",
        "channels": channels,
        "size_x": scene.size[1],
        "size_y": scene.size[0],
        "size_z": scene.planes,
        "size_c": len(dyes),
        "size_t": 1,
        "physical_size_x": 0.108,
        "physical_size_y": 0.108,
        "physical_size_z": 0.3,
        "tiff_data_blocks": [{"plane_count": len(dyes) * scene.planes}],
    }
    objective = {"id": "Objective:0", "model": "Plan Apo 60x Oil", "nominal_magnification": 60, "lens_na": 1.4, "immersion": "Oil"}
    image = {"id": "Image:0", "name": "HeLa cytoskeleton", "acquisition_date": "2026-03-02T10:15:00", "pixels": pixels}
    image |= {"instrument_ref": {"id": "Instrument:0"}, "objective_settings": {"id": "Objective:0"}}
    document = {"instruments": [{"id": "Instrument:0", "objectives": [objective]}], "images": [image]}
    return OME.model_validate(document).to_xml().encode("utf-8")


def write_film(path: Path, *, seed: int, report: Report) -> DemoFile:
    """A time-lapse of two channels, 30 frames of 512 x 512, 16 bits, as an ImageJ hyperstack."""
    import tifffile

    size, frames = (512, 512), 30

    def write(part: Path) -> None:
        rng = np.random.default_rng([seed, 2])
        film = cells.grow_film(seed + 1, size=size, frames=frames)
        stack = np.empty((frames, 2, *size), np.uint16)
        for t, moment in enumerate(film):
            stack[t] = cells.draw_frame(rng, moment, size)
            report((t + 1) / frames)
        metadata = {"axes": "TCYX", "unit": "um", "finterval": 300.0, "mode": "composite", "Labels": ["H2B-GFP", "DIC"] * frames}
        metadata |= {"Ranges": (100.0, 900.0, 1500.0, 5500.0), "LUTs": [ramp(60, 255, 120), ramp(255, 255, 255)]}
        tifffile.imwrite(part, stack, imagej=True, resolution=(1 / 0.325, 1 / 0.325), metadata=metadata)

    finish_tiff(path, write)
    return describing.describe(path)


def ramp(red: int, green: int, blue: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """ImageJ's look-up table from black to a colour, as (3, 256)."""
    return np.asarray(np.linspace(0, 1, 256)[None, :] * np.array([[red], [green], [blue]]), np.uint8)


def write_brain(path: Path, *, seed: int, report: Report) -> DemoFile:
    """One plane of 8192 x 8192, 16 bits, tiled and compressed, without a pyramid, its pixel size in the resolution tags."""
    import tifffile

    side, tile = 8192, 512

    def bands(section: BrainSection) -> Iterator[np.ndarray[Any, Any]]:
        for top in range(0, side, tile):
            yield section.band(top, tile)
            report((top + tile) / side)

    def write(part: Path) -> None:
        per_cm = 1e4 / 1.3
        with tifffile.TiffWriter(part) as tiff:
            tiff.write(
                cut_tiles(bands(BrainSection(seed)), side=tile), shape=(side, side), dtype="uint16", tile=(tile, tile),
                compression="zlib", compressionargs={"level": 1}, predictor=True, photometric="minisblack", metadata=None,
                resolution=(per_cm, per_cm), resolutionunit="CENTIMETER", description="Mouse brain, coronal section, DAPI",
            )  # fmt: skip

    finish_tiff(path, write)
    return describing.describe(path)


def write_slide(path: Path, *, seed: int, report: Report) -> DemoFile:
    """An RGB slide of 4096 x 3072 pixels with two smaller levels, tiled, as OME-TIFF."""
    import cv2
    import tifffile

    tile = 256

    def write(part: Path) -> None:
        slide = StainedSlide(seed)
        height, width = slide.size
        small = np.empty((height // 4, width // 4, 3), np.uint8)
        half = np.empty((height // 2, width // 2, 3), np.uint8)

        def bands() -> Iterator[np.ndarray[Any, Any]]:
            for top in range(0, height, tile):
                band = slide.band(top, tile)
                half[top // 2 : (top + tile) // 2] = cv2.resize(band, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                small[top // 4 : (top + tile) // 4] = cv2.resize(band, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
                yield band
                report((top + tile) / height)

        options: dict[str, Any] = {"tile": (tile, tile), "compression": "zlib", "predictor": True, "photometric": "rgb"}
        about = {"axes": "YXS", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm"}
        with tifffile.TiffWriter(part, ome=True) as tiff:
            shape = (height, width, 3)
            tiff.write(
                cut_tiles(bands(), side=tile), shape=shape, dtype="uint8", subifds=2, metadata={**about, "Name": "slide"}, **options
            )
            tiff.write(half, subfiletype=1, metadata=None, **options)
            tiff.write(small, subfiletype=1, metadata=None, **options)

    finish_tiff(path, write)
    return describing.describe(path)


class DrawnSource(Source):
    """An image with axes ``tczyx`` that is drawn anew each time it is read, so that a whole plate needs no memory."""

    def __init__(
        self,
        draw: Callable[[], np.ndarray[Any, Any]],
        shape: Size,
        *,
        dtype: Any,
        description: ImageDescription,
        labels: Mapping[str, Source] | None = None,
    ) -> None:
        self.draw = draw
        self.levels = (Level(shape, shape),)
        self.dtype = np.dtype(dtype)
        self.description = description
        self.label_images = dict(labels or {})

    @property
    def labels(self) -> Mapping[str, Source]:
        """The label images it was made with."""
        return self.label_images

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The region of what is drawn."""
        region.check(self.levels[level].shape)
        return self.draw().reshape(self.shape)[region.slices]


class DrawnFile(ImageFile):
    """Drawn images as if they came from one file."""

    reader, reader_version = "demo", "1"

    def __init__(self, *images: Source, plates: tuple[PlateDescription, ...] = ()) -> None:
        self.files, self.images, self.plates = (), images, plates

    def close(self) -> None:
        """Nothing is open."""


def microns(value: float) -> Quantity:
    """A length in micrometres."""
    return Quantity(value, "µm")


def write_segmented(path: Path, *, seed: int, report: Report) -> DemoFile:
    """A field of two channels with the label image ``nuclei``, 1024 x 1024, as OME-Zarr."""
    picture, labels, outlines = cells.draw_segmented(seed + 3)
    scale: dict[str, Any] = {"physical_size_x": microns(0.2), "physical_size_y": microns(0.2)}
    channels = (ChannelDescription(name="Nuclei (Hoechst)", color="4D7DFF"), ChannelDescription(name="Membranes", color="FF4DB8"))
    nuclei = DrawnSource(
        lambda: labels,
        Size(1, 1, 1, *labels.shape),
        dtype=labels.dtype,
        description=ImageDescription(name="nuclei", is_label=True, **scale),
    )
    image = DrawnSource(
        lambda: picture,
        Size(1, 2, 1, *labels.shape),
        dtype=picture.dtype,
        description=ImageDescription(name="MDCK monolayer", channels=channels, **scale),
        labels={"nuclei": nuclei},
    )
    if not path.exists():
        write_image_file(DrawnFile(image), path, progress=report)
    return describing.describe(
        path, outlines=tuple(as_outline(f"nucleus {n}", points) for n, points in enumerate(outlines[:24], 1))
    )


def write_plate(path: Path, *, seed: int, report: Report) -> DemoFile:
    """A plate of 8 x 12 wells with two fields of two channels, 256 x 256, as OME-Zarr."""
    side = 256
    # The same windows in every well: brightness is what one compares on a plate.
    dna = ChannelDescription(name="DNA (Hoechst)", color="4D7DFF", window=(110.0, 950.0))
    channels = (dna, ChannelDescription(name="p65", color="2EE66B", window=(110.0, 800.0)))

    def draw(row: int, column: int, number: int) -> np.ndarray[Any, Any]:
        effect, death = describing.effect_in(row, column)
        return cells.draw_well(np.random.default_rng([seed, row, column, number]), size=(side, side), effect=effect, death=death)

    def field_at(row: int, column: int, number: int) -> Source:
        description = ImageDescription(
            name=f"{describing.well_name(row, column)} field {number + 1}",
            channels=channels,
            physical_size_x=microns(0.65),
            physical_size_y=microns(0.65),
            well=WellPosition(0, row, column, number),
        )
        return DrawnSource(partial(draw, row, column, number), Size(1, 2, 1, side, side), dtype=np.uint16, description=description)

    rows, columns, count = describing.ROWS, describing.COLUMNS, describing.FIELDS
    images = [field_at(row, column, n) for row in range(rows) for column in range(columns) for n in range(count)]
    if not path.exists():
        write_image_file(DrawnFile(*images, plates=(PlateDescription("p65 translocation", rows, columns),)), path, progress=report)
    return describing.describe(path)


WRITERS = {
    describing.STACK: write_stack,
    describing.FILM: write_film,
    describing.SEGMENTED: write_segmented,
    describing.BRAIN: write_brain,
    describing.SLIDE: write_slide,
    describing.PLATE: write_plate,
}
