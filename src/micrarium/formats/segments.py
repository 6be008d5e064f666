"""Decoded pieces of files, kept for a while: neighbouring regions often need the same tile, strip or frame."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache

_LIMIT_BYTES = 96 << 20
_LARGEST_KEPT_BYTES = 48 << 20

_kept: LRUCache[Hashable, np.ndarray[Any, np.dtype[Any]]] = LRUCache(_LIMIT_BYTES, getsizeof=lambda array: int(array.nbytes) + 256)
_lock = Lock()
_tokens = count(1)


def new_token() -> int:
    """A number that stands for one opened file among the kept pieces."""
    return next(_tokens)


def remember(key: tuple[int, Hashable], decode: Callable[[], np.ndarray[Any, np.dtype[Any]]]) -> np.ndarray[Any, np.dtype[Any]]:
    """The piece kept under ``key`` (a file's token and a name within it), decoded now if it is not there; not to be written to."""
    with _lock:
        found = _kept.get(key)
    if found is not None:
        return found
    made = decode()
    made.setflags(write=False)
    if made.base is not None:
        made = made.copy() if made.nbytes * 2 < made.base.nbytes else made
    if made.nbytes <= _LARGEST_KEPT_BYTES:
        with _lock:
            _kept[key] = made
    return made


def forget(token: int) -> None:
    """Drop all pieces of a closed file."""
    with _lock:
        for key in [key for key in _kept if isinstance(key, tuple) and key[0] == token]:
            del _kept[key]
