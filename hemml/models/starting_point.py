"""A regressor that starts from one of its columns and learns the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from hemml.arrays import FloatArray


class StartFrom(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Learn what a share of one column leaves, and add that share to every prediction.

    Trees predict means of what they have seen; where few rows are near, the column carries the prediction instead.

    Args:
        regressor: Regressor of the rest; it takes all columns, the starting one too.
        column: The column to start from, on the scale of what is learned.
        share: Share of it, from 0 (the regressor alone) to 1 (learning the difference).
    """

    def __init__(self, regressor: Any = None, column: int = 0, share: float = 1.0) -> None:
        self.regressor = regressor
        self.column = column
        self.share = share

    def fit(self, X: FloatArray, y: FloatArray) -> StartFrom:
        """Fit the regressor to y - share * column."""
        X, y = validate_data(self, X, y, y_numeric=True)
        self.regressor_ = clone(self.regressor).fit(X, y - self.share * X[:, self.column])
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Predictions, (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return np.asarray(self.regressor_.predict(X) + self.share * X[:, self.column])
