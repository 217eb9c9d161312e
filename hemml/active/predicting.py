"""What is predicted of proposals: values with intervals, and the published record next to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.beliefs import Beliefs
from hemml.active.candidates import Candidates
from hemml.active.objective import Objective
from hemml.active.proposal import Nearest, PredictedValue
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.outcomes import parts_of
from hemml.active.surrogate.own_results import is_told
from hemml.active.surrogate.prior_surrogate import PriorSurrogate
from hemml.arrays import FloatArray, IntArray
from hemml.columns import ENERGY_DENSITY, TARGETS, Column

if TYPE_CHECKING:
    from hemml.models.prediction import Predictor

_UNITS: Final = {**{str(target): target.unit for target in TARGETS}, ENERGY_DENSITY: "Wh/kg"}


@dataclass(frozen=True, eq=False)
class _Interval:
    """Values of b proposals with the ends of their intervals, each (b,)."""

    value: FloatArray
    lower: FloatArray
    upper: FloatArray


def predicted_of(
    objectives: Sequence[Objective],
    beliefs: Beliefs,
    measured: Measured,
    candidates: Candidates,
    rows: IntArray,
    predictor: Predictor | None,
    level: float,
) -> tuple[list[dict[str, PredictedValue]], list[Nearest | None]]:
    """Predictions with intervals, and the published record next to each proposal; None where no bundle was used.

    Args:
        objectives: Of the campaign.
        beliefs: Of all rows of a situation.
        measured: What they rest on.
        candidates: The b proposals.
        rows: Their rows, (b,).
        predictor: The bundles that the campaign started from; None: it knows its own results alone, and says nothing of
            a quantity that it has none of.
        level: Of the intervals.
    """
    if isinstance(beliefs.surrogate, PriorSurrogate) and predictor is not None:
        found, nearest = _informed(objectives, beliefs.surrogate, candidates, rows, predictor, level)
    else:
        found, nearest = _own(objectives, beliefs, measured, rows, level), [None] * len(rows)
    predicted = [
        {name: _value(one, i, level, _UNITS.get(name, "")) for name, one in found.items()} for i in range(len(rows))
    ]
    return predicted, nearest


def _informed(
    objectives: Sequence[Objective],
    surrogate: PriorSurrogate,
    candidates: Candidates,
    rows: IntArray,
    predictor: Predictor,
    level: float,
) -> tuple[dict[str, _Interval], list[Nearest | None]]:
    """As `Predictor.predict` would, from beliefs that own results have moved."""
    from hemml.models.stated_window import within_window

    frame = candidates.conditions.copy()
    frame[Column.FORMULA.value] = list(candidates.formulas)
    literature = predictor.predict(frame, level)
    found: dict[str, _Interval] = {}
    for target in predictor.targets:
        if target not in surrogate.outcomes.beliefs:  # not an objective, but of use to know
            ends = literature.lower[target], literature.upper[target]
            found[str(target)] = _Interval(literature.values[target], *ends)
            continue
        scaled, difficulty = surrogate.outcomes.beliefs[target].mean[rows], surrogate.difficulty(target)[rows]
        low, high = predictor.bundles[target].calibration.interval(scaled, difficulty, level)
        parts = (surrogate.values(target)[rows], low, high)
        if target is Column.VOLTAGE:
            parts = tuple(within_window(literature.frame, volts) for volts in parts)  # type: ignore[assignment]
        found[str(target)] = _Interval(*parts)
    for quantity in dict.fromkeys(one.quantity for one in objectives):
        if len(parts_of(quantity)) > 1:
            found[quantity] = _product(surrogate, quantity, rows, level)
    nearest = [
        Nearest(near[0].record_id, near[0].doi, near[0].formula, near[0].distance) if near else None
        for near in literature.nearest
    ]
    return found, nearest


def _product(surrogate: PriorSurrogate, quantity: str, rows: IntArray, level: float) -> _Interval:
    """A product of targets: a Gaussian with the mean and the deviation that measurements would have."""
    from scipy.special import ndtri

    outcomes = surrogate.outcomes
    noisy = {target: replace(belief, sd=belief.spread) for target, belief in outcomes.beliefs.items()}
    mean, sd = replace(outcomes, objectives=(Objective(quantity, "max"),), beliefs=noisy).moments
    half = ndtri(0.5 + level / 2.0) * sd[0, rows]
    return _Interval(mean[0, rows], np.maximum(mean[0, rows] - half, 0.0), mean[0, rows] + half)


def _own(
    objectives: Sequence[Objective], beliefs: Beliefs, measured: Measured, rows: IntArray, level: float
) -> dict[str, _Interval]:
    """What own results alone say; a goal near a value has no interval of the value, a descriptor is no prediction."""
    from scipy.special import ndtri

    mean, sd = beliefs.surrogate.marginals()
    told = is_told(measured, objectives)
    found: dict[str, _Interval] = {}
    for place, objective in enumerate(objectives):
        if objective.goal == "target" or not told[place] or not parts_of(objective.quantity):
            continue
        sign = 1.0 if objective.goal in ("max", "at_least") else -1.0
        value, half = sign * mean[place, rows] + (objective.value or 0.0), ndtri(0.5 + level / 2.0) * sd[place, rows]
        found.setdefault(objective.quantity, _Interval(value, value - half, value + half))
    return found


def _value(one: _Interval, place: int, level: float, unit: str) -> PredictedValue:
    # the shortest interval of a skewed distribution may leave the point prediction just outside
    value, low, high = float(one.value[place]), float(one.lower[place]), float(one.upper[place])
    return PredictedValue(value, min(low, value), max(high, value), level, unit)
