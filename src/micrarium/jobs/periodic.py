"""What a server does again and again of its own accord, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Periodic:
    """Calls a task every so many seconds from ``start`` to ``stop``; the task is given the event that tells it to stop."""

    def __init__(self, name: str, task: Callable[[threading.Event], object], *, first_s: float, every_s: float) -> None:
        self._task, self._first_s, self._every_s = task, first_s, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"micrarium-{name}", daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after ``first_s``."""
        self._thread.start()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """Call the task no more, and wait for the call that is under way."""
        self._stopping.set()
        self._thread.join(timeout_s)

    def _live(self) -> None:
        wait_s = self._first_s
        while not self._stopping.wait(wait_s):
            try:
                self._task(self._stopping)
            except Exception:  # one that fails once is tried again
                _log.exception("%s failed; it is tried again", self._thread.name)
            wait_s = self._every_s
