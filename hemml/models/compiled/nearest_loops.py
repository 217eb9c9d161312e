"""Compiled search for the nearest point of each of very many rows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from hemml.arrays import FloatArray

_ROWS: Final = 64  # neighbouring candidates, whose box is small
_MARGIN: Final = 1.0 + 1e-9  # bounds round


@njit(nogil=True, fastmath={"contract", "reassoc", "nsz"})
def least_squares_of_blocks(values: FloatArray, points: FloatArray, offsets: FloatArray, out: FloatArray) -> None:
    """Least of offset + squared distance over the points, for each row, (n,), exactly.

    For a block of rows, points are left out that are farther from its box than every row is from some point.

    Args:
        values: Coordinates of the rows, one after another, (v, n).
        points: (m, v).
        offsets: Squared distances in coordinates that all rows share, (m,).
        out: Takes the squares, (n,).
    """
    v, n = values.shape
    m = len(points)
    by_coordinate = points.T.copy()
    nearest, farthest = np.empty(m), np.empty(m)
    some = np.empty(_ROWS)
    for start in range(0, n, _ROWS):
        least = out[start : start + _ROWS]
        rows = len(least)
        least[:] = np.inf
        for j in range(m):
            nearest[j] = offsets[j]
            farthest[j] = offsets[j]
        for c in range(v):
            column = values[c, start : start + rows]
            low, high = column.min(), column.max()
            here = by_coordinate[c]
            middle, half = 0.5 * (low + high), 0.5 * (high - low)
            for j in range(m):
                away = abs(here[j] - middle)
                outside, across = max(away - half, 0.0), away + half
                nearest[j] += outside * outside
                farthest[j] += across * across
        # The point that is nearest at worst sets the limit, which each further one may lower.
        limit = _compare(values, points, offsets, int(np.argmin(farthest)), start, least, some)
        limit = min(limit, _compare(values, points, offsets, int(np.argmin(nearest)), start, least, some))
        for j in range(m):
            if nearest[j] < limit:
                limit = _compare(values, points, offsets, j, start, least, some)


@njit(nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _compare(
    values: FloatArray, points: FloatArray, offsets: FloatArray, j: int, start: int, least: FloatArray, some: FloatArray
) -> float:
    """Lower the least squares of a block of rows to those of one point; the largest that is left."""
    rows = len(least)
    for i in range(rows):
        some[i] = offsets[j]
    for c in range(len(values)):
        column, place = values[c, start : start + rows], points[j, c]
        for i in range(rows):
            difference = column[i] - place
            some[i] += difference * difference
    limit = 0.0
    for i in range(rows):
        least[i] = min(least[i], some[i])
        limit = max(limit, least[i])
    return limit * _MARGIN
