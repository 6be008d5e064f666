"""OME-Zarr 0.5 with the RO-Crate that describes it inside."""

from __future__ import annotations

from pathlib import Path

from micrarium.errors import InvalidInput
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.ome_xml import write_ome_xml
from micrarium.exchange.ro_crate import write_crate
from micrarium.pixels.ome_zarr import group
from micrarium.pixels.source import ImageFile, Source
from micrarium.pixels.staging import staged_folder
from micrarium.pixels.writing import Progress, Storage, write_image, write_metadata
from micrarium.pixels.writing_files import write_image_file


def export_ome_zarr(
    content: Source | ImageFile,
    out: Path,
    *,
    description: CrateDescription | None,
    overwrite: bool = False,
    progress: Progress | None = None,
    storage: Storage | None = None,
) -> None:
    """Writes an image, or all images of a file, as OME-Zarr 0.5 to ``out``, with a crate unless ``description`` is None.

    A file of several images becomes a bioformats2raw collection, a plate a plate. ``out`` appears when all of it is
    written, or not at all. ``OME/METADATA.ome.xml`` says of a single image what OME-Zarr has no words for: instrument,
    settings and planes. Memory does not depend on the size of the image. Raises ``OutputExists``.
    """
    with staged_folder(out, overwrite=overwrite) as work:
        if isinstance(content, ImageFile):
            write_image_file(content, work, overwrite=True, progress=progress, storage=storage)
        else:
            name = description.name if description else ""
            write_image(content, work, progress=progress, storage=storage, name=name)
            _write_ome_xml(content, work, description)
        if description is not None:
            write_crate(description, work)


def _write_ome_xml(source: Source, folder: Path, description: CrateDescription | None) -> None:
    """OME-XML where readers of collections look for it; none for pixels of a type that OME has no word for."""
    try:
        text = write_ome_xml(source, description=description, has_tiff=False)
    except InvalidInput:
        return
    write_metadata(folder / "OME", group())
    (folder / "OME" / "METADATA.ome.xml").write_text(text, "utf-8")
