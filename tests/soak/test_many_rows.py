"""A million images: the work of a page grows with the page, not with the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from micrarium.actions.listing import ListQuery, list_objects
from micrarium.actions.opening import Site
from micrarium.model import Image
from micrarium.permissions import load_actor, open_session, system_session
from micrarium.testing.people import make_people

IMAGES = 1_000_000
DATASETS = 1_000
AT_ONCE = 20_000


def numbered(values: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Rows for all images, some at a time: number n is image n."""
    for start in range(1, IMAGES + 1, AT_ONCE):
        yield [
            {"id": n, "name": f"image {n:07}", "dataset": (n - 1) % DATASETS + 1, **values} for n in range(start, start + AT_ONCE)
        ]


def fill(connection: Connection, owner: int, group: int) -> None:
    """A million images of one person, in a thousand datasets."""
    common = "owner_id, group_id, creation_event_id, update_event_id, version"
    given = ":owner, :group, 1, 1, 1"
    values = {"owner": owner, "group": group}
    datasets = [{"id": n, "name": f"dataset {n}", **values} for n in range(1, DATASETS + 1)]
    connection.execute(text(f"INSERT INTO dataset (id, name, {common}) VALUES (:id, :name, {given})"), datasets)
    for rows in numbered(values):
        connection.execute(text(f"INSERT INTO image (id, name, series, {common}) VALUES (:id, :name, 0, {given})"), rows)
        link = f"INSERT INTO dataset_image_link (id, parent_id, child_id, {common}) VALUES (:id, :dataset, :id, {given})"
        connection.execute(text(link), rows)
    connection.execute(text("ANALYZE"))


@pytest.mark.soak
def test_pages_of_a_million_images(site: Site) -> None:
    people = make_people(site)
    with site.engine.begin() as connection:
        fill(connection, people["ada"], people["read-only"])
    with system_session(site.engine, "a test") as session:
        bob = load_actor(session, people["bob"])
    counted: list[str] = []
    event.listen(site.engine, "before_cursor_execute", lambda *call: counted.append(call[2]) if "SELECT" in call[2] else None)
    with open_session(site.engine, bob, is_reading=True) as session:
        query = ListQuery(limit=1000, filters=(("dataset", "17"),), include=("containers", "owner"))
        page = list_objects(session, Image, query)
        assert [image["id"] for image in page["items"]] == list(range(17, IMAGES + 1, DATASETS))
        few = len(counted)
        list_objects(session, Image, ListQuery(limit=10, filters=(("dataset", "17"),), include=("containers", "owner")))
        assert len(counted) == 2 * few  # the number of statements does not grow with the page
        seen, cursor = [], None
        for _ in range(20):
            page = list_objects(session, Image, ListQuery(limit=500, cursor=cursor, sort="-name"))
            seen += [image["id"] for image in page["items"]]
            cursor = page["next"]
        assert seen == list(range(IMAGES, IMAGES - 10_000, -1))
