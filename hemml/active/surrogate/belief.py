"""What is believed of one target at all candidates: a Gaussian on the learning scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hemml.arrays import FloatArray, IntArray

_JITTER = 1e-10


@dataclass(frozen=True, eq=False)
class Own:
    """Own results of one target, k of them.

    Attributes:
        rows: Their candidates, (k,).
        measured: What was measured, on the learning scale, (k,).
    """

    rows: IntArray
    measured: FloatArray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Belief:
    """A Gaussian over n candidates.

    Attributes:
        name: What it is, in a few words.
        mean: Of the true value, (n,).
        sd: Standard deviation of the true value, (n,).
        spread: Standard deviation of a measurement, noise included, (n,).
        joint: Gives the covariance of the true values of m rows, (m, m).
        left: What each own result differs from its prediction by the others, in standard deviations, (k,).
        log_scores: Log density of each own result given the others, (k,).
    """

    name: str
    mean: FloatArray
    sd: FloatArray
    spread: FloatArray
    joint: Callable[[IntArray], FloatArray]
    left: FloatArray
    log_scores: FloatArray

    def draw(self, rows: IntArray, normal: FloatArray) -> FloatArray:
        """Joint samples of the true values, (s, m).

        Args:
            rows: Candidates, (m,).
            normal: Independent standard normal numbers, (s, m).
        """
        return np.asarray(self.mean[rows] + normal @ root(self.joint(rows)).T)


def log_density(difference: FloatArray, deviation: FloatArray) -> FloatArray:
    """Log density of differences under centred Gaussians, elementwise."""
    return np.asarray(-0.5 * (difference / deviation) ** 2 - np.log(deviation) - 0.5 * np.log(2 * np.pi))


def root(covariance: FloatArray) -> FloatArray:
    """Lower triangular root of a covariance (m, m), with as little added to its diagonal as rounding asks for."""
    size = max(float(np.diagonal(covariance).mean()), np.finfo(np.float64).tiny) if len(covariance) else 1.0
    jitter = _JITTER * size
    while True:
        try:
            return np.asarray(np.linalg.cholesky(covariance + jitter * np.eye(len(covariance))), dtype=np.float64)
        except np.linalg.LinAlgError:
            if jitter > size:
                raise
            jitter *= 10
