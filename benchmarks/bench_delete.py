"""How long the deletion of a large project takes, and what the reading of others is like meanwhile.

Makes a site with a project of many images, serves it, and prints the median and 99th percentile of reading requests
before and during the deletion, which runs as a job: ``python benchmarks/bench_delete.py --images 10000``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx
from pydantic import SecretStr

from micrarium import model
from micrarium.actions.opening import admin_actor, open_site
from micrarium.permissions import system_session
from micrarium.settings import Settings
from micrarium.testing.servers import start_server

PASSWORD = "correct horse"
IN_A_DATASET = 1000


def build(data: Path, images: int, database_url: str | None) -> None:
    """A project of datasets of images, each with its pixels, a channel and a region of interest; and one dataset beside."""
    with open_site(Settings(data=data, database_url=database_url, admin_password=SecretStr(PASSWORD))) as site:
        actor = admin_actor(site)
        owned = {"owner_id": actor.id, "group_id": actor.group_id}
        with system_session(site.engine, "build a project") as session:
            project, beside = model.Project(name="large", **owned), model.Dataset(name="beside", **owned)
            session.add_all([project, beside])
            session.flush()
        for start in range(0, images, IN_A_DATASET):
            with system_session(site.engine, "build a dataset") as session:
                dataset = model.Dataset(name=f"{start}", **owned)
                session.add(dataset)
                session.flush()
                session.add(model.ProjectDatasetLink(parent_id=project.id, child_id=dataset.id, **owned))
                made = [_add_image(session, f"{start + n}", owned) for n in range(min(IN_A_DATASET, images - start))]
                session.flush()
                session.add_all(model.DatasetImageLink(parent_id=dataset.id, child_id=image.id, **owned) for image in made)
                if start == 0:
                    kept = [_add_image(session, f"kept {n}", owned) for n in range(200)]
                    session.flush()
                    session.add_all(model.DatasetImageLink(parent_id=beside.id, child_id=image.id, **owned) for image in kept)


def _add_image(session: object, name: str, owned: dict[str, int]) -> model.Image:
    image = model.Image(name=name, **owned)
    pixels = model.Pixels(image=image, pixels_type="uint16", size_x=512, size_y=512, size_z=1, size_c=1, size_t=1)
    channel = model.Channel(pixels=pixels, logical_channel=model.LogicalChannel(name="DAPI"), channel_index=0)
    session.add_all([image, pixels, channel, model.Roi(image=image, **owned)])  # type: ignore[attr-defined]
    return image


class Reader(threading.Thread):
    """Reads the tree, a list and an object over and over, and keeps how long each took."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.client = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60)
        self.times: list[float] = []
        self.is_over = False

    def run(self) -> None:
        while not self.is_over:
            for path in ("/tree", "/images?dataset=1&limit=100&include=annotations", "/datasets/1"):
                begun = time.perf_counter()
                self.client.get(path).raise_for_status()
                self.times.append(time.perf_counter() - begun)

    def measure(self) -> dict[str, float]:
        """Milliseconds of what was read since the last call."""
        times, self.times = sorted(self.times), []
        return {"requests": len(times), "median_ms": statistics.median(times) * 1e3, "p99_ms": times[int(len(times) * 0.99)] * 1e3}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--database-url", default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        build(data, given.images, given.database_url)
        with start_server(data, database_url=given.database_url, admin_password=PASSWORD) as server:
            reader = Reader(server.url, server.headers)
            reader.start()
            time.sleep(2)
            reader.measure()
            time.sleep(8)
            before = reader.measure()
            with httpx.Client(base_url=f"{server.url}/api/v1", headers=server.headers, timeout=600) as client:
                begun = time.perf_counter()
                job = client.post("/graph/delete", json={"objects": ["project:1"]}).raise_for_status().json()
                answered_s = time.perf_counter() - begun
                while job.get("state") in ("queued", "running"):
                    time.sleep(0.2)
                    job = client.get(f"/jobs/{job['id']}").json()
                took_s = time.perf_counter() - begun
            during = reader.measure()
            reader.is_over = True
            reader.join()
    print(json.dumps({
        "images": given.images, "state": job.get("state"), "answered_s": answered_s, "delete_s": took_s,
        "counts": (job.get("result") or job).get("counts"), "reads_before": before, "reads_during": during,
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
