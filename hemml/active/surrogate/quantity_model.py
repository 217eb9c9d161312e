"""What was measured of one quantity, learned by several models that are weighted by their log scores.

The weight of a model is proportional to exp(sum of its leave-one-out log scores) (pseudo-Bayesian model averaging: Yao,
Vehtari, Simpson and Gelman, Bayesian Analysis 2018, 13, 917, 10.1214/17-BA1091) times what it weighs beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.forest import Forest
from hemml.active.surrogate.gaussian_process import GaussianProcess
from hemml.active.surrogate.output_scale import OutputScale
from hemml.active.surrogate.utility_moments import mixed, utility_moments
from hemml.arrays import FloatArray, IntArray

# A forest of few rows only knows their mean, and its out-of-bag score says so by chance.
ROWS_FOR_FOREST: Final = 10
# The composition alone comes first: the many conditions of published rows mostly tell what follows from it anyway.
LATER_WEIGHT: Final = 0.25
_WITHOUT_CONDITIONS: Final = "Gaussian process of the composition"
_WITH_CONDITIONS: Final = "Gaussian process of composition and conditions"
_LEAST_WEIGHT: Final = 0.05
_LOG_2PI: Final = float(np.log(2 * np.pi))


class PoolModel(Protocol):
    """What a mixture asks of its members; all values standardised."""

    @property
    def name(self) -> str:
        """What it is."""

    @property
    def left_out_mean(self) -> FloatArray:
        """Prediction of each measured value from others, (k,)."""

    @property
    def left_out_variance(self) -> FloatArray:
        """Its variance, (k,)."""

    def components(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations of the c normals whose even mixture each row's value follows, each (c, r)."""

    def sampled(self, rows: IntArray, normals: FloatArray) -> FloatArray:
        """Joint samples at r different rows from standard normal numbers, both (s, r)."""


@dataclass(frozen=True, eq=False)
class QuantityModel:
    """A mixture of models of k values.

    Attributes:
        scale: Scale that they learn on.
        members: The models, at least one.
        log_scores: Mean log density of each measured value as predicted from the others, in the quantity's unit.
        weights: Weights of the models, which sum to 1.
        left_out: Error of each measured value as predicted from the others by the model of the largest weight, in
            standard deviations, (k,).
    """

    scale: OutputScale
    members: tuple[PoolModel, ...]
    log_scores: tuple[float, ...]
    weights: FloatArray
    left_out: FloatArray

    @classmethod
    def fit(
        cls, columns: PoolColumns, rows: IntArray, values: FloatArray, noise_share: float, seed: int
    ) -> QuantityModel:
        """Learn k values; k may be 0."""
        scale = OutputScale.of(values)
        scaled = scale.apply(values)
        members = _members(columns, rows, scaled, noise_share, seed)
        beforehand = np.array([1.0, *[LATER_WEIGHT] * (len(members) - 1)])
        errors = [(scaled - one.left_out_mean) / np.sqrt(one.left_out_variance) for one in members]
        scores = [
            -0.5 * (_LOG_2PI + np.log(one.left_out_variance) + np.square(error)) - np.log(scale.width)
            for one, error in zip(members, errors, strict=True)
        ]
        weights = _weights(np.array([score.sum() for score in scores]), beforehand)
        means = tuple(float(score.mean()) if len(score) else float("nan") for score in scores)
        return cls(scale, tuple(members), means, weights, errors[int(weights.argmax())])

    def utility_moments(self, rows: IntArray, objective: Objective) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utility at rows, each (len(rows),)."""
        parts = []
        for member, weight in zip(self.members, self.weights, strict=True):
            if weight > 0:
                mean, sd = member.components(rows)
                moments = utility_moments(objective, self.scale.invert(mean), self.scale.width * sd)
                parts.append((weight, *mixed(np.full(len(mean), 1.0 / len(mean)), *moments)))
        weights, means, sds = (np.array(part) for part in zip(*parts, strict=True))
        return mixed(weights, means, sds)

    def samples(self, rows: IntArray, normals: FloatArray) -> FloatArray:
        """Joint samples of the true values at different rows from standard normal numbers, both (s, r)."""
        out = np.empty_like(normals)
        ends = np.rint(np.cumsum(self.weights) * len(normals)).astype(np.int64)
        start = 0
        for member, end in zip(self.members, ends.tolist(), strict=True):
            if end > start:
                out[start:end] = member.sampled(rows, normals[start:end])
            start = max(start, end)
        return self.scale.invert(out)

    @property
    def description(self) -> str:
        """Which models, with their weights and log scores."""
        told = [
            f"{member.name} {weight:.0%}" + (f" (log score {score:.2f})" if np.isfinite(score) else "")
            for member, weight, score in zip(self.members, self.weights, self.log_scores, strict=True)
        ]
        count = len(self.left_out)
        return f"{' and '.join(told)}, {count} value{'' if count == 1 else 's'}"


def _members(
    columns: PoolColumns, rows: IntArray, scaled: FloatArray, noise_share: float, seed: int
) -> list[PoolModel]:
    """The models, fitted."""
    if columns.composition is None:
        members: list[PoolModel] = [GaussianProcess.fit(columns, rows, scaled, noise_share)]
    else:
        tested = GaussianProcess.fit(columns, rows, scaled, noise_share)
        members = [
            replace(GaussianProcess.fit(columns.composition, rows, scaled, noise_share), name=_WITHOUT_CONDITIONS),
            replace(tested, name=_WITH_CONDITIONS),
        ]
    if len(scaled) >= ROWS_FOR_FOREST:
        members.append(Forest.fit(columns, rows, scaled, noise_share, seed))
    return members


def _weights(log_scores: FloatArray, beforehand: FloatArray) -> FloatArray:
    """Weights of models by the sums of their log scores, without those that hardly count."""
    weights = beforehand * np.exp(log_scores - log_scores.max())
    weights = np.where(weights < _LEAST_WEIGHT * weights.sum(), 0.0, weights)
    return np.asarray(weights / weights.sum(), dtype=np.float64)
