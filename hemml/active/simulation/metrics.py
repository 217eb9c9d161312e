"""How much of a pool's best an order of experiments has found after each batch."""

from __future__ import annotations

import math

import numpy as np

from hemml.active.simulation.pool import Pool
from hemml.arrays import BoolArray, FloatArray, IntArray


def scaled(pool: Pool) -> FloatArray:
    """Utilities from 0, the worst row of the pool, to 1, its best, objective by objective, (q, n)."""
    low = pool.utilities.min(axis=1, keepdims=True)
    high = pool.utilities.max(axis=1, keepdims=True)
    return np.asarray((pool.utilities - low) / (high - low))


def hypervolume(points: FloatArray) -> float:
    """Volume that points in the unit cube dominate above the worst corner; for one objective the best of them.

    Args:
        points: Scaled utilities, (q, k).

    Reference:
        Zitzler and Thiele, IEEE Trans. Evol. Comput. 1999, 3, 257, doi 10.1109/4235.797969; computed by moocore.
    """
    if len(points) == 1:
        return float(points.max())
    import moocore

    return float(moocore.hypervolume(points.T, ref=np.zeros(len(points)), maximise=True))


def hypervolume_curve(points: FloatArray, order: IntArray, sizes: IntArray) -> FloatArray:
    """Share of the pool's hypervolume after so many experiments.

    Args:
        points: Scaled utilities of the pool, (q, n).
        order: Rows in the order measured.
        sizes: Numbers of experiments, (b,).

    Returns:
        From 0 to 1, (b,).
    """
    whole = hypervolume(points)
    return np.array([hypervolume(points[:, order[:size]]) for size in sizes]) / whole


def top_rows(utility: FloatArray, percent: float) -> tuple[BoolArray, int]:
    """The best rows of an objective and how many they are meant to be.

    Args:
        utility: Larger is better, (n,).
        percent: Share of the rows, rounded up to at least one row.

    Returns:
        Rows at least as good as the k-th best, (n,), and k; ties can make the rows more than k.
    """
    k = max(1, math.ceil(len(utility) * percent / 100.0 - 1e-9))
    return utility >= np.sort(utility)[-k], k


def found_curve(top: BoolArray, k: int, order: IntArray, sizes: IntArray) -> FloatArray:
    """Share of the k best rows that have been measured after so many experiments, from 0 to 1, (b,)."""
    count = np.concatenate([[0], np.cumsum(top[order])])
    return np.minimum(count[sizes] / k, 1.0)


def experiments_to(curve: FloatArray, sizes: IntArray, level: float) -> float:
    """Experiments after which a curve first reaches a level; infinite where it does not.

    Results come batch by batch, so that it is one of `sizes`.
    """
    reached = np.flatnonzero(curve >= level - 1e-12)
    return float(sizes[reached[0]]) if len(reached) else math.inf
