"""A random forest on a pool, whose trees are its joint samples.

Each tree learns a bootstrap of the measured rows, so the trees differ as results of a second campaign would (Hutter et
al., LION 2011, doi 10.1007/978-3-642-25566-3_40, use the same spread); the rows that a tree has not seen give its
out-of-bag score (Breiman, Machine Learning 2001, 45, 5, doi 10.1023/A:1010933404324).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.surrogate.columns import PoolColumns
from hemml.arrays import FloatArray, IntArray

TREES: Final = 64
_FEATURES_A_SPLIT: Final = 0.4
_LEAST_SD: Final = 0.05


@dataclass(frozen=True, eq=False)
class Forest:
    """What k standardised values tell of n candidates.

    Attributes:
        predictions: Of each tree for each candidate, (t, n).
        rows: Measured rows, (k,).
        values: Their values, (k,).
        own: Standard deviation of what the trees do not tell of a row.
        left_out_mean: Prediction of each measured value by the trees that have not seen it, (k,).
        left_out_variance: Its variance, (k,).
    """

    predictions: FloatArray
    rows: IntArray
    values: FloatArray
    own: float
    left_out_mean: FloatArray
    left_out_variance: FloatArray

    @classmethod
    def fit(cls, columns: PoolColumns, rows: IntArray, values: FloatArray, seed: int) -> Forest:
        """Grow the trees on k standardised values, 2 or more."""
        from sklearn.tree import DecisionTreeRegressor

        rng = np.random.default_rng(seed)
        k = len(rows)
        table = columns.table
        drawn = rng.integers(0, k, size=(TREES, k))
        predictions = np.empty((TREES, len(columns)))
        known = table[rows]
        for t, bag in enumerate(drawn):
            tree = DecisionTreeRegressor(max_features=_FEATURES_A_SPLIT, random_state=int(rng.integers(2**31)))
            predictions[t] = tree.fit(known[bag], values[bag], check_input=False).tree_.predict(table)[:, 0]
        unseen = np.ones((TREES, k), dtype=bool)
        unseen[np.arange(TREES)[:, None], drawn] = False
        mean, spread = _out_of_bag(predictions[:, rows], unseen)
        own = max(float(np.sqrt(np.maximum(np.square(values - mean) - spread, 0.0).mean())), _LEAST_SD)
        return cls(predictions, rows, values, own, mean, spread + own**2)

    def predict(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true value at rows, each (len(rows),)."""
        found = self.predictions[:, rows]
        return found.mean(axis=0), np.sqrt(found.var(axis=0) + self.own**2)

    def sampled(self, rows: IntArray, normals: FloatArray) -> FloatArray:
        """Joint samples at different rows, one tree each, from standard normal numbers, both (s, r)."""
        trees = np.arange(len(normals)) % len(self.predictions)
        return self.predictions[trees][:, rows] + self.own * normals


def _out_of_bag(predictions: FloatArray, unseen: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of each row's predictions over the trees that have not seen it, each (k,)."""
    count = np.maximum(unseen.sum(axis=0), 1)
    mean = np.where(unseen, predictions, 0.0).sum(axis=0) / count
    return mean, np.where(unseen, np.square(predictions - mean), 0.0).sum(axis=0) / count
