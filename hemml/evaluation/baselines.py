"""The baselines that stand beside every score, fitted and judged in the same folds as the models.

The training mean; the median of the same role, ion and family; a random forest and XGBoost on matminer's Magpie
features and the same conditions as the models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Transform: TypeAlias = tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
"""To the scale that a baseline learns on, and back."""


def _same(values: FloatArray) -> FloatArray:
    return values


IDENTITY: Final[Transform] = (_same, _same)
LOG: Final[Transform] = (np.log, np.exp)

# From general to special; a paper's ion may be unknown to the training rows (leave-one-ion-out), its family rarely.
_LEVELS: Final = (
    (Column.ROLE,),
    (Column.ROLE, Column.FAMILY),
    (Column.ROLE, Column.WORKING_ION),
    (Column.ROLE, Column.WORKING_ION, Column.FAMILY),
)


def mean_baseline(y_train: FloatArray, n_test: int, *, transform: Transform = IDENTITY) -> FloatArray:
    """Predict the mean of the training rows everywhere.

    Args:
        y_train: Measured values, (n,).
        n_test: Number of rows to predict.
        transform: Scale on which the mean is taken; with `LOG` it is the geometric mean.

    Returns:
        Predictions, (n_test,).
    """
    to, back = transform
    return np.full(n_test, back(np.asarray(to(_target(y_train)).mean())))


def family_median(train: pd.DataFrame, y_train: FloatArray, test: pd.DataFrame, *, min_rows: int = 1) -> FloatArray:
    """Predict the median of the training rows of the same role, working ion and family.

    Where fewer than `min_rows` training rows share all three, the median of the same role and ion is taken, then of the
    same role and family, then of the same role, then of all rows.

    Args:
        train: Training rows with the columns role, working_ion and family.
        y_train: Measured values, (n,).
        test: Rows to predict, same columns.
        min_rows: Training rows that a median needs.

    Returns:
        Predictions, (len(test),).

    Raises:
        InputError: If a column is missing or has empty cells, or lengths differ.
    """
    y = _target(y_train)
    columns = list(_LEVELS[-1])
    for name, frame in (("training rows", train), ("test rows", test)):
        missing = [str(c) for c in columns if c not in frame.columns or frame[c].isna().any()]
        if missing:
            raise InputError(f"{name}: columns role, working_ion and family must be filled, got gaps in {missing}")
    if len(train) != len(y):
        raise InputError(f"y_train must have one value a training row ({len(train)}), got {len(y)}")
    known = train[columns].assign(y=y)
    predicted = np.full(len(test), np.median(y))
    for level in _LEVELS:
        groups = known.groupby(list(level), observed=True)["y"].agg(["median", "size"]).reset_index()
        found = test[list(level)].merge(groups, on=list(level), how="left")
        enough = (found["size"] >= min_rows).to_numpy()
        predicted[enough] = found["median"].to_numpy()[enough]
    return predicted


def magpie_matrix(formulas: Sequence[str]) -> FloatArray:
    """Magpie's composition features, computed by matminer itself once for each distinct formula.

    Args:
        formulas: Formulas that pymatgen reads, (n,).

    Returns:
        Features in matminer's order, (n, 132). NaN where Magpie's tables have no value for an element (nothing is
        imputed); forest and XGBoost baselines take NaN as it is.

    Raises:
        InputError: If pymatgen cannot read a formula.

    Reference:
        Ward et al., npj Comput. Mater. 2016, 2, 16028, doi 10.1038/npjcompumats.2016.28.
    """
    from matminer.featurizers.composition import ElementProperty
    from pymatgen.core import Composition

    featurizer = ElementProperty.from_preset("magpie", impute_nan=False)
    distinct, rows = np.unique(np.asarray(formulas, dtype=np.str_), return_inverse=True)
    features = np.empty((len(distinct), len(featurizer.feature_labels())))
    for i, formula in enumerate(distinct):
        try:
            composition = Composition(str(formula))
        except ValueError as err:
            raise InputError(f"formula {str(formula)!r} must be one that pymatgen reads: {err}") from err
        # featurize, not featurize_many: no worker processes and no progress bar
        features[i] = featurizer.featurize(composition)
    return features[rows]


def forest_baseline(
    X_train: FloatArray,
    y_train: FloatArray,
    X_test: FloatArray,
    *,
    seed: int = 0,
    n_jobs: int = 1,
    n_estimators: int = 300,
    transform: Transform = IDENTITY,
) -> FloatArray:
    """Predict with scikit-learn's random forest at its default settings.

    Args:
        X_train: Magpie features and conditions, (n, p); NaN is handled by the trees.
        y_train: Measured values, (n,).
        X_test: Rows to predict, (q, p).
        seed: Seed of the forest.
        n_jobs: Threads.
        n_estimators: Trees.
        transform: Scale to learn on.

    Returns:
        Predictions, (q,), in the unit of `y_train`.

    Raises:
        InputError: If shapes do not fit or a value of `y_train` is not finite.
    """
    from sklearn.ensemble import RandomForestRegressor

    to, back = transform
    _check_shapes(X_train, y_train, X_test)
    forest = RandomForestRegressor(n_estimators=n_estimators, random_state=seed, n_jobs=n_jobs)
    forest.fit(X_train, to(_target(y_train)))
    return np.asarray(back(forest.predict(X_test)), dtype=np.float64)


def xgboost_baseline(
    X_train: FloatArray,
    y_train: FloatArray,
    X_test: FloatArray,
    *,
    seed: int = 0,
    n_jobs: int = 1,
    n_estimators: int = 300,
    transform: Transform = IDENTITY,
) -> FloatArray:
    """Predict with XGBoost: trees of depth 6, learning rate 0.05, rows and columns sampled at 0.8.

    Arguments, result and errors are those of `forest_baseline`. XGBoost's own default learning rate (0.3) overfits
    noisy literature data; a baseline should not be weak by its settings.
    """
    from xgboost import XGBRegressor

    to, back = transform
    _check_shapes(X_train, y_train, X_test)
    model = XGBRegressor(
        n_estimators=n_estimators,
        learning_rate=0.05,
        max_depth=6,
        subsample=0.8,
        colsample_bytree=0.8,
        tree_method="hist",
        random_state=seed,
        n_jobs=n_jobs,
        verbosity=0,
    )
    model.fit(X_train, to(_target(y_train)))
    return np.asarray(back(model.predict(X_test).astype(np.float64)), dtype=np.float64)


def _target(y: FloatArray) -> FloatArray:
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise InputError(
            f"y_train must be finite values of at least one row, got shape {values.shape} with "
            f"{(~np.isfinite(values)).sum()} that are not finite"
        )
    return values


def _check_shapes(X_train: FloatArray, y_train: FloatArray, X_test: FloatArray) -> None:
    if X_train.ndim != 2 or len(X_train) != len(y_train):
        raise InputError(f"X_train must have one row a value of y_train ({len(y_train)}), got shape {X_train.shape}")
    if X_test.ndim != 2 or X_test.shape[1] != X_train.shape[1]:
        raise InputError(f"X_test must have the {X_train.shape[1]} columns of X_train, got shape {X_test.shape}")
