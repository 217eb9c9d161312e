"""A probability for every value of a new measurement, calibrated on papers that the model had not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray
from hemml.errors import BundleError, InputError

_FORMAT: Final = 2
_SHARES: Final = np.linspace(0.1, 0.9, 41)  # no end may rest on the outermost row alone, whatever the level
_ROUNDING: Final = 1e-9  # (n + 1) level is often whole, and 0.9 * 10 must not become 10 by rounding


@dataclass(frozen=True, eq=False)
class PredictiveDistributions:
    """Conformal predictive distributions: the errors of rows of unseen papers, scaled by how hard each row was.

    A new value is predicted + difficulty * score with one of the n calibration scores as likely as another, on the
    scale that the model learns on; a monotone transform to the target's unit keeps the probabilities. With exchangeable
    rows an interval of level L covers a new value with probability between L and L + 2/(n + 1). Rows of one paper are
    alike, so the coverage of one calibration scatters more than n rows suggest. Numbers equal those of
    `crepes.ConformalPredictiveSystem`, which loops over rows.

    Reference:
        Vovk et al., Machine Learning 2019, 108, 445, doi 10.1007/s10994-018-5755-8; scaled by difficulty: Bostrom,
        crepes, COPA 2022, PMLR 179, 24.

    Attributes:
        scores: (measured - predicted) / difficulty of every calibration row, ascending, (n,).
        lower_share: Share of the probability outside of an interval that lies below it.
    """

    scores: FloatArray
    lower_share: float

    @classmethod
    def fit(
        cls,
        residuals: ArrayLike,
        difficulty: ArrayLike | None = None,
        *,
        width: Callable[[FloatArray, FloatArray], float] | None = None,
        level: float = 0.9,
    ) -> PredictiveDistributions:
        """Calibrate on out-of-paper residuals.

        Args:
            residuals: Measured - predicted on the learning scale, from folds that held out the row's paper, (n,).
            difficulty: Positive estimate of how large the error may be, made without the row's paper, (n,); 1
                everywhere if not given.
            width: Mean width of the intervals of the calibration rows, in the unit that users read, from lower and
                upper ends relative to the prediction, each (n,). Intervals then leave out as much on each side as makes
                them short; equal tails if not given.
            level: Level at which they are made short.

        Raises:
            InputError: If a residual is not finite, a difficulty is not positive, or lengths differ.
        """
        errors = _finite("residuals", residuals)
        scale = _difficulty(difficulty, len(errors))
        if not len(errors):
            raise InputError("residuals must have at least one row, got none")
        equal = cls(np.sort(errors / scale), 0.5)
        if width is None:
            return equal
        best, least = equal, math.inf
        for share in _SHARES:
            candidate = cls(equal.scores, float(share))
            try:
                low, high = candidate.ends(level)
            except InputError:
                return equal
            if (found := width(low * scale, high * scale)) < least:
                best, least = candidate, found
        return best

    def __len__(self) -> int:
        return len(self.scores)

    def ends(self, level: float) -> tuple[float, float]:
        """Lower and upper end of the interval of a prediction 0 with difficulty 1.

        Raises:
            InputError: If the level needs more calibration rows than there are.
        """
        if not 0 < level < 1:
            raise InputError(f"level must be between 0 and 1, got {level}")
        n = len(self)
        outside = (n + 1) * (1 - level)
        if outside < 2 - _ROUNDING:
            needed = math.ceil(2 / (1 - level) - _ROUNDING) - 1
            raise InputError(
                f"level {level:g} needs at least {needed} calibration rows, the calibration set has {n}; "
                f"ask for at most {math.floor(self.highest_level * 1000) / 1000:g}"
            )
        # One row on each side at least: beyond the outermost scores nothing is known.
        below = min(max(self.lower_share * outside, 1.0), outside - 1.0)
        low = math.floor(below + _ROUNDING)
        high = math.ceil(n + 1 - (outside - below) - _ROUNDING)
        return float(self.scores[low - 1]), float(self.scores[high - 1])

    def interval(
        self, predicted: ArrayLike, difficulty: ArrayLike | None = None, level: float = 0.9
    ) -> tuple[FloatArray, FloatArray]:
        """Give the interval around each prediction.

        Args:
            predicted: Predictions on the learning scale, (q,).
            difficulty: As in `fit`, (q,).
            level: Wanted coverage, between 0 and 1.

        Returns:
            Lower and upper ends, each (q,).

        Raises:
            InputError: If the level needs more calibration rows than there are, or an array does not fit.
        """
        centre = _finite("predicted", predicted)
        scale = _difficulty(difficulty, len(centre))
        low, high = self.ends(level)
        return centre + low * scale, centre + high * scale

    def probability_below(
        self, values: ArrayLike, predicted: ArrayLike, difficulty: ArrayLike | None = None
    ) -> FloatArray:
        """Probability that a new measurement is at or below a value, (q,), between 1/(n + 1) and 1.

        For measured values this is their rank, evenly spread between 0 and 1 where the calibration holds.

        Args:
            values: Values on the learning scale, (q,).
            predicted: Predictions on the learning scale, (q,).
            difficulty: As in `fit`, (q,).

        Raises:
            InputError: If an array does not fit.
        """
        centre = _finite("predicted", predicted)
        asked = np.asarray(values, dtype=np.float64)
        if asked.shape != centre.shape:
            raise InputError(f"values must have one entry a prediction {centre.shape}, got shape {asked.shape}")
        scale = _difficulty(difficulty, len(centre))
        at_or_below = np.searchsorted(self.scores, (asked - centre) / scale, side="right")
        return np.asarray((at_or_below + 1.0) / (len(self) + 1.0), dtype=np.float64)

    def quantile(self, level: float) -> float:
        """The score that a new one does not exceed with probability `level` or more; the largest where rows are few."""
        rank = math.ceil((len(self) + 1) * level - _ROUNDING)
        return float(self.scores[min(rank, len(self)) - 1])

    @property
    def highest_level(self) -> float:
        """The highest level that the calibration rows allow, 1 - 2/(n + 1)."""
        return 1 - 2 / (len(self) + 1)

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers that `from_json` reads back exactly."""
        return {"format": _FORMAT, "scores": self.scores.tolist(), "lower_share": self.lower_share}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PredictiveDistributions:
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
            share = float(stored["lower_share"])
        except (KeyError, TypeError, ValueError, OverflowError) as err:
            raise BundleError(f"calibration: scores and lower_share must be numbers, got {err!r}") from err
        if scores.ndim != 1 or not len(scores):
            raise BundleError(f"calibration: scores must be a list of numbers, got shape {scores.shape}")
        if not (np.isfinite(scores).all() and (np.diff(scores) >= 0).all()):
            raise BundleError("calibration: scores must be finite and ascending; the file is damaged")
        if not 0 < share < 1:
            raise BundleError(f"calibration: lower_share must be between 0 and 1, got {share}; the file is damaged")
        return cls(scores, share)


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
