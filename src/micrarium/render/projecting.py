"""Projections along z, plane by plane."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def project_maximum(read_at: Callable[[int], Sequence[Array]], planes: Iterable[int]) -> list[Array]:
    """The largest value of each pixel over the planes, for each of the arrays that ``read_at`` gives for one plane.

    Two planes at a time are in memory. Complex pixels are compared by magnitude; what is no number is passed over.
    """
    result: list[Array] = []
    for z in planes:
        arrays = [np.abs(a) if a.dtype.kind == "c" else a for a in read_at(z)]
        if not result:
            result = [a.copy() for a in arrays]
            continue
        for best, array in zip(result, arrays, strict=True):
            (np.fmax if best.dtype.kind == "f" else np.maximum)(best, array, out=best)
    return result
