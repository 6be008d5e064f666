"""What makes imported images quick to look at: lower resolutions their files lack, and a first thumbnail."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from micrarium.actions.locating import Location, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.rendering import draw_thumbnail, prepare_drawing
from micrarium.actions.storing import size_of
from micrarium.errors import MicrariumError, Unavailable
from micrarium.model import Image, Pixels
from micrarium.permissions import every, get_visible, system_session

Report = Callable[[float, str], None]
#: The end of the name of a pyramid, which begins with the number of the image it was made of.
PYRAMID_SUFFIX = ".ome.zarr"
#: Where pyramids are while they are made, among those that are ready, and how one that is replaced is called meanwhile.
_BUILDING, _OLD = ".building", "old"


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
    if location.pyramid is None and _needs_pyramid(site, location):
        build_pyramid(site, location, report=report)
    with system_session(site.engine, f"draw image:{image_id}", is_reading=True) as session:
        drawing = prepare_drawing(session, site, image_id)
    draw_thumbnail(site, drawing)


def _needs_pyramid(site: Site, location: Location) -> bool:
    from micrarium.pixels.pyramids import needs_pyramid

    with open_location(site, location) as source:
        return needs_pyramid(source)


def pyramid_path(image_id: int) -> Path:
    """Where the pyramid of an image belongs, below the data folder."""
    return Path("derived") / f"{image_id // 1000}" / f"{image_id}{PYRAMID_SUFFIX}"


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


@contextmanager
def placing_pyramid(site: Site, image_id: int) -> Iterator[Path]:
    """A path for the pyramid of an image: what was made there takes its place when the block ends, and its row says so.

    Until then it is in a folder that has the image's number, which ``clear_unfinished`` finds should the server end.
    Raises ``Unavailable`` where it cannot be kept.
    """
    relative = pyramid_path(image_id)
    work, final = site.derived / _BUILDING / str(image_id), site.data / relative
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        yield work / relative.name
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists():
            final.rename(work / _OLD)
        (work / relative.name).rename(final)
        note_pyramid(site, image_id, relative)
    except OSError as error:
        raise Unavailable(f"The pyramid of image:{image_id} cannot be kept: {error.strerror or error}") from error
    finally:
        _clear_workplace(site, work)


def _clear_workplace(site: Site, work: Path) -> None:
    """Remove a folder of ``_workplace``, and a pyramid that no row names; one that is named and was moved aside comes back."""
    relative = pyramid_path(int(work.name))
    final, old = site.data / relative, work / _OLD
    with system_session(site.engine, "look for pyramids without rows", is_reading=True) as session:
        named = every(Pixels).where(Pixels.pyramid == relative.as_posix()).with_only_columns(Pixels.id).limit(1)
        is_named = session.scalars(named).first() is not None
    if is_named and not final.exists() and old.exists():
        old.rename(final)
    elif not is_named:
        shutil.rmtree(final, ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)


def clear_unfinished(site: Site) -> None:
    """Remove what is left of pyramids whose building was cut off; called when nothing else works on the site."""
    folder = site.derived / _BUILDING
    for work in folder.iterdir() if folder.is_dir() else ():
        if work.name.isdecimal():
            _clear_workplace(site, work)


def note_pyramid(site: Site, image_id: int, relative: Path) -> None:
    """Say of an image where its pyramid lies below the data folder, and how large it is."""
    with system_session(site.engine, f"note the pyramid of image:{image_id}") as session:
        pixels = get_visible(session, Image, image_id).pixels
        pixels.pyramid, pixels.pyramid_bytes = relative.as_posix(), size_of(site.data / relative)
