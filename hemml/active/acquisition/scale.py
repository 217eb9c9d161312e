"""Common scale of utilities: what lies between the worst and the best result is one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray, IntArray

FEW: Final = 10  # with fewer results than this their range says little about the axis
BELOW: Final = 0.1  # of the range: extremes of a front count too, and so does the worst result itself


@dataclass(frozen=True, eq=False)
class Scale:
    """Origin and unit of q axes.

    Attributes:
        reference: Reference point in utility units, (q,): a tenth of the range below the worst.
        width: The range in utility units, (q,).
    """

    reference: FloatArray
    width: FloatArray

    @classmethod
    def of(cls, mean: FloatArray, sd: FloatArray, known: IntArray, others: IntArray) -> Scale:
        """From posterior means alone, so that nothing unmeasured is looked at.

        The range is that of the posterior means of the measured rows; where fewer than `FEW` are measured, also of the
        other candidates (without their outermost hundredths, which may be extrapolated).

        Args:
            mean: Posterior means (q, n), utility units.
            sd: Their standard deviations (q, n).
            known: Measured rows.
            others: Candidates that may be chosen.
        """
        values = mean[:, known]
        if len(known) < FEW and len(others):
            values = np.concatenate([values, np.percentile(mean[:, others], [1.0, 99.0], axis=1).T], axis=1)
        low, high = values.min(axis=1), values.max(axis=1)
        spread = np.where(sd.max(axis=1) > 0, sd.max(axis=1), 1.0)
        width = np.where(high - low > 1e-12 * np.maximum(np.abs(high), np.abs(low)), high - low, spread)
        return cls(low - BELOW * width, width)

    def apply(self, utilities: FloatArray) -> FloatArray:
        """Utilities (..., q, n) in scaled units counted from the reference point."""
        return (utilities - self.reference[:, None]) / self.width[:, None]


def random_weights(count: int, axes: int, rng: np.random.Generator) -> FloatArray:
    """Weights of the axes, uniform over those that sum to 1, (count, q)."""
    return rng.dirichlet(np.ones(axes), size=count)


def chebyshev(scaled: FloatArray, weights: FloatArray) -> FloatArray:
    """Augmented Chebyshev scalarisation of scaled utilities (q, n) with weights (q,), larger is better, (n,).

    Reference:
        Knowles 2006, doi 10.1109/TEVC.2005.851274, equation 2 (there for minimising).
    """
    least, total = scaled[0] * weights[0], scaled[0] * weights[0]
    for values, weight in zip(scaled[1:], weights[1:], strict=True):  # a reduction over so short an axis is slow
        weighted = values * weight
        least = np.minimum(least, weighted)
        total = total + weighted
    return np.asarray(least + 0.05 * total, dtype=np.float64)
