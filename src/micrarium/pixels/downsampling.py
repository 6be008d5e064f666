"""Halving images along y and x, exactly and for every pixel type."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

#: What OpenCV's area interpolation averages exactly: (a + b + c + d + 2) >> 2 for integers.
_FAST = {np.dtype(name) for name in ("uint8", "uint16", "int16", "float32", "float64")}


def halve(block: Array, *, is_label: bool = False) -> Array:
    """The block at half the size along its last two axes, rounded up; the other axes stay as they are.

    Intensities become the mean of each 2 x 2 pixels, halves rounded up for integers; at an odd edge the mean of those
    pixels that exist. Booleans become the majority, a tie being true. Labels become the first pixel of each 2 x 2, so
    that no new label appears.
    """
    if is_label:
        return np.ascontiguousarray(block[..., ::2, ::2])
    block = _even(block)
    if block.dtype in _FAST:
        return _halve_fast(block)
    if block.dtype == np.float16:
        return _halve_fast(block.astype(np.float32)).astype(np.float16)
    if block.dtype.kind == "c":
        return _halve_complex(block)
    if block.dtype.kind == "b":
        return _halve_integers(block.view(np.uint8)).view(block.dtype)
    return _halve_integers(block)


def _even(block: Array) -> Array:
    """The block with its last row and column repeated where their number is odd, which leaves the mean as it is."""
    odd_y, odd_x = block.shape[-2] % 2, block.shape[-1] % 2
    if not odd_y and not odd_x:
        return block
    return np.pad(block, [(0, 0)] * (block.ndim - 2) + [(0, odd_y), (0, odd_x)], mode="edge")


def _halve_fast(block: Array) -> Array:
    import cv2

    height, width = block.shape[-2] // 2, block.shape[-1] // 2
    result = np.empty((*block.shape[:-2], height, width), block.dtype)
    planes = block.reshape(-1, *block.shape[-2:])
    for plane, half in zip(planes, result.reshape(-1, height, width), strict=True):
        cv2.resize(np.ascontiguousarray(plane), (width, height), dst=half, interpolation=cv2.INTER_AREA)
    return result


def _halve_complex(block: Array) -> Array:
    result = np.empty((*block.shape[:-2], block.shape[-2] // 2, block.shape[-1] // 2), block.dtype)
    result.real = _halve_fast(np.ascontiguousarray(block.real))
    result.imag = _halve_fast(np.ascontiguousarray(block.imag))
    return result


def _halve_integers(block: Array) -> Array:
    """The rounded mean of integers without a wider type: quarters are summed apart from their remainders."""
    three = block.dtype.type(3)
    quarters = np.zeros((*block.shape[:-2], block.shape[-2] // 2, block.shape[-1] // 2), block.dtype)
    remainders = np.full(quarters.shape, 2, np.uint8)
    for y in (0, 1):
        for x in (0, 1):
            corner = block[..., y::2, x::2]
            quarters += corner >> 2
            remainders += (corner & three).astype(np.uint8)
    quarters += (remainders >> 2).astype(block.dtype)
    return quarters
