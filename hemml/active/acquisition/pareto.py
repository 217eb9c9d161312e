"""Pareto fronts and hypervolumes of utilities (larger is better), by moocore."""

from __future__ import annotations

import numpy as np

from hemml.arrays import BoolArray, FloatArray


def nondominated(utilities: FloatArray) -> BoolArray:
    """Which of k points (k, q) no other dominates; of equal points only the first, (k,)."""
    import moocore

    if not len(utilities):
        return np.zeros(0, dtype=bool)
    return np.asarray(moocore.is_nondominated(np.ascontiguousarray(utilities), maximise=True), dtype=bool)


def hypervolume(utilities: FloatArray, reference: FloatArray) -> float:
    """Volume between k points (k, q) and a reference point (q,); points not above the reference add nothing."""
    import moocore

    above = utilities[(utilities > reference).all(axis=1)]
    return float(moocore.hypervolume(above, ref=reference, maximise=True)) if len(above) else 0.0


def sampled_fronts(points: FloatArray) -> FloatArray:
    """The front of every sample, padded with zeros.

    Args:
        points: (s, q, k), counted from the reference point, that is, zeros add nothing.

    Returns:
        (s, m, q), with m the number of points of the largest front.
    """
    if points.shape[1] == 1:
        return np.asarray(points.max(axis=2, initial=0.0)[:, :, None], dtype=np.float64)
    kept = []
    for one in np.ascontiguousarray(points.transpose(0, 2, 1)):
        above = one[(one > 0).all(axis=1)]
        kept.append(above[nondominated(above)])
    fronts = np.zeros((len(kept), max((len(front) for front in kept), default=0), points.shape[1]))
    for padded, front in zip(fronts, kept, strict=True):
        padded[: len(front)] = front
    return fronts
