"""What people ask for and get as a job: exports; and which of the server's files they may import. It may run twice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from micrarium.actions.exporting import SUFFIXES, check_export, export_object, parse_name
from micrarium.actions.importing_from_roots import check_root_paths, is_below_root
from micrarium.actions.opening import Site
from micrarium.actions.safeguarding import require_reason
from micrarium.errors import InvalidInput, NotAllowed, NotFound
from micrarium.jobs import Work, ask_for, find_job, job
from micrarium.model import Image, Job, Plate
from micrarium.permissions import ActorSession


def check_server_paths(session: ActorSession, site: Site, paths: list[str], *, is_in_place: bool = False) -> list[str]:
    """The same paths, as a job keeps them, when the session's actor may import these files of the server.

    One that leads up and down again is kept as where it leads, as it would end with a folder that it only passes.
    """
    if any(is_below_root(path) for path in paths):
        assert session.actor is not None
        return check_root_paths(site, session.actor, paths, is_in_place=is_in_place)
    if session.actor is None or not session.actor.is_admin or session.actor.privileges is not None:
        raise NotAllowed("Only administrators import the server's own files; upload yours instead", field="paths")
    kept = []
    for text in paths:
        path = Path(text)
        if "\x00" in text or not path.is_absolute():
            raise InvalidInput(f"{text!r} is no absolute path", field="paths")
        if not path.exists():
            raise NotFound(f"The server has no {path}", field="paths")
        if path.resolve().is_relative_to(site.data.resolve()):
            raise InvalidInput(f"{path} lies in the data folder of this server", field="paths")
        kept.append(str(path.resolve()) if ".." in path.parts else text)
    return kept


def request_export(
    session: ActorSession,
    site: Site,
    name: str,
    *,
    format: str = "ome-zarr",  # noqa: A002  # as everyone calls it
    reason: str | None = None,
    is_deidentified: bool = False,
) -> Job:
    """A job that exports an object (``image:12``) for download. Raises what stands in its way at once."""
    if format == "original":
        raise InvalidInput("Originals need no export: GET /api/v1/images/ID/original", field="format")
    file_name = check_export(session, site, name, format=format)
    kind, number = parse_name(name, format=format)
    require_reason(session, Image if kind == "image" else Plate, [number], reason=reason, doing="exporting")
    if is_deidentified:
        file_name = f"{kind} {number}{SUFFIXES[format]}"
    wanted = {"object": name, "format": format, "file_name": file_name, "deidentify": is_deidentified}
    return ask_for(session, "export", wanted)


@job("export")
def run_export(site: Site, work: Work) -> dict[str, Any]:
    """Exports what ``request_export`` noted into a folder of the job's own."""
    noted = work.arguments
    folder = export_folder(site, work.job_id)
    out = folder / noted["file_name"]
    work.report(0.0, f"Exporting {noted['object']}")

    def report(part: float) -> None:
        work.report(part, f"Exporting {noted['object']}")

    try:
        options = {"format": noted["format"], "is_deidentified": bool(noted.get("deidentify"))}
        export_object(site, work.actor, noted["object"], out, overwrite=True, progress=report, **options)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return {"download": f"/api/v1/exports/{work.job_id}/file", "file_name": noted["file_name"]}


def export_folder(site: Site, job_id: int) -> Path:
    """Where the export of a job waits to be fetched."""
    return site.exports / str(job_id)


def find_export(session: ActorSession, site: Site, job_id: int) -> Path:
    """The file or folder that an export made. Raises ``NotFound`` when there is none, or it was removed after a week."""
    found = find_job(session, job_id)
    if found.kind != "export" or found.state != "done":
        raise NotFound(f"job:{job_id} has made no export")
    path = export_folder(site, job_id) / str((found.result or {}).get("file_name"))
    if not path.exists():
        raise NotFound(f"The export of job:{job_id} is no longer kept; please export again")
    return path
