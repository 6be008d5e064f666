"""Lists, the tree and an object of a large site over HTTP, for a member and for a share link, beside hand-written SQL.

    python benchmarks/bench_site.py [--images 1000000 ...] [--on sqlite postgresql] [--repeats 15] [--json site.json]

A site of each size is made in SQLite and in a PostgreSQL server that is started for it, and served by ``micrarium
serve``. The limit is the sum of three medians of the same run: SQL by hand for the same rows through the bare driver, the
cheapest request that finds out who is asking, and orjson of the same body. Runs are interleaved. Also measured: how many
statements 100 and 1,000 objects take, what holding the same statements to a member costs over an administrator's, and, of
more than one size, how the times grow.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import psycopg
from pydantic import SecretStr
from sqlalchemy import Engine, event

from _large_site import IN_DATASET, PAIRS, LargeSite, make_site
from micrarium.actions.browsing import list_tree
from micrarium.actions.listing import ListQuery, list_objects, show_object
from micrarium.actions.opening import open_site
from micrarium.actions.signing_in import enter_with_token
from micrarium.model import Experimenter, Image
from micrarium.model.database import open_engine
from micrarium.permissions import Actor, find_by, load_actor, open_session, system_session
from micrarium.settings import Settings
from micrarium.testing.postgres import start_postgres
from micrarium.testing.servers import TemporaryServer, start_server

PASSWORD = "correct horse"
#: Requests that find out who is asking and little else.
_EMPTY = ("/session", "/screens?limit=1&fields=id", "/folders?limit=1&fields=id", "/visit")
Asked = Callable[[], Any]


class Client:
    """One connection that is kept open, as whoever the headers and the prefix of addresses say."""

    def __init__(self, url: str, *, prefix: str = "", token: str | None = None) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=600)
        self._prefix, self._headers = f"{prefix}/api/v1", {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, *, is_needed: bool = True) -> bytes:
        """The body of an answer, empty where it is refused."""
        self._connection.request("GET", self._prefix + path, headers=self._headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200 and is_needed:
            raise RuntimeError(f"{path}: {response.status} {body[:300]!r}")
        return body if response.status == 200 else b""


def medians(asked: Mapping[str, Asked], repeats: int) -> dict[str, float]:
    """The median of each in milliseconds; they take turns, and the first two turns warm up."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(repeats + 2):
        for name, run in asked.items():
            began = time.perf_counter()
            run()
            if turn > 1:
                times[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(kept) for name, kept in times.items()}


def find_cheapest(client: Client, repeats: int) -> str:
    """Which of the requests that answer is the cheapest."""
    candidates = [path for path in _EMPTY if client.get(path, is_needed=False)]
    found = medians({path: partial(client.get, path) for path in candidates}, repeats)
    return min(found, key=lambda path: found[path])


class ByHand:
    """The same rows by SQL that was written for them, through the bare driver."""

    def __init__(self, connection: Any, site: LargeSite, *, is_link: bool) -> None:
        self._cursor, self._site, self._is_link = connection.cursor(), site, is_link
        groups, own = (", ".join(map(str, ids)) for ids in (site.open_groups, site.close_groups))
        sight = f"({{0}}.group_id IN ({groups}) OR {{0}}.owner_id = {site.member_id} AND {{0}}.group_id IN ({own}))"
        self._live = f"{{0}}.deleted_event_id IS NULL AND {sight}"
        self._reached = f"p.id = {site.dataset_id} AND {self._live.format('p')}" if is_link else self._live.format("p")

    def _all(self, statement: str) -> list[Any]:
        self._cursor.execute(statement)
        found: list[Any] = self._cursor.fetchall()
        return found

    def listing(self) -> int:
        """The images of a dataset with all their annotations."""
        of_dataset = f"FROM dataset_image_link dl WHERE dl.parent_id = {self._site.dataset_id} AND {self._live.format('dl')}"
        return self._images(f"i.id IN (SELECT dl.child_id {of_dataset}) ORDER BY i.id LIMIT {IN_DATASET + 1}")

    def image(self) -> int:
        """One image with all its annotations."""
        return self._images(f"i.id = {self._site.image_id}")

    def _images(self, which: str) -> int:
        images = self._all(
            "SELECT i.id, i.version, i.name, i.description, i.acquisition_date, i.fileset_id, i.series, i.instrument_id, "
            "i.experiment_id, i.owner_id, i.group_id, i.creation_event_id, i.update_event_id, i.deleted_event_id, c.time, u.time "
            "FROM image i JOIN event c ON c.id = i.creation_event_id JOIN event u ON u.id = i.update_event_id "
            f"WHERE {self._live.format('i')} AND {which}"
        )
        links = self._all(
            "SELECT l.parent_id, l.child_id, l.id, l.owner_id FROM image_annotation_link l "
            f"WHERE l.parent_id IN ({_listed(row[0] for row in images)}) AND {self._live.format('l')} ORDER BY l.id"
        )
        annotations = self._all(
            "SELECT a.id, a.version, a.type, a.ns, a.description, a.owner_id, a.group_id, a.creation_event_id, "
            "a.update_event_id, a.deleted_event_id, a.text_value, c.time, u.time FROM annotation a "
            "JOIN event c ON c.id = a.creation_event_id JOIN event u ON u.id = a.update_event_id "
            f"WHERE a.id IN ({_listed({row[1] for row in links})}) AND {self._live.format('a')}"
        )
        maps = _listed(row[0] for row in annotations if row[2] == "MapAnnotation")
        pairs = self._all(
            f"SELECT annotation_id, name, value FROM map_entry WHERE annotation_id IN ({maps}) ORDER BY annotation_id, position"
        )
        owners = _listed({row[5] for row in annotations})
        self._all(f"SELECT id, ome_name, first_name, last_name FROM experimenter WHERE id IN ({owners})")
        assert len(links) == 3 * len(images)
        assert len(pairs) == PAIRS * len(images)
        return len(images)

    def tree(self) -> int:
        """What stands at the top of the tree, with how much it holds."""
        live, is_loose = self._live, "AND NOT EXISTS (SELECT 1 FROM {0}_link x WHERE x.child_id = p.id AND {1})"
        found = 0
        for parent, link, above in (
            ("project", "project_dataset_link", None),
            ("dataset", "dataset_image_link", "project_dataset"),
            ("screen", "screen_plate_link", None),
        ):
            loose = is_loose.format(above, live.format("x")) if above and not self._is_link else ""
            if self._is_link and parent != "dataset":
                continue
            found += len(self._all(
                f"SELECT p.id, p.name, p.owner_id, p.group_id, (SELECT count(*) FROM {link} k WHERE k.parent_id = p.id AND "
                f"{live.format('k')}) FROM {parent} p WHERE {self._reached} {loose}"
            ))  # fmt: skip
        if not self._is_link:
            orphaned = is_loose.format("dataset_image", live.format("x"))
            self._all(f"SELECT count(*) FROM image p WHERE {live.format('p')} {orphaned}")
        return found


def _listed(ids: Any) -> str:
    return ", ".join(map(str, ids))


def measure(server: TemporaryServer, site: LargeSite, connection: Any, repeats: int) -> dict[str, Any]:
    """For a member and for a share link: each question's time, its limit and the parts of that."""
    share = http.client.HTTPConnection(urlsplit(server.url).netloc)
    headers = {"Authorization": f"Bearer {site.token}", "Content-Type": "application/json"}
    share.request("POST", "/api/v1/grants", json.dumps({"object": f"dataset:{site.dataset_id}"}), headers)
    prefix = urlsplit(json.loads(share.getresponse().read())["url"]).path
    result: dict[str, Any] = {}
    for who, client in (("member", Client(server.url, token=site.token)), ("link", Client(server.url, prefix=prefix))):
        by_hand = ByHand(connection, site, is_link=who == "link")
        empty = find_cheapest(client, repeats)
        result[f"empty request of the {who}"] = empty
        for name, path, run in (
            ("dataset", f"/images?dataset={site.dataset_id}&limit={IN_DATASET}&include=annotations", by_hand.listing),
            ("tree", "/tree", by_hand.tree),
            ("image", f"/images/{site.image_id}?include=annotations", by_hand.image),
        ):
            result[f"{name}, {who}"] = _compare(client, path, run, empty, repeats)
    return result


def _compare(client: Client, path: str, by_hand: Asked, empty: str, repeats: int) -> dict[str, float]:
    told = orjson.loads(client.get(path))
    items = told["items"] if "items" in told else [told] if "id" in told else told["projects"] + told["datasets"]
    assert by_hand() == len(items), "both find the same"
    found = medians({
        "ours": partial(client.get, path), "sql": by_hand,
        "empty": partial(client.get, empty), "orjson": partial(orjson.dumps, told),
    }, repeats)  # fmt: skip
    limit = found["sql"] + found["empty"] + found["orjson"]
    numbers = {f"{key}_ms": round(value, 2) for key, value in found.items()}
    return numbers | {"limit_ms": round(limit, 2), "ratio": round(found["ours"] / limit, 2), "bytes": len(orjson.dumps(told))}


@contextmanager
def noting(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements, with their values, that an engine sends meanwhile."""
    noted: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _is_many: bool) -> None:
        if not statement.startswith("BEGIN"):
            noted.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _list_dataset(engine: Engine, actor: Actor, site: LargeSite, limit: int) -> Any:
    query = ListQuery(limit, include=("annotations",), filters=(("dataset", str(site.dataset_id)),))
    with open_session(engine, actor, is_reading=True) as session:
        return list_objects(session, Image, query)


def _show_tree(engine: Engine, actor: Actor, site: LargeSite) -> Any:
    with open_session(engine, actor, is_reading=True) as session:
        # An administrator sees more: in one group both see the same.
        return list_tree(session, group_id=site.open_groups[0])


def _show_image(engine: Engine, actor: Actor, site: LargeSite) -> Any:
    with open_session(engine, actor, is_reading=True) as session:
        return show_object(session, Image, site.image_id, include=("annotations",))


def measure_statements(engine: Engine, site: LargeSite, connection: Any, repeats: int) -> dict[str, Any]:
    """How many statements lists take, and what those of a member cost over those of an administrator."""
    member = enter_with_token(engine, site.token).actor
    with system_session(engine, "load the administrator", is_reading=True) as session:
        admin = load_actor(session, find_by(session, Experimenter, ome_name="admin").id)  # type: ignore[union-attr]
    counts = {}
    for limit in (100, 1000):
        with noting(engine) as noted:
            assert len(_list_dataset(engine, member, site, limit)["items"]) == limit
        counts[limit] = len(noted)
    result: dict[str, Any] = {"statements": counts}
    for name, ask in (("dataset", partial(_list_dataset, limit=1000)), ("tree", _show_tree), ("image", _show_image)):
        asked = {}
        for who, actor in (("member", member), ("admin", admin)):
            with noting(engine) as noted:
                ask(engine, actor, site)
            asked[who] = partial(_repeat, connection.cursor(), noted)
        found = medians(asked, repeats)
        numbers = {f"{who}_ms": round(value, 2) for who, value in found.items()}
        result[f"filtering, {name}"] = numbers | {"ratio": round(found["member"] / found["admin"], 2)}
    return result


def _repeat(cursor: Any, statements: list[tuple[str, Any]]) -> None:
    for statement, values in statements:
        cursor.execute(statement, values)
        cursor.fetchall()


def run(images: int, url: str | None, repeats: int) -> dict[str, Any]:
    """Make a site of one size, serve it and measure."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        data, began = Path(folder), time.perf_counter()
        settings = Settings(data=data, database_url=url, admin_password=SecretStr(PASSWORD))
        with open_site(settings) as opened:
            site = make_site(opened.engine, images)
        result: dict[str, Any] = {"images": images, "making_s": round(time.perf_counter() - began, 1)}
        engine = open_engine(settings.database)
        connection = _connect(settings.database)
        result |= measure_statements(engine, site, connection, repeats)
        with start_server(data, database_url=url, admin_password=PASSWORD) as server:
            result |= measure(server, site, connection, repeats)
        connection.close()
        engine.dispose()
        return result


def _connect(url: str) -> Any:
    if not url.startswith("sqlite"):
        return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA cache_size=-65536")
    return connection


def print_result(name: str, result: Mapping[str, Any]) -> None:
    """One line for each number."""
    print(f"== {name}, {result['images']:,} images, made in {result['making_s']} s")
    print(f"statements for 100 and 1,000 images: {result['statements'][100]} and {result['statements'][1000]}")
    for key, found in result.items():
        if key.startswith("empty"):
            print(f"{key}: {found}")
        elif key.startswith("filtering"):
            times = f"member {found['member_ms']:9.2f} ms, administrator {found['admin_ms']:9.2f} ms"
            print(f"{key:24} {times}, ratio {found['ratio']:5.2f}")
        elif isinstance(found, dict) and "ours_ms" in found:
            limit = f"{found['limit_ms']:9.2f} ms (SQL {found['sql_ms']}, empty {found['empty_ms']}, orjson {found['orjson_ms']})"
            print(f"{key:24} {found['ours_ms']:9.2f} ms, limit {limit}, ratio {found['ratio']:5.2f}")


def _run_on(database: str, images: int, repeats: int) -> dict[str, Any]:
    if database == "sqlite":
        found = run(images, None, repeats)
    else:
        with start_postgres() as server:
            server.execute("CREATE DATABASE site")
            found = run(images, server.url("site"), repeats)
    print_result(database, found)
    return found


def print_growth(database: str, small: Mapping[str, Any], large: Mapping[str, Any]) -> dict[str, float]:
    """How many times longer each takes on the large site than on the small one."""
    grown = {}
    for key in [key for key in small if small is not large and isinstance(small[key], dict) and "ours_ms" in small[key]]:
        grown[key] = round(large[key]["ours_ms"] / small[key]["ours_ms"], 2)
        print(f"{key:24} grows {grown[key]} times on {database} from {small['images']:,} to {large['images']:,} images")
    return grown


def main() -> None:
    """Run, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--on", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--json", type=Path, default=Path("site.json"))
    options = parser.parse_args()
    if any(images < 100_000 or images % 5000 for images in options.images):
        parser.error("--images is at least 100000, in steps of 5000")
    results: dict[str, Any] = {}
    for database in options.on:
        found = [_run_on(database, images, options.repeats) for images in options.images]
        results |= {f"{database} {one['images']}": one for one in found}
        results[f"growth on {database}"] = print_growth(database, found[0], found[-1])
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
