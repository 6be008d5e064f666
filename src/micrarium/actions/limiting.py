"""How often somebody may try a password before having to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from cachetools import TTLCache

from micrarium.errors import TooManyAttempts

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
