"""What makes imported images quick to look at: lower resolutions their files lack, and a first thumbnail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from micrarium.actions.locating import Location, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.placing import placing_pyramid
from micrarium.actions.preparing_afar import build_afar, cluster_of
from micrarium.actions.rendering import draw_thumbnail, prepare_drawing
from micrarium.errors import MicrariumError
from micrarium.jobs.cluster import Cluster
from micrarium.permissions import system_session

Report = Callable[[float, str], None]


def prepare_images(site: Site, image_ids: Sequence[int], *, report: Report, warnings: list[dict[str, str]]) -> None:
    """Build what is missing for each image; what cannot be built is told in ``warnings`` and leaves the image usable.

    Pyramids are built on the Dask cluster that the settings name, if they do, and else by this server one after the other.
    """
    cluster = cluster_of(site)
    wrong = {} if cluster is None else _build_afar(site, cluster, image_ids, report)
    for number, image_id in enumerate(image_ids):

        def tell(part: float, *, number: int = number, image_id: int = image_id) -> None:
            report((number + part) / len(image_ids), f"Preparing image:{image_id}")

        tell(0.0)
        try:
            if image_id in wrong:
                raise wrong[image_id]
            prepare_image(site, image_id, report=tell)
        except (MicrariumError, OSError) as error:
            told = error.detail if isinstance(error, MicrariumError) else str(error)
            warnings.append({"path": f"image:{image_id}", "reason": f"It could not be prepared for viewing: {told}"})


def _build_afar(site: Site, cluster: Cluster, image_ids: Sequence[int], report: Report) -> dict[int, MicrariumError]:
    """Build what pyramids are missing on a cluster; what went wrong, by image. Files at a distance are built here."""
    from micrarium.formats.ome_zarr_store import find_distant

    missing = []
    for image_id in image_ids:
        with suppress(MicrariumError):  # told when it is prepared
            with system_session(site.engine, f"prepare image:{image_id}", is_reading=True) as session:
                location = source_of(session, site, image_id)
            if location.pyramid is None and not find_distant(location.path) and _needs_pyramid(site, location):
                missing.append(location)
    if not missing:
        return {}
    return build_afar(site, cluster, missing, report=lambda part: report(part, f"Preparing {len(missing)} images on the cluster"))


def prepare_image(site: Site, image_id: int, *, report: Callable[[float], None]) -> None:
    """Build the pyramid of an image where it needs one, and keep its first thumbnail."""
    with system_session(site.engine, f"prepare image:{image_id}", is_reading=True) as session:
        location = source_of(session, site, image_id)
    if location.pyramid is None and _needs_pyramid(site, location):
        build_pyramid(site, location, report=report)
    with system_session(site.engine, f"draw image:{image_id}", is_reading=True) as session:
        drawing = prepare_drawing(session, site, image_id)
    draw_thumbnail(site, drawing)


def _needs_pyramid(site: Site, location: Location) -> bool:
    from micrarium.pixels.pyramids import needs_pyramid

    with open_location(site, location) as source:
        return needs_pyramid(source)


def build_pyramid(site: Site, location: Location, *, report: Callable[[float], None]) -> None:
    """Build the pyramid of an image in a process that may die of its file, and put it where the one before was.

    Raises ``UnreadableFile``, or ``Unavailable`` where it cannot be kept.
    """
    from micrarium.formats.trying import trying

    last = [0.0]

    def tell(part: float) -> None:
        last[0] = part
        report(part)

    memory_mb, timeout_s = site.settings.opening_memory_mb, site.settings.opening_timeout_s
    with (
        placing_pyramid(site, location.image_id) as out,
        trying(memory_mb=memory_mb, timeout_s=timeout_s, beat=lambda: report(last[0])) as trial,
    ):
        trial.build_pyramid(location.path, out, reader=location.reader, series=location.series, progress=tell)
