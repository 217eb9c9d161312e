"""Scores of predictions and their confidence intervals over papers.

Every metric is written once, for an array of row weights; the score of a table is the case of weights 1, a bootstrap
resample the case of weights 0, 1, 2, ...
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray
from hemml.errors import HemmlError, InputError


@dataclass(frozen=True)
class Scores:
    """Scores of one set of predictions; None means "not defined here" (constant values) or "not asked for".

    Attributes:
        n: Number of rows.
        mae: Mean absolute error, in the target's unit.
        rmse: Root mean square error, in the target's unit.
        r2: Coefficient of determination.
        spearman: Rank correlation of measured and predicted.
        skill: 1 - MAE / MAE of the reference predictions.
        coverage_90: Fraction of measured values inside their 90 % intervals.
        mean_width: Mean width of these intervals, in the target's unit.
    """

    n: int
    mae: float
    rmse: float
    r2: float | None = None
    spearman: float | None = None
    skill: float | None = None
    coverage_90: float | None = None
    mean_width: float | None = None

    def to_dict(self) -> dict[str, float | int | None]:
        """Return the scores by name, ready for JSON."""
        return asdict(self)


def score(
    y: ArrayLike,
    predicted: ArrayLike,
    *,
    reference: ArrayLike | None = None,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
) -> Scores:
    """Compute every score of one set of predictions.

    Args:
        y: Measured values, (n,).
        predicted: Predictions, (n,), in the same unit.
        reference: Predictions of the reference (the family median) for the same rows, (n,); without it no skill.
        lower: Lower ends of 90 % intervals, (n,); without it no coverage and width.
        upper: Upper ends, (n,).

    Raises:
        HemmlError: If a prediction is NaN or infinite; the message counts them, none is dropped.
        InputError: If measured values are not finite, lengths differ or there are no rows.
    """
    table = ScoreTable.checked(y, predicted, reference, lower, upper)
    values = table.metrics(np.ones((1, len(table.y))))
    plain = {name: float(value[0]) if np.isfinite(value[0]) else None for name, value in values.items()}
    return Scores(n=len(table.y), **plain)  # type: ignore[arg-type]  # mae and rmse are always finite


def mae(y: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in the unit of `y`; arguments and errors as in `score`."""
    return score(y, predicted).mae


def r2(y: ArrayLike, predicted: ArrayLike) -> float | None:
    """Coefficient of determination, None where all measured values are equal; arguments and errors as in `score`."""
    return score(y, predicted).r2


def spearman(y: ArrayLike, predicted: ArrayLike) -> float | None:
    """Rank correlation (ties at their mean rank), None where either side is constant; else as in `score`."""
    return score(y, predicted).spearman


def skill(y: ArrayLike, predicted: ArrayLike, reference: ArrayLike) -> float | None:
    """1 - MAE / MAE of the reference, None where the reference makes no error; else as in `score`."""
    return score(y, predicted, reference=reference).skill


def coverage(y: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Fraction of measured values inside [lower, upper], ends included; errors as in `score`."""
    table = ScoreTable.checked(y, y, None, lower, upper)
    return float(table.metrics(np.ones((1, len(table.y))))["coverage_90"][0])


def mean_width(lower: ArrayLike, upper: ArrayLike) -> float:
    """Mean of upper - lower; errors as in `score`."""
    table = ScoreTable.checked(lower, lower, None, lower, upper)
    return float(table.metrics(np.ones((1, len(table.y))))["mean_width"][0])


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Checked columns of equal length, (n,) each."""

    y: FloatArray
    predicted: FloatArray
    reference: FloatArray | None = None
    interval: tuple[FloatArray, FloatArray] | None = None

    @classmethod
    def checked(
        cls,
        y: ArrayLike,
        predicted: ArrayLike,
        reference: ArrayLike | None = None,
        lower: ArrayLike | None = None,
        upper: ArrayLike | None = None,
    ) -> ScoreTable:
        """Check the columns; arguments and errors as in `score`."""
        measured = np.asarray(y, dtype=np.float64)
        if measured.ndim != 1 or not len(measured):
            raise InputError(f"measured values must be one-dimensional with at least one row, got {measured.shape}")
        if not np.isfinite(measured).all():
            raise InputError(
                f"measured values must be finite, got {(~np.isfinite(measured)).sum()} of {len(measured)} that are "
                "not; select the rows that have the target first"
            )
        n = len(measured)
        return cls(
            measured,
            _column("predictions", predicted, n),
            None if reference is None else _column("reference predictions", reference, n),
            _interval(lower, upper, n),
        )

    def metrics(self, weights: FloatArray) -> dict[str, FloatArray]:
        """Every score for each row of weights, (b, n) -> (b,) by name; NaN marks "not defined"."""
        absolute = np.abs(self.y - self.predicted)
        squared = _mean(absolute**2, weights)
        values = {
            "mae": _mean(absolute, weights),
            "rmse": np.sqrt(squared),
            "r2": 1 - _ratio(squared, _variance(self.y, weights)),
            "spearman": _spearman(self.y, self.predicted, weights),
        }
        if self.reference is not None:
            values["skill"] = 1 - _ratio(values["mae"], _mean(np.abs(self.y - self.reference), weights))
        if self.interval is not None:
            lower, upper = self.interval
            inside = (lower <= self.y) & (self.y <= upper)
            values["coverage_90"] = _mean(inside.astype(np.float64), weights)
            values["mean_width"] = _mean(upper - lower, weights)
        return values


def _interval(lower: ArrayLike | None, upper: ArrayLike | None, length: int) -> tuple[FloatArray, FloatArray] | None:
    if lower is None and upper is None:
        return None
    if lower is None or upper is None:
        raise InputError("lower and upper ends of intervals must be given together, got one of them")
    low, high = _column("lower ends", lower, length), _column("upper ends", upper, length)
    if (low > high).any():
        i = int(np.flatnonzero(low > high)[0])
        raise InputError(f"lower ends must not exceed upper ends, got {low[i]:g} > {high[i]:g} in row {i}")
    return low, high


def _column(name: str, values: ArrayLike, length: int) -> FloatArray:
    column = np.asarray(values, dtype=np.float64)
    if column.shape != (length,):
        raise InputError(f"{name} must have one value a row ({length},), got shape {column.shape}")
    bad = ~np.isfinite(column)
    if bad.any():
        raise HemmlError(
            f"{name} must be finite in every row, got {bad.sum()} of {length} that are not (first in row "
            f"{int(np.flatnonzero(bad)[0])}); rows that cannot be predicted are to be rejected by name, not scored"
        )
    return column


def _mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted mean of (n,) or (b, n) values for each of b rows of weights, (b,)."""
    return np.asarray(np.einsum("bn,bn->b", np.broadcast_to(values, weights.shape), weights) / weights.sum(axis=1))


def _variance(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted variance, NaN where the values are equal to 12 digits."""
    centred = values - _mean(values, weights)[:, None]
    variance = _mean(centred**2, weights)
    return np.where(variance > 1e-24 * np.max(np.abs(values)) ** 2, variance, np.nan)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)


def _spearman(y: FloatArray, predicted: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson correlation of mid-ranks: exactly that of the table with each row repeated `weights` times."""
    a, b = (ranks - _mean(ranks, weights)[:, None] for ranks in (_ranks(y, weights), _ranks(predicted, weights)))
    spread = _variance(a, weights) * _variance(b, weights)
    return _mean(a * b, weights) / np.sqrt(spread)


def _ranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Mid-rank of each row among all rows repeated `weights` times, (b, n)."""
    order = np.argsort(values, kind="stable")
    is_new = np.diff(values[order], prepend=np.nan) != 0
    tied = np.add.reduceat(weights[:, order], np.flatnonzero(is_new), axis=1)
    middle = np.cumsum(tied, axis=1) - tied + (tied + 1) / 2
    ranks = np.empty_like(weights)
    ranks[:, order] = middle[:, np.cumsum(is_new) - 1]
    return ranks
