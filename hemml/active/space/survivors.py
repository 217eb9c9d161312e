"""Which candidates meet the constraints of their space, the cheapest constraints first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hemml.active.space.quantities import columns_of, needs_ladder
from hemml.arrays import IntArray

if TYPE_CHECKING:
    from hemml.active.space.constraint import Constraint
    from hemml.composition import CompositionBatch


@dataclass(frozen=True, eq=False)
class Left:
    """What the constraints leave of n candidates.

    Attributes:
        rows: Candidates that meet all of them, rising.
        removed: How many each of the c constraints removed, in the order of the file, (c,). A candidate counts once,
            for the first constraint that it does not meet: those that follow from the amounts come before those that
            need oxidation states, and either in the order of the file. So they add up to those that are gone, and sums
            over batches do not depend on how the candidates are divided among batches.
    """

    rows: IntArray
    removed: IntArray


def survivors(constraints: Sequence[Constraint], batch: CompositionBatch) -> Left:
    """Look for the candidates that meet all constraints; only those still there go on to the costlier ones.

    Args:
        constraints: c constraints.
        batch: n compositions.
    """
    rows = np.arange(len(batch), dtype=np.int64)
    removed = np.zeros(len(constraints), dtype=np.int64)
    for stage in _stages(constraints):
        if not len(rows):
            break
        columns = columns_of((name for i in stage for name in constraints[i].names), batch)
        left = np.ones(len(rows), dtype=np.bool_)
        for i in stage:
            before = np.count_nonzero(left)
            left &= constraints[i].holds(columns)
            removed[i] = before - np.count_nonzero(left)
        if not left.all():
            kept = np.flatnonzero(left)
            rows, batch = rows[kept], batch[kept]
    return Left(rows, removed)


def _stages(constraints: Sequence[Constraint]) -> list[list[int]]:
    """Positions of the constraints that follow from amounts alone, and of those that need oxidation states."""
    costly = [any(needs_ladder(name) for name in constraint.names) for constraint in constraints]
    stages = [[i for i, last in enumerate(costly) if last is which] for which in (False, True)]
    return [stage for stage in stages if stage]
