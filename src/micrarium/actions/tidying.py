"""Tidying a site before it serves: what was cut off or abandoned is removed."""

from __future__ import annotations

import shutil
import time

from micrarium.actions.emptying import clear_purged
from micrarium.actions.opening import Site
from micrarium.actions.remembering import count_past_days
from micrarium.actions.storing import clear_leftovers
from micrarium.actions.uploading import clear_abandoned

#: A finished export waits this long to be fetched.
EXPORT_KEPT_S = 7 * 24 * 3600.0


def tidy_site(site: Site) -> None:
    """Remove leftovers of imports that were cut off and of purges, unfinished uploads and old exports; count past days."""
    count_past_days(site.engine)
    clear_leftovers(site)
    clear_abandoned(site)
    clear_purged(site)
    for folder in site.exports.iterdir():
        if time.time() - folder.stat().st_mtime > EXPORT_KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)
