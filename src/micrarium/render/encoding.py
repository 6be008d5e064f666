"""Pictures as JPEG, PNG and WebP."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from micrarium.errors import InvalidInput, TooLarge

PictureFormat = Literal["jpeg", "png", "webp"]
MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
#: WebP cannot hold more pixels a side; JPEG stops at 65535.
_LARGEST_SIDE = {"jpeg": 65535, "png": 2**31 - 1, "webp": 16383}


def encode_picture(picture: np.ndarray[Any, np.dtype[np.uint8]], kind: str = "jpeg", *, quality: int = 85) -> bytes:
    """The bytes of a picture (y, x, 3) in red, green, blue; ``quality`` from 1 to 100 is for JPEG and WebP.

    PNG is compressed lightly: it is for exact values, not for the smallest size. Raises ``InvalidInput`` for another
    ``kind`` or quality, ``TooLarge`` where the format cannot hold the picture.
    """
    if kind not in MEDIA_TYPES:
        raise InvalidInput(f"{kind!r} is no picture format; use jpeg, png or webp", field="format")
    if not 1 <= quality <= 100:
        raise InvalidInput(f"quality is {quality}; it can be from 1 to 100", field="quality")
    if max(picture.shape[:2]) > _LARGEST_SIDE[kind]:
        raise TooLarge(f"A {kind} picture can have {_LARGEST_SIDE[kind]} pixels a side; this one has {max(picture.shape[:2])}")
    if kind == "jpeg":
        import simplejpeg

        return bytes(
            simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=quality, colorspace="RGB", colorsubsampling="420")
        )
    return _encode_with_opencv(picture, kind, quality)


def _encode_with_opencv(picture: np.ndarray[Any, np.dtype[np.uint8]], kind: str, quality: int) -> bytes:
    import cv2

    options = {"png": [cv2.IMWRITE_PNG_COMPRESSION, 1], "webp": [cv2.IMWRITE_WEBP_QUALITY, quality]}[kind]
    is_done, encoded = cv2.imencode(f".{kind}", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    if not is_done:
        raise InvalidInput(
            f"The picture of {picture.shape[1]} x {picture.shape[0]} pixels cannot be written as {kind}", field="format"
        )
    return bytes(encoded)
