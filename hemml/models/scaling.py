"""Scaling for the regressors that compare rows by distance or fit slopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from hemml.arrays import FloatArray

FRACTION_SCALE: Final = 3.0
FEATURE_SCALE: Final = 0.5
FEATURE_CLIP: Final = 4.0
_RIDGE: Final = 10.0


class BlockScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Bring element fractions, features and conditions to scales at which their distances mean the same.

    Fractions are taken as 3 times their root, which keeps a dopant visible and a rare element from dominating as
    standardising would; features are standardised, clipped at 4 and halved; conditions are standardised.

    Args:
        fractions: Columns of element fractions.
        features: Columns of composition features.
    """

    def __init__(self, fractions: Sequence[int] = (), features: Sequence[int] = ()) -> None:
        self.fractions = fractions
        self.features = features

    def fit(self, X: FloatArray, y: FloatArray | None = None) -> BlockScaler:  # noqa: ARG002
        """Learn mean and deviation of each column from (n, c) rows."""
        X = validate_data(self, X)
        self.mean_ = X.mean(axis=0)
        self.scale_ = _spread(X)
        return self

    def transform(self, X: FloatArray) -> FloatArray:
        """Scaled rows, (n, c)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        Z = (X - self.mean_) / self.scale_
        fractions, features = list(self.fractions), list(self.features)
        Z[:, fractions] = FRACTION_SCALE * np.sqrt(np.maximum(X[:, fractions], 0.0))
        Z[:, features] = FEATURE_SCALE * np.clip(Z[:, features], -FEATURE_CLIP, FEATURE_CLIP)
        return np.asarray(Z)


class SlopeFirst(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Straight lines of the right sign in a few columns, then any regressor for the rest on the other columns.

    Kernel regressors cannot be told that capacity does not rise with rate. Here each such column acts only through a
    slope that is not positive, one a class of `switch` (the role), so that the sum keeps the sign.

    Args:
        regressor: Regressor of what the lines leave.
        columns: Columns with a slope that is not positive.
        switch: Column of 0 and 1 that divides the rows into two classes of slopes.
    """

    def __init__(self, regressor: Any = None, columns: Sequence[int] = (), switch: int = 0) -> None:
        self.regressor = regressor
        self.columns = columns
        self.switch = switch

    def fit(self, X: FloatArray, y: FloatArray) -> SlopeFirst:
        """Fit the slopes by non-negative least squares beside the other columns' ridge, then the regressor."""
        from scipy.optimize import nnls
        from sklearn.linear_model import Ridge

        X, y = validate_data(self, X, y, y_numeric=True)
        rest = self._rest(X)
        lines = self._lines(X)
        if lines.shape[1]:
            # Partial out what the other columns explain linearly (Frisch, Waugh and Lovell), then the slopes.
            scaled = (rest - rest.mean(axis=0)) / _spread(rest)
            both = np.column_stack([lines, y])
            left = both - Ridge(alpha=_RIDGE).fit(scaled, both).predict(scaled)
            self.slopes_ = -nnls(-left[:, :-1], left[:, -1])[0]
        else:
            self.slopes_ = np.zeros(0)
        self.regressor_ = clone(self.regressor).fit(rest, y - lines @ self.slopes_)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Predictions, (n,)."""
        rest, lines = self.parts(X)
        return np.asarray(self.regressor_.predict(rest) + lines)

    def parts(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What the regressor predicts from, (n, c), and what the lines add to that, (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return self._rest(X), self._lines(X) @ self.slopes_

    def _rest(self, X: FloatArray) -> FloatArray:
        # Columns stay in place (as zeros), so that a scaler inside the regressor can name them by position.
        rest = X.copy()
        rest[:, list(self.columns)] = 0.0
        return rest

    def _lines(self, X: FloatArray) -> FloatArray:
        first = X[:, self.switch : self.switch + 1]
        lines = X[:, list(self.columns)]
        return np.column_stack([lines * first, lines * (1.0 - first)])


def _spread(X: FloatArray) -> FloatArray:
    """Standard deviation of each column, 1 for a column that does not vary."""
    spread: FloatArray = X.std(axis=0)
    return np.where(spread > 0, spread, 1.0)
