"""The region above a Pareto front as boxes that do not overlap, for all joint samples at once.

Points are counted from the reference point, which is the origin. What a new point adds to the hypervolume is the sum of
its overlaps with the boxes, so that all candidates are compared with the front in a few array operations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes of s samples in q dimensions, at most b a sample; those that only fill up have no volume.

    Attributes:
        lower: (s, b, q).
        upper: (s, b, q), infinite at the far side.
    """

    lower: FloatArray
    upper: FloatArray

    def overlap(self, points: FloatArray) -> FloatArray:
        """Volume of the boxes below each point: (s, q, n) gives (s, n)."""
        total = np.empty((points.shape[0], points.shape[2]))
        endless: BoolArray = np.asarray(np.isinf(self.upper).all(axis=(0, 1)))
        for sample, point in enumerate(points):  # one sample's table fits into the processor's cache
            volume: FloatArray | None = None
            for axis, value in enumerate(point):
                lower, upper = self.lower[sample, :, axis, None], self.upper[sample, :, axis, None]
                side = (value if endless[axis] else np.minimum(value, upper)) - lower
                np.maximum(side, 0.0, out=side)
                volume = side if volume is None else np.multiply(volume, side, out=volume)
            assert volume is not None  # noqa: S101 - there is at least one axis
            volume.sum(axis=0, out=total[sample])
        return total


def boxes_above(fronts: FloatArray) -> Boxes:
    """Decompose the part of the positive orthant that no point of a front dominates.

    One dimension: what lies above the best. Two: the strips of the staircase. Three: a sweep from the top of the third
    axis downwards through a staircase of strips, at most 2 m + 1 boxes for m points, as in the decompositions of
    Lacour et al. 2017, doi 10.1016/j.cor.2016.06.021, and Yang et al. 2019, doi 10.1007/s10898-019-00798-7.

    Args:
        fronts: (s, m, q) with q of 1 to 3, counted from the reference point; dominated points, repeated points and
            points outside the orthant change nothing.
    """
    fronts = np.maximum(fronts, 0.0)
    if fronts.shape[2] == 1:
        lower = fronts.max(axis=1, initial=0.0)[:, None, :]
        return Boxes(lower, np.full_like(lower, np.inf))
    if fronts.shape[2] == 2:
        return _staircase(fronts)
    return _sweep(fronts)


def _staircase(fronts: FloatArray) -> Boxes:
    """Strips between neighbouring values of the first axis, from right to left, (s, m + 1, 2)."""
    s = len(fronts)
    order = np.argsort(-fronts[:, :, 0], axis=1)
    sorted_points = np.take_along_axis(fronts, order[:, :, None], axis=1)
    edge = np.zeros((s, 1))
    left = np.concatenate([sorted_points[:, :, 0], edge], axis=1)
    right = np.concatenate([edge + np.inf, sorted_points[:, :, 0]], axis=1)
    floor = np.concatenate([edge, np.maximum.accumulate(sorted_points[:, :, 1], axis=1)], axis=1)
    return Boxes(np.stack([left, floor], axis=2), np.stack([right, np.full_like(floor, np.inf)], axis=2))


def _sweep(fronts: FloatArray) -> Boxes:
    """Strips [left, right) x [floor, inf) that hang down from `top`; a point closes those it cuts and opens one."""
    s, m, _ = fronts.shape
    order = np.argsort(-fronts[:, :, 2], axis=1, kind="stable")
    points = np.take_along_axis(fronts, order[:, :, None], axis=1)
    left, floor = np.zeros((s, m + 1)), np.zeros((s, m + 1))
    right, top = np.full((s, m + 1), np.inf), np.full((s, m + 1), np.inf)
    live = np.zeros((s, m + 1), dtype=bool)
    live[:, 0] = True
    closed: list[tuple[IntArray, FloatArray, FloatArray]] = []

    def close(cut: BoolArray, end: FloatArray, bottom: FloatArray) -> None:
        """Keep the boxes of the cut strips, from their left to `end` and from `bottom` to their top."""
        sample, strip = np.nonzero(cut)
        low = np.stack([left[sample, strip], floor[sample, strip], bottom[sample]], axis=1)
        high = np.stack([end[sample, strip], np.full(len(sample), np.inf), top[sample, strip]], axis=1)
        closed.append((sample, low, high))

    for step in range(m):
        x, y, z = (points[:, step, axis][:, None] for axis in range(3))
        cut = live & (left < x) & (floor < y)
        some = cut.any(axis=1)
        close(cut, np.minimum(right, x), z[:, 0])
        start = np.where(cut, left, np.inf).min(axis=1)
        rest = cut & (right > x)  # the part of the last strip beyond the point goes on as it was
        left = np.where(rest, x, left)
        live &= ~cut | rest
        new = step + 1
        left[:, new], right[:, new] = np.where(some, start, 0.0), x[:, 0]
        floor[:, new], top[:, new], live[:, new] = y[:, 0], z[:, 0], some
    close(live, right, np.zeros(s))
    return _gather(s, closed)


def _gather(s: int, closed: list[tuple[IntArray, FloatArray, FloatArray]]) -> Boxes:
    """Boxes listed with their sample, as arrays filled up to the same number a sample."""
    sample, low, high = (np.concatenate([part[i] for part in closed]) for i in range(3))
    order = np.argsort(sample, kind="stable")
    sample, low, high = sample[order], low[order], high[order]
    count = np.bincount(sample, minlength=s)
    place = np.arange(len(sample)) - np.repeat(np.cumsum(count) - count, count)
    lower, upper = np.zeros((s, count.max(), 3)), np.zeros((s, count.max(), 3))
    upper[:, :, 1] = np.inf  # boxes that fill up have no width along the other two axes
    lower[sample, place], upper[sample, place] = low, high
    return Boxes(lower, upper)
