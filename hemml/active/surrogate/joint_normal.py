"""Joint normal samples at many rows of a Gaussian process.

Up to a thousand rows exactly. Beyond, the most promising rows are drawn jointly and the others given those, each with
the rest of its own variance: marginals stay exact, and two rows in the crowd are as alike as the promising ones tell
(the training conditional of Snelson and Ghahramani, Sparse Gaussian processes using pseudo-inputs, NeurIPS 2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from hemml.active.surrogate.gaussian_process import GaussianProcess

EXACT_ROWS: Final = 1200
LANDMARKS: Final = 500
_PROMISING_SD: Final = 2.0
_CHUNK: Final = 4096
_JITTER: Final = 1e-10


def sampled(process: GaussianProcess, rows: IntArray, normals: FloatArray) -> FloatArray:
    """Joint samples of the standardised true values at r different rows, (s, r).

    Args:
        process: The process.
        rows: r rows, measured or not.
        normals: Independent standard normal numbers, (s, r).
    """
    mean, sd = process.predict(rows)
    out = np.broadcast_to(mean, normals.shape).copy()
    # Without noise a measured row is known, and its variance is rounding.
    settled = np.isin(rows, process.rows) if process.noise_share == 0.0 else np.zeros(len(rows), dtype=bool)
    places = np.flatnonzero(~settled)
    together = places
    if len(places) > EXACT_ROWS:
        promising = np.argsort(-(np.abs(mean) + _PROMISING_SD * sd)[places], kind="stable")
        together = places[np.sort(promising[:LANDMARKS])]
    root = _root(process.joint(rows[together])[1])
    out[:, together] += normals[:, together] @ root.T
    rest = np.setdiff1d(places, together)
    for start in range(0, len(rest), _CHUNK):
        some = rest[start : start + _CHUNK]
        out[:, some] += _given(process, rows, together, some, root, normals, sd)
    return out


def _given(
    process: GaussianProcess,
    rows: IntArray,
    together: IntArray,
    places: IntArray,
    root: FloatArray,
    normals: FloatArray,
    sd: FloatArray,
) -> FloatArray:
    """Deviations from the mean at some places given those at the places drawn together, (s, len(places))."""
    from scipy.linalg import solve_triangular

    cross = process.covariance(rows[places], rows[together])
    loading = solve_triangular(root, cross.T, lower=True, check_finite=False)
    left = np.sqrt(np.maximum(np.square(sd[places]) - np.square(loading).sum(axis=0), 0.0))
    return np.asarray(normals[:, together] @ loading + normals[:, places] * left, dtype=np.float64)


def _root(covariance: FloatArray) -> FloatArray:
    """Lower Cholesky factor, with as little jitter as makes it positive definite."""
    size = float(np.diag(covariance).mean()) if len(covariance) else 1.0
    jitter = _JITTER
    while True:
        try:
            root = np.linalg.cholesky(covariance + jitter * size * np.eye(len(covariance)))
            return np.asarray(root, dtype=np.float64)
        except np.linalg.LinAlgError:
            if jitter > 1.0:  # no rounding error is as large as the variance itself
                raise
            jitter *= 100.0


def correlated(normals: FloatArray, correlation: FloatArray) -> FloatArray:
    """Standard normal numbers (s, q, r) made to correlate between the q objectives by (q, q)."""
    return np.asarray(np.einsum("pq,sqr->spr", np.linalg.cholesky(correlation), normals), dtype=np.float64)
