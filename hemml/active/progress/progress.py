"""All of it together: a pure function of space and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hemml.active.objective import Objective, axes, limits
from hemml.active.progress.curve import Batch, Point, Scale, batches_of, best_of, points_of
from hemml.active.progress.predictions import Coverage, Judged, coverage_of, judged_of
from hemml.active.progress.standing import Standing, in_order, standings_of
from hemml.active.progress.syntheses import Syntheses, syntheses_of

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.store import CampaignState


@dataclass(frozen=True)
class Best:
    """The best value of a quantity so far, and the experiment that has it."""

    value: float
    experiment: str


@dataclass(frozen=True)
class Limit:
    """A limit, and the experiments that are known to meet or to break it."""

    limit: str
    met: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How far a campaign has come.

    Experiments that are known to break a limit set no mark: they count neither as best nor for the hypervolume. Those
    whose limits are not measured yet do. What is known today holds for all of the curve.

    Attributes:
        objectives: To improve on and to keep within.
        statuses: Status -> number of experiments, cells outside the proposals included.
        pending: Experiments whose results are to come, partly measured ones included.
        standings: What each experiment says, by id.
        best: Quantity -> best so far.
        hypervolume: Of the Pareto set, every utility scaled to 0 at the worst and 1 at the best value measured in this
            campaign, the reference point at the worst corner: 1 would be one experiment with all the best values. A new
            worst or best value changes the scale. None for a single objective.
        worst: Quantity -> worst measured value that complete results have, where the scale is 0.
        pareto: Ids of the complete experiments that no other improves on in everything.
        points: After each result, in the order of the results.
        batches: After each batch.
        limits: Each limit.
        judged: Each prediction whose quantity was measured.
        coverage: Each quantity that was predicted and measured.
        syntheses: Outcomes of syntheses.
    """

    objectives: tuple[Objective, ...]
    statuses: Mapping[str, int]
    pending: int
    standings: Mapping[str, Standing]
    best: Mapping[str, Best]
    hypervolume: float | None
    worst: Mapping[str, float]
    pareto: tuple[str, ...]
    points: tuple[Point, ...]
    batches: tuple[Batch, ...]
    limits: tuple[Limit, ...]
    judged: tuple[Judged, ...]
    coverage: tuple[Coverage, ...]
    syntheses: Syntheses


def progress_of(space: DesignSpace, state: CampaignState) -> Progress:
    """How far a campaign has come.

    Args:
        space: Its design space.
        state: Where it stands.

    Raises:
        InputError: A stored proposal is none that hemml wrote.
    """
    from hemml.active.store import Status

    standings = standings_of(space, state)
    ordered = in_order(standings)
    improved = axes(space.objectives)
    scale = Scale.of(improved, ordered)
    judged = judged_of(state)
    return Progress(
        objectives=space.objectives,
        statuses={str(status): len(state.with_status(status)) for status in Status},
        pending=len(state.pending),
        standings=standings,
        best={name: Best(value, holder) for name, (value, holder) in best_of(improved, ordered).items()},
        hypervolume=scale.hypervolume(ordered),
        worst=_worst(improved, ordered),
        pareto=scale.pareto(ordered),
        points=points_of(scale, state, standings),
        batches=batches_of(scale, state, standings),
        limits=tuple(_limit(str(one), standings) for one in limits(space.objectives)),
        judged=judged,
        coverage=coverage_of(judged),
        syntheses=syntheses_of(state),
    )


def _worst(improved: tuple[Objective, ...], standings: tuple[Standing, ...]) -> dict[str, float]:
    complete = [one for one in standings if one.is_complete]
    if not complete:
        return {}
    import numpy as np

    return {
        one.quantity: min(
            (each.values[one.quantity] for each in complete), key=lambda value: float(one.utility(np.array(value)))
        )
        for one in improved
    }


def _limit(limit: str, standings: Mapping[str, Standing]) -> Limit:
    told = {
        answer: tuple(i for i, one in standings.items() if one.limits.get(limit) is answer) for answer in (True, False)
    }
    return Limit(limit, told[True], told[False])
