"""A Gaussian process on a pool: hyperparameters by their posterior mode, leave-one-out scores in closed form.

Five measured rows cannot tell a length scale, so each hyperparameter has a log-normal prior and what the data cannot
tell stays at its median. Leave-one-out: Rasmussen and Williams, Gaussian Processes for Machine Learning (MIT Press
2006), eqs. 5.10-5.12; gradient of the evidence: eq. 5.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.joint_normal import sampled
from hemml.active.surrogate.kernel import OFFSET_VARIANCE, ROOT5, Kernel, distances, matern
from hemml.arrays import FloatArray, IntArray

_JITTER: Final = 1e-8
_ITERATIONS: Final = 40
_ROWS_FOR_KERNEL: Final = 300
# Medians of the hyperparameters (amplitude, length, trend, own) and the deviation of their logarithms.
_MEDIANS: Final = (0.5, 1.0, 0.5, 0.25)
_LOG_DEVIATION: Final = 0.7
_WIDEST: Final = 4.0


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """What k standardised values tell of n candidates.

    Attributes:
        columns: Of the candidates.
        rows: Measured rows, (k,).
        kernel: Its hyperparameters.
        noise_share: Part of the variance of a row's own that is measurement noise, 0 to 1.
        factor: Lower Cholesky factor of the covariance of the measured values, (k, k).
        weights: That covariance solved for the values, (k,).
        left_out_mean: Prediction of each measured value from the others, (k,).
        left_out_variance: Its variance, measurement noise included, (k,).
        name: What it is called.
    """

    columns: PoolColumns
    rows: IntArray
    kernel: Kernel
    noise_share: float
    factor: FloatArray
    weights: FloatArray
    left_out_mean: FloatArray
    left_out_variance: FloatArray
    name: str = "Gaussian process"

    @classmethod
    def fit(cls, columns: PoolColumns, rows: IntArray, values: FloatArray, noise_share: float) -> GaussianProcess:
        """Find the hyperparameters and condition on k standardised values; k may be 0."""
        return cls.given(columns, rows, values, noise_share, _kernel(columns, rows, values, noise_share))

    @classmethod
    def given(
        cls, columns: PoolColumns, rows: IntArray, values: FloatArray, noise_share: float, kernel: Kernel
    ) -> GaussianProcess:
        """Condition on k standardised values with known hyperparameters."""
        from scipy.linalg import cho_solve

        covariance = kernel.shared(columns, rows, rows) + kernel.own**2 * _own(rows, rows, noise_share)
        covariance[np.diag_indices_from(covariance)] += kernel.own**2 * noise_share + _JITTER
        factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        inverse = cho_solve((factor, True), np.eye(len(rows)))
        weights = inverse @ values
        variance = 1.0 / np.diag(inverse)
        return cls(columns, rows, kernel, noise_share, factor, weights, values - weights * variance, variance)

    def predict(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true value at rows, each (len(rows),)."""
        cross, solved = self._cross(rows)
        own = self.kernel.own**2 * (1.0 - self.noise_share)
        variance = self.kernel.shared_variance(self.columns, rows) + own - np.square(solved).sum(axis=0)
        return cross @ self.weights, np.sqrt(np.maximum(variance, 0.0))

    def components(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """The same as one normal a row, each (1, len(rows))."""
        mean, sd = self.predict(rows)
        return mean[None], sd[None]

    def sampled(self, rows: IntArray, normals: FloatArray) -> FloatArray:
        """Joint samples at r different rows from standard normal numbers, both (s, r)."""
        return sampled(self, rows, normals)

    def joint(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean (r,) and covariance (r, r) of the true values at r different rows."""
        cross, solved = self._cross(rows)
        own = self.kernel.own**2 * _own(rows, rows, self.noise_share)
        return cross @ self.weights, self.kernel.shared(self.columns, rows, rows) + own - solved.T @ solved

    def covariance(self, rows: IntArray, others: IntArray) -> FloatArray:
        """Covariance of the true values between two sets of rows, (len(rows), len(others))."""
        own = self.kernel.own**2 * _own(rows, others, self.noise_share)
        both = self._cross(rows)[1].T @ self._cross(others)[1]
        return self.kernel.shared(self.columns, rows, others) + own - both

    def _cross(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Covariance with the measured values, (r, k), and the factor solved for it, (k, r)."""
        from scipy.linalg import solve_triangular

        own = self.kernel.own**2 * _own(rows, self.rows, self.noise_share)
        cross = self.kernel.shared(self.columns, rows, self.rows) + own
        return cross, solve_triangular(self.factor, cross.T, lower=True, check_finite=False)


def _own(rows: IntArray, others: IntArray, noise_share: float) -> FloatArray:
    """Share of the own variance that two rows have in common: all but the noise where they are the same row."""
    return np.asarray((1.0 - noise_share) * (rows[:, None] == others[None, :]), dtype=np.float64)


def _kernel(columns: PoolColumns, rows: IntArray, values: FloatArray, noise_share: float) -> Kernel:
    """Hyperparameters at the mode of their posterior; the priors' medians where there is too little to learn from."""
    from scipy.optimize import minimize

    if len(rows) > _ROWS_FOR_KERNEL:  # enough to learn a few scales from; the cost grows with the cube
        some = np.linspace(0, len(rows) - 1, _ROWS_FOR_KERNEL).astype(np.int64)
        rows, values = rows[some], values[some]
    blocks = len(columns.blocks)
    amplitude, length, trend, own = np.log(_MEDIANS).tolist()
    start = np.array([*[amplitude] * blocks, *[length] * blocks, trend, own])
    if len(rows) > 1:
        evidence = _Evidence(columns, rows, values, noise_share, start)
        reach = _WIDEST * _LOG_DEVIATION
        bounds = list(zip(start - reach, start + reach, strict=True))
        start = minimize(
            evidence, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS}
        ).x
    scales = np.exp(start)
    return Kernel(scales[:blocks], scales[blocks : 2 * blocks], float(scales[-2]), float(scales[-1]))


class _Evidence:
    """Negative log of likelihood times prior, and its gradient by the logarithms of the hyperparameters."""

    def __init__(
        self,
        columns: PoolColumns,
        rows: IntArray,
        values: FloatArray,
        noise_share: float,
        median: FloatArray,
    ) -> None:
        self.apart = [distances(block[rows], block[rows]) for block in columns.blocks]
        self.straight = columns.trends[rows] @ columns.trends[rows].T
        self.same = _own(rows, rows, noise_share) + noise_share * np.eye(len(rows))
        self.values, self.median = values, median

    def __call__(self, logs: FloatArray) -> tuple[float, FloatArray]:
        from scipy.linalg import cho_factor, cho_solve

        blocks, k = len(self.apart), len(self.values)
        scales = np.exp(logs)
        parts, slopes = [], []
        for apart, amplitude, length in zip(self.apart, scales[:blocks], scales[blocks : 2 * blocks], strict=True):
            likeness, slope = matern(ROOT5 / length * apart)
            parts.append(amplitude**2 * likeness)
            slopes.append(amplitude**2 * slope)
        parts += [scales[-2] ** 2 * self.straight, scales[-1] ** 2 * self.same]
        covariance = np.add.reduce(parts) + OFFSET_VARIANCE
        covariance[np.diag_indices(k)] += _JITTER
        factor = cho_factor(covariance, lower=True, check_finite=False)
        inverse = cho_solve(factor, np.eye(k), check_finite=False)
        weights = inverse @ self.values
        away = (logs - self.median) / _LOG_DEVIATION
        value = 0.5 * self.values @ weights + np.log(np.diag(factor[0])).sum() + 0.5 * away @ away
        outer = inverse - np.outer(weights, weights)
        by_scale = [float(np.vdot(outer, part)) for part in parts]
        by_length = [0.5 * float(np.vdot(outer, slope)) for slope in slopes]
        gradient = np.array([*by_scale[:blocks], *by_length, *by_scale[blocks:]]) + away / _LOG_DEVIATION
        return float(value), gradient
