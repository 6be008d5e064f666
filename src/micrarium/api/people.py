"""People and groups over HTTP, beside the routes every entity has: accounts with passwords, members of groups."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from micrarium.actions import administrating
from micrarium.actions.listing import show_object
from micrarium.api.edge import answer, reading, sign_in_of, site_of, writing
from micrarium.model import Experimenter, ExperimenterGroup
from micrarium.permissions import get_visible

router = APIRouter(tags=["people"])


class Account(BaseModel):
    """An account to make. An administrator without ``privileges`` may do everything."""

    ome_name: str = Field(max_length=255)
    password: SecretStr
    first_name: str = Field("", max_length=255)
    last_name: str = Field("", max_length=255)
    email: str | None = Field(None, max_length=255)
    institution: str | None = Field(None, max_length=255)
    is_admin: bool = False
    privileges: list[str] | None = None
    group_ids: list[int] = []


class PasswordChange(BaseModel):
    """A new password; one's own takes the current one too."""

    password: SecretStr
    current_password: SecretStr | None = None


class LevelChange(BaseModel):
    """A group's new level. ``unlink`` cuts links that join objects of different people where it becomes private."""

    level: str
    unlink: bool = False
    dry_run: bool = False


class Member(BaseModel):
    """Who joins a group, by id or by the name they sign in with, and whether as one of its owners."""

    experimenter_id: int | None = None
    username: str | None = None
    is_owner: bool = False


@router.post("/accounts", status_code=201, operation_id="make_account")
def make_account(request: Request, given: Account) -> Response:
    """Make an account with its password, a member of groups; for administrators."""
    profile = given.model_dump(exclude={"ome_name", "password", "group_ids"})
    with writing(request) as session:
        groups = [get_visible(session, ExperimenterGroup, group_id) for group_id in given.group_ids]
        password = given.password.get_secret_value()
        fewest = site_of(request).settings.password_min_length
        made = administrating.make_user(session, given.ome_name, password=password, groups=groups, fewest=fewest, **profile)
        found = show_object(session, Experimenter, made.id)
    return answer(found, status=201, headers={"Location": f"/api/v1/experimenters/{found['id']}"})


@router.put("/experimenters/{object_id}/password", status_code=204, operation_id="change_password")
def change_password(request: Request, object_id: int, given: PasswordChange) -> Response:
    """Change one's own password, or, as an administrator, anybody's. Ends the person's sign-ins in browsers."""
    current = given.current_password.get_secret_value() if given.current_password else None
    actor, password = sign_in_of(request).actor, given.password.get_secret_value()
    site = site_of(request)
    fewest = site.settings.password_min_length
    # On a data folder of one's own there is nobody to ask for it: whoever may read the folder may read everything.
    is_on_host = actor.is_admin and bool(getattr(request.app.state, "acting_as", None))
    administrating.change_password(
        site.engine, actor, object_id, password=password, current=current, fewest=fewest, is_on_host=is_on_host
    )
    return Response(status_code=204)


@router.post("/experimenter_groups/{object_id}/level", operation_id="change_level")
def change_level(request: Request, object_id: int, given: LevelChange) -> Response:
    """Change how open a group is, or with ``dry_run`` say what would come of it; for its owners and administrators."""
    with writing(request) as session:
        group = get_visible(session, ExperimenterGroup, object_id)
        told = administrating.change_level(session, group, given.level, is_unlinking=given.unlink, is_dry_run=given.dry_run)
    return answer(told)


@router.get("/experimenter_groups/{object_id}/members", operation_id="list_members")
def list_members(request: Request, object_id: int) -> Response:
    """The members of a group."""
    with reading(request) as session:
        group = get_visible(session, ExperimenterGroup, object_id)
        return answer({"items": administrating.list_members(session, group), "next": None})


@router.post("/experimenter_groups/{object_id}/members", status_code=204, operation_id="add_member")
def add_member(request: Request, object_id: int, given: Member) -> Response:
    """Make somebody a member of a group, or change whether they own it; for the group's owners and administrators."""
    with writing(request) as session:
        group = get_visible(session, ExperimenterGroup, object_id)
        wanted = given.experimenter_id
        if wanted is None:
            wanted = administrating.find_newcomer(session, group, given.username)
        administrating.add_member(session, group, wanted, is_owner=given.is_owner)
    return Response(status_code=204)


@router.delete("/experimenter_groups/{object_id}/members/{experimenter_id}", status_code=204, operation_id="remove_member")
def remove_member(request: Request, object_id: int, experimenter_id: int) -> Response:
    """End a membership; for the group's owners and administrators."""
    with writing(request) as session:
        group = get_visible(session, ExperimenterGroup, object_id)
        administrating.remove_member(session, group, experimenter_id)
    return Response(status_code=204)
