"""What a strategy is: told of candidates and of what has been measured, it names the next experiments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.columns import TARGETS, Column
from hemml.errors import HemmlError, InputError

if TYPE_CHECKING:
    from hemml.active.surrogate.columns import PoolColumns
    from hemml.active.surrogate.prior import Prior


@dataclass(frozen=True, eq=False)
class Brief:
    """What a strategy is told before the first experiment: no outcome of any.

    One brief serves all campaigns on a pool: what it computes is computed once.

    Attributes:
        candidates: The pool's compositions and test conditions.
        objectives: What to improve on.
        prior: Folder of the bundles to start from; None: no model that was trained before the campaign.
    """

    candidates: Candidates
    objectives: tuple[Objective, ...]
    prior: Path | None = None

    @cached_property
    def columns(self) -> PoolColumns:
        """What a surrogate without a prior learns from."""
        from hemml.active.surrogate.columns import PoolColumns

        conditions = self.candidates.conditions
        is_cathode = conditions[Column.ROLE.value].to_numpy(dtype=np.str_) == "cathode"
        return PoolColumns.of(self.candidates.batch, is_cathode, conditions)

    @cached_property
    def beliefs(self) -> Prior:
        """What the bundles say of the candidates.

        Raises:
            BundleError: The folder holds no usable bundles.
            InputError: There is no prior, or an objective that no bundle predicts by itself.
        """
        from hemml.active.surrogate.prior import Prior
        from hemml.models.prediction import Predictor

        if self.prior is None:
            raise InputError("prior: a folder of bundles is needed, got none; give --prior")
        by_name = {str(target): target for target in TARGETS}
        for objective in self.objectives:
            if objective.quantity not in by_name:
                raise InputError(
                    f"objective {objective}: with a prior it must be one of {', '.join(by_name)}, which its bundles "
                    "predict; leave --prior out"
                )
        sought = tuple(by_name[objective.quantity] for objective in self.objectives)
        return Prior.of(Predictor.load(self.prior), self.candidates, sought, threads=1)


class Strategy(Protocol):
    """Proposes the experiments of one simulated campaign, batch after batch."""

    def propose(self, known: Measured, size: int, rng: np.random.Generator) -> IntArray:
        """Rows of `size` candidates that are not among the known ones, each once, (size,)."""
        ...


def unmeasured(n: int, known: Measured) -> BoolArray:
    """Which of n candidates may be proposed, (n,)."""
    free = np.ones(n, dtype=np.bool_)
    free[known.rows] = False
    return free


def utilities(objectives: tuple[Objective, ...], values: FloatArray) -> FloatArray:
    """Utilities of measured values, (q, k)."""
    return np.stack([objective.utility(row) for objective, row in zip(objectives, values, strict=True)])


def weighted_batch(
    scores: FloatArray, known: FloatArray, free: BoolArray, size: int, rng: np.random.Generator
) -> IntArray:
    """The best candidates by random weights of the objectives, new weights for every place in the batch.

    Args:
        scores: What to maximise, in utility units, (q, n).
        known: Utilities measured so far, which set the scale of each objective, (q, k).
        free: Which candidates may be taken, (n,).
        size: How many to take.
        rng: Draws the weights, uniform on the simplex; with one objective there is nothing to draw.

    Returns:
        Rows in the order taken, (size,).
    """
    low, high = known.min(axis=1, keepdims=True), known.max(axis=1, keepdims=True)
    scaled = (scores - low) / np.where(high > low, high - low, 1.0)
    left = free.copy()
    rows = np.empty(size, dtype=np.int64)
    for place in range(size):
        weights = rng.dirichlet(np.ones(len(scores))) if len(scores) > 1 else np.ones(1)
        rows[place] = np.argmax(np.where(left, weights @ scaled, -np.inf))
        left[rows[place]] = False
    return rows


def check_proposal(strategy: str, rows: IntArray, known: Measured, n: int, size: int) -> None:
    """Refuse a batch that is not `size` different candidates that nobody has measured.

    Raises:
        HemmlError: It is not; the strategy is at fault.
    """
    wrong = rows.shape != (size,) or len(set(rows.tolist())) < size
    if wrong or rows.min() < 0 or rows.max() >= n or np.isin(rows, known.rows).any():
        raise HemmlError(
            f"strategy {strategy}: must propose {size} different candidates of 0 to {n - 1} that are not measured yet, "
            f"got {rows.tolist()}; report this as a fault of hemml"
        )
