"""Writing whole filesets as OME-Zarr 0.5: single images, collections of images, and plates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from micrarium.pixels import ome_zarr
from micrarium.pixels.source import ImageFile, PlateDescription, Source, WellPosition
from micrarium.pixels.staging import staged_folder
from micrarium.pixels.writing import Progress, Storage, write_image, write_metadata


def write_image_file(
    image_file: ImageFile, out: Path, *, overwrite: bool = False, progress: Progress | None = None, storage: Storage | None = None
) -> None:
    """Writes all images of a fileset to ``out``, which appears when all of it is written, or not at all.

    One image becomes an image, several become a collection in the layout of bioformats2raw, a plate becomes a plate; a
    plate beside other images or plates becomes part of a collection. Raises ``OutputExists``.
    """
    with staged_folder(out, overwrite=overwrite) as work:
        report = _Progress(image_file.images, progress)
        outside = [image for image in image_file.images if not _is_on_plate(image, image_file.plates)]
        if len(image_file.plates) == 1 and not outside:
            write_plate(image_file.images, work, plate=image_file.plates[0], progress=report, storage=storage)
        elif len(image_file.images) == 1 and not image_file.plates:
            write_image(image_file.images[0], work, progress=report.next(), storage=storage)
        else:
            write_collection(image_file, work, progress=report, storage=storage)


class _Progress:
    """Shares one report of progress among images by their number of pixels."""

    def __init__(self, images: Sequence[Source], report: Progress | None) -> None:
        self._report = report
        self._weights = iter([float(_pixels(image)) for image in images])
        self._total = sum(float(_pixels(image)) for image in images) or 1.0
        self._done = 0.0

    def next(self) -> Progress | None:
        """What to call with the progress of the next image."""
        before, weight = self._done, next(self._weights)
        self._done += weight
        report = self._report
        return None if report is None else lambda part: report((before + part * weight) / self._total)


def _pixels(image: Source) -> int:
    t, c, z, y, x = image.shape
    return t * c * z * y * x


def _is_on_plate(image: Source, plates: Sequence[PlateDescription]) -> bool:
    well = image.description.well
    return well is not None and 0 <= well.plate < len(plates)


def write_collection(
    image_file: ImageFile, folder: Path, *, progress: _Progress | None = None, storage: Storage | None = None
) -> None:
    """Writes several images, and plates if there are some, as a bioformats2raw collection (layout 3).

    ``OME/METADATA.ome.xml`` holds the file's OME-XML where it has one. Single images lie at ``0``, ``1``, ... by their
    place in the file; a plate's images lie in ``plate-0/A/1/0`` and so on; ``OME`` lists them all in the file's order.
    """
    progress = progress or _Progress(image_file.images, None)
    write_metadata(folder, ome_zarr.collection_group())
    paths = {}
    for number, plate in enumerate(image_file.plates):
        wells = _wells(image_file.images, number)
        _write_plate_metadata(wells, folder / f"plate-{number}", plate)
        paths.update({index: f"plate-{number}/{path}" for index, path, _ in _placed(wells)})
    for index, image in enumerate(image_file.images):
        path = paths.setdefault(index, str(index))
        write_image(image, folder / path, progress=progress.next(), storage=storage)
    write_metadata(folder / "OME", ome_zarr.series_group([paths[index] for index in range(len(image_file.images))]))
    text = image_file.ome_xml()
    if text is not None:
        (folder / "OME" / "METADATA.ome.xml").write_bytes(text.encode())


def write_plate(
    images: Sequence[Source],
    folder: Path,
    *,
    plate: PlateDescription,
    progress: _Progress | None = None,
    storage: Storage | None = None,
) -> None:
    """Writes the images of one plate, each of which has a position on it, as an OME-Zarr plate."""
    progress = progress or _Progress(images, None)
    number = next((image.description.well.plate for image in images if image.description.well), 0)
    wells = _wells(images, number)
    _write_plate_metadata(wells, folder, plate)
    paths = {index: path for index, path, _ in _placed(wells)}
    for index, image in enumerate(images):
        write_image(image, folder / paths[index], progress=progress.next(), storage=storage)


_Wells = dict[tuple[int, int], list[tuple[int, WellPosition]]]


def _wells(images: Sequence[Source], plate: int) -> _Wells:
    """The images of each well of a plate: their place in the file and on the plate, ordered by run and field."""
    wells: _Wells = {}
    for index, image in enumerate(images):
        well = image.description.well
        if well is not None and well.plate == plate:
            wells.setdefault((well.row, well.column), []).append((index, well))
    for fields in wells.values():
        fields.sort(key=lambda entry: (entry[1].acquisition, entry[1].field, entry[0]))
    return wells


def _placed(wells: _Wells) -> Iterator[tuple[int, str, WellPosition]]:
    """Every image of a plate with its path in the plate."""
    for where, fields in wells.items():
        for number, (index, position) in enumerate(fields):
            yield index, f"{ome_zarr.well_path(*where)}/{number}", position


def _write_plate_metadata(wells: _Wells, folder: Path, plate: PlateDescription) -> None:
    positions = [position for _, _, position in _placed(wells)]
    document = ome_zarr.plate_group(
        plate.name,
        rows=max([plate.rows, *(p.row + 1 for p in positions)]),
        columns=max([plate.columns, *(p.column + 1 for p in positions)]),
        wells=wells,
        field_count=max((len(fields) for fields in wells.values()), default=1),
        acquisitions={p.acquisition for p in positions},
    )
    write_metadata(folder, document)
    for row in {row for row, _ in wells}:
        write_metadata(folder / ome_zarr.row_name(row), ome_zarr.group())
    for where, fields in wells.items():
        entries = [(str(number), position.acquisition) for number, (_, position) in enumerate(fields)]
        write_metadata(folder / ome_zarr.well_path(*where), ome_zarr.well_group(entries))
