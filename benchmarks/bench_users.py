"""People browsing at the same time: errors, how long requests take, and the server's memory.

    python benchmarks/bench_users.py [--users 200] [--minutes 5] [--url postgresql://...] [--json users.json]

Each of them looks through the tree, a dataset with its thumbnails, an image with its annotations, a plane of it and pieces
of its OME-Zarr, pausing between clicks as people do. They are in groups of ten, each of which has a dataset of its own;
the server is ``micrarium serve`` with its defaults, on SQLite or on the new and empty database at ``--url``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site, open_site
from micrarium.actions.signing_in import make_token
from micrarium.model import Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions import load_actor, open_session, system_session
from micrarium.settings import Settings
from micrarium.testing.files import numbered_pixels, write_ome_tiff
from micrarium.testing.servers import start_server

PASSWORD = "correct horse"
IN_GROUP, IMAGES = 10, 30
SIDE, CHANNELS = 512, 3
#: How long people look at what a click showed, in seconds.
PAUSE_S = (4.0, 12.0)


@dataclass
class Measured:
    """What was measured of all requests: times by what was asked, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)


def fill(site: Site, users: int, folder: Path) -> list[str]:
    """Make groups of people, each with a dataset of images with tags; a token of every person."""
    tokens, files = [], []
    for number in range(IMAGES):
        pixels = numbered_pixels(1, CHANNELS, 2, SIDE, SIDE, seed=number)
        files.append(write_ome_tiff(folder / f"{number}.ome.tif", pixels, names=("DAPI", "GFP", "RFP")))
    for start in range(0, users, IN_GROUP):
        with system_session(site.engine, "people of a benchmark") as session:
            group = ExperimenterGroup(name=f"g{start}", level="read-annotate")
            people = [Experimenter(ome_name=f"p{n}") for n in range(start, min(start + IN_GROUP, users))]
            session.add_all([group, *people])
            session.flush()
            session.add_all([GroupExperimenterMap(parent_id=group.id, child_id=person.id) for person in people])
            ids, group_id = [person.id for person in people], group.id
        for person_id in ids:
            with system_session(site.engine, "sign in", is_reading=True) as session:
                actor = load_actor(session, person_id, group_id=group_id)
            with open_session(site.engine, actor) as session:
                tokens.append(make_token(session, name="benchmark", scope="write", expires_at=None)[1])
        # Every group has three of the images, which are looked at by ten people.
        for file in files[start // IN_GROUP :: max(IMAGES // 3, 1)]:
            import_files(site, actor, [file], dataset=f"images of g{start}")
    return tokens


class Person:
    """Somebody who clicks through what they see, with a connection kept open."""

    def __init__(self, url: str, token: str, measured: Measured, *, seed: int) -> None:
        limits = httpx.Limits(max_connections=6)  # as browsers have it
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=60, limits=limits, verify=False
        )  # no https: reads no certificates
        self._measured = measured
        self._random = random.Random(seed)

    async def ask(self, name: str, path: str) -> Any:
        """One request, timed; None where it fails."""
        began = time.perf_counter()
        try:
            answer = await self._client.get(path)
        except httpx.HTTPError as error:
            self._measured.errors[f"{name}: {type(error).__name__}"] += 1
            return None
        self._measured.times[name].append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            self._measured.errors[f"{name}: {answer.status_code}"] += 1
            return None
        return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.content

    async def pause(self) -> None:
        """Look at what is there."""
        await asyncio.sleep(self._random.uniform(*PAUSE_S))

    async def browse(self, until: float) -> None:
        """Click until the time is over."""
        await asyncio.sleep(self._random.uniform(0, PAUSE_S[1]))
        while time.monotonic() < until:
            tree = await self.ask("tree", "/api/v1/tree")
            await self.pause()
            for dataset in (tree or {"datasets": []})["datasets"]:
                await self.look_at(dataset["id"])
        await self._client.aclose()

    async def look_at(self, dataset: int) -> None:
        """A dataset, its thumbnails, and one of its images."""
        listed = await self.ask("images of a dataset", f"/api/v1/images?dataset={dataset}&limit=200&include=annotations")
        ids = [image["id"] for image in (listed or {"items": []})["items"]]
        await asyncio.gather(*(self.ask("thumbnail", f"/api/v1/images/{image}/thumbnail") for image in ids))
        await self.pause()
        if not ids:
            return
        image = self._random.choice(ids)
        path, zarr = f"/api/v1/images/{image}", f"/zarr/images/{image}.ome.zarr"
        await asyncio.gather(
            self.ask("image", f"{path}?include=pixels,channels,annotations,owner,containers"),
            self.ask("plane", f"{path}/plane?z={self._random.randrange(2)}"),
            self.ask("zarr.json", f"{zarr}/zarr.json"),
            *(self.ask("chunk", f"{zarr}/0/c/0/{channel}/0/0/0") for channel in range(CHANNELS)),
        )
        await self.pause()


async def browse_together(url: str, tokens: list[str], seconds: float, measured: Measured, server_id: int) -> list[int]:
    """All of them at once; the server's resident memory in MiB after a tenth of the time and after each further tenth."""
    until, memory = time.monotonic() + seconds, []
    browsing = asyncio.gather(*(Person(url, token, measured, seed=n).browse(until) for n, token in enumerate(tokens)))
    for _ in range(10):
        await asyncio.sleep(seconds / 10)
        memory.append(resident_mib(server_id))
    await browsing
    return memory


def resident_mib(process_id: int) -> int:
    """The resident memory of a process (Linux)."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process_id}/status").read_text(encoding="ascii"))
    return int(found[1]) // 1024 if found else 0


def print_result(result: dict[str, Any]) -> None:
    """A line for each sort of request, and one each for errors and memory."""
    for name, found in result["requests"].items():
        print(f"{name:20} {found['count']:7} requests, p50 {found['p50_ms']:7.1f} ms, p99 {found['p99_ms']:7.1f} ms")
    print(f"{result['per_second']} requests a second of {result['users']} people; errors: {result['errors'] or 'none'}")
    print(f"resident memory of the server in MiB: {', '.join(map(str, result['memory_mib']))}")


def summarise(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Count, median and 99th percentile of each sort, and of all together."""
    everything = times | {"all": [one for many in times.values() for one in many]}
    found = {}
    for name, many in everything.items():
        hundredths = statistics.quantiles(many, n=100) if len(many) > 1 else many * 99
        found[name] = {"count": len(many), "p50_ms": round(hundredths[49], 1), "p99_ms": round(hundredths[98], 1)}
    return found


def run(users: int, seconds: float, url: str | None) -> dict[str, Any]:
    """Make the site, serve it, browse it."""
    with tempfile.TemporaryDirectory(prefix="users-") as name:
        folder = Path(name)
        settings = Settings(data=folder / "data", database_url=url, admin_password=SecretStr(PASSWORD))
        with open_site(settings) as site:
            tokens = fill(site, users, folder)
        measured = Measured()
        with start_server(folder / "data", database_url=url, admin_password=PASSWORD) as server:
            memory = asyncio.run(browse_together(server.url, tokens, seconds, measured, server.process.pid))
    requests = summarise(measured.times)
    per_second = round(requests["all"]["count"] / seconds)
    return {
        "users": users, "seconds": seconds, "requests": requests, "per_second": per_second,
        "errors": dict(measured.errors), "memory_mib": memory,
    }  # fmt: skip


def main() -> None:
    """Run, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--url", help="a new, empty PostgreSQL database instead of SQLite")
    parser.add_argument("--json", type=Path, default=Path("users.json"))
    options = parser.parse_args()
    result = run(options.users, options.minutes * 60, options.url)
    print_result(result)
    options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
