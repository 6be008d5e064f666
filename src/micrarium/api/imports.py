"""Importing over HTTP: an upload, or the server's own files; what would become of them first, and what is there already."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions.previewing import request_preview, tell_known
from micrarium.actions.requesting_imports import ImportWish, request_import
from micrarium.api.edge import answer, reading, site_of, writing
from micrarium.api.jobs import accepted

router = APIRouter(tags=["imports"])

_Text = Annotated[str, Field(max_length=10_000)]
_Checksum = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ImportItem(BaseModel):
    """Some of the paths, with a target, a name and a description of their own; see ``ImportRequest``."""

    paths: list[str] = Field(min_length=1)
    target: _Text | None = None
    name: _Text | None = None
    description: _Text | None = None


class ImportRequest(BaseModel):
    """What to import and where to: containers are ids, or names that are made when missing.

    ``target`` names them as OMERO's command line does (``Dataset:name:Mitosis``). ``items`` go to places of their own; of an
    upload their paths are relative to it. ``name`` and ``description`` are those of the images or plates; ``{file}``,
    ``{stem}``, ``{folder}``, ``{image}`` and ``{number}`` in a name stand for parts. ``owner`` is for whom an administrator
    with the privilege Sudo imports. ``duplicates`` says what is done about files that are there already. ``exclude`` are
    paths, as a preview tells them, to leave out; ``depth`` is how many folders are entered. Without ``grouping``, files that
    make up a plate or a sequence become an image each. ``reader`` names the one that is asked before all others.
    """

    upload_id: int | None = None
    paths: list[str] | None = None
    in_place: bool = False
    grouping: bool = True
    reader: str | None = None
    project: int | str | None = None
    dataset: int | str | None = None
    screen: int | str | None = None
    target: _Text | None = None
    name: _Text | None = None
    description: _Text | None = None
    items: list[ImportItem] | None = None
    group_id: int | None = None
    owner: int | str | None = None
    duplicates: Literal["link", "skip", "import"] = "link"
    exclude: list[str] = []
    depth: int | None = Field(default=None, ge=0, le=1000)
    stop_on_failure: bool = False
    skip_known_paths: bool = False
    client_base: str = "/"

    def to_wish(self) -> ImportWish:
        """The wish of the action."""
        given = self.model_dump()
        names = {"in_place": "is_in_place", "stop_on_failure": "is_stopping", "skip_known_paths": "is_by_path"}
        names["grouping"] = "is_grouping"
        return ImportWish(**{names.get(name, name): value for name, value in given.items()})


class KnownRequest(BaseModel):
    """Sizes in bytes, and the SHA-256 of the files of filesets, the one that opens each first."""

    sizes: list[int] = Field(default=[], max_length=50_000)
    filesets: list[Annotated[list[_Checksum], Field(min_length=1, max_length=50_000)]] = Field(default=[], max_length=10_000)
    group_id: int | None = None
    owner: int | str | None = None


@router.post("/imports", status_code=202)
def make_import(request: Request, wanted: ImportRequest) -> Response:
    """Import as a job."""
    with writing(request) as session:
        job = request_import(session, site_of(request), wanted.to_wish())
    return accepted(request, job)


@router.post("/imports/preview", status_code=202)
def preview_import(request: Request, wanted: ImportRequest) -> Response:
    """Say what an import would do, as a job that writes nothing: its result has filesets, what is skipped, and counts."""
    with writing(request) as session:
        job = request_preview(session, site_of(request), wanted.to_wish())
    return accepted(request, job)


@router.post("/imports/known")
def show_known(request: Request, wanted: KnownRequest) -> Response:
    """Which files are there already, for who has not sent them yet: sizes first, then the checksums of those."""
    given: dict[str, Any] = wanted.model_dump()
    with reading(request) as session:
        return answer(tell_known(session, site_of(request), **given))
