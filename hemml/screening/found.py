"""What a screening has found so far; parts join in any order to the same whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.acquisition.pareto import nondominated
from hemml.arrays import FloatArray, IntArray
from hemml.screening.rows import Rows

SCORE: Final = "score"


@dataclass(frozen=True, eq=False)
class Found:
    """What was found among some of the candidates.

    Attributes:
        looked_at: Candidates.
        feasible: Those that meet the constraints of the space, all of which were predicted.
        kept: Those of them that keep the limits on predictions and, where asked, are inside the domain.
        best: The best of these by score, the best first.
        front: Those of them that no other dominates; empty where no Pareto set is asked for.
    """

    looked_at: int
    feasible: int
    kept: int
    best: Rows
    front: Rows

    def join(self, other: Found, pool: int, axes: Sequence[str]) -> Found:
        """These candidates and others together.

        Args:
            other: What was found among other candidates.
            pool: Most of the best to keep.
            axes: Names of the utilities whose Pareto set is kept; none: no Pareto set.
        """
        return Found(
            self.looked_at + other.looked_at,
            self.feasible + other.feasible,
            self.kept + other.kept,
            highest(self.best.then(other.best), pool),
            front_of(self.front.then(other.front), axes),
        )


def highest(rows: Rows, count: int) -> Rows:
    """The rows with the highest scores, the highest first; of equal ones the lowest ranks."""
    score = rows.column(SCORE)
    if len(rows) > 2 * count:
        least = np.partition(score, len(rows) - count)[len(rows) - count]
        rows = rows[score >= least]
        score = rows.column(SCORE)
    return rows[_ordered(rows.ranks, score)[:count]]


def front_of(rows: Rows, axes: Sequence[str]) -> Rows:
    """The rows that no other dominates, by rank; of equal points the one of the lowest rank."""
    if not axes or not len(rows):
        return rows[:0]
    rows = rows[np.argsort(rows.ranks, kind="stable")]
    return rows[nondominated(rows.columns(axes).T)]


def _ordered(ranks: IntArray, score: FloatArray) -> IntArray:
    by_rank = np.argsort(ranks, kind="stable")
    return np.asarray(by_rank[np.argsort(-score[by_rank], kind="stable")])
