"""Encoded pictures, decoded by another library."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from micrarium.errors import InvalidInput, TooLarge
from micrarium.render.encoding import MEDIA_TYPES, encode_picture

Y, X = np.mgrid[0:40, 0:60]
PICTURE = np.stack([Y * 6, X * 4, np.full_like(Y, 30)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(("kind", "tolerance"), [("jpeg", 12), ("png", 0), ("webp", 25)])
def test_a_picture_can_be_decoded_in_its_format(kind: str, tolerance: int) -> None:
    with Image.open(BytesIO(encode_picture(PICTURE, kind, quality=95))) as image:
        assert image.get_format_mimetype() == MEDIA_TYPES[kind]
        decoded = np.asarray(image.convert("RGB")).astype(int)
    assert decoded.shape == PICTURE.shape
    assert np.abs(decoded - PICTURE).max() <= tolerance


def test_a_part_of_a_picture_can_be_encoded() -> None:
    with Image.open(BytesIO(encode_picture(PICTURE[5:20, 10:33], "png"))) as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE[5:20, 10:33])


def test_less_quality_takes_fewer_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    for kind in ("jpeg", "webp"):
        assert len(encode_picture(noise, kind, quality=20)) < len(encode_picture(noise, kind, quality=90))


def test_another_format_or_quality_is_refused() -> None:
    for arguments, field in ((("gif", 85), "format"), (("jpeg", 0), "quality"), (("webp", 101), "quality")):
        with pytest.raises(InvalidInput) as error:
            encode_picture(PICTURE, arguments[0], quality=arguments[1])
        assert error.value.field == field


def test_a_picture_that_the_format_cannot_hold_is_refused() -> None:
    with pytest.raises(TooLarge, match="16383"):
        encode_picture(np.zeros((1, 17000, 3), np.uint8), "webp")
