"""Placing pyramids: made in a folder apart, put in their place by one rename, and noted with the image."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from micrarium.actions.opening import Site
from micrarium.actions.storing import size_of
from micrarium.errors import Unavailable
from micrarium.model import Image, Pixels
from micrarium.permissions import every, get_visible, system_session

#: The end of the name of a pyramid, which begins with the number of the image it was made of.
PYRAMID_SUFFIX = ".ome.zarr"
#: Where pyramids are while they are made, among those that are ready, and how one that is replaced is called meanwhile.
_BUILDING, _OLD = ".building", "old"


def pyramid_path(image_id: int) -> Path:
    """Where the pyramid of an image belongs, below the data folder."""
    return Path("derived") / f"{image_id // 1000}" / f"{image_id}{PYRAMID_SUFFIX}"


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
