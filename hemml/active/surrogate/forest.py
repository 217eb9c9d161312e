"""A random forest on a pool, whose trees are its joint samples.

Each tree learns a bootstrap of the measured rows, so the trees differ as the results of other campaigns would (Hutter
et al., LION 2011, 10.1007/978-3-642-25566-3_40, take the same spread); the rows that a tree has not seen give its
out-of-bag score (Breiman, Machine Learning 2001, 45, 5, 10.1023/A:1010933404324).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.surrogate.columns import PoolColumns
from hemml.arrays import BoolArray, FloatArray, IntArray

TREES: Final = 64
_FEATURES_A_SPLIT: Final = 0.4
_LEAST_SD: Final = 0.05


@dataclass(frozen=True, eq=False)
class Forest:
    """What k standardised values tell of n candidates.

    Attributes:
        predictions: Of each tree for each candidate, (t, n); the mean measured value where there is one.
        sd: Standard deviation of the true value about them, (n,).
        left_out_mean: Prediction of each measured value by the trees that have not seen it, (k,).
        left_out_variance: Its variance, measurement noise included, (k,).
        name: What it is called.
    """

    predictions: FloatArray
    sd: FloatArray
    left_out_mean: FloatArray
    left_out_variance: FloatArray
    name: str = "random forest"

    @classmethod
    def fit(cls, columns: PoolColumns, rows: IntArray, values: FloatArray, noise_share: float, seed: int) -> Forest:
        """Grow the trees.

        Args:
            columns: Of n candidates.
            rows: Measured rows, at least two, (k,).
            values: Their standardised values, (k,).
            noise_share: Part of the variance that the trees leave that is measurement noise, 0 to 1.
            seed: Of the bootstraps and splits.
        """
        from sklearn.tree import DecisionTreeRegressor

        rng = np.random.default_rng(seed)
        k, known = len(rows), columns.table[rows]
        drawn = rng.integers(0, k, size=(TREES, k))
        predictions = np.empty((TREES, len(columns)))
        for t, bag in enumerate(drawn):
            tree = DecisionTreeRegressor(max_features=_FEATURES_A_SPLIT, random_state=int(rng.integers(2**31)))
            predictions[t] = tree.fit(known[bag], values[bag]).tree_.predict(columns.table)[:, 0]
        unseen = np.ones((TREES, k), dtype=bool)
        unseen[np.arange(TREES)[:, None], drawn] = False
        mean, spread = _out_of_bag(predictions[:, rows], unseen)
        own = max(float(np.sqrt(np.maximum(np.square(values - mean) - spread, 0.0).mean())), _LEAST_SD)
        sd = np.full(len(columns), own * np.sqrt(1.0 - noise_share))
        count = np.bincount(rows, minlength=len(columns))
        measured = np.flatnonzero(count)
        predictions[:, measured] = np.bincount(rows, values, minlength=len(columns))[measured] / count[measured]
        sd[measured] = own * np.sqrt(noise_share / count[measured])
        return cls(predictions, sd, mean, spread + own**2)

    def components(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations of the normals whose even mixture each row's value follows, each (t, r)."""
        found = self.predictions[:, rows]
        return found, np.broadcast_to(self.sd[rows], found.shape)

    def sampled(self, rows: IntArray, normals: FloatArray) -> FloatArray:
        """Joint samples at r different rows, one tree each, from standard normal numbers, both (s, r)."""
        trees = np.arange(len(normals)) % len(self.predictions)
        return self.predictions[np.ix_(trees, rows)] + self.sd[rows] * normals


def _out_of_bag(predictions: FloatArray, unseen: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of each row's predictions over the trees that have not seen it, each (k,)."""
    count = np.maximum(unseen.sum(axis=0), 1)
    mean = np.where(unseen, predictions, 0.0).sum(axis=0) / count
    return mean, np.where(unseen, np.square(predictions - mean), 0.0).sum(axis=0) / count
