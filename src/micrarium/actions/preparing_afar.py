"""Building pyramids on the workers of a Dask cluster, side by side; they see the data folder under the same path as the server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event, Lock

from micrarium.actions.locating import Location
from micrarium.actions.opening import Site
from micrarium.actions.placing import placing_pyramid
from micrarium.errors import MicrariumError, Unavailable
from micrarium.jobs.cluster import Call, Cluster

_log = logging.getLogger(__name__)

_BEAT_S = 0.5
_clusters: dict[str, Cluster] = {}
_lock = Lock()


class _UnwantedError(BaseException):
    """The images are wanted no longer."""


def cluster_of(site: Site) -> Cluster | None:
    """The cluster that the settings name, if they do; connected to when it is first used."""
    address = site.settings.dask_scheduler
    if address is None:
        return None
    with _lock:
        return _clusters.setdefault(address, Cluster(address))


def leave_clusters() -> None:
    """Let go of all clusters; whoever asks for one connects anew."""
    with _lock:
        left = list(_clusters.values())
        _clusters.clear()
    for cluster in left:
        cluster.close()


def build_afar(
    site: Site, cluster: Cluster, locations: Sequence[Location], *, report: Callable[[float], None]
) -> dict[int, MicrariumError]:
    """Build the pyramids of images on a cluster; what went wrong, by the number of the image.

    ``report`` is called about twice a second with the part that is done; what it raises ends the work. An image that is not
    built because the cluster, or a worker, is gone counts as nothing that went wrong: it is left to be built here.
    """
    try:
        workers = cluster.check()
    except Unavailable as error:
        _log.error("%s; pyramids are built by this server", error.detail)
        return {}
    parts, unwanted = [0.0] * len(locations), Event()

    def build(index: int) -> None:
        def tell(_call: int, part: float) -> None:
            if unwanted.is_set():
                raise _UnwantedError
            parts[index] = part

        _build_one(site, cluster, locations[index], tell)
        parts[index] = 1.0

    with ThreadPoolExecutor(min(workers, len(locations)), thread_name_prefix="micrarium-afar") as pool:
        building = {pool.submit(build, index): location.image_id for index, location in enumerate(locations)}
        try:
            report(0.0)
            while wait(building, timeout=_BEAT_S).not_done:
                report(sum(parts) / len(parts))
        except BaseException:
            unwanted.set()
            pool.shutdown(cancel_futures=True)
            raise
    return _gather_errors(building)


def _build_one(site: Site, cluster: Cluster, location: Location, tell: Callable[[int, float], None]) -> None:
    with placing_pyramid(site, location.image_id) as out:
        values = {"reader": location.reader, "series": location.series, "out": str(out)}
        call = Call("micrarium.formats.building:build_pyramid_of", location.path, values)
        for answer in cluster.run([call], report=tell):
            if answer.error is not None:
                raise answer.error


def _gather_errors(building: dict[Future[None], int]) -> dict[int, MicrariumError]:
    wrong: dict[int, MicrariumError] = {}
    for future, image_id in building.items():
        error = future.exception()
        if isinstance(error, Unavailable):
            _log.error("image:%s: %s; its pyramid is built by this server", image_id, error.detail)
        elif isinstance(error, MicrariumError):
            wrong[image_id] = error
        elif error is not None:
            raise error
    return wrong
