"""The candidates one change away from given ones, for a search near the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from hemml.active.space.lattice import Mixture
from hemml.active.space.numbers import INT64_LIMIT, join
from hemml.active.space.part import Part
from hemml.arrays import IntArray


def around(parts: Sequence[Part], digits: Sequence[IntArray], radices: Sequence[int]) -> IntArray:
    """Ranks of all neighbours of n candidates, each once, rising, without the candidates themselves.

    A neighbour differs in one sublattice: a step has moved from one species to another, two species have changed
    places (so that limits on components and shares still let elements be exchanged), or the amount is one step on.

    Args:
        parts: The p sublattices.
        digits: The 2p digits of the candidates, (n,) each.
        radices: Of the digits.
    """
    ranks = join(digits, radices)
    big = prod(radices) >= INT64_LIMIT
    found: list[IntArray] = []
    for d, (digit, radix) in enumerate(zip(digits, radices, strict=True)):
        weight = prod(radices[d + 1 :])
        mixture = parts[d // 2].mixture if d % 2 == 0 else None
        for rows, changed in _amounts(digit, radix) if d % 2 else _mixtures(mixture, digit):
            step = (changed - digit[rows]).astype(object) if big else changed - digit[rows]
            found.append(ranks[rows] + step * weight)
    if not found:
        return ranks[:0]
    unique = np.unique(np.concatenate(found))
    return unique[~np.isin(unique, ranks)]


def _amounts(digit: IntArray, radix: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows with a neighbour, and its digit."""
    for move in (-1, 1):
        rows = np.flatnonzero((digit + move >= 0) & (digit + move < radix))
        yield rows, digit[rows] + move


def _mixtures(mixture: Mixture | None, digit: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    if mixture is None:
        return
    shares = mixture.unrank(digit)
    k = shares.shape[1]
    for giver in range(k):
        for taker in range(k):
            if giver == taker:
                continue
            moved = shares.copy()
            moved[:, giver] -= 1
            moved[:, taker] += 1
            swapped = shares.copy()
            swapped[:, [giver, taker]] = shares[:, [taker, giver]]
            for changed in (moved, swapped) if giver < taker else (moved,):
                ranks = mixture.rank(changed)
                rows = np.flatnonzero(ranks >= 0)
                yield rows, ranks[rows]
