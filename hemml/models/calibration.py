"""Calibrated probabilities of a model: its difficulty and the distribution of its errors on unseen papers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.arrays import FloatArray
from hemml.models.difficulty import Difficulty, out_of_paper_difficulty
from hemml.models.targets import Target
from hemml.models.training_rows import TrainingRows
from hemml.uncertainty import PredictiveDistributions


@dataclass(frozen=True, eq=False)
class Calibration:
    """What turns a prediction on the learning scale into intervals and probabilities in the target's unit.

    Attributes:
        target: The target.
        difficulty: Estimates how large an error may be.
        distributions: Errors in units of that estimate.
    """

    target: Target
    difficulty: Difficulty
    distributions: PredictiveDistributions

    def interval(self, predicted: FloatArray, difficulty: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        """Lower and upper ends in the target's unit, each (q,).

        Args:
            predicted: Predictions on the learning scale, (q,).
            difficulty: Of `difficulty.predict`, (q,).
            level: Wanted coverage.

        Raises:
            InputError: The level needs more calibration rows than there are.
        """
        low, high = self.distributions.interval(predicted, difficulty, level)
        return self.target.restore(low), self.target.restore(high)

    def probability_above(self, value: float, predicted: FloatArray, difficulty: FloatArray) -> FloatArray:
        """Probability that a measurement exceeds a value in the target's unit, (q,); arguments as in `interval`."""
        if value < self.target.low:
            return np.ones(len(predicted))
        if value >= self.target.high:
            return np.zeros(len(predicted))
        scaled = self.target.to_scale(np.full(len(predicted), float(value)))
        return np.asarray(1.0 - self.distributions.probability_below(scaled, predicted, difficulty))


def calibrate(
    rows: TrainingRows, X: FloatArray, predicted: FloatArray, spread: FloatArray, level: float, seed: int
) -> Calibration:
    """Learn the difficulty of rows, and calibrate on errors in units of it.

    Args:
        rows: n measured rows.
        X: Their columns, (n, c).
        predicted: Predictions on the learning scale, each by a model that had not seen the row's paper, (n,).
        spread: Spread of the regressors about them, (n,).
        level: Level at which intervals are made short.
        seed: Seed of folds and subsampling.
    """
    errors = rows.scaled - predicted
    known = out_of_paper_difficulty(X, predicted, spread, errors, rows.papers, seed)
    restore = rows.target.restore

    def width(low: FloatArray, high: FloatArray) -> float:
        return float((restore(predicted + high) - restore(predicted + low)).mean())

    distributions = PredictiveDistributions.fit(errors, known, width=width, level=level)
    return Calibration(rows.target, Difficulty.fit(X, predicted, spread, errors, seed), distributions)
