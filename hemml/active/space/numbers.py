"""Ranks, exact at any size: int64 below 2^63, Python integers in object arrays from there on."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final, cast

import numpy as np

from hemml.arrays import IntArray

INT64_LIMIT: Final = 2**63
_WORD: Final = 2**32


def rank_array(values: Sequence[int] | IntArray, size: int) -> IntArray:
    """Ranks of a range of the given size as an array of the type that holds them exactly."""
    if size < INT64_LIMIT:
        return np.asarray(values, dtype=np.int64)
    array = np.empty(len(values), dtype=object)
    array[:] = [int(value) for value in values]
    return cast("IntArray", array)


def split(ranks: IntArray, radices: Sequence[int]) -> list[IntArray]:
    """Digits of n ranks in a number system with mixed radices, the last digit counting fastest.

    Args:
        ranks: (n,) below the product of the radices.
        radices: Largest digit plus one, for each of d digits.

    Returns:
        d arrays (n,).
    """
    digits: list[IntArray] = []
    rest = ranks
    for radix in reversed(radices):
        if radix == 1:
            digits.append(np.broadcast_to(np.int64(0), (len(ranks),)))
            continue
        above = rest // radix
        digit = rest - above * radix  # costs less than a second division
        rest = above
        digits.append(digit.astype(np.int64) if radix < INT64_LIMIT else digit)
    return digits[::-1]


def join(digits: Sequence[IntArray], radices: Sequence[int]) -> IntArray:
    """Ranks (n,) of d digits (n,) each: the inverse of `split`."""
    size = prod(radices)
    ranks = rank_array([0] * len(digits[0]), size)
    for digit, radix in zip(digits, radices, strict=True):
        ranks = ranks * radix + (digit if size < INT64_LIMIT else digit.astype(object))
    return ranks


def stratified(size: int, count: int, rng: np.random.Generator) -> IntArray:
    """One rank at random from each of `count` equal parts of a range: distinct, rising and evenly spread, (count,).

    Args:
        size: Ranks run from 0 to size - 1.
        count: At most `size`.
        rng: Source of randomness.
    """
    width, longer = divmod(size, count)  # the first `longer` parts are one rank wider
    if size < INT64_LIMIT:
        part = np.arange(count, dtype=np.int64)
        return part * width + np.minimum(part, longer) + rng.integers(width + (part < longer))
    starts = (i * width + min(i, longer) for i in range(count))
    return rank_array([start + _below(width, rng) for start in starts], size)


def _below(limit: int, rng: np.random.Generator) -> int:
    """A whole number below a limit of any size; 64 bits more than it needs make the bias immeasurably small."""
    words = rng.integers(_WORD, size=limit.bit_length() // 32 + 3, dtype=np.int64)
    value = 0
    for word in words.tolist():
        value = value * _WORD + word
    return value % limit
