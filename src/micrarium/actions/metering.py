"""Figures of a running server for Prometheus: requests as they pass, and what there is of jobs, sessions and bytes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func

from micrarium import __version__
from micrarium.actions.accounting import disk_use
from micrarium.actions.opening import Site
from micrarium.model import Job, LoginSession
from micrarium.model.jobs import STATES
from micrarium.permissions import every, system_session

#: Seconds; a tile takes hundredths, a list of a thousand tenths, an upload's piece a minute.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
#: Sums over all originals are made no more often than this, however often somebody asks.
_SUMS_KEPT_S = 60.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Figures:
    """The figures of one application; ``note_request`` counts a request, ``write`` tells everything."""

    def __init__(self, site: Site) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter("micrarium_http_requests", "Requests answered.", (*labels, "status"), registry=self._registry)
        self._seconds = Histogram(
            "micrarium_http_request_duration_seconds", "How long requests took.", labels, buckets=_BUCKETS, registry=self._registry
        )
        self._registry.register(_Site(site))
        for kind in (ProcessCollector, PlatformCollector, GCCollector):
            kind(registry=self._registry)

    def note_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request that was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def write(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)


class _Site(Collector):
    """What there is now, asked of the database when the figures are told."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sums: tuple[float, dict[str, Any]] | None = None

    def describe(self) -> list[Any]:
        """Nothing, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        info = GaugeMetricFamily("micrarium_info", "The version that runs.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        jobs = GaugeMetricFamily("micrarium_jobs", "Jobs by state.", labels=["state"])
        with system_session(self._site.engine, "figures", is_reading=True) as session:
            rows: Any = session.execute(every(Job).with_only_columns(Job.state, func.count()).group_by(Job.state))
            counts = {row[0]: row[1] for row in rows}
            live = every(LoginSession).where(LoginSession.expires_at > datetime.now(UTC)).with_only_columns(func.count())
            sessions = session.execute(live).scalar() or 0
        for state in STATES:
            jobs.add_metric([state], counts.get(state, 0))
        yield jobs
        yield GaugeMetricFamily("micrarium_sessions", "Browsers that are signed in.", value=sessions)
        yield from self._sizes()

    def _sizes(self) -> Iterator[GaugeMetricFamily]:
        now = time.monotonic()
        if self._sums is None or now - self._sums[0] > _SUMS_KEPT_S:
            self._sums = now, disk_use(self._site.engine, "group")["total"]
        total = self._sums[1]
        kept = GaugeMetricFamily("micrarium_kept_bytes", "Bytes kept, by what they are.", labels=["kind"])
        files = GaugeMetricFamily("micrarium_kept_files", "Files and pyramids kept.", labels=["kind"])
        for kind in ("original", "in_place", "derived"):
            kept.add_metric([kind], total[f"{kind}_bytes"])
            files.add_metric([kind], total[f"{kind}_count"])
        yield kept
        yield files
        free = shutil.disk_usage(self._site.data).free
        yield GaugeMetricFamily("micrarium_free_bytes", "Room left where the data folder is.", value=free)
