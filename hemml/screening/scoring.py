"""The number that candidates are ranked by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hemml.active.objective import Objective
from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.models.target_prediction import TargetPrediction


def score(
    objective: Objective,
    acquisition: str,
    best: float | None,
    values: Mapping[str, FloatArray],
    predictions: Mapping[Column, TargetPrediction],
) -> FloatArray:
    """Scores of n candidates, higher is better, (n,).

    Args:
        objective: What to rank by.
        acquisition: One of `ACQUISITIONS`.
        best: Value to beat, where the acquisition needs one.
        values: Predicted targets, products of them and descriptors, by name, each (n,).
        predictions: What the bundles say, by target.
    """
    if acquisition == "value":
        # what does not apply to a candidate never ranks
        return np.nan_to_num(objective.utility(values[objective.quantity]), nan=-np.inf)
    one = next(found for target, found in predictions.items() if target == objective.quantity)
    raises = objective.goal == "max"
    if acquisition in ("lower", "upper"):
        end = one.lower if raises == (acquisition == "lower") else one.upper
        return objective.utility(end)
    assert best is not None  # noqa: S101 - checked by Settings
    if acquisition == "probability":
        above = one.probability_above(best)
        return above if raises else 1.0 - above
    return one.improvement(best, 1.0 if raises else -1.0)
