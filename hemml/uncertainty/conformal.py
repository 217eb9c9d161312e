"""Prediction intervals calibrated on residuals of papers that the model had not seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.errors import BundleError, InputError

_FORMAT: Final = 1
_POOLED: Final = -1
_LEAST_RARE: Final = 50


@dataclass(frozen=True, eq=False)
class ConformalIntervals:
    """Split-conformal intervals, scaled by difficulty and kept apart by category where a category has enough rows.

    All on the scale that the model learns on; a monotone transform back keeps the coverage. With exchangeable rows an
    interval of level L covers a new value with probability between L and L + 1/(n + 1). Rows of one paper are alike,
    so for a handful of papers the coverage of one calibration scatters more than n rows suggest.

    Reference:
        Lei et al., J. Am. Stat. Assoc. 2018, 113, 1094, doi 10.1080/01621459.2017.1307116; by category ("Mondrian"):
        Vovk et al., Algorithmic Learning in a Random World, 2005, doi 10.1007/b106715.

    Attributes:
        scores: Absolute residual / difficulty of every calibration row, ascending, (n,).
        categories: Names of the categories with a calibration of their own.
        codes: Index into `categories` of each score, -1 where its category had too few rows, (n,).
    """

    scores: FloatArray
    categories: tuple[str, ...]
    codes: IntArray

    @classmethod
    def fit(
        cls,
        residuals: ArrayLike,
        difficulty: ArrayLike | None = None,
        categories: Sequence[str] | StrArray | None = None,
        *,
        min_rows: int = 100,
    ) -> ConformalIntervals:
        """Calibrate on out-of-paper residuals.

        Args:
            residuals: Measured - predicted on the learning scale, from folds that held out the row's paper, (n,).
            difficulty: Positive estimate of how large the error may be, (n,); 1 everywhere if not given.
            categories: Category of each row (the role, say), (n,); one pool if not given.
            min_rows: Rows that a category needs for a calibration of its own; the others share the rows of all of them
                where these are 50 or more, else all rows.

        Raises:
            InputError: If a residual is not finite, a difficulty is not positive, or lengths differ.
        """
        errors = _finite("residuals", residuals)
        scale = _difficulty(difficulty, len(errors))
        if not len(errors):
            raise InputError("residuals must have at least one row, got none")
        scores = np.abs(errors) / scale
        order = np.argsort(scores, kind="stable")
        if categories is None:
            return cls(scores[order], (), np.full(len(scores), _POOLED))
        labels = np.asarray(categories, dtype=np.str_)
        if labels.shape != scores.shape:
            raise InputError(f"categories must have one entry a residual {scores.shape}, got shape {labels.shape}")
        names, counts = np.unique(labels, return_counts=True)
        own = tuple(str(name) for name in names[counts >= min_rows])
        return cls(scores[order], own, _codes(labels, own)[order])

    def interval(
        self,
        predicted: ArrayLike,
        difficulty: ArrayLike | None = None,
        level: float = 0.9,
        category: Sequence[str] | StrArray | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Give the interval around each prediction.

        Args:
            predicted: Predictions on the learning scale, (q,).
            difficulty: As in `fit`, (q,).
            level: Wanted coverage, between 0 and 1.
            category: Category of each row, (q,); one without a calibration of its own shares that of the rare ones.

        Returns:
            Lower and upper ends, each (q,).

        Raises:
            InputError: If the level needs more calibration rows than there are, or an array does not fit.
        """
        centre = _finite("predicted", predicted)
        scale = _difficulty(difficulty, len(centre))
        labels = np.full(len(centre), "") if category is None else np.asarray(category, dtype=np.str_)
        if labels.shape != centre.shape:
            raise InputError(f"category must have one entry a prediction {centre.shape}, got shape {labels.shape}")
        codes = _codes(labels, self.categories)
        half_width = np.empty(len(centre))
        for code in np.unique(codes):
            rows = codes == code
            half_width[rows] = self._quantile(level, int(code)) * scale[rows]
        return centre - half_width, centre + half_width

    def highest_level(self, category: str = "") -> float:
        """Return the highest level that the calibration rows of a category allow, n / (n + 1)."""
        n = len(self._by_code[int(_codes(np.asarray([category]), self.categories)[0])])
        return n / (n + 1)

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers and strings that `from_json` reads back exactly."""
        return {
            "format": _FORMAT,
            "scores": self.scores.tolist(),
            "categories": list(self.categories),
            "codes": self.codes.tolist(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ConformalIntervals:
        """Read what `to_json` gave.

        Raises:
            BundleError: If the content is of another format or damaged.
        """
        if stored.get("format") != _FORMAT:
            raise BundleError(
                f"calibration: format must be {_FORMAT}, got {stored.get('format')!r}; use the hemml that wrote it"
            )
        try:
            scores = np.asarray(stored["scores"], dtype=np.float64)
            codes = np.asarray(stored["codes"], dtype=np.int64)
            categories = tuple(stored["categories"])
        except (KeyError, TypeError, ValueError, OverflowError) as err:
            raise BundleError(f"calibration: scores, codes and categories must be lists, got {err!r}") from err
        if scores.ndim != 1 or not len(scores) or codes.shape != scores.shape:
            raise BundleError(f"calibration: one code a score is needed, got {scores.shape} and {codes.shape}")
        if not (np.isfinite(scores).all() and scores[0] >= 0 and (np.diff(scores) >= 0).all()):
            raise BundleError("calibration: scores must be finite, not negative and ascending; the file is damaged")
        if not all(isinstance(name, str) for name in categories):
            raise BundleError(f"calibration: categories must be text, got {categories!r}")
        if set(codes.tolist()) - {_POOLED} != set(range(len(categories))):
            raise BundleError(f"calibration: codes must point at the {len(categories)} categories; the file is damaged")
        return cls(scores, categories, codes)

    @cached_property
    def _by_code(self) -> dict[int, FloatArray]:
        own = {code: self.scores[self.codes == code] for code in range(len(self.categories))}
        # What is rare is harder to predict: rare categories calibrate each other where they are enough together.
        rare = self.scores[self.codes == _POOLED]
        return {_POOLED: rare if own and len(rare) >= _LEAST_RARE else self.scores, **own}

    def _quantile(self, level: float, code: int) -> float:
        """Score number ceil((n + 1) level) of n: the finite-sample quantile."""
        if not 0 < level < 1:
            raise InputError(f"level must be between 0 and 1, got {level}")
        scores = self._by_code[code]
        # 1e-9: (n + 1) level is often whole, and 0.9 * 10 must not become 10 by rounding
        rank = math.ceil((len(scores) + 1) * level - 1e-9)
        if rank > len(scores):
            needed = math.ceil(level / (1 - level) - 1e-9)
            owner = f"category {self.categories[code]!r}" if code >= 0 else "the calibration set"
            raise InputError(
                f"level {level:g} needs at least {needed} calibration rows, {owner} has {len(scores)}; "
                f"ask for at most {math.floor(len(scores) / (len(scores) + 1) * 1000) / 1000:g}"
            )
        return float(scores[rank - 1])


def _codes(labels: StrArray, own: tuple[str, ...]) -> IntArray:
    """Return the index of each label in `own`, -1 where it has none."""
    codes = np.full(len(labels), _POOLED, dtype=np.int64)
    for code, name in enumerate(own):
        codes[labels == name] = code
    return codes


def _finite(name: str, values: ArrayLike) -> FloatArray:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, got shape {column.shape}")
    if not np.isfinite(column).all():
        raise InputError(f"{name} must be finite, got {(~np.isfinite(column)).sum()} of {len(column)} that are not")
    return column


def _difficulty(values: ArrayLike | None, length: int) -> FloatArray:
    if values is None:
        return np.ones(length)
    scale = _finite("difficulty", values)
    if scale.shape != (length,):
        raise InputError(f"difficulty must have one value a row ({length},), got shape {scale.shape}")
    if (scale <= 0).any():
        raise InputError(f"difficulty must be positive, got {scale.min():g} as the smallest")
    return scale
