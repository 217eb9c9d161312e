"""Logistic regression with a prior on each weight, and how well its weights are known."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.errors import HemmlError

_STEPS: Final = 200
_TOLERANCE: Final = 1e-10


def fit_logistic(
    basis: FloatArray, outcomes: BoolArray, mean: FloatArray, deviation: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Most probable weights under a normal prior, and their covariance in Laplace's approximation.

    Newton's method with halved steps on a strictly convex function, so the result is unique.

    Args:
        basis: Columns, the constant among them, (n, d).
        outcomes: Whether each row is a success, (n,).
        mean: Prior mean of each weight, (d,).
        deviation: Prior standard deviation of each weight, (d,).

    Returns:
        Weights (d,) and covariance (d, d).

    Raises:
        HemmlError: The method does not settle.

    Source: MacKay, Neural Comput. 1992, 4, 720, doi 10.1162/neco.1992.4.5.720.
    """
    signs = np.where(outcomes, 1.0, -1.0)
    precision = deviation**-2.0
    weights = mean.astype(np.float64)
    value = _cost(basis, signs, weights, mean, precision)
    for _ in range(_STEPS):
        p = sigmoid(basis @ weights)
        gradient = basis.T @ (p - outcomes) + precision * (weights - mean)
        hessian = (basis * (p * (1.0 - p))[:, None]).T @ basis + np.diag(precision)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        trial = weights - step
        while (found := _cost(basis, signs, trial, mean, precision)) > value and size > 1e-6:
            size /= 2.0
            trial = weights - size * step
        if np.abs(trial - weights).max() < _TOLERANCE or found > value:
            return weights, np.asarray(np.linalg.inv(hessian), dtype=np.float64)
        weights, value = trial, found
    raise HemmlError(f"logistic regression: must settle in {_STEPS} steps, got {weights}; use narrower priors")


def sigmoid(log_odds: FloatArray) -> FloatArray:
    """Probabilities of log odds; never 0 for what is not very far below -700."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)))


def log_odds_of(probability: FloatArray) -> FloatArray:
    """Log odds of probabilities between 0 and 1."""
    return np.log(probability) - np.log1p(-probability)


def log_odds_of_share(share: float) -> float:
    """Log odds of one share between 0 and 1."""
    return math.log(share / (1.0 - share))


def _cost(basis: FloatArray, signs: FloatArray, weights: FloatArray, mean: FloatArray, precision: FloatArray) -> float:
    misfit = np.logaddexp(0.0, -signs * (basis @ weights)).sum()
    return float(misfit + 0.5 * (precision * (weights - mean) ** 2).sum())
