"""How a process that handles large blocks of pixels keeps its memory: what was freed is used again, and little lies idle."""

from __future__ import annotations

import os
from functools import cache

#: ``mallopt`` of glibc: see its manual.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
#: The largest that glibc accepts: blocks up to this come from memory the process has already.
_LARGEST_KEPT_BYTES = 32 << 20


@cache
def settle_allocation() -> None:
    """Let blocks of up to 32 MiB come from memory that is there, and all threads share two pools of it; once a process.

    By default each thread has a pool, which holds what it freed, and a large block is new memory that the system clears
    page by page. Does nothing where the C library is another one, or the environment says how it should be.
    """
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")) for name in os.environ):
        return
    try:
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no glibc
        return
    mallopt(_ARENA_MAX, 2)
    mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
    mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_KEPT_BYTES)
