"""What a bundle says of electrodes, in the unit of its target: values, intervals and probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.models.bundle import Bundle
from hemml.models.stated_window import window_of, within_window

if TYPE_CHECKING:
    import pandas as pd

_NODES: Final = 33  # quantiles of a predictive distribution that stand for its mean above a value


@dataclass(frozen=True, eq=False)
class TargetPrediction:
    """What a bundle says of n electrodes.

    Attributes:
        bundle: The bundle.
        conditions: Test conditions, one row for all of them or one for each.
        predicted: Predictions on the learning scale, (n,).
        difficulty: Likely size of their errors on that scale, (n,).
        value: Predictions in the target's unit, (n,).
        lower: Lower ends of the intervals, (n,).
        upper: Upper ends, (n,).
    """

    bundle: Bundle
    conditions: pd.DataFrame
    predicted: FloatArray
    difficulty: FloatArray
    value: FloatArray
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def of(
        cls, bundle: Bundle, conditions: pd.DataFrame, predicted: FloatArray, difficulty: FloatArray, level: float
    ) -> TargetPrediction:
        """Values and intervals from predictions on the learning scale, (n,) each."""
        value = bundle.target.restore(predicted)
        lower, upper = bundle.calibration.interval(predicted, difficulty, level)
        if bundle.target.column is Column.VOLTAGE:
            value, lower, upper = (within_window(conditions, volts) for volts in (value, lower, upper))
        return cls(bundle, conditions, predicted, difficulty, value, lower, upper)

    def probability_above(self, value: float) -> FloatArray:
        """Probability that a measurement exceeds a value, (n,)."""
        above = self.bundle.calibration.probability_above(value, self.predicted, self.difficulty)
        if self.bundle.target.column is Column.VOLTAGE:
            low, high = window_of(self.conditions)
            above = np.where(value >= high, 0.0, np.where(value < low, 1.0, above))
        return above

    def improvement(self, best: float, sign: float) -> FloatArray:
        """Mean of what a measurement is above a value (sign 1) or below it (sign -1), 0 where it is not, (n,)."""
        distributions = self.bundle.calibration.distributions
        out = np.zeros(len(self.predicted))
        for share in (np.arange(_NODES) + 0.5) / _NODES:
            measured = self.bundle.target.restore(
                self.predicted + self.difficulty * float(np.quantile(distributions.scores, share))
            )
            if self.bundle.target.column is Column.VOLTAGE:
                measured = within_window(self.conditions, measured)
            out += np.maximum(sign * (measured - best), 0.0)
        return out / _NODES
