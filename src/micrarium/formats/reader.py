"""What a reader of a file format offers, and what all of ours share while they open a file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import RLock
from typing import Protocol, runtime_checkable

from micrarium.errors import MicrariumError, UnreadableFile
from micrarium.pixels.source import ImageFile

#: How many of a file's first bytes a reader is shown.
HEAD_BYTES = 4096

#: A compressed segment that claims to hold more than this, and more than a codec can squeeze, is taken for damage.
LARGEST_UNQUESTIONED_BYTES = 64 << 20
LARGEST_RATIO = 20_000
#: More than any instrument has; each costs a row and a look at its pixels.
MOST_CHANNELS = 100_000


@runtime_checkable
class Reader(Protocol):
    """Reads one file format; registered as an entry point of the group ``micrarium.formats``.

    ``suffixes`` only order the attempts. ``version`` names the library beneath and its version. A reader that makes one
    fileset of many files that others would take for an image each says so by ``gathers_files = True``: it is asked first,
    and not at all by those who want each file for itself. Its ``files`` begin with the same file whichever it was opened by.
    One that goes by names alone says ``is_guessing = True`` too, and is asked after those that have an index to go by.
    A reader for whatever no other can read says so by ``is_last_resort = True``, and may say by a method ``hint`` what it
    lacks for that.
    """

    name: str
    suffixes: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version of this reader and of the library it stands on."""

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether these first bytes are of this format. ``head`` is empty for a folder."""

    def open(self, path: Path) -> ImageFile:
        """The opened file. Raises ``UnreadableFile`` when it is damaged."""


_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)
_LIBRARIES = ("tifffile", "czifile", "liffile", "nd2", "PIL", "pydicom")
_filters = RLock()


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        heard = _heard.get()
        if heard is not None and len(heard) < 20:
            heard.append(record.getMessage()[:300])


_listener = _Listener(logging.WARNING)


@contextmanager
def heard_complaints() -> Iterator[list[str]]:
    """What the libraries beneath complain of meanwhile, which they would print otherwise."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if _listener not in logger.handlers:
            logger.addHandler(_listener)
            logger.propagate = False
    complaints: list[str] = []
    token = _heard.set(complaints)
    try:
        # The warning filters belong to the whole process, so only one thread changes them at a time.
        with _filters, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield complaints
        complaints.extend(str(warning.message)[:300] for warning in caught[:20])
    finally:
        _heard.reset(token)


@contextmanager
def damage_told(path: Path, doing: str = "be read") -> Iterator[None]:
    """Turns whatever a library raises over a damaged file into one ``UnreadableFile``."""
    try:
        yield
    except MicrariumError:
        raise
    except OSError as error:
        reason = " ".join(str(error.strerror or error).split())[:200]
        raise UnreadableFile(f"{path.name} cannot {doing}: {reason}") from error
    except Exception as error:  # over damaged bytes a library raises anything, a NameError of its own included
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnreadableFile(f"{path.name} cannot {doing}, it may be damaged or cut short ({reason})") from error


def check_channels(count: int) -> None:
    """Raises ``UnreadableFile`` for more channels than an image has: each is described, measured and kept by itself."""
    if count > MOST_CHANNELS:
        raise UnreadableFile(f"The file is damaged, or no image: it claims {count} channels, and at most {MOST_CHANNELS} are read")


def check_claim(path: Path, *, decoded_bytes: int, stored_bytes: int) -> None:
    """Raises ``UnreadableFile`` when so few bytes cannot hold so many pixels."""
    if decoded_bytes > LARGEST_UNQUESTIONED_BYTES and decoded_bytes > LARGEST_RATIO * max(stored_bytes, 1):
        raise UnreadableFile(f"{path.name} is damaged: {stored_bytes} bytes of it claim to hold {decoded_bytes} bytes of pixels")
