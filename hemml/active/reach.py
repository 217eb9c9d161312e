"""Which candidates of a space a campaign weighs: all that meet the constraints, or an even sample of a large space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.space import survivors
from hemml.arrays import IntArray
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace

MOST: Final = 20_000
WHOLE: Final = 100_000
"""Spaces up to this size are gone through; from larger ones candidates are drawn."""
_CHUNK: Final = 20_000
_ROUNDS: Final = 40


@dataclass(frozen=True, eq=False)
class Reach:
    """Candidates that meet all constraints of a space.

    Attributes:
        ranks: Their numbers in the space, ascending, (n,).
        is_whole: Whether these are all there are.
    """

    ranks: IntArray
    is_whole: bool

    def __len__(self) -> int:
        return len(self.ranks)


def reach_of(space: DesignSpace, *, most: int = MOST, seed: int = 0) -> Reach:
    """All candidates that meet the constraints if these are `most` or fewer; else as many, drawn without replacement.

    Args:
        space: The design space.
        most: Candidates to weigh at most.
        seed: Of the draw.

    Raises:
        InputError: No candidate meets the constraints, or `most` is below 1.
    """
    if most < 1:
        raise InputError(f"candidates: must be at least 1, got {most}; {MOST} is usual")
    rng = np.random.default_rng(seed)
    if space.size <= WHOLE:
        starts = range(0, space.size, _CHUNK)
        found = [_meeting(space, np.arange(start, min(start + _CHUNK, space.size), dtype=np.int64)) for start in starts]
        ranks = np.concatenate(found)
        is_whole = len(ranks) <= most
    else:
        ranks, is_whole = np.empty(0, dtype=np.int64), False
        for _ in range(_ROUNDS):
            ranks = np.union1d(ranks, _meeting(space, space.sample(_CHUNK, rng)))
            if len(ranks) >= most:
                break
    ranks = ranks if len(ranks) <= most else np.sort(rng.choice(ranks, size=most, replace=False))
    if not len(ranks):
        looked = space.size if space.size <= WHOLE else _CHUNK * _ROUNDS
        raise InputError(
            f"space {space.title!r}: at least one candidate must meet its constraints, got none of {looked:,} looked "
            "at; relax the constraint that leaves fewest (hemml campaign new shows it)"
        )
    return Reach(ranks, is_whole)


def around(space: DesignSpace, ranks: IntArray, taken: IntArray) -> IntArray:
    """Neighbours of some candidates on the lattice of the space that meet its constraints, without those of `taken`."""
    if not len(ranks):
        return ranks
    near = np.setdiff1d(space.neighbours(ranks), taken)
    return _meeting(space, near) if len(near) else near


def _meeting(space: DesignSpace, ranks: IntArray) -> IntArray:
    return np.asarray(ranks[survivors(space.constraints, space.batch(ranks)).rows])
