"""A choice of candidates that differ: the best first, and none too near to one chosen before it."""

from __future__ import annotations

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.composition import CompositionBatch


def apart(fractions: FloatArray, least: float, count: int) -> IntArray:
    """Rows of a choice in which any two differ enough, at most `count` of them, rising.

    Args:
        fractions: Atomic fractions of m candidates, the best first, (m, k).
        least: Least share of the atoms by which two must differ: half the sum of the absolute differences.
        count: Most rows to choose.
    """
    chosen: list[int] = []
    free = np.ones(len(fractions), dtype=np.bool_)
    row = 0
    while len(chosen) < count and free[row:].any():
        row += int(np.argmax(free[row:]))
        chosen.append(row)
        # rounding must not part two that differ by exactly the least share
        free &= np.abs(fractions - fractions[row]).sum(axis=1) / 2 >= least - 1e-9
        free[row] = False
    return np.array(chosen, dtype=np.int64)


def atomic_fractions(batch: CompositionBatch) -> FloatArray:
    """Share of each element among all atoms, (n, k)."""
    return np.asarray(batch.amounts / batch.amounts.sum(axis=1, keepdims=True))
