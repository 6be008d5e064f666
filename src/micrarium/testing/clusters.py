"""A Dask cluster for tests: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from micrarium.errors import Unavailable
from micrarium.jobs.cluster import Cluster
from micrarium.testing.servers import find_free_port

PATIENCE_S = 120


@contextmanager
def running_cluster(folder: Path, *, workers: int = 2, modules: Sequence[Path] = ()) -> Iterator[str]:
    """The address of a scheduler whose workers are all there; ``modules`` are folders that they import from besides."""
    port = find_free_port()
    address = f"tcp://127.0.0.1:{port}"
    paths = [*map(str, modules), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    run = [sys.executable, "-m"]
    scheduler = [*run, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = [*run, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    commands = [scheduler, *([*worker, "--local-directory", str(folder / str(number))] for number in range(workers))]
    quiet = subprocess.DEVNULL
    processes = [subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) for command in commands]
    try:
        _wait(address, workers)
        yield address
    finally:
        for process in processes:  # they need no farewell
            process.kill()
        for process in processes:
            process.wait()


def _wait(address: str, workers: int) -> None:
    cluster, deadline, found = Cluster(address), time.monotonic() + PATIENCE_S, 0
    while found < workers:
        try:
            found = cluster.check()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
    cluster.close()
