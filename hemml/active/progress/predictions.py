"""How the predictions of proposals compare with what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hemml.active.objective import Objective
from hemml.active.plain import from_plain
from hemml.active.progress.standing import first_told
from hemml.active.proposal import PredictedValue
from hemml.active.situation import measured_value
from hemml.active.store.cells import columns_to_measure
from hemml.columns import TARGETS
from hemml.evaluation import wilson_interval

if TYPE_CHECKING:
    from hemml.active.store import CampaignState, Experiment

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Judged:
    """A prediction and what was measured later.

    Attributes:
        experiment: Id.
        quantity: What was predicted.
        predicted: Value and interval, as proposed.
        measured: Mean of the cells.
        same_test: Whether the cells were tested as the experiment states; others judge no prediction.
        sequence: Event that brought the value.
        mean_before: Mean of the values that were known when the experiment was proposed; None where there were none.
    """

    experiment: str
    quantity: str
    predicted: PredictedValue
    measured: float
    same_test: bool
    sequence: int
    mean_before: float | None

    @property
    def inside(self) -> bool:
        """Whether the measured value lies in the interval."""
        return self.predicted.lower <= self.measured <= self.predicted.upper

    @property
    def error(self) -> float:
        """Predicted minus measured."""
        return self.predicted.value - self.measured


@dataclass(frozen=True)
class Coverage:
    """How the predictions of one quantity did, of cells tested as predicted.

    Attributes:
        quantity: What was predicted.
        n: Number of predictions.
        inside: Of them with the measured value in the interval.
        level: Share that should be inside.
        low: Lower end of the 95 % Wilson interval of the share inside.
        high: Upper end.
        median_error: Median absolute error, in the unit of the quantity.
        n_before: Predictions made when values had been measured before.
        median_error_before: Median absolute error of these predictions; None where there are none.
        median_error_of_mean: What the mean of the values measured before would have given for the same.
    """

    quantity: str
    n: int
    inside: int
    level: float
    low: float
    high: float
    median_error: float
    n_before: int
    median_error_before: float | None
    median_error_of_mean: float | None

    @property
    def share(self) -> float:
        """Share inside."""
        return self.inside / self.n


def judged_of(state: CampaignState) -> tuple[Judged, ...]:
    """Every prediction whose quantity was measured, in the order of the results.

    Raises:
        InputError: A stored prediction is none that hemml wrote.
    """
    found = [
        one
        for experiment in state.experiments.values()
        if experiment.is_taken and experiment.values
        for one in _judged(experiment, state)
    ]
    return tuple(sorted(found, key=lambda one: one.sequence))


def predictions_of(experiment: Experiment) -> dict[str, PredictedValue]:
    """What was predicted of an experiment; nothing for a cell outside the proposals.

    Raises:
        InputError: It is none that hemml wrote.
    """
    return {
        str(quantity): from_plain(PredictedValue, about, f"prediction of {experiment.id}, {quantity}")
        for quantity, about in experiment.proposal.get("predicted", {}).items()
    }


def coverage_of(judged: Sequence[Judged]) -> tuple[Coverage, ...]:
    """Each quantity that was tested as predicted."""
    fair = [one for one in judged if one.same_test]
    return tuple(_coverage(name, [one for one in fair if one.quantity == name]) for name in judged_quantities(fair))


def judged_quantities(judged: Sequence[Judged]) -> tuple[str, ...]:
    """What was judged: capacity, voltage and retention first, then what follows from them."""
    names = dict.fromkeys(one.quantity for one in judged)
    return tuple(dict.fromkeys([*(str(target) for target in TARGETS if target in names), *names]))


def _coverage(quantity: str, judged: Sequence[Judged]) -> Coverage:
    inside = sum(one.inside for one in judged)
    low, high = wilson_interval(inside, len(judged), CONFIDENCE)
    before = [(one, one.mean_before) for one in judged if one.mean_before is not None]
    return Coverage(
        quantity,
        len(judged),
        inside,
        math.fsum(one.predicted.level for one in judged) / len(judged),
        low,
        high,
        float(np.median([abs(one.error) for one in judged])),
        len(before),
        float(np.median([abs(one.error) for one, _ in before])) if before else None,
        float(np.median([abs(mean - one.measured) for one, mean in before])) if before else None,
    )


def _judged(experiment: Experiment, state: CampaignState) -> list[Judged]:
    found = []
    for quantity, predicted in predictions_of(experiment).items():
        columns = columns_to_measure([Objective(quantity, "max")])
        measured = measured_value(experiment, quantity)
        if columns and math.isfinite(measured):
            same = all(_as_stated(experiment, column) for column in columns)
            sequence = first_told(experiment, columns)
            before = _mean_before(experiment, quantity, columns, state)
            found.append(Judged(experiment.id, quantity, predicted, measured, same, sequence, before))
    return found


def _as_stated(experiment: Experiment, column: str) -> bool:
    """Whether no test condition contradicts what the experiment states; one that it does not state may be any."""
    stated = experiment.conditions
    return all(stated.get(name, value) == value for name, value in experiment.values[column].conditions.items())


def _mean_before(experiment: Experiment, quantity: str, columns: Sequence[str], state: CampaignState) -> float | None:
    values = [
        measured_value(one, quantity)
        for one in state.experiments.values()
        if one.is_taken and 0 < first_told(one, columns) < experiment.sequence
    ]
    return math.fsum(values) / len(values) if values else None
