"""Where a campaign stands: the candidates it may propose, and its experiments as rows beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.objective import Objective
from hemml.active.reach import Reach, around
from hemml.active.space.conditions import conditions_frame
from hemml.active.store.cells import columns_to_measure
from hemml.active.surrogate.base import Measured
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.columns import CONDITION_COLUMNS, ENERGY_DENSITY, Column
from hemml.composition import CompositionBatch
from hemml.composition.joining import join

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.store import CampaignState, Experiment

_NO_RANK: Final = -1
_TEST: Final = frozenset(str(column) for column in CONDITION_COLUMNS)


@dataclass(frozen=True, eq=False)
class Situation:
    """n candidates in reach, then rows for the experiments.

    An experiment that was tested under other conditions than the campaign's has two rows: one under its own conditions,
    which holds what was measured, and one under the campaign's, which can be compared with candidates.

    Attributes:
        candidates: All rows; those of experiments have the rank -1.
        measured: What was measured, in the quantities' units, (q, k).
        experiments: The k experiments of `measured`.
        known: Rows to compare candidates with, one for each experiment with all of them, (m,).
        known_ids: Ids of these experiments.
        pending: Rows of experiments whose results are to come, (p,).
        allowed: Which rows may be proposed, (n + rows of experiments,).
        lattice: The first rows alone, which are the same in every situation of a campaign; those behind them are
            neighbours of good ones.
    """

    candidates: Candidates
    measured: Measured
    experiments: tuple[Experiment, ...]
    known: IntArray
    known_ids: tuple[str, ...]
    pending: IntArray
    allowed: BoolArray
    lattice: Candidates


def situation_of(space: DesignSpace, reach: Reach, state: CampaignState, *, near: int = 8) -> Situation:
    """Lay out candidates and experiments.

    Args:
        space: The design space.
        reach: Candidates that the campaign weighs from the start.
        state: Of the campaign.
        near: In a space too large to weigh whole, neighbours of so many of the newest results are weighed too.
    """
    experiments = [one for one in state.experiments.values() if one.is_taken]
    taken = _ranks_taken(space, experiments)
    ranks, lattice = reach.ranks, space.candidates(reach.ranks)
    if not reach.is_whole:
        made = [one for one in experiments if one.values][-near:]
        fresh = around(space, np.setdiff1d(_ranks_taken(space, made), [_NO_RANK]), ranks)
        ranks = np.concatenate([ranks, fresh])
    candidates = space.candidates(ranks) if len(ranks) > len(lattice) else lattice
    allowed = ~np.isin(ranks, taken)
    counted = [one for one in experiments if one.values or one.is_pending]
    rows, measured_in, values = _rows(counted, state.conditions, space.objectives, len(ranks))
    pieces = [(one.formula, conditions) for one, conditions in rows]
    everything = _appended(candidates, pieces, space) if pieces else candidates
    compared = len(ranks) + np.array([_last_of(one, rows) for one in counted], dtype=np.int64)
    has = np.array([_is_known(one, space.objectives) for one in counted], dtype=bool)
    waits = np.array([one.is_pending and not known for one, known in zip(counted, has, strict=True)], dtype=bool)
    return Situation(
        everything,
        Measured(measured_in, values),
        tuple(counted),
        compared[has],
        tuple(one.id for one, known in zip(counted, has, strict=True) if known),
        compared[waits],
        np.concatenate([allowed, np.zeros(len(rows), dtype=bool)]),
        lattice,
    )


def measured_value(experiment: Experiment, quantity: str) -> float:
    """What an experiment says of a quantity, NaN where it says nothing; energy density is capacity times voltage."""
    if quantity == ENERGY_DENSITY:
        return measured_value(experiment, Column.CAPACITY) * measured_value(experiment, Column.VOLTAGE)
    value = experiment.values.get(str(quantity))
    return float("nan") if value is None else value.mean


def _is_known(experiment: Experiment, objectives: Sequence[Objective]) -> bool:
    """Whether results of everything that is to be improved on are there, so that the experiment sets a mark."""
    wanted = columns_to_measure([one for one in objectives if not one.is_limit])
    return bool(experiment.values) and all(column in experiment.values for column in wanted)


def _ranks_taken(space: DesignSpace, experiments: Sequence[Experiment]) -> IntArray:
    """Numbers in the space of some experiments, also of those that were made without being proposed."""
    ranks = [_NO_RANK if one.rank is None else one.rank for one in experiments]
    free = [i for i, one in enumerate(experiments) if one.rank is None]
    if free:
        found = space.rank_of(_batch([experiments[i].formula for i in free], space))
        for place, rank in zip(free, found.tolist(), strict=True):
            ranks[place] = rank
    return np.array(ranks, dtype=object if space.size >= 2**63 else np.int64)


def _rows(
    experiments: Sequence[Experiment], usual: Mapping[str, object], objectives: Sequence[Objective], start: int
) -> tuple[list[tuple[Experiment, dict[str, object]]], IntArray, FloatArray]:
    """Rows of experiments with their conditions; which rows hold measurements, (k,), and their values, (q, k)."""
    rows: list[tuple[Experiment, dict[str, object]]] = []
    places: list[int] = []
    values: list[list[float]] = []
    for one in experiments:
        own: dict[str, object] = dict(one.conditions)
        for value in one.values.values():
            own |= value.conditions
        own = {name: cell for name, cell in own.items() if name in _TEST}
        places.append(start + len(rows))
        values.append([measured_value(one, objective.quantity) for objective in objectives])
        rows.append((one, own))
        common = {name: cell for name, cell in {**usual}.items() if name in _TEST}
        if one.values and own != {**own, **common}:
            rows.append((one, {**own, **common}))
    matrix = np.array(values, dtype=np.float64).reshape(len(places), len(objectives)).T
    return rows, np.array(places, dtype=np.int64), matrix


def _last_of(experiment: Experiment, rows: Sequence[tuple[Experiment, object]]) -> int:
    return max(place for place, (one, _) in enumerate(rows) if one is experiment)


def _appended(
    candidates: Candidates, pieces: Sequence[tuple[str, Mapping[str, object]]], space: DesignSpace
) -> Candidates:
    import pandas as pd

    formulas = [formula for formula, _ in pieces]
    top = {"working_ion": space.spec.working_ion, "role": space.spec.role, "family": space.spec.family}
    # nearly all experiments are tested alike: each set of conditions becomes a table once
    tests = {tuple(sorted(conditions.items())): dict(conditions) for _, conditions in pieces}
    frames = {test: conditions_frame({**top, **given}, space.owner) for test, given in tests.items()}  # type: ignore[dict-item]
    own = [frames[tuple(sorted(conditions.items()))] for _, conditions in pieces]
    batch = join([candidates.batch, _batch(formulas, space)])
    conditions = pd.concat([candidates.conditions, *own], ignore_index=True)
    ranks = np.concatenate([candidates.ranks, np.full(len(pieces), _NO_RANK, dtype=candidates.ranks.dtype)])
    return Candidates(ranks, batch, conditions, candidates.write)


def _batch(formulas: Sequence[str], space: DesignSpace) -> CompositionBatch:
    return CompositionBatch.from_formulas(list(formulas), space.spec.working_ion)
