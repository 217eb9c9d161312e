"""What each experiment says of the objectives, in the order in which results came."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hemml.active.objective import Objective, axes, limits
from hemml.active.situation import measured_value
from hemml.active.store.cells import columns_to_measure

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.store import CampaignState, Experiment


@dataclass(frozen=True)
class Standing:
    """One experiment.

    Attributes:
        id: Of the experiment.
        values: Quantity of an objective -> value, where it is known; descriptors are always known.
        limits: Limit as text -> whether it is met; None: not measured yet.
        sequence: Event that brought the newest of the quantities to improve on; 0 where none is measured yet.
        is_complete: Whether all quantities to improve on are known.
    """

    id: str
    values: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, bool | None] = field(default_factory=dict)
    sequence: int = 0
    is_complete: bool = False

    @property
    def counts(self) -> bool:
        """Whether it may set a mark: it has a result, and no limit is known to be broken."""
        return self.sequence > 0 and False not in self.limits.values()


def standings_of(space: DesignSpace, state: CampaignState) -> dict[str, Standing]:
    """Every experiment by its id, in the order in which they began.

    Args:
        space: The design space of the campaign.
        state: Of the campaign.
    """
    experiments = list(state.experiments.values())
    known = _descriptors(space, experiments)
    return {one.id: _standing(one, space.objectives, known.get(one.id, {})) for one in experiments}


def in_order(standings: Mapping[str, Standing]) -> tuple[Standing, ...]:
    """Those with a result, in the order in which the results came."""
    return tuple(sorted((one for one in standings.values() if one.sequence), key=lambda one: one.sequence))


def first_told(experiment: Experiment, columns: Sequence[str]) -> int:
    """Event after which all of some columns were known; 0 while one is not."""
    found = [
        min((cell.sequence for cell in experiment.measurements if column in cell.values), default=0)
        for column in columns
    ]
    return max(found) if found and all(found) else 0


def _standing(experiment: Experiment, objectives: Sequence[Objective], descriptors: Mapping[str, float]) -> Standing:
    values = {one.quantity: measured_value(experiment, one.quantity) for one in objectives} | dict(descriptors)
    values = {name: value for name, value in values.items() if math.isfinite(value)}
    if not experiment.is_taken:
        return Standing(experiment.id, values)
    met = {str(one): _is_met(one, values.get(one.quantity)) for one in limits(objectives)}
    improved = axes(objectives)
    sequences = [first_told(experiment, columns_to_measure([one])) for one in improved]
    if not columns_to_measure(improved):  # descriptors alone are improved on: any result shows that it was made
        sequences = [min((cell.sequence for cell in experiment.measurements), default=0)]
    sequence = max(sequences)
    return Standing(
        experiment.id, values, met, sequence, bool(sequence) and all(o.quantity in values for o in improved)
    )


def _is_met(limit: Objective, value: float | None) -> bool | None:
    return None if value is None else bool(limit.utility(np.float64(value)) >= 0)  # type: ignore[arg-type]


def _descriptors(space: DesignSpace, experiments: Sequence[Experiment]) -> dict[str, dict[str, float]]:
    """Values of the descriptors among the objectives, by experiment."""
    names = tuple(dict.fromkeys(one.quantity for one in space.objectives if not columns_to_measure([one])))
    if not names or not experiments:
        return {}
    from hemml.composition import CompositionBatch
    from hemml.features import FeatureSet

    batch = CompositionBatch.from_formulas([one.formula for one in experiments], space.spec.working_ion)
    table = FeatureSet.default(names).compute(batch)
    return {one.id: dict(zip(names, map(float, row), strict=True)) for one, row in zip(experiments, table, strict=True)}
