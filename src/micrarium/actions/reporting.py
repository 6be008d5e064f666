"""The log: lines for people or JSON for programs, without secrets, and its last lines kept for administrators."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import IO, Any

from micrarium.actions.configuring import MASK, mask_urls, secrets_of
from micrarium.settings import Settings

#: How many lines are kept for administrators to look at.
KEPT = 2000
LEVELS = ("debug", "info", "warning", "error", "critical")
#: The logger of requests, one line each.
REQUESTS = logging.getLogger("micrarium.requests")
#: What stands in a line beside its message; set with ``extra``.
FIELDS = ("request_id", "method", "path", "route", "status", "duration_ms", "actor")
_SECRET_SHAPES = re.compile(
    r"\bmic_[\w-]{16,}|(?<=Bearer )[^\s\"',]+|(?<=micrarium_session=)[^\s;\"']+"
    r"|(?<=password=)[^\s&;,\"']+|(?<=\"password\": \")[^\"]*|(?<='password': ')[^']*"
)
_tail: deque[dict[str, Any]] = deque(maxlen=KEPT)


class _Kept(logging.Handler):
    """Writes each record, cleaned, to a stream where it is important enough, and keeps it."""

    def __init__(self, settings: Settings, stream: IO[str]) -> None:
        super().__init__(logging.DEBUG)
        self._is_json = settings.log_format == "json"
        told = settings.log_level or ("info" if self._is_json else "warning")
        self._least = logging.getLevelName(told.upper())
        self._secrets = secrets_of(settings)
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            entry = self._clean(_describe(record))
            if record.levelno >= logging.INFO:
                _tail.append(entry)
            if record.levelno >= self._least:
                self._stream.write((json.dumps(entry, default=str) if self._is_json else _as_text(entry)) + "\n")
                self._stream.flush()
        except Exception:
            self.handleError(record)

    def _clean(self, entry: dict[str, Any]) -> dict[str, Any]:
        return {name: clean(value, self._secrets) if isinstance(value, str) else value for name, value in entry.items()}


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """A text in which tokens, passwords and the given secrets are masked."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return _SECRET_SHAPES.sub(MASK, mask_urls(text))


def _describe(record: logging.LogRecord) -> dict[str, Any]:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = {"time": time, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
    entry |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
    if record.exc_info:
        entry["traceback"] = "".join(traceback.format_exception(*record.exc_info))
    return entry


def _as_text(entry: dict[str, Any]) -> str:
    beside = " ".join(f"{name}={entry[name]}" for name in ("request_id", "actor") if name in entry)
    line = f"{entry['time']} {entry['level'].upper():<7} {entry['logger']}: {entry['message']}"
    return "\n".join(part for part in (f"{line} {beside}".rstrip(), entry.get("traceback", "").rstrip()) if part)


def begin_logging(settings: Settings, stream: IO[str] | None = None) -> None:
    """From now on the log is written as the settings say, to standard error, and its last lines are kept."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Kept)]:
        root.removeHandler(handler)
    root.addHandler(_Kept(settings, stream or sys.stderr))
    # What is told of requests is kept for administrators even where it is not written.
    least = logging.DEBUG if settings.log_level == "debug" else logging.INFO
    for name in ("micrarium", "uvicorn"):
        logging.getLogger(name).setLevel(least)


def end_logging() -> None:
    """Stop writing the log, and forget what was kept of it."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Kept)]:
        root.removeHandler(handler)
    for name in ("micrarium", "uvicorn"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    _tail.clear()


def read_log(*, level: str = "info", search: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """The last lines of the log from a level on that hold a text, the newest first."""
    least = LEVELS.index(level)
    found = []
    for entry in reversed(list(_tail)):
        if LEVELS.index(entry["level"]) >= least and (not search or search.lower() in json.dumps(entry, default=str).lower()):
            found.append(entry)
            if len(found) >= limit:
                break
    return found
