"""Moving to another group, deleting and the bin, in a browser that says what will happen before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from micrarium.testing.browsers import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from micrarium.client import Client, Entity
    from micrarium.testing.servers import TemporaryServer


def make_projects(client: Client) -> tuple[Entity, ...]:
    """Two projects and two datasets: both are in the first project, one in the second as well."""
    kinds = ("project", "project", "dataset", "dataset")
    project, other, inside, shared = (client.create(kind, name=f"{kind} to move") for kind in kinds)
    for parent, children in ((project, [inside, shared]), (other, [shared])):
        ids = [child.reference.id for child in children]
        client.connection.send("POST", f"{parent.reference.path}/datasets", {"ids": ids})
    return project, other, inside, shared


def test_a_project_is_moved_deleted_and_removed_for_good(
    new_page: Callable[..., Page], server: TemporaryServer, client: Client
) -> None:
    project, other, inside, shared = make_projects(client)
    group = client.create("experimenter_group", name=f"target {project.reference.id}", level="private")
    page = new_page()
    sign_in(page, server.admin_password)

    def choose(command: str) -> None:
        page.goto(f"/projects/{project.reference.id}")
        page.get_by_role("button", name="Actions for project to move").first.click()
        page.get_by_role("menuitem", name=command).click()

    choose("Move to group")
    page.get_by_placeholder("Choose a group").click()
    page.get_by_role("option", name=group.name).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("1 project, 1 dataset move.").wait_for()
    dialog.get_by_text("1 dataset stays").click()
    dialog.get_by_text(f"it is also in {other.reference}").wait_for()
    along = dialog.get_by_role("group", name="What goes along")
    along.get_by_text("datasets").click()
    dialog.get_by_text("1 project, 2 datasets move.").wait_for()
    along.get_by_text("datasets").click()
    dialog.get_by_text("1 project, 1 dataset move.").wait_for()
    dialog.get_by_role("button", name="Move").click()
    page.get_by_text(f"to {group.name}.").wait_for()
    assert client.get(str(inside.reference)).group_id == group.reference.id
    assert client.get(str(shared.reference)).group_id != group.reference.id

    choose("Delete")
    dialog.get_by_text("1 project, 1 dataset go into the bin.").wait_for()
    dialog.get_by_role("button", name="Put into the bin").click()
    page.get_by_text("is in the bin.").wait_for()
    remove_for_good(page, project)
    assert str(project.reference) not in [one["object"] for one in client.bin()]


def remove_for_good(page: Page, project: Entity) -> None:
    page.goto("/settings/bin")
    row = page.get_by_role("listitem").filter(has_text=str(project.reference))
    row.get_by_role("button", name="Remove…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("1 project, 1 dataset are removed for good.").wait_for()
    dialog.get_by_role("button", name="Remove for good").click()
    page.get_by_text("was removed for good.").wait_for()
    row.wait_for(state="detached")
