"""Whether a server can work: its database, its data folder, the room in it, and the worker that does its jobs."""

from __future__ import annotations

import os
import shutil
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from micrarium.actions.accounting import spell_bytes
from micrarium.actions.opening import Site
from micrarium.errors import OldSchema
from micrarium.jobs import Worker
from micrarium.model.database import check_schema


def check_ready(site: Site, worker: Worker | None) -> dict[str, Any]:
    """Whether a site is ready, each check with what is wrong: ``{"is_ready", "checks": {NAME: "ok" or a sentence}}``."""
    checks = {"database": "ok", "migrations": "ok", "folder": "ok", "space": "ok", "worker": "ok"}
    try:
        check_schema(site.engine)
    except OldSchema as error:
        checks["migrations"] = error.detail
    except SQLAlchemyError:
        checks["database"] = checks["migrations"] = "The database does not answer"
    checks["folder"] = _try_folder(site)
    try:
        free, least = shutil.disk_usage(site.data).free, site.settings.min_free_mb * 10**6
        if free < least:
            checks["space"] = f"Only {spell_bytes(free)} are free in the data folder; {spell_bytes(least)} should be"
    except OSError as error:
        checks["space"] = f"The room in the data folder cannot be told: {error.strerror}"
    if worker is None or not worker.is_alive:
        checks["worker"] = "The worker that does the jobs does not run; start the server again"
    return {"is_ready": all(told == "ok" for told in checks.values()), "checks": checks}


def _try_folder(site: Site) -> str:
    """``ok`` where a file can be written, read back and removed in the data folder."""
    path = site.data / f".probe-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        path.write_bytes(b"micrarium")
        is_same = path.read_bytes() == b"micrarium"
        path.unlink()
    except OSError as error:
        return f"The data folder cannot be written: {error.strerror}"
    return "ok" if is_same else "The data folder gives back other bytes than were written"
