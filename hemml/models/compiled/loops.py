"""Compiled inner loops of the kernel regressors: exponentials of known range, many at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from hemml.arrays import FloatArray, IntArray

REACH: Final = 0.25
"""Largest size of an argument for which the series below is exact to rounding (remainder 1e-16)."""
_ROWS: Final = 256  # rows whose sums stay in the nearest cache

CONDITION: Final = 0
FEATURE: Final = 1
FRACTION: Final = 2


def halvings_of(bound: float) -> int:
    """How often arguments up to a size must be halved to lie within `REACH`; their exponentials are squared as often.

    Each squaring doubles the relative error of 1e-16.
    """
    return max(0, int(np.ceil(np.log2(bound / REACH)))) if bound > REACH else 0


@njit(nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _series(x: float) -> float:
    """exp(x) for |x| <= REACH by its Taylor series."""
    e = 1.0 / 39916800.0
    e = e * x + 1.0 / 3628800.0
    e = e * x + 1.0 / 362880.0
    e = e * x + 1.0 / 40320.0
    e = e * x + 1.0 / 5040.0
    e = e * x + 1.0 / 720.0
    e = e * x + 1.0 / 120.0
    e = e * x + 1.0 / 24.0
    e = e * x + 1.0 / 6.0
    e = e * x + 0.5
    e = e * x + 1.0
    return e * x + 1.0


@njit(nogil=True, fastmath={"contract", "reassoc", "nsz"})
def weighted_exponentials(exponents: FloatArray, weights: FloatArray, halvings: int, out: FloatArray) -> None:
    """Sum over j of weights[j] * exp(exponents[i, j] * 2**halvings), (n,).

    Args:
        exponents: Of size up to `REACH`, (n, m).
        weights: (m,).
        halvings: How often they have been halved.
        out: Takes the sums, (n,).
    """
    n, m = exponents.shape
    if halvings == 0:
        for i in range(n):
            total = 0.0
            for j in range(m):
                total += weights[j] * _series(exponents[i, j])
            out[i] = total
        return
    row = np.empty(m)
    for i in range(n):
        for j in range(m):
            row[j] = _series(exponents[i, j])
        for _ in range(halvings):
            for j in range(m):
                row[j] *= row[j]
        total = 0.0
        for j in range(m):
            total += weights[j] * row[j]
        out[i] = total


@njit(nogil=True, fastmath={"contract", "reassoc", "nsz"})
def weighted_decays(
    values: FloatArray,
    points: FloatArray,
    offsets: FloatArray,
    weights: FloatArray,
    length: float,
    halvings: int,
    out: FloatArray,
) -> None:
    """Sum over j of weights[j] * exp(-distance from point j / length), (n,).

    Squares of differences are added up one by one: a matrix product would blur the distance of a row from a point
    that it coincides with.

    Args:
        values: Coordinates of the rows, one after another, (v, n).
        points: Of the points, (m, v).
        offsets: Squared distances in coordinates that all rows share, (m,).
        weights: (m,).
        length: Above 0.
        halvings: Enough for the largest distance over the length.
        out: Takes the sums, (n,).
    """
    v, n = values.shape
    shrink = -1.0 / (length * 2.0**halvings)
    some = np.empty(_ROWS)
    for start in range(0, n, _ROWS):
        # slices, not sums in an index: only those are known not to be negative, and then done many at a time
        sums = out[start : start + _ROWS]
        rows = len(sums)
        sums[:] = 0.0
        for j in range(len(points)):
            for i in range(rows):
                some[i] = offsets[j]
            for c in range(0, v - 1, 2):
                first, second = values[c, start : start + rows], values[c + 1, start : start + rows]
                at_first, at_second = points[j, c], points[j, c + 1]
                for i in range(rows):
                    some[i] += (first[i] - at_first) ** 2 + (second[i] - at_second) ** 2
            for c in range(v - v % 2, v):
                last, at_last = values[c, start : start + rows], points[j, c]
                for i in range(rows):
                    some[i] += (last[i] - at_last) ** 2
            for i in range(rows):
                some[i] = _series(shrink * np.sqrt(some[i]))
            for _ in range(halvings):
                for i in range(rows):
                    some[i] *= some[i]
            weight = weights[j]
            for i in range(rows):
                sums[i] += weight * some[i]


@njit(nogil=True, fastmath={"contract", "nsz"})
def scale_columns(
    values: FloatArray,
    mean: FloatArray,
    factor: FloatArray,
    kinds: IntArray,
    limit: float,
    root: float,
    out: FloatArray,
) -> None:
    """Scale columns as `BlockScaler` does.

    Args:
        values: Columns one after another, (v, n).
        mean: Of each column, (v,).
        factor: What its deviations from the mean are multiplied by, (v,).
        kinds: `CONDITION`, `FEATURE` or `FRACTION` of each, (v,).
        limit: Largest size of a scaled feature.
        root: What the root of a fraction is multiplied by.
        out: Takes the scaled columns, (v, n).
    """
    for c in range(len(values)):
        if kinds[c] == FRACTION:
            for i in range(values.shape[1]):
                out[c, i] = root * np.sqrt(max(values[c, i], 0.0))
        elif kinds[c] == FEATURE:
            for i in range(values.shape[1]):
                out[c, i] = min(max((values[c, i] - mean[c]) * factor[c], -limit), limit)
        else:
            for i in range(values.shape[1]):
                out[c, i] = (values[c, i] - mean[c]) * factor[c]
