"""Joint normal samples at many rows of a Gaussian process.

Up to a thousand rows exactly. Beyond, the most promising rows are drawn jointly and the others given those, each with
the rest of its own variance: marginals stay exact, and two rows in the crowd are as alike as the promising ones tell
(the fully independent training conditional of Snelson and Ghahramani, NeurIPS 2005, taken for sampling).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.active.surrogate.gaussian_process import GaussianProcess
from hemml.arrays import FloatArray, IntArray

EXACT_ROWS: Final = 1200
LANDMARKS: Final = 500
_CHUNK: Final = 4096
_JITTER: Final = 1e-8


def sampled(model: GaussianProcess, rows: IntArray, normals: FloatArray) -> FloatArray:
    """Joint samples of the standardised true values at r different rows, (s, r).

    Args:
        model: The process.
        rows: r rows, measured or not.
        normals: Independent standard normal numbers, (s, r).
    """
    mean, sd = model.predict(rows)
    out = np.broadcast_to(mean, normals.shape).copy()
    settled = np.isin(rows, model.rows) & (model.noise_share == 0.0)
    open_places = np.flatnonzero(~settled)
    if len(open_places) <= EXACT_ROWS:
        together = open_places
    else:
        together = open_places[np.sort(np.argsort(-(mean + 2 * sd)[open_places], kind="stable")[:LANDMARKS])]
    root = _root(model.joint(rows[together])[1])
    first = normals[:, together] @ root.T
    out[:, together] += first
    if len(together) < len(open_places):
        rest = np.setdiff1d(open_places, together)
        for start in range(0, len(rest), _CHUNK):
            places = rest[start : start + _CHUNK]
            out[:, places] += _given(model, rows, together, places, root, normals, sd)
    return out


def _given(
    model: GaussianProcess,
    rows: IntArray,
    together: IntArray,
    places: IntArray,
    root: FloatArray,
    normals: FloatArray,
    sd: FloatArray,
) -> FloatArray:
    """Deviations from the mean at some places given those at the places drawn together, (s, len(places))."""
    from scipy.linalg import solve_triangular

    cross = model.covariance(rows[places], rows[together])
    loading = solve_triangular(root, cross.T, lower=True, check_finite=False)
    left = np.sqrt(np.maximum(sd[places] ** 2 - np.square(loading).sum(axis=0), 0.0))
    return np.asarray(normals[:, together] @ loading + normals[:, places] * left, dtype=np.float64)


def _root(covariance: FloatArray) -> FloatArray:
    """Lower Cholesky factor, with as little jitter as makes it positive definite."""
    size = float(np.diag(covariance).mean()) if len(covariance) else 1.0
    for power in range(5):
        try:
            return np.linalg.cholesky(covariance + _JITTER * 100.0**power * size * np.eye(len(covariance)))
        except np.linalg.LinAlgError:
            continue
    raise AssertionError("a covariance must be positive semi-definite")  # not reached: jitter exceeds rounding


def correlated(normals: FloatArray, correlation: FloatArray) -> FloatArray:
    """Standard normal numbers (s, q, r) made to correlate between the q objectives."""
    return np.asarray(np.einsum("pq,sqr->spr", np.linalg.cholesky(correlation), normals), dtype=np.float64)
