"""How large the error of a prediction is likely to be, learned from errors on papers that were kept out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hemml.arrays import FloatArray, StrArray
from hemml.evaluation import paper_folds

_FOLDS: Final = 5
# Errors below a third of the typical one are luck, not knowledge: their logarithm must not pull the estimate down.
_FLOOR: Final = 0.3
_SETTING: Final = {
    "n_estimators": 100,
    "max_depth": 3,
    "learning_rate": 0.05,
    "min_child_weight": 20,
    "subsample": 0.7,
    "colsample_bytree": 0.4,
}


@dataclass(frozen=True, eq=False)
class Difficulty:
    """Estimates the size of an error from a model's columns, its prediction and the spread of its regressors.

    Attributes:
        regressor: A fitted XGBoost regressor of log(absolute error + floor).
    """

    regressor: Any

    @classmethod
    def fit(cls, X: FloatArray, predicted: FloatArray, spread: FloatArray, errors: FloatArray, seed: int) -> Difficulty:
        """Learn from n rows.

        Args:
            X: Columns of the model, (n, c).
            predicted: Predictions on the learning scale for rows of papers that were kept out, (n,).
            spread: Spread of the regressors about them, (n,).
            errors: Measured - predicted, (n,).
            seed: Seed of the subsampling.
        """
        from xgboost import XGBRegressor

        sizes = np.abs(errors)
        # A model without errors leaves nothing to learn, but no logarithm of 0 either.
        floor = _FLOOR * float(np.median(sizes)) or float(sizes.max()) or 1.0
        regressor = XGBRegressor(tree_method="hist", random_state=seed, n_jobs=1, **_SETTING)
        return cls(regressor.fit(_columns(X, predicted, spread), np.log(sizes + floor)))

    def predict(self, X: FloatArray, predicted: FloatArray, spread: FloatArray) -> FloatArray:
        """Likely size of the error of q rows on the learning scale, positive, (q,)."""
        logarithm = self.regressor.predict(_columns(X, predicted, spread))
        return np.asarray(np.exp(logarithm.astype(np.float64)))


def out_of_paper_difficulty(
    X: FloatArray, predicted: FloatArray, spread: FloatArray, errors: FloatArray, papers: StrArray, seed: int
) -> FloatArray:
    """Difficulty of n rows, each estimated without the errors of its own paper, (n,); arguments as in `fit`."""
    out = np.empty(len(errors))
    for train, test in paper_folds(papers, min(_FOLDS, len(set(papers))), seed=seed + 2):
        model = Difficulty.fit(X[train], predicted[train], spread[train], errors[train], seed)
        out[test] = model.predict(X[test], predicted[test], spread[test])
    return out


def _columns(X: FloatArray, predicted: FloatArray, spread: FloatArray) -> FloatArray:
    return np.column_stack([X, predicted, spread])
