"""A surrogate without a trained prior: descriptors of the candidates and the campaign's own results, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.gaussian_process import Priors
from hemml.active.surrogate.joint_normal import correlated
from hemml.active.surrogate.quantity_model import QuantityModel
from hemml.arrays import FloatArray, IntArray
from hemml.errors import InputError

# Rows that count for no correlation before the measured ones tell.
_ROWS_OF_NO_CORRELATION: Final = 10.0


@dataclass(frozen=True, eq=False)
class PoolSurrogate:
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
        priors: Priors = Priors(),
        scales: tuple[str, ...] = ("linear",),
    ) -> PoolSurrogate:
        models = []
        for values in measured.values:
            known = np.isfinite(values)
            models.append(QuantityModel.fit(columns, measured.rows[known], values[known], noise_share, priors, scales))
        return cls(columns, tuple(objectives), tuple(models), _residual_correlation(models, measured))

    def marginals(self) -> tuple[FloatArray, FloatArray]:
        rows = np.arange(len(self.columns))
        parts = [model.moments(rows) for model in self.models]
        out = [(o.utility(m), s) for o, (m, s) in zip(self.objectives, parts, strict=True)]
        return np.array([m for m, _ in out]), np.array([s for _, s in out])

    def samples(self, rows: IntArray, count: int, rng: np.random.Generator) -> FloatArray:
        distinct, places = np.unique(rows, return_inverse=True)
        normals = correlated(rng.standard_normal((count, len(self.models), len(distinct))), self.correlation)
        out = np.empty_like(normals)
        for q, (objective, model) in enumerate(zip(self.objectives, self.models, strict=True)):
            out[:, q] = objective.utility(model.samples(distinct, normals[:, q]))
        return out[:, :, places]


def _residual_correlation(models: Sequence[QuantityModel], measured: Measured) -> FloatArray:
    q = len(models)
    out = np.eye(q)
    residuals = np.full(measured.values.shape, np.nan)
    for one, (model, values) in enumerate(zip(models, measured.values, strict=True)):
        best = model.members[int(model.weights.argmax())]
        process = best.process
        error = best.scale.apply(values[np.isfinite(values)]) - process.left_out_mean
        residuals[one, np.isfinite(values)] = error / np.sqrt(process.left_out_variance)
    for i in range(q):
        for j in range(i):
            both = np.isfinite(residuals[i]) & np.isfinite(residuals[j])
            a, b = residuals[i, both], residuals[j, both]
            norm = float(np.sqrt((a @ a) * (b @ b)))
            if norm > 0:
                out[i, j] = out[j, i] = (a @ b) / norm * both.sum() / (both.sum() + _ROWS_OF_NO_CORRELATION)
    return out
