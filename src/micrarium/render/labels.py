"""Pictures of label images: each label in a colour of its own, the background black."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Golden angle in turns: neighbouring labels get hues far apart.
_GOLDEN = 0.6180339887498949


def render_labels(plane: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture (y, x, 3) of a plane of labels; a label has the same colour in every image, 0 is black."""
    labels, positions = np.unique(plane, return_inverse=True)
    colors = label_colors(labels)
    return colors[positions.reshape(plane.shape)]


def label_colors(labels: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The colours (n, 3) of n labels: hues by the golden angle, at two brightnesses; 0 is black."""
    ids = labels.astype(np.float64)
    hue = (ids * _GOLDEN) % 1.0 * 6.0
    value = np.where(ids % 2 == 0, 255.0, 200.0)
    offsets = np.array([5.0, 3.0, 1.0])
    k = (offsets[None, :] + hue[:, None]) % 6.0
    colors = value[:, None] * (1.0 - 0.75 * np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0))
    colors[labels == 0] = 0.0
    return np.rint(colors).astype(np.uint8)
