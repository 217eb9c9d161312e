"""Medians and means over seeds, with 95 % bands from resampled seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray

RESAMPLES: Final = 2000
_ENDS: Final = (0.025, 0.975)


@dataclass(frozen=True)
class Band:
    """A number with the ends of its 95 % band; infinite where seeds did not get there within the budget."""

    value: float
    low: float
    high: float

    def as_list(self) -> list[float | None]:
        """Value, low and high; None for infinite."""
        return [number if np.isfinite(number) else None for number in (self.value, self.low, self.high)]


def median_band(values: FloatArray, *, seed: int = 0) -> Band:
    """The median over seeds, (s,), some of them perhaps infinite."""
    return _band(float(_median(values)), _median(values[_resamples(len(values), seed)]))


def ratio_band(upper: FloatArray, lower: FloatArray, *, seed: int = 0) -> Band:
    """The ratio of the medians of the same seeds, which share their start rows, (s,) each; `upper` is finite.

    It is 0 where the median of `lower` is infinite: no better bound is known.
    """
    rows = _resamples(len(upper), seed)
    return _band(float(_median(upper) / _median(lower)), _median(upper[rows]) / _median(lower[rows]))


def mean_band(curves: FloatArray, *, seed: int = 0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean over seeds of curves (s, b), and the ends of its band, (b,) each."""
    means = np.sort(curves[_resamples(len(curves), seed)].mean(axis=1), axis=0)
    low, high = (means[_place(len(means), end)] for end in _ENDS)
    return curves.mean(axis=0), low, high


def _resamples(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))


def _median(values: FloatArray) -> FloatArray:
    """Median along the last axis; infinite where half of the values or more are."""
    ordered = np.sort(values, axis=-1)
    count = values.shape[-1]
    return np.asarray((ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2.0)


def _band(value: float, resampled: FloatArray) -> Band:
    # values of the sample, not between them: infinity cannot be interpolated
    ordered = np.sort(resampled)
    return Band(value, *(float(ordered[_place(len(ordered), end)]) for end in _ENDS))


def _place(count: int, share: float) -> int:
    return min(count - 1, max(0, int(np.ceil(share * count)) - 1))
