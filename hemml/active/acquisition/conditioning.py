"""What is left of joint samples once some rows are known: their residuals on those rows."""

from __future__ import annotations

import numpy as np

from hemml.arrays import FloatArray


class Residuals:
    """Joint samples about their mean, made independent, axis by axis, of rows taken as known.

    A fantasy: the row's value need not be known for the variance that is left (Desautels et al. 2014, JMLR 15, 4053).
    """

    def __init__(self, samples: FloatArray) -> None:
        """Start from joint samples (s, q, n)."""
        self.values = samples - samples.mean(axis=0)
        self._start = self.variances()
        self._taken = 0

    def variances(self) -> FloatArray:
        """Variance left, (q, n)."""
        return np.asarray(np.einsum("sqn,sqn->qn", self.values, self.values) / (len(self.values) - 1), np.float64)

    def take(self, row: FloatArray) -> None:
        """Make all independent of one row's samples (s, q), which are residuals themselves."""
        size = np.einsum("sq,sq->q", row, row)
        usable = size > 1e-12 * (len(row) - 1) * self._start.max(axis=1, initial=0.0)
        slope = np.einsum("sq,sqn->qn", row, self.values) / np.where(usable, size, 1.0)[:, None]
        self.values -= row[:, :, None] * np.where(usable[:, None], slope, 0.0)
        self._taken += 1

    def sd_ratio(self) -> FloatArray:
        """Standard deviation left over that at the start, (q, n), corrected for the chance correlations of samples."""
        freedom = (len(self.values) - 1) / max(len(self.values) - 1 - self._taken, 1)
        left = self.variances() / np.where(self._start > 0, self._start, 1.0)
        return np.asarray(np.sqrt(np.minimum(left * freedom, 1.0)), dtype=np.float64)
