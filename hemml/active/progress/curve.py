"""How the best values and the hypervolume grew, experiment by experiment and batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from hemml.active.acquisition.pareto import hypervolume, nondominated
from hemml.active.objective import Objective
from hemml.active.progress.standing import Standing, in_order
from hemml.arrays import FloatArray

if TYPE_CHECKING:
    from hemml.active.store import CampaignState


@dataclass(frozen=True)
class Point:
    """Where the campaign stood after a result.

    Attributes:
        id: Experiment that gave the result.
        batch: Its batch; None for a cell outside the proposals.
        values: Its quantities to improve on, where known.
        counts: Whether it may set a mark; False where a limit is broken.
        best: Quantity -> best value up to it.
        hypervolume: Up to it; None for a single objective.
    """

    id: str
    batch: int | None
    values: Mapping[str, float]
    counts: bool
    best: Mapping[str, float]
    hypervolume: float | None


@dataclass(frozen=True)
class Batch:
    """Where the campaign stands with a batch and all before it, late results included.

    Attributes:
        number: Of the batch, from 1.
        time: When it was proposed.
        experiments: Ids.
        statuses: Status -> number of its experiments.
        best: Quantity -> best value of it and those before, cells made before the next batch included.
        hypervolume: Of the same; None for a single objective.
    """

    number: int
    time: datetime
    experiments: tuple[str, ...]
    statuses: Mapping[str, int]
    best: Mapping[str, float]
    hypervolume: float | None


@dataclass(frozen=True)
class Scale:
    """The axes, scaled so that the worst value measured in the campaign is 0 and the best is 1.

    Attributes:
        axes: The q objectives to improve on.
        worst: Lowest utility measured, (q,); NaN while nothing is measured.
        best: Highest utility measured, (q,).
    """

    axes: tuple[Objective, ...]
    worst: FloatArray
    best: FloatArray

    @classmethod
    def of(cls, objectives: tuple[Objective, ...], standings: Sequence[Standing]) -> Scale:
        """The scale that complete results span, those that break a limit included."""
        found = _utilities(objectives, standings)
        if not len(found):
            nothing = np.full(len(objectives), np.nan)
            return cls(objectives, nothing, nothing)
        return cls(objectives, found.min(axis=0), found.max(axis=0))

    def hypervolume(self, standings: Sequence[Standing]) -> float | None:
        """Of those that may set a mark, from 0 to 1; 0 while an axis has one value; None for a single objective."""
        if len(self.axes) < 2:
            return None
        found = _utilities(self.axes, [one for one in standings if one.counts])
        span = self.best - self.worst
        if not len(found) or not (span > 0).all():
            return 0.0
        return hypervolume((found - self.worst) / span, np.zeros(len(self.axes)))

    def pareto(self, standings: Sequence[Standing]) -> tuple[str, ...]:
        """Ids of those that no other improves on in everything; of equal ones the first."""
        counting = [one for one in standings if one.counts and one.is_complete]
        found = _utilities(self.axes, counting)
        if not len(found):
            return ()
        if len(self.axes) == 1:
            return (counting[int(np.argmax(found[:, 0]))].id,)
        return tuple(one.id for one, kept in zip(counting, nondominated(found), strict=True) if kept)


def best_of(objectives: Sequence[Objective], standings: Sequence[Standing]) -> dict[str, tuple[float, str]]:
    """Quantity -> best value and the experiment that has it, the first of equal ones."""
    found = {}
    for objective in objectives:
        known = [one for one in standings if one.counts and objective.quantity in one.values]
        if known:
            values = np.array([one.values[objective.quantity] for one in known])
            place = int(np.argmax(objective.utility(values)))
            found[objective.quantity] = float(values[place]), known[place].id
    return found


def points_of(scale: Scale, state: CampaignState, standings: Mapping[str, Standing]) -> tuple[Point, ...]:
    """One point a result."""
    ordered = in_order(standings)
    names = [one.quantity for one in scale.axes]
    return tuple(
        Point(
            one.id,
            state.experiments[one.id].batch,
            {name: one.values[name] for name in names if name in one.values},
            one.counts,
            _values(best_of(scale.axes, ordered[: place + 1])),
            scale.hypervolume(ordered[: place + 1]),
        )
        for place, one in enumerate(ordered)
    )


def batches_of(scale: Scale, state: CampaignState, standings: Mapping[str, Standing]) -> tuple[Batch, ...]:
    """One entry a batch."""
    found = []
    for place, batch in enumerate(state.batches):
        following = state.batches[place + 1].sequence if place + 1 < len(state.batches) else state.sequence + 1
        so_far = [one for one in in_order(standings) if state.experiments[one.id].sequence < following]
        statuses = [str(state.experiments[name].status) for name in batch.experiments]
        found.append(
            Batch(
                batch.number,
                batch.time,
                batch.experiments,
                {name: statuses.count(name) for name in dict.fromkeys(statuses)},
                _values(best_of(scale.axes, so_far)),
                scale.hypervolume(so_far),
            )
        )
    return tuple(found)


def _values(best: Mapping[str, tuple[float, str]]) -> dict[str, float]:
    return {name: value for name, (value, _) in best.items()}


def _utilities(objectives: Sequence[Objective], standings: Sequence[Standing]) -> FloatArray:
    """Of complete results, (k, q)."""
    rows = [[one.values[o.quantity] for o in objectives] for one in standings if one.sequence and one.is_complete]
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(objectives))
    return np.column_stack([o.utility(column) for o, column in zip(objectives, values.T, strict=True)])
