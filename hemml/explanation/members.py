"""Exact contributions of groups of columns to one regressor, whatever its kind."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.errors import InputError
from hemml.explanation.shapley import of_function, of_products
from hemml.explanation.trees import Trees
from hemml.models.scaling import BlockScaler, SlopeFirst
from hemml.models.starting_point import StartFrom

_BACKGROUND: Final = 32


def member_contributions(
    member: Any, X: FloatArray, groups: IntArray, k: int, reference: FloatArray | None
) -> tuple[float, FloatArray]:
    """Base value and contributions of k groups of columns on the learning scale; together they are the prediction.

    Trees are compared with their own training rows, a support vector machine with 32 of its support vectors (training
    rows), a linear model and any other regressor with a reference row.

    Args:
        member: A fitted regressor of `hemml.models.regressors`.
        X: Columns of r rows, (r, c).
        groups: Group of each column, (c,).
        k: Number of groups.
        reference: Row that linear and other models are compared with, (c,); trees need none.

    Returns:
        The base value and the contributions, (r, k).

    Raises:
        InputError: The regressor needs a reference row and there is none.
    """
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
    from xgboost import XGBRegressor

    if isinstance(member, StartFrom):
        # A share of one column is a line: it moves the base value, and its column takes the rest.
        start = 0.0 if reference is None else float(reference[member.column])
        base, out = member_contributions(member.regressor_, X, groups, k, reference)
        out[:, groups[member.column]] += member.share * (X[:, member.column] - start)
        return base + member.share * start, out
    if isinstance(member, ExtraTreesRegressor | RandomForestRegressor):
        return Trees.of_forest(member).shapley(X, groups, k)
    if isinstance(member, XGBRegressor):
        return Trees.of_xgboost(member).shapley(X, groups, k)
    if reference is None:
        raise InputError(
            f"a regressor of kind {type(member).__name__} must have a row to be compared with, got none; "
            "train it behind hemml's scaler, or leave it out of the regressors"
        )
    if isinstance(member, SlopeFirst):
        return _slope_first(member, X, groups, k, reference)
    return _scaled(member, X, groups, k, reference)


def reference_row(members: Any, names: tuple[str, ...], typical: dict[str, float]) -> FloatArray | None:
    """Means of the training rows as the first scaler among regressors knows them, (c,); None where there is none.

    Args:
        members: Fitted regressors.
        names: Names of the c columns.
        typical: Values of columns that a scaler does not see, by name.
    """
    for member in members:
        inner = member.regressor_ if isinstance(member, SlopeFirst | StartFrom) else member
        scaler = inner[0] if hasattr(inner, "steps") else None
        if isinstance(scaler, BlockScaler):
            row = np.array(scaler.mean_, dtype=np.float64)
            for name, value in typical.items():
                if name in names:
                    row[names.index(name)] = value
            return row
    return None


def _slope_first(
    member: SlopeFirst, X: FloatArray, groups: IntArray, k: int, reference: FloatArray
) -> tuple[float, FloatArray]:
    """The lines, a product of a condition and the role, and what the inner regressor adds."""
    columns = list(member.columns)
    rest, rest_reference = X.copy(), reference.copy()
    rest[:, columns] = 0.0
    rest_reference[columns] = 0.0
    base, out = _scaled(member.regressor_, rest, groups, k, rest_reference)
    # Slopes of the first class come first, then those of the second, as `SlopeFirst` writes its lines.
    for line, slope in enumerate(member.slopes_):
        column, second = columns[line % len(columns)], line >= len(columns)
        on, off = np.ones((2, k, len(X)))
        for rows, factors in ((X, on), (np.broadcast_to(reference, X.shape), off)):
            factors[groups[column]] *= rows[:, column]
            of_class = rows[:, member.switch]
            factors[groups[member.switch]] *= 1.0 - of_class if second else of_class
        base += float(slope * off[:, 0].prod())
        for row in range(len(X)):
            out[row] += of_products(np.array([slope]), on[:, row : row + 1], off[:, row : row + 1])
    return base, out


def _scaled(member: Any, X: FloatArray, groups: IntArray, k: int, reference: FloatArray) -> tuple[float, FloatArray]:
    from sklearn.linear_model import Ridge, RidgeCV
    from sklearn.svm import SVR

    scaler, regressor = (member[0], member[-1]) if hasattr(member, "steps") and len(member) == 2 else (None, None)
    if isinstance(scaler, BlockScaler):
        if isinstance(regressor, Ridge | RidgeCV):
            center = scaler.transform(reference[None])[0]
            terms = (scaler.transform(X) - center) * np.ravel(regressor.coef_)
            out = np.stack([terms[:, groups == g].sum(axis=1) for g in range(k)], axis=1)
            return float(regressor.predict(center[None])[0]), out
        if isinstance(regressor, SVR) and regressor.kernel == "rbf" and isinstance(regressor.gamma, float | int):
            return _kernel(regressor, scaler.transform(X), groups, k)
    base = float(np.ravel(member.predict(reference[None]))[0])

    def predict(rows: FloatArray) -> FloatArray:
        return np.asarray(np.ravel(member.predict(rows)), dtype=np.float64)

    return base, np.stack([of_function(predict, row, reference, groups, k) for row in X])


def _kernel(machine: Any, Z: FloatArray, groups: IntArray, k: int) -> tuple[float, FloatArray]:
    """A Gaussian kernel is a product of one factor an idea, so a support vector machine is a sum of products."""
    vectors = np.asarray(machine.support_vectors_, dtype=np.float64)
    size = min(_BACKGROUND, len(vectors))
    background = vectors[np.random.default_rng(0).choice(len(vectors), size=size, replace=False)]

    def factors(rows: FloatArray) -> FloatArray:
        """Kernel factor of each group between rows and support vectors, (r, k, v)."""
        squares = [((rows[:, None, groups == g] - vectors[None, :, groups == g]) ** 2).sum(axis=2) for g in range(k)]
        return np.exp(-float(machine.gamma) * np.stack(squares, axis=1))

    off = factors(background)
    weights = np.ravel(machine.dual_coef_)
    base = float(machine.intercept_[0]) + float((off.prod(axis=1) @ weights).mean())
    out = np.zeros((len(Z), k))
    for row, z in enumerate(Z):
        on = factors(z[None])[0]
        for other in off:
            out[row] += of_products(weights, on, other)
    return base, out / size
