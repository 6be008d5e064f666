"""What makes imported images quick to look at: lower resolutions their files lack, and a first thumbnail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from micrarium.actions.locating import Location, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.rendering import draw_thumbnail, prepare_drawing
from micrarium.actions.storing import size_of
from micrarium.errors import MicrariumError
from micrarium.model import Image
from micrarium.permissions import get_visible, system_session

Report = Callable[[float, str], None]
#: The end of the name of a pyramid, which begins with the number of the image it was made of.
PYRAMID_SUFFIX = ".ome.zarr"


def prepare_images(site: Site, image_ids: Sequence[int], *, report: Report, warnings: list[dict[str, str]]) -> None:
    """Build what is missing for each image; what cannot be built is told in ``warnings`` and leaves the image usable."""
    for number, image_id in enumerate(image_ids):

        def tell(part: float, *, number: int = number, image_id: int = image_id) -> None:
            report((number + part) / len(image_ids), f"Preparing image:{image_id}")

        tell(0.0)
        try:
            prepare_image(site, image_id, report=tell)
        except (MicrariumError, OSError) as error:
            told = error.detail if isinstance(error, MicrariumError) else str(error)
            warnings.append({"path": f"image:{image_id}", "reason": f"It could not be prepared for viewing: {told}"})


def prepare_image(site: Site, image_id: int, *, report: Callable[[float], None]) -> None:
    """Build the pyramid of an image where it needs one, and keep its first thumbnail."""
    with system_session(site.engine, f"prepare image:{image_id}", is_reading=True) as session:
        location = source_of(session, site, image_id)
    if location.pyramid is None:
        _build_pyramid(site, location, report=report)
    with system_session(site.engine, f"draw image:{image_id}", is_reading=True) as session:
        drawing = prepare_drawing(session, site, image_id)
    draw_thumbnail(site, drawing)


def pyramid_path(image_id: int) -> Path:
    """Where the pyramid of an image belongs, below the data folder."""
    return Path("derived") / f"{image_id // 1000}" / f"{image_id}{PYRAMID_SUFFIX}"


def _build_pyramid(site: Site, location: Location, *, report: Callable[[float], None]) -> None:
    from micrarium.pixels.pyramids import build_pyramid, needs_pyramid

    image_id = location.image_id
    relative = pyramid_path(image_id)
    with open_location(site, location) as source:
        if not needs_pyramid(source):
            return
        build_pyramid(source, site.data / relative, progress=report)
    note_pyramid(site, image_id, relative)


def note_pyramid(site: Site, image_id: int, relative: Path) -> None:
    """Say of an image where its pyramid lies below the data folder, and how large it is."""
    with system_session(site.engine, f"note the pyramid of image:{image_id}") as session:
        pixels = get_visible(session, Image, image_id).pixels
        pixels.pyramid, pixels.pyramid_bytes = relative.as_posix(), size_of(site.data / relative)
