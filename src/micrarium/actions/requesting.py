"""What people ask for and get as a job: imports and exports. A job's function may run twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from micrarium.actions.filing import Choice, Filing, acting_group
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.actions.storing import Way
from micrarium.actions.uploading import check_complete, remove_upload, upload_folder
from micrarium.errors import Conflict, InvalidInput, NotAllowed, NotFound
from micrarium.jobs import Work, ask_for, job
from micrarium.model import Job, Upload
from micrarium.permissions import ActorSession, get_visible, open_session


def request_import(
    session: ActorSession,
    site: Site,
    *,
    upload_id: int | None = None,
    paths: list[str] | None = None,
    is_in_place: bool = False,
    project: Choice = None,
    dataset: Choice = None,
    screen: Choice = None,
    group_id: int | None = None,
) -> Job:
    """A job that imports an upload, or files of the server, which only administrators may name.

    Raises what stands in its way at once: containers that cannot be used, files that have not come whole.
    """
    filing: dict[str, Any] = {"project": project, "dataset": dataset, "screen": screen}
    actor = acting_group(session, Filing(project, dataset, screen), group_id)
    if (upload_id is None) == (not paths):
        raise InvalidInput("Give either upload_id or paths", field="upload_id")
    if upload_id is not None:
        check_complete(site, get_visible(session, Upload, upload_id))
    else:
        check_server_paths(session, site, paths or [])
    arguments = filing | {"upload_id": upload_id, "paths": paths, "is_in_place": is_in_place, "group_id": actor.group_id}
    return ask_for(session, "import", arguments, group_id=actor.group_id)


def check_server_paths(session: ActorSession, site: Site, paths: list[str]) -> None:
    """Nothing when the session's actor may import these files of the server."""
    if session.actor is None or not session.actor.is_admin:
        raise NotAllowed("Only administrators import the server's own files; upload yours instead", field="paths")
    for text in paths:
        path = Path(text)
        if "\x00" in text or not path.is_absolute():
            raise InvalidInput(f"{text!r} is no absolute path", field="paths")
        if not path.exists():
            raise NotFound(f"The server has no {path}", field="paths")
        if path.resolve().is_relative_to(site.data.resolve()):
            raise InvalidInput(f"{path} lies in the data folder of this server", field="paths")


@job("import")
def run_import(site: Site, work: Work) -> dict[str, Any]:
    """Imports what ``request_import`` noted; an upload of which nothing failed is removed."""
    noted = work.arguments
    options = {name: noted[name] for name in ("project", "dataset", "screen", "group_id")}
    if noted["upload_id"] is None:
        way: Way = "stay" if noted["is_in_place"] else "copy"
        return import_files(site, work.actor, noted["paths"], way=way, progress=work.report, **options).to_json()
    folder = upload_folder(site, noted["upload_id"])
    if not folder.is_dir():
        raise Conflict(f"upload:{noted['upload_id']} was imported or removed already", field="upload_id")
    result = import_files(site, work.actor, [folder], way="link", client_root=folder, progress=work.report, **options)
    if not result.failed:
        with open_session(site.engine, work.actor) as session:
            remove_upload(session, site, noted["upload_id"])
    return result.to_json()
