"""A Gaussian process fitted to own results alone, with the bundle's prediction as its mean and as a feature.

Where a campaign departs from what the literature knows, the sizes and lengths that were learned from papers no longer
hold. Here all of them are fitted to the own results: the residual is an offset, a slope in the bundle's prediction, and
a Matern part over the composition and the test conditions.
Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eqs. 2.25, 4.17, 5.8 and 5.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from hemml.active.surrogate.belief import Belief, Own, log_density
from hemml.active.surrogate.prior import TargetPrior
from hemml.arrays import FloatArray, IntArray
from hemml.models.lab_prior import Points, squares

NAME: Final = "a process fitted to own results"
_LENGTHS: Final = (0.35, 0.7, 1.4, 2.8)  # in median distances between own results
_NOISES: Final = (0.003, 0.03, 0.1, 0.4)  # variance of the noise over that of the rest
_SLOPES: Final = (0.1, 1.0)


@dataclass(frozen=True)
class _Kernel:
    """Covariance of residuals in units of its own variance; slopes turn about `center`, in units of `width`."""

    center: float
    width: float
    slope: float
    length: float
    noise: float

    def of(self, one: Points, other: Points) -> FloatArray:
        """Covariance without noise, (n, m)."""
        composition, test = squares(one, other)
        distance = np.sqrt(5.0 * (composition + test)) / self.length
        matern = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
        slopes = np.outer(one.predicted - self.center, other.predicted - self.center) / self.width**2
        return np.asarray(1.0 + self.slope**2 * slopes + matern)

    def variance(self, points: Points) -> FloatArray:
        """Its diagonal, (n,)."""
        return np.asarray(2.0 + self.slope**2 * ((points.predicted - self.center) / self.width) ** 2)


def own_belief(prior: TargetPrior, own: Own) -> Belief:
    """Fit by marginal likelihood over a grid, the variance in closed form.

    Args:
        prior: Of the target at n candidates.
        own: Own results, 2 or more.
    """
    points = prior.points
    cells = points[own.rows]
    residuals = own.measured - cells.predicted
    kernel, size = _fitted(cells, residuals)
    inverse = np.linalg.inv(kernel.of(cells, cells) + kernel.noise * np.eye(len(own)))
    weights = inverse @ residuals
    across = kernel.of(points, cells)
    variance = size * np.maximum(kernel.variance(points) - ((across @ inverse) * across).sum(axis=1), 0.0)
    left = weights / np.diagonal(inverse)
    deviation = np.sqrt(size / np.diagonal(inverse))

    def joint(rows: IntArray) -> FloatArray:
        asked = points[rows]
        return np.asarray(size * (kernel.of(asked, asked) - across[rows] @ inverse @ across[rows].T))

    return Belief(
        NAME,
        points.predicted + across @ weights,
        np.sqrt(variance),
        np.sqrt(variance + size * kernel.noise),
        joint,
        left / deviation,
        log_density(left, deviation),
    )


def _fitted(cells: Points, residuals: FloatArray) -> tuple[_Kernel, float]:
    """The likeliest kernel, and its variance."""
    k = len(cells)
    distances = np.sqrt(sum(squares(cells, cells)))
    between = distances[np.triu_indices(k, 1)]
    typical = float(np.median(between[between > 0])) if (between > 0).any() else 1.0
    center, width = float(cells.predicted.mean()), float(cells.predicted.std()) or 1.0
    floor = 1e-6 * max(float(np.square(residuals).mean()), 1e-6)
    best: tuple[float, _Kernel, float] | None = None
    for length, noise, slope in product(_LENGTHS, _NOISES, _SLOPES):
        kernel = _Kernel(center, width, slope, length * typical, noise)
        covariance = kernel.of(cells, cells) + noise * np.eye(k)
        _, logarithm = np.linalg.slogdet(covariance)
        size = max(float(residuals @ np.linalg.solve(covariance, residuals)) / k, floor)
        likelihood = -0.5 * (k * np.log(size) + logarithm)
        if best is None or likelihood > best[0]:
            best = (float(likelihood), kernel, size)
    assert best is not None  # noqa: S101 - the grid is not empty
    return best[1], best[2]
