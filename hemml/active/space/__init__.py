"""Design spaces: candidates by rank, constraints on them, and how many are left."""

from __future__ import annotations

from hemml.active.space.constraint import Constraint, Cost
from hemml.active.space.counts import Count, Counts, Survivors, count_survivors
from hemml.active.space.quantities import columns_of
from hemml.active.space.space import DesignSpace
from hemml.active.space.spec import SynthesisChoice
from hemml.active.space.survivors import Left, survivors

__all__ = [
    "Constraint",
    "Cost",
    "Count",
    "Counts",
    "DesignSpace",
    "Left",
    "Survivors",
    "SynthesisChoice",
    "columns_of",
    "count_survivors",
    "survivors",
]
