"""Looking at one chunk of candidates: constraints, predictions, ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.space import columns_of, survivors
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.columns import ENERGY_DENSITY, Column
from hemml.composition import CompositionBatch
from hemml.screening.asking import Answer, Asker
from hemml.screening.found import SCORE, Found, front_of, highest
from hemml.screening.job import Job
from hemml.screening.rows import Rows
from hemml.screening.scoring import score

if TYPE_CHECKING:
    from hemml.models.prediction import Predictor

# Candidates worked on at once: with more, threads wait less often for each other, and memory grows.
_BLOCK_ROWS: Final = 32_768
_POOL_OF_A_KEPT: Final = 50
_LARGEST_POOL: Final = 200_000
DISTANCE: Final = "distance"
IN_DOMAIN: Final = "in_domain"


@dataclass(frozen=True, eq=False)
class Screener:
    """A screening with its bundles, ready to look at any chunk.

    Attributes:
        job: The screening.
        asker: The bundles.
    """

    job: Job
    asker: Asker

    @classmethod
    def of(cls, job: Job, predictor: Predictor) -> Screener:
        """Make bundles ready for a screening.

        Raises:
            ConfigError: The space does not state a condition that a bundle needs.
            InputError: The level of the intervals, or the quantity to rank by, cannot be had of these bundles.
        """
        return cls(job, Asker.of(job.space, predictor, job.settings.level, assume=job.settings.assume))

    @property
    def pool(self) -> int:
        """Most of the best candidates that are carried along."""
        top = self.job.settings.top
        return top if not self.job.settings.apart else max(top, min(_POOL_OF_A_KEPT * top, _LARGEST_POOL))

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Names of the utilities whose Pareto set is kept."""
        return tuple(f"utility of {one}" for one in self.job.axes) if self.job.settings.pareto else ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers of a row."""
        ends = [f"{target}_{end}" for target in self.asker.bundles for end in ("predicted", "lower", "upper")]
        return (*ends, DISTANCE, IN_DOMAIN, *self.job.quantities, *self.axes, SCORE)

    @property
    def nothing(self) -> Found:
        """What has been found before anything was looked at."""
        none = Rows(self.job.space.ranks([]), self.names, np.empty((len(self.names), 0)))
        return Found(0, 0, 0, none, none)

    def look(self, chunk: int) -> Found:
        """What there is among the candidates of one chunk."""
        return self.found_among(self.job.ranks(chunk))

    def found_among(self, ranks: IntArray) -> Found:
        """What there is among the candidates of n ranks, (n,)."""
        found = Found(len(ranks), 0, 0, self.nothing.best, self.nothing.front)
        for rows, keeps in self.blocks(ranks):
            kept = rows[keeps]
            part = Found(0, len(rows), len(kept), highest(kept, self.pool), front_of(kept, self.axes))
            found = self.join(found, part)
        return found

    def join(self, one: Found, other: Found) -> Found:
        """What was found in two parts, in either order."""
        return one.join(other, self.pool, self.axes)

    def blocks(self, ranks: IntArray) -> Iterator[tuple[Rows, BoolArray]]:
        """Predictions of those of n candidates that meet the constraints, some thousand at a time.

        Args:
            ranks: Their ranks, (n,).

        Yields:
            m candidates, and whether each keeps the limits on predictions and, where asked, is inside the domain, (m,).
        """
        feasible = self._feasible(ranks)
        for start in range(0, len(feasible), _BLOCK_ROWS):
            block = feasible[start : start + _BLOCK_ROWS]
            yield self.predicted(block, self.job.space.lattice.batch(block))

    def _feasible(self, ranks: IntArray) -> IntArray:
        """Those of n ranks whose candidates meet the constraints."""
        space = self.job.space
        if not space.constraints:
            return ranks
        blocks = [ranks[start : start + _BLOCK_ROWS] for start in range(0, len(ranks), _BLOCK_ROWS)]
        return np.concatenate([
            block[survivors(space.constraints, space.lattice.batch(block)).rows] for block in blocks
        ])  # fmt: skip

    def predicted(self, ranks: IntArray, batch: CompositionBatch) -> tuple[Rows, BoolArray]:
        """Predictions of m candidates that meet the constraints, and which of them are kept, as `blocks` gives them.

        Args:
            ranks: Their ranks, (m,), at least one.
            batch: Their compositions.
        """
        answer = self.asker.ask(ranks, batch)
        values = self._values(answer, batch)
        keeps = np.ones(len(ranks), dtype=np.bool_)
        for limit in self.job.limits:
            keeps &= limit.utility(values[limit.quantity]) >= 0
        if self.job.settings.inside_domain:
            keeps &= answer.in_domain
        settings = self.job.settings
        scores = score(self.job.ranked_by, settings.acquisition, settings.best, values, answer.predictions)
        keeps &= np.isfinite(scores)
        numbers = [end for one in answer.predictions.values() for end in (one.value, one.lower, one.upper)]
        numbers += [
            answer.distance,
            answer.in_domain.astype(np.float64),
            *(values[name] for name in self.job.quantities),
        ]
        if self.axes:
            axes = [one.utility(values[one.quantity]) for one in self.job.axes]
            keeps &= np.isfinite(axes).all(axis=0)
            numbers += axes
        return Rows(ranks, self.names, np.array([*numbers, scores], dtype=np.float64)), keeps

    def _values(self, answer: Answer, batch: CompositionBatch) -> Mapping[str, FloatArray]:
        """Every quantity that objectives may name, (n,) each."""
        values: dict[str, FloatArray] = {str(target): one.value for target, one in answer.predictions.items()}
        if ENERGY_DENSITY in self.job.quantities:
            values[ENERGY_DENSITY] = values[Column.CAPACITY] * values[Column.VOLTAGE]
        descriptors = [name for name in self.job.quantities if name != ENERGY_DENSITY]
        return values | columns_of(descriptors, batch)
