"""Tidying a site before it serves: what was cut off or abandoned is removed."""

from __future__ import annotations

import shutil
import time

from micrarium.actions.emptying import clear_purged
from micrarium.actions.fetching import clear_cut_off
from micrarium.actions.opening import Site
from micrarium.actions.placing import clear_unfinished
from micrarium.actions.remembering import count_past_days
from micrarium.actions.storing import clear_leftovers, size_of
from micrarium.actions.uploading import clear_abandoned
from micrarium.model import Pixels
from micrarium.permissions import every, system_session

#: A finished export waits this long to be fetched.
EXPORT_KEPT_S = 7 * 24 * 3600.0


def tidy_site(site: Site) -> None:
    """Remove leftovers of imports, pyramids and purges that were cut off, unfinished uploads and old exports; count past days."""
    count_past_days(site.engine)
    clear_leftovers(site)
    clear_unfinished(site)
    clear_abandoned(site)
    clear_purged(site)
    clear_cut_off(site)
    measure_pyramids(site)
    for folder in site.exports.iterdir():
        if time.time() - folder.stat().st_mtime > EXPORT_KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


def measure_pyramids(site: Site) -> None:
    """Note the size of pyramids that were made before sizes were noted."""
    with system_session(site.engine, "measure pyramids") as session:
        for pixels in session.scalars(every(Pixels).where(Pixels.pyramid.is_not(None), Pixels.pyramid_bytes.is_(None))):
            pixels.pyramid_bytes = size_of(site.data / pixels.pyramid) if pixels.pyramid else 0
