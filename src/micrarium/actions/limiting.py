"""How often somebody may try a password, or ask at all, before having to wait."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from cachetools import LRUCache, TTLCache

from micrarium.errors import TooManyAttempts, TooManyRequests

#: Failures from one address on one name, and from one address on all names, within ``WINDOW_S``.
MOST_ON_A_NAME, MOST_FROM_AN_ADDRESS = 10, 100
WINDOW_S = 300.0


class SignInLimit:
    """Counts failures to sign in by name and address, and by address; kept in memory, so a restart forgets them.

    A name alone is never locked: else anybody could keep a person out by failing on their name.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures: TTLCache[tuple[str, str], int] = TTLCache(100_000, WINDOW_S, clock)
        self._lock = Lock()

    def check(self, username: str, address: str) -> None:
        """Nothing while another try is allowed, else ``TooManyAttempts``."""
        with self._lock:
            on_name, from_address = self._failures.get((username, address), 0), self._failures.get(("", address), 0)
        if on_name >= MOST_ON_A_NAME or from_address >= MOST_FROM_AN_ADDRESS:
            raise TooManyAttempts(f"Too many attempts; wait {WINDOW_S / 60:.0f} minutes and try again")

    def note_failure(self, username: str, address: str) -> None:
        """Count one failure."""
        with self._lock:
            for key in ((username, address), ("", address)):
                self._failures[key] = self._failures.get(key, 0) + 1

    def forget(self, username: str, address: str) -> None:
        """Somebody got in: their earlier failures do not count."""
        with self._lock:
            self._failures.pop((username, address), None)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RequestLimit:
    """A bucket of requests for each person or address, which fills up again evenly; kept in memory, for one process.

    The bucket holds a minute's worth, so that a page that asks for much at once is not held up.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: LRUCache[str, _Bucket] = LRUCache(100_000)
        self._lock = Lock()

    def take(self, whose: str) -> dict[str, str]:
        """Count one request; the headers that tell how many are left. Raises ``TooManyRequests`` when there are none."""
        now, rate = self._clock(), self.per_minute / 60
        with self._lock:
            bucket = self._buckets.get(whose)
            if bucket is None:
                bucket = self._buckets[whose] = _Bucket(float(self.per_minute), now)
            bucket.tokens = min(float(self.per_minute), bucket.tokens + (now - bucket.filled_at) * rate)
            bucket.filled_at = now
            left = bucket.tokens - 1
            if left >= 0:
                bucket.tokens = left
        told = {
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Remaining": str(max(0, math.floor(left))),
            "RateLimit-Reset": str(math.ceil((self.per_minute - max(0.0, left)) / rate)),
        }
        if left < 0:
            wait_s = max(1, math.ceil(-left / rate))
            raise TooManyRequests(
                f"At most {self.per_minute} requests a minute are answered here; go on in {wait_s} s", headers=told, wait_s=wait_s
            )
        return told


#: Pictures and chunks: what a viewer asks for by the hundred.
_PICTURES = re.compile(r"/api/v1/images/\d+/(thumbnail|plane|region)|/zarr/.*")


class RequestLimits:
    """The limits of a server: for people and addresses in general, and for the pictures that people look at."""

    def __init__(self, per_minute: int | None, pictures: int | None) -> None:
        self._all = RequestLimit(per_minute) if per_minute else None
        self._pictures = RequestLimit(pictures) if pictures else None

    def of_people(self, whose: str, path: str) -> dict[str, str]:
        """Count a request of somebody who is signed in; the headers to tell, none where there is no limit."""
        limit = self._pictures if _PICTURES.fullmatch(path) else self._all
        return limit.take(whose) if limit else {}

    def of_others(self, whose: str) -> dict[str, str]:
        """Count a request of an address without a sign-in, whatever it asks for."""
        return self._all.take(whose) if self._all else {}
