"""How residuals of different targets go together, learned from few results that measured both."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.arrays import FloatArray

_SHRINKAGE: Final = 10.0  # results that the belief in no correlation weighs as much as
_LEAST_EIGENVALUE: Final = 1e-3


def shrunk_correlation(left: FloatArray) -> FloatArray:
    """Correlation of t targets, shrunk towards none by k / (k + 10), positive definite, (t, t).

    Args:
        left: Residuals in standard deviations of a row's other results, NaN where not measured, (t, k).
    """
    t = len(left)
    out = np.eye(t)
    for i in range(t):
        for j in range(i):
            both = np.isfinite(left[i]) & np.isfinite(left[j])
            one, other = left[i, both], left[j, both]
            size = float(np.sqrt((one**2).sum() * (other**2).sum()))
            if both.sum() >= 2 and size > 0:
                out[i, j] = out[j, i] = (one @ other) / size * both.sum() / (both.sum() + _SHRINKAGE)
    values, vectors = np.linalg.eigh(out)
    if t and values.min() < _LEAST_EIGENVALUE:
        out = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
        scale = np.sqrt(np.diagonal(out))
        out = out / np.outer(scale, scale)
    return out
