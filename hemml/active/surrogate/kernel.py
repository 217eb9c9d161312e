"""Covariance of a measured quantity between candidates: straight trends, likeness, and what belongs to a row alone.

k(i, j) = offset^2 + trend^2 t_i.t_j + sum over blocks b of amplitude_b^2 M(|x_bi - x_bj| / length_b) + own^2 [i is j]

with M the Matern kernel of order 5/2 (Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006,
eq. 4.17; an additive kernel: Duvenaud et al., NeurIPS 2011). The last term is what neither formula nor conditions
tell: polymorphs of one formula share everything else, so measuring one says most of the others, not all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.surrogate.columns import PoolColumns
from hemml.arrays import FloatArray, IntArray

OFFSET_VARIANCE: Final = 4.0
ROOT5: Final = float(np.sqrt(5.0))


@dataclass(frozen=True, eq=False)
class Kernel:
    """Scales of the terms, in standard deviations of the measured values.

    Attributes:
        amplitudes: Of the blocks, (b,).
        lengths: Of the blocks, in mean distances between two candidates, (b,).
        trend: Of the straight trends.
        own: Of what belongs to a row alone, measurement noise included.
    """

    amplitudes: FloatArray
    lengths: FloatArray
    trend: float
    own: float

    def shared(self, columns: PoolColumns, rows: IntArray, others: IntArray) -> FloatArray:
        """Covariance without the rows' own part, (len(rows), len(others))."""
        trends = columns.trends
        out: FloatArray = OFFSET_VARIANCE + self.trend**2 * (trends[rows] @ trends[others].T)
        for block, amplitude, length in zip(columns.blocks, self.amplitudes, self.lengths, strict=True):
            out += amplitude**2 * matern(ROOT5 / length * distances(block[rows], block[others]))[0]
        return out

    def shared_variance(self, columns: PoolColumns, rows: IntArray) -> FloatArray:
        """Its diagonal, (len(rows),)."""
        straight = self.trend**2 * np.square(columns.trends[rows]).sum(axis=1)
        return np.asarray(OFFSET_VARIANCE + straight + np.square(self.amplitudes).sum(), dtype=np.float64)


def matern(scaled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Matern-5/2 correlation at root(5) times the distance in lengths, and its derivative by the log of the length."""
    decay = np.exp(-scaled)
    square = scaled * scaled
    return (1.0 + scaled + square / 3.0) * decay, square * (1.0 + scaled) / 3.0 * decay


def distances(one: FloatArray, other: FloatArray) -> FloatArray:
    """Euclidean distances between rows, (len(one), len(other))."""
    squares = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1)[None, :] - 2.0 * (one @ other.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)), dtype=np.float64)
