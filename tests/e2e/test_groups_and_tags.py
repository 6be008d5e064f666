"""Choosing a group and a member, and browsing by tags, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from micrarium.testing.browsers import Content

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser


def test_the_group_and_the_member_that_are_chosen_say_what_is_shown(page: Page, client: Client, content: Content) -> None:
    name = f"Imaging {uuid4().hex[:6]}"
    group = client.create("experimenter_group", name=name, level="read-annotate")
    me = client.session["user"]["id"]
    client.connection.send("POST", f"{group.reference.path}/members", {"experimenter_id": me})
    account = {"ome_name": f"zoe{uuid4().hex[:6]}", "password": "long enough", "first_name": "Zoe", "last_name": name}
    client.connection.send("POST", "/api/v1/accounts", account | {"group_ids": [group.id]})
    client.connection.send("POST", f"/api/v1/projects?group={group.id}", {"name": f"Project of {name}"})
    page.goto(f"/projects/{content.project_id}")
    page.get_by_role("treeitem", name="Browser tests").first.wait_for()
    page.get_by_role("button", name="Group: All groups").click()
    page.get_by_role("menuitemradio", name=name).click()
    page.get_by_role("treeitem", name=f"Project of {name}").wait_for()
    assert page.get_by_role("treeitem", name="Browser tests").count() == 0
    # It is remembered, and new objects go there.
    page.reload()
    page.get_by_role("button", name=f"Group: {name}").wait_for()
    page.get_by_role("treeitem", name=f"Project of {name}").wait_for()
    assert client.connection.get("/api/v1/tree/owners", group=group.id)["items"][0]["counts"]["projects"] == 1
    page.get_by_role("combobox", name="Whose data").click()
    page.get_by_role("option", name=re.compile("^Zoe")).click()
    page.get_by_text("Nothing of this person here.").wait_for()
    page.get_by_role("button", name=f"Group: {name}").click()
    page.get_by_role("menuitemradio", name="All groups").click()
    page.get_by_role("treeitem", name="Browser tests").first.wait_for()


def test_tag_sets_are_a_tree_down_to_the_images(page: Page, content: Content, client: Client) -> None:
    name, tag = f"Cycle {uuid4().hex[:6]}", f"mitosis {uuid4().hex[:6]}"
    image = client.image(content.image_ids[0])
    image.tag(tag)
    page.get_by_role("button", name="Tags", exact=True).click()
    page.get_by_role("button", name="New tag set").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Make tag set").click()
    page.get_by_role("button", name=f"Put a tag into {name}").click()
    page.get_by_role("textbox", name="Name").fill(tag)
    page.get_by_role("button", name="Put into the set").click()
    page.get_by_role("button", name=f"Take {tag} out of {name}").wait_for()
    page.get_by_role("button", name=f"Open {tag}").click()
    tree = page.get_by_role("list", name="Tag sets and tags")
    tree.get_by_role("link", name=image.name).wait_for()
    tree.get_by_role("link", name=tag).click()
    page.wait_for_url("**/tags/*")
    page.get_by_role("heading", name=tag).wait_for()
    page.get_by_role("option", name=image.name.removesuffix(".ome.tif")).wait_for()
    page.get_by_role("button", name=f"Take {tag} out of {name}").click()
    page.get_by_role("button", name=f"Take {tag} out of {name}").wait_for(state="detached")
    page.get_by_role("button", name="Projects", exact=True).click()
    page.get_by_role("treeitem").first.wait_for()
