"""What a search has looked at: each candidate once, and everything that was found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hemml.active.space import columns_of
from hemml.arrays import FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.screening.found import SCORE, Found, front_of, highest
from hemml.screening.job import Job
from hemml.screening.rows import Rows
from hemml.screening.screener import DISTANCE, IN_DOMAIN, Screener


@dataclass(frozen=True, eq=False)
class Judged:
    """What is known of n candidates.

    Attributes:
        utilities: What is searched for, larger is better, (n, q); 0 where a candidate is not kept.
        violation: 0 where it is kept; the larger, the more it misses, (n,).
    """

    utilities: FloatArray
    violation: FloatArray


class Memory:
    """What a search has looked at; every candidate counts once, however often it is met.

    Attributes:
        screener: The screening.
        found: Best candidates and Pareto set of everything looked at.
        left: Candidates that may still be looked at.
    """

    def __init__(self, screener: Screener, evaluations: int) -> None:
        self.screener = screener
        self.found = screener.nothing
        self.left = evaluations
        self._rows: dict[int, int] = {}
        self._values = np.zeros((evaluations, len(self.names)))
        self._violation = np.zeros(evaluations)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers that the search raises.

        With a Pareto set its axes, and the score where that is none of them; without one the score alone.
        """
        job = self.screener.job
        axes = self.screener.axes
        is_axis = job.settings.acquisition == "value" and job.ranked_by in job.axes
        return axes if axes and is_axis else (*axes, SCORE)

    def new(self, ranks: IntArray) -> IntArray:
        """Which of n different candidates were not looked at yet, as positions, (m,)."""
        return np.array([i for i, rank in enumerate(ranks.tolist()) if rank not in self._rows], dtype=np.int64)

    def judge(self, ranks: IntArray) -> Judged:
        """What is known of n different candidates; those that are new, `left` at most, are looked at."""
        new = ranks[self.new(ranks)]
        if len(new):
            self._look(new)
            self.left -= len(new)
        rows = np.array([self._rows[rank] for rank in ranks.tolist()], dtype=np.int64)
        return Judged(self._values[rows], self._violation[rows])

    @property
    def fewest_broken(self) -> int:
        """Constraints that the candidate missed that missed fewest, where none met all."""
        return round(float(self._violation[: len(self._rows)].min()) - _unpredicted(self.screener.job))

    def _look(self, ranks: IntArray) -> None:
        start, n = len(self._rows), len(ranks)
        job = self.screener.job
        batch = job.space.lattice.batch(ranks)
        broken = broken_constraints(job, batch)
        met = np.flatnonzero(broken == 0)
        self._violation[start : start + n] = broken + _unpredicted(job)
        kept = self.screener.nothing.best
        if len(met):
            rows, keeps = self.screener.predicted(ranks[met], batch[met])
            self._violation[start + met] = np.where(keeps, 0.0, shortfall(job, rows))
            kept = rows[keeps]
            self._values[start + met[keeps]] = kept.columns(self.names).T
        self._rows.update(zip(ranks.tolist(), range(start, start + n), strict=True))
        front = front_of(kept, self.screener.axes)
        part = Found(n, len(met), len(kept), highest(kept, self.screener.pool), front)
        self.found = self.screener.join(self.found, part)


def _unpredicted(job: Job) -> float:
    """Violation of candidates that are not predicted: above that of all that are."""
    return len(job.limits) + 2.0


def broken_constraints(job: Job, batch: CompositionBatch) -> FloatArray:
    """Constraints of the space that each of n candidates misses, (n,)."""
    constraints = job.space.constraints
    columns = columns_of((name for constraint in constraints for name in constraint.names), batch)
    broken = np.zeros(len(batch))
    for constraint in constraints:
        broken += ~constraint.holds(columns)
    return broken


def shortfall(job: Job, rows: Rows) -> FloatArray:
    """By how much each of m predicted candidates misses limits and, where asked, the domain, above 0, (m,).

    Each limit adds what is missing over its value, and the domain the distance to the nearest record, both as a number
    below 1.
    """
    out = np.zeros(len(rows))
    for limit in job.limits:
        name = limit.quantity if limit.quantity in rows.names else f"{limit.quantity}_predicted"
        missing = np.maximum(0.0, -limit.utility(rows.column(name))) / (abs(limit.value or 0.0) or 1.0)
        out += np.nan_to_num(missing / (1.0 + missing), nan=1.0)
    if job.settings.inside_domain:
        distance = rows.column(DISTANCE)
        out += np.where(rows.column(IN_DOMAIN) > 0, 0.0, distance / (1.0 + distance))
    return np.where(out > 0, out, 1.0)  # the rest have no finite score
