"""A surrogate without a trained prior: descriptors of the candidates and the campaign's own results, nothing else.

Each quantity is learned by a Gaussian process (straight trends on what the redox ladder and the ion content lead one to
expect, and likeness in physics, element fractions and test conditions) and, from ten values on, by a random forest;
their leave-one-out log scores weigh them. No model that has seen any of the candidates is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.joint_normal import correlated
from hemml.active.surrogate.quantity_model import QuantityModel
from hemml.arrays import FloatArray, IntArray
from hemml.errors import InputError

# Measured rows that count for no correlation beside those that tell of one.
_ROWS_OF_NO_CORRELATION: Final = 10.0
_CHUNK: Final = 4096


@dataclass(frozen=True, eq=False)
class PoolSurrogate:
    """Predicts q utilities of n candidates; a `hemml.active.surrogate.base.Surrogate`.

    Attributes:
        columns: What is known of the candidates.
        objectives: The q objectives.
        models: One for each.
        correlation: Of what formula and conditions do not tell, between the objectives, (q, q).
    """

    columns: PoolColumns
    objectives: tuple[Objective, ...]
    models: tuple[QuantityModel, ...]
    correlation: FloatArray

    @classmethod
    def fit(
        cls,
        columns: PoolColumns,
        measured: Measured,
        objectives: Sequence[Objective],
        *,
        noise_share: float = 0.0,
        seed: int = 0,
    ) -> PoolSurrogate:
        """Learn from what is measured; the same arguments give the same surrogate.

        Args:
            columns: Of n candidates, measured and pending ones among them.
            measured: What is known of k of them; a row may be measured for some objectives only, or several times.
            objectives: q objectives.
            noise_share: Part of the variance that formula and conditions leave (polymorphs, preparation) that is
                measurement noise, 0 to 1: with 0 a measured value is the true one.
            seed: Of the forest.

        Raises:
            InputError: The numbers of objectives differ, a row is no candidate, or the share is not from 0 to 1.
        """
        _check(columns, measured, objectives, noise_share)
        models = []
        for values in measured.values:
            known = np.isfinite(values)
            rows, found = measured.rows[known], values[known]
            if noise_share == 0.0:
                rows, found = _averaged(rows, found)
            models.append(QuantityModel.fit(columns, rows, found, noise_share, seed))
        correlation = _residual_correlation(models, measured, noise_share, len(columns))
        return cls(columns, tuple(objectives), tuple(models), correlation)

    def marginals(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utilities, each (q, n)."""
        shape = (len(self.objectives), len(self.columns))
        mean, sd = np.empty(shape), np.empty(shape)
        for start in range(0, shape[1], _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, shape[1]))
            for q, (objective, model) in enumerate(zip(self.objectives, self.models, strict=True)):
                mean[q, rows], sd[q, rows] = model.utility_moments(rows, objective)
        return mean, sd

    def samples(self, rows: IntArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Joint samples of the true utilities, (count, q, len(rows)); rows may be measured, pending or repeated."""
        distinct, places = np.unique(rows, return_inverse=True)
        normals = correlated(rng.standard_normal((count, len(self.models), len(distinct))), self.correlation)
        out = np.empty_like(normals)
        for q, (objective, model) in enumerate(zip(self.objectives, self.models, strict=True)):
            out[:, q] = objective.utility(model.samples(distinct, normals[:, q]))
        return out[:, :, places]

    @property
    def description(self) -> str:
        """Which models of each quantity, by which log scores."""
        told = [f"{o.quantity}: {m.description}" for o, m in zip(self.objectives, self.models, strict=True)]
        return f"From descriptors and own results, weighted by leave-one-out log score: {'; '.join(told)}."


def _check(columns: PoolColumns, measured: Measured, objectives: Sequence[Objective], noise_share: float) -> None:
    if not objectives or len(measured.values) != len(objectives):
        raise InputError(
            f"measured: values must have one row for each of the {len(objectives)} objectives, at least one, "
            f"got {len(measured.values)}; give NaN where one was not measured"
        )
    if len(measured.rows) and measured.rows.max() >= len(columns):
        raise InputError(
            f"measured: rows must be positions among {len(columns)} candidates, got {measured.rows.max()}; "
            "give the columns of all of them"
        )
    if not 0.0 <= noise_share <= 1.0:
        raise InputError(f"noise_share: must be from 0 to 1, got {noise_share}; 0 where results repeat exactly")


def _averaged(rows: IntArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Each row once, with the mean of its values: without noise they are the same value."""
    distinct, places, count = np.unique(rows, return_inverse=True, return_counts=True)
    return distinct, np.bincount(places, values, minlength=len(distinct)) / count


def _residual_correlation(
    models: Sequence[QuantityModel], measured: Measured, noise_share: float, n: int
) -> FloatArray:
    """Correlation of the leave-one-out errors of two objectives, drawn to 0 where few rows have both, (q, q)."""
    errors = np.full((len(models), n), np.nan)
    for one, (model, values) in enumerate(zip(models, measured.values, strict=True)):
        rows = measured.rows[np.isfinite(values)]
        errors[one, np.unique(rows) if noise_share == 0.0 else rows] = model.left_out
    both = np.isfinite(errors)
    filled = np.where(both, errors, 0.0)
    # Sums over all rows of one objective in the norms keep the matrix positive definite when some rows lack the other.
    norms = np.sqrt(np.square(filled).sum(axis=1))
    products = filled @ filled.T / np.maximum(np.outer(norms, norms), np.finfo(np.float64).tiny)
    rows_known = float(both.sum(axis=1).max(initial=0))
    out = products * rows_known / (rows_known + _ROWS_OF_NO_CORRELATION)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out, dtype=np.float64)
