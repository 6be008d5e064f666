"""Halving, against a slow oracle in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrarium.geometry import Size, pyramid_shapes
from micrarium.pixels.downsampling import halve

Array = np.ndarray[Any, np.dtype[Any]]

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
SIDES = st.integers(1, 9)


def mean_of_existing(plane: Array, y: int, x: int) -> Fraction:
    """The mean of those pixels of a 2 x 2 that lie in the plane."""
    values = [int(plane[j, i]) for j in (y, y + 1) for i in (x, x + 1) if j < plane.shape[0] and i < plane.shape[1]]
    return Fraction(sum(values), len(values))


@pytest.mark.parametrize("dtype", INTEGERS)
@given(data=st.data())
def test_integers_become_the_exact_mean_rounded_half_up(dtype: str, data: st.DataObject) -> None:
    plane = data.draw(hnp.arrays(dtype, st.tuples(SIDES, SIDES)))
    half = halve(plane)
    assert half.dtype == plane.dtype
    assert half.shape == (-(-plane.shape[0] // 2), -(-plane.shape[1] // 2))
    for y, x in product(range(half.shape[0]), range(half.shape[1])):
        assert int(half[y, x]) == floor(mean_of_existing(plane, 2 * y, 2 * x) + Fraction(1, 2))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
@given(shape=st.tuples(SIDES, SIDES), seed=st.integers(0, 1000))
def test_floats_become_the_mean(dtype: str, shape: tuple[int, int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    plane = (generator.normal(0, 9, shape) + (1j * generator.normal(0, 9, shape) if dtype[0] == "c" else 0)).astype(dtype)
    half = halve(plane)
    assert half.dtype == plane.dtype
    for y, x in product(range(half.shape[0]), range(half.shape[1])):
        expected = plane[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(np.complex128).mean()
        assert abs(complex(half[y, x]) - expected) < (2e-2 if dtype == "float16" else 1e-5)


@given(hnp.arrays(bool, st.tuples(SIDES, SIDES)))
def test_booleans_become_the_majority_and_a_tie_is_true(plane: Array) -> None:
    half = halve(plane)
    assert half.dtype == bool
    for y, x in product(range(half.shape[0]), range(half.shape[1])):
        assert bool(half[y, x]) == (mean_of_existing(plane, 2 * y, 2 * x) >= Fraction(1, 2))


@given(hnp.arrays("uint32", st.tuples(SIDES, SIDES)))
def test_labels_never_become_a_label_that_was_not_there(plane: Array) -> None:
    half = halve(plane, is_label=True)
    for y, x in product(range(half.shape[0]), range(half.shape[1])):
        assert half[y, x] == plane[2 * y, 2 * x]


@given(hnp.arrays("uint16", st.tuples(st.just(2), st.integers(1, 3), SIDES, SIDES)))
def test_the_other_axes_stay_as_they_are(block: Array) -> None:
    half = halve(block)
    assert half.shape[:2] == block.shape[:2]
    for index in np.ndindex(block.shape[:2]):
        np.testing.assert_array_equal(half[index], halve(block[index]))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 600))
def test_every_level_is_half_the_one_before_rounded_up_until_it_fits(y: int, x: int, largest: int) -> None:
    shapes = pyramid_shapes(Size(2, 3, 4, y, x), largest=largest)
    for above, below in pairwise(shapes):
        assert max(above.y, above.x) > largest
        assert below == (2, 3, 4, (above.y + 1) // 2, (above.x + 1) // 2)
    assert max(shapes[-1].y, shapes[-1].x) <= largest
