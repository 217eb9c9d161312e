"""Strategies on hemml's own surrogate: the batch by expected improvement, and plain exploitation of its mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.simulation.strategy import Brief, unmeasured, utilities, weighted_batch
from hemml.active.surrogate.base import Measured
from hemml.arrays import IntArray

if TYPE_CHECKING:
    from hemml.active.surrogate.base import Surrogate

_NONE_PENDING: Final = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Greedy:
    """Exploitation: the candidates with the best mean, several objectives by random weights."""

    brief: Brief

    def propose(self, known: Measured, size: int, rng: np.random.Generator) -> IntArray:
        """Rows of the next experiments, (size,)."""
        mean, _ = surrogate_of(self.brief, known).marginals()
        measured = utilities(self.brief.objectives, known.values)
        return weighted_batch(mean, measured, unmeasured(len(self.brief.candidates), known), size, rng)


@dataclass(frozen=True, eq=False)
class Hemml:
    """What `hemml campaign propose` does, without the weights that a pool has no use for.

    Expected improvement for one objective, expected hypervolume improvement for several; batches chosen greedily, each
    experiment as if those before it had sampled results.
    """

    brief: Brief

    def propose(self, known: Measured, size: int, rng: np.random.Generator) -> IntArray:
        """Rows of the next experiments, (size,)."""
        from hemml.active.acquisition import AcquisitionSettings, choose_batch

        surrogate = surrogate_of(self.brief, known)
        free = unmeasured(len(self.brief.candidates), known)
        return choose_batch(surrogate, known.rows, _NONE_PENDING, free, size, AcquisitionSettings(), rng).rows


def surrogate_of(brief: Brief, known: Measured) -> Surrogate:
    """The surrogate of a campaign: from its own results alone, or from the bundles too where the brief names them."""
    if brief.prior is not None:
        from hemml.active.surrogate.prior_surrogate import PriorSurrogate

        return PriorSurrogate.fit(brief.beliefs, known, brief.objectives, conditions=brief.candidates.conditions)
    from hemml.active.surrogate.pool import PoolSurrogate

    return PoolSurrogate.fit(brief.columns, known, brief.objectives)
