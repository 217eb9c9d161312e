"""How many candidates of a space meet its constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.active.space.constraint import Constraint
from hemml.active.space.quantities import columns_of
from hemml.active.space.space import DesignSpace
from hemml.arrays import BoolArray
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch

LIMIT: Final = 200_000
_CHUNK_ROWS: Final = 20_000
_Z_95: Final = 1.959963984540054


@dataclass(frozen=True)
class Count:
    """A number of candidates: exact, or estimated with a 95 % interval.

    Attributes:
        value: The number; where estimated, the most likely one.
        low: Lower end of the interval; the number itself where exact.
        high: Upper end.
    """

    value: int
    low: int
    high: int


@dataclass(frozen=True)
class Survivors:
    """What a constraint leaves.

    Attributes:
        constraint: The expression.
        alone: Candidates that meet this one.
        so_far: Candidates that meet this one and all before it.
    """

    constraint: str
    alone: Count
    so_far: Count


@dataclass(frozen=True)
class Counts:
    """Candidates of a space and survivors of its constraints.

    Attributes:
        total: All candidates.
        looked_at: Candidates whose descriptors were computed: all of them, or an even sample.
        exact: Whether all were.
        steps: One for each constraint, in the order of the file.
        survivors: Candidates that meet all constraints.
    """

    total: int
    looked_at: int
    exact: bool
    steps: tuple[Survivors, ...]
    survivors: Count

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def require_survivors(self, owner: str) -> None:
        """Refuse a space in which nothing is left.

        Raises:
            InputError: No candidate that was looked at meets all constraints; the message names where it ends.
        """
        if self.survivors.value:
            return
        where = "" if self.exact else f" of {self.looked_at:,} looked at"
        impossible = [step.constraint for step in self.steps if not step.alone.value]
        last = next(step.constraint for step in self.steps if not step.so_far.value)
        why = f"none meets {impossible[0]!r}" if impossible else f"{last!r} leaves none after the constraints before it"
        raise InputError(
            f"{owner}: at least one of its {self.total:,} candidates must meet all constraints, got none{where}: {why};"
            " relax it or widen the bounds"
        )


def count_survivors(space: DesignSpace, limit: int = LIMIT, seed: int = 0) -> Counts:
    """Count the candidates that meet each constraint alone and all so far.

    Args:
        space: The space.
        limit: Up to this many candidates all are counted; above, an even sample of this size is, and the numbers are
            estimates with 95 % score intervals (Wilson, 1927, doi 10.1080/01621459.1927.10502953).
        seed: Of the sample.
    """
    ranks = space.sample(limit, np.random.default_rng(seed))
    alone = np.zeros(len(space.constraints), dtype=np.int64)
    so_far = np.zeros(len(space.constraints), dtype=np.int64)
    if space.constraints:
        for start in range(0, len(ranks), _CHUNK_ROWS):
            holds = _holds(space.constraints, space.batch(ranks[start : start + _CHUNK_ROWS]))
            alone += holds.sum(axis=1)
            so_far += np.logical_and.accumulate(holds, axis=0).sum(axis=1)
    exact = len(ranks) == space.size

    def count(hits: int) -> Count:
        return Count(hits, hits, hits) if exact else _estimate(hits, len(ranks), space.size)

    steps = tuple(
        Survivors(constraint.text, count(int(one)), count(int(all_so_far)))
        for constraint, one, all_so_far in zip(space.constraints, alone, so_far, strict=True)
    )
    everything = Count(space.size, space.size, space.size)
    return Counts(space.size, len(ranks), exact, steps, steps[-1].so_far if steps else everything)


def _holds(constraints: Sequence[Constraint], batch: CompositionBatch) -> BoolArray:
    """(constraints, n) whether each constraint holds."""
    names = dict.fromkeys(name for constraint in constraints for name in constraint.names)
    columns = columns_of(names, batch)
    return np.stack([np.broadcast_to(constraint.holds(columns), (len(batch),)) for constraint in constraints])


def _estimate(hits: int, looked_at: int, total: int) -> Count:
    """Score interval of a share, times the total; the whole numbers are exact for spaces of any size."""
    share, z2 = hits / looked_at, _Z_95**2
    middle = (share + z2 / (2 * looked_at)) / (1 + z2 / looked_at)
    half = _Z_95 / (1 + z2 / looked_at) * sqrt(share * (1 - share) / looked_at + z2 / (4 * looked_at**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Count(total * hits // looked_at, max(hits, _times(low, total)), min(total, _times(high, total) + 1))


def _times(share: float, total: int) -> int:
    parts = 10**15
    return int(share * parts) * total // parts
