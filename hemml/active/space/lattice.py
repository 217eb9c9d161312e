"""All ways of dividing a sublattice among elements in whole steps, counted exactly and found directly by number.

Elements take their share in turn. What is left to the elements behind depends only on the steps left and on how many
elements have had a share, so the ways can be counted from the last element to the first; bounds and limits on the
number of elements only change which shares are allowed. Running sums of these counts turn a number into a share by one
binary search an element (ranking and unranking of combinatorial objects: Nijenhuis and Wilf, Combinatorial Algorithms,
1978, chapter 13, doi 10.1016/C2013-0-11243-3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

import numpy as np

from hemml.active.space.numbers import INT64_LIMIT, rank_array
from hemml.arrays import BoolArray, IntArray

# A few thousand rows keep the working arrays in the processor's cache.
_BLOCK_ROWS: Final = 16_384
# Where most of the ways are asked for anyway, finding them once and looking them up is ten times faster.
_LISTED_WAYS: Final = 1_000_000
_ASKED_SHARE: Final = 4


@dataclass(frozen=True)
class Mixture:
    """The ways of giving `steps` steps to k elements.

    Attributes:
        steps: Steps to be given away.
        low: Least steps of each element, (k,).
        high: Most steps of each element, (k,).
        components: Least and greatest number of elements with a share.
        smallest: Steps that an element has at least, unless it has none.
    """

    steps: int
    low: tuple[int, ...]
    high: tuple[int, ...]
    components: tuple[int, int]
    smallest: int = 1

    @cached_property
    def size(self) -> int:
        """Exact number of ways."""
        return int(self._ways[0][self.steps, 0])

    def unrank(self, ranks: IntArray) -> IntArray:
        """Steps of each element, (n, k), of the ways with the given numbers (n,), each from 0 to size - 1."""
        asked = self.size <= _LISTED_WAYS and len(ranks) * _ASKED_SHARE >= self.size
        if asked or "_listed" in self.__dict__:
            return self._listed[ranks].astype(np.int64)
        return self._found(ranks)

    @cached_property
    def _listed(self) -> IntArray:
        return cast("IntArray", self._found(np.arange(self.size)).astype(np.int16))

    def _found(self, ranks: IntArray) -> IntArray:
        out = np.empty((len(ranks), len(self.low)), dtype=np.int64)
        for start in range(0, len(ranks), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            self._unrank(ranks[block], out[block])
        return out

    def _unrank(self, ranks: IntArray, out: IntArray) -> None:
        left = np.full(len(ranks), self.steps, dtype=np.int64)
        used = np.zeros(len(ranks), dtype=np.int64)
        rest = ranks
        last = len(self.low) - 1
        for j, table in enumerate(self._tables[:last]):
            key = rest + table.start[left, used]
            found = np.searchsorted(table.below, key, side="right") - 1
            rest = key - table.below[found]
            share = table.share[found]
            out[:, j] = share
            left -= share
            used += share > 0
        out[:, last] = left

    def rank(self, shares: IntArray) -> IntArray:
        """Numbers (n,) of the ways with the given steps (n, k); -1 where they are none of these ways."""
        valid = self.contains(shares)
        kept = shares[valid]
        ranks = rank_array([0] * len(kept), self.size)
        left = np.full(len(kept), self.steps, dtype=np.int64)
        used = np.zeros(len(kept), dtype=np.int64)
        for j, table in enumerate(self._tables[:-1]):
            share = kept[:, j]
            ranks = ranks + table.before[left, used, share]
            left = left - share
            used = used + (share > 0)
        out = rank_array([-1] * len(shares), self.size)
        out[valid] = ranks
        return out

    def contains(self, shares: IntArray) -> BoolArray:
        """Which of n ways (n, k) are among these, (n,)."""
        used = np.count_nonzero(shares, axis=1)
        inside: BoolArray = (
            (shares.sum(axis=1) == self.steps)
            & (shares >= np.array(self.low)).all(axis=1)
            & (shares <= np.array(self.high)).all(axis=1)
            & ((shares == 0) | (shares >= self.smallest)).all(axis=1)
            & (used >= self.components[0])
            & (used <= self.components[1])
        )
        return inside

    def _allowed(self, j: int) -> IntArray:
        """Steps that element j may have, rising."""
        shares = np.arange(self.low[j], min(self.high[j], self.steps) + 1, dtype=np.int64)
        allowed: IntArray = shares[(shares == 0) | (shares >= self.smallest)]
        return allowed

    @cached_property
    def _ways(self) -> list[IntArray]:
        """ways[j][left, used]: ways of giving `left` steps to the elements from j on when `used` have a share."""
        k = len(self.low)
        shape = (self.steps + 1, k + 2)
        last = np.zeros(shape, dtype=object)
        last[0, self.components[0] : self.components[1] + 1] = 1
        ways = [cast("IntArray", last)]
        for j in reversed(range(k)):
            here = np.zeros(shape, dtype=object)
            for share in self._allowed(j).tolist():
                behind = ways[-1][: self.steps + 1 - share]
                if share == 0:
                    here += behind
                else:
                    here[share:, :-1] += behind[:, 1:]
            ways.append(cast("IntArray", here))
        return ways[::-1]

    @cached_property
    def _tables(self) -> list[_Table]:
        return [_table(self._allowed(j), self._ways[j], self._ways[j + 1]) for j in range(len(self.low))]


@dataclass(frozen=True, eq=False)
class _Table:
    """Running sums of the ways for one element, for all states (steps left, elements used) one behind the other.

    Attributes:
        start: Sum in front of each state, (steps + 1, k + 2).
        below: Sum in front of each allowed share of each state, rising, (entries,).
        share: The shares, (entries,).
        before: The same sums by state and share, from the start of the state, (steps + 1, k + 2, shares + 1).
    """

    start: IntArray
    below: IntArray
    share: IntArray
    before: IntArray


def _table(allowed: IntArray, here: IntArray, behind: IntArray) -> _Table:
    states, counts = here.shape, np.zeros((*here.shape, len(allowed)), dtype=object)
    for i, share in enumerate(allowed.tolist()):
        left = states[0] - share
        if share == 0:
            counts[:, :, i] = behind
        elif left > 0:
            counts[share:, :-1, i] = behind[:left, 1:]
    flat = counts.ravel()
    sums = np.cumsum(flat) - flat if len(flat) else flat
    dtype = np.int64 if int(here.sum()) < INT64_LIMIT else object
    sums = sums.astype(dtype)
    start = np.cumsum(here.ravel()) - here.ravel()
    start = start.reshape(states).astype(dtype)
    top = int(allowed.max(initial=0))
    before = np.zeros((*states, top + 1), dtype=dtype)
    if len(allowed):
        before[:, :, allowed] = sums.reshape(counts.shape) - start[:, :, None]
    used = flat > 0
    share = np.broadcast_to(allowed, counts.shape).ravel()
    return _Table(start, sums[used], share[used], before)
