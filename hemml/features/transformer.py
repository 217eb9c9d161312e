"""hemml's descriptors as a scikit-learn transformer; importing this module imports scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from hemml.arrays import FloatArray
from hemml.composition import CompositionBatch
from hemml.errors import InputError
from hemml.features.feature_set import FeatureSet

if TYPE_CHECKING:
    from sklearn.utils import Tags


class CompositionTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn formulas into descriptors, for use in a scikit-learn pipeline.

    It learns nothing from the data: `fit` only checks the parameters and fixes the names of the columns. NaN means that
    a feature does not apply to a material.

    Args:
        names: Features to compute; all of them by default.
        working_ion: Ion that moves, such as "Zn"; found by rule by default.

    Attributes:
        feature_set_: The features, set by `fit`.
        n_features_in_: 1, the column of formulas.
    """

    def __init__(self, names: Sequence[str] | None = None, working_ion: str | None = None) -> None:
        self.names = names
        self.working_ion = working_ion

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Check the parameters and the formulas.

        Args:
            X: n formulas as a list, (n,) or (n, 1) array or data frame of text, or a `CompositionBatch`.
            y: Ignored.

        Raises:
            UnknownNameError: A name is no feature.
            InputError: X is not a column of formulas.
        """
        self.feature_set_ = FeatureSet.default(self.names or ())
        if not isinstance(X, CompositionBatch):
            _column_of_formulas(X)
        self.n_features_in_ = 1
        return self

    def transform(self, X: Any) -> FloatArray:
        """Descriptors of n formulas, shape (n, m).

        Raises:
            InputError: X is not a column of formulas, a formula cannot be read, or element data is missing.
            NotFittedError: `fit` has not been called.
        """
        check_is_fitted(self)
        if isinstance(X, CompositionBatch):
            return self.feature_set_.compute(X)
        batch = CompositionBatch.from_formulas(_column_of_formulas(X), self.working_ion)
        return self.feature_set_.compute(batch)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Names of the m columns.

        Args:
            input_features: Ignored: the names do not depend on the name of the column of formulas.
        """
        check_is_fitted(self)
        return np.array(self.feature_set_.names, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        """Say that the input is text and that the same input gives the same output without fitting to data."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.requires_fit = True
        return tags


def _column_of_formulas(X: Any) -> list[str]:
    array = np.asarray(X, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(
            f"X must be one column of formulas, got an array of shape {array.shape}; pass the formula column alone"
        )
    wrong = next((i for i, value in enumerate(array) if not isinstance(value, str)), None)
    if wrong is not None:
        raise InputError(
            f"X must hold formulas as text, got {array[wrong]!r} in row {wrong + 1}; pass strings such as 'LiCoO2'"
        )
    return array.tolist()  # type: ignore[no-any-return]
