"""All ways of dividing a sublattice among elements in whole steps, counted exactly and found directly by number.

Elements take their share in turn. What is left to the elements behind depends only on the steps left and on how many
elements have had a share, so the ways can be counted from the last element to the first; bounds and limits on the
number of elements only change which shares are allowed. Running sums of these counts turn a number into a share by one
binary search an element (ranking and unranking of combinatorial objects: Nijenhuis and Wilf, Combinatorial Algorithms,
1978, chapter 13, doi 10.1016/C2013-0-11243-3).

Two things make it fast. Numbers that follow one another share their first elements, so that whole runs are searched at
once; and the ways of the last elements are listed for every state, so that these are looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

import numpy as np

from hemml.active.space.numbers import INT64_LIMIT, rank_array
from hemml.arrays import BoolArray, IntArray

# A list of this many ways of the last elements stays in the processor's cache.
_LISTED_WAYS: Final = 50_000


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
        """Steps of each element, (n, k), column after column in memory.

        Args:
            ranks: Numbers of n ways in any order, each from 0 to size - 1; runs of rising ones cost least.
        """
        again = ranks[1:] == ranks[:-1]
        if not again.any():
            return self._of_runs(ranks).T
        starts = np.concatenate([[0], np.flatnonzero(~again) + 1])
        return np.repeat(self._of_runs(ranks[starts]), np.diff(starts, append=len(ranks)), axis=1).T

    def _of_runs(self, ranks: IntArray) -> IntArray:
        """Steps of each element, (k, n)."""
        n = len(ranks)
        starts = np.concatenate([[0], np.flatnonzero(ranks[1:] != ranks[:-1] + 1) + 1])[:n]
        head, runs = self._heads(ranks[starts], np.diff(starts, append=n))
        tail = self._tail
        place = tail.start[runs.left, runs.used] + runs.number.astype(np.int64)
        if len(place) < n:
            head = np.repeat(head, runs.length, axis=1)
            place = np.repeat(place - (np.cumsum(runs.length) - runs.length), runs.length) + np.arange(n)
        out = np.empty((len(self.low), n), dtype=np.int64)
        out[: len(head)] = head
        np.take(tail.shares, place, axis=1, out=out[len(head) :], mode="clip")
        return out

    def _heads(self, numbers: IntArray, lengths: IntArray) -> tuple[IntArray, _Runs]:
        """Steps of the elements in front of the listed ones, and the runs within which these are the same.

        Args:
            numbers: First number of each of r runs.
            lengths: Numbers in each.

        Returns:
            (h, R) steps of the h first elements and the R runs, in order.
        """
        state = np.zeros(len(numbers), dtype=np.int64)
        runs = _Runs(numbers, lengths, state + self.steps, state)
        head = np.empty((0, len(numbers)), dtype=np.int64)
        for table in self._tables[: self._tail.element]:
            shares, parent, runs = table.divide(runs)
            head = np.vstack([head if parent is None else head[:, parent], shares])
        return head, runs

    @cached_property
    def _tail(self) -> _Tail:
        """The ways of the last elements, from the first element on behind which there are few enough."""
        k = len(self.low)
        # No more than j elements have a share in front of element j.
        counts = [ways[:, : j + 1] for j, ways in enumerate(self._ways)]
        element = next(j for j in range(k + 1) if int(counts[j].sum()) <= _LISTED_WAYS)
        here = counts[element].astype(np.int64)
        left, used = (np.repeat(index.ravel(), here.ravel()) for index in np.indices(here.shape))
        start = (np.cumsum(here.ravel()) - here.ravel()).reshape(here.shape)
        runs = _Runs(np.arange(len(left)) - start[left, used], np.ones(len(left), dtype=np.int64), left, used)
        shares = np.empty((k - element, len(left)), dtype=np.int64)
        for row, table in zip(shares, self._tables[element:], strict=True):
            row[:], _, runs = table.divide(runs)
        return _Tail(element, start, shares)

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
class _Runs:
    """r runs of ways that follow one another and in which the elements so far have the same shares, all (r,).

    Attributes:
        number: Number of the first way among those of the elements still to come.
        length: Ways.
        left: Steps left.
        used: Elements with a share so far.
    """

    number: IntArray
    length: IntArray
    left: IntArray
    used: IntArray


@dataclass(frozen=True, eq=False)
class _Tail:
    """The ways of the elements from one on, for all states one behind the other.

    Attributes:
        element: The first of these elements.
        start: Where the ways of each state begin, (steps + 1, element + 1).
        shares: Steps of these elements, (elements, ways).
    """

    element: int
    start: IntArray
    shares: IntArray


@dataclass(frozen=True, eq=False)
class _Table:
    """Running sums of the ways for one element, for all states (steps left, elements used) one behind the other.

    Attributes:
        start: Sum in front of each state, (steps + 1, k + 2).
        below: Sum in front of each allowed share of each state, rising, and the sum of all at the end, (entries + 1,).
        share: The shares, (entries,).
        before: The same sums by state and share, from the start of the state, (steps + 1, k + 2, shares + 1).
    """

    start: IntArray
    below: IntArray
    share: IntArray
    before: IntArray

    def divide(self, runs: _Runs) -> tuple[IntArray, IntArray | None, _Runs]:
        """Give the element its share.

        Returns:
            The shares (R,) of runs of equal share, the index of the run that each was part of (None where none had to
            be divided), and the runs (R,) of the elements behind.
        """
        low = runs.number + self.start[runs.left, runs.used]
        entry = np.searchsorted(self.below, low, side="right") - 1
        share = self.share[entry]
        if (runs.length == 1).all():
            number = low - self.below[entry]
            return share, None, _Runs(number, runs.length, runs.left - share, runs.used + (share > 0))
        parent, left, used = None, runs.left, runs.used
        end = low + runs.length
        count = np.searchsorted(self.below, end) - entry
        if (count > 1).any():
            parent = np.repeat(np.arange(len(count)), count)
            entry = np.repeat(entry - (np.cumsum(count) - count), count) + np.arange(len(parent))
            low, end, left, used = low[parent], end[parent], left[parent], used[parent]
        first = np.maximum(low, self.below[entry])
        length = np.minimum(end, self.below[entry + 1]) - first
        share = self.share[entry]
        return (
            share,
            parent,
            _Runs(first - self.below[entry], length.astype(np.int64), left - share, used + (share > 0)),
        )


def _table(allowed: IntArray, here: IntArray, behind: IntArray) -> _Table:
    states, counts = here.shape, np.zeros((*here.shape, len(allowed)), dtype=object)
    for i, share in enumerate(allowed.tolist()):
        left = states[0] - share
        if share == 0:
            counts[:, :, i] = behind
        elif left > 0:
            counts[share:, :-1, i] = behind[:left, 1:]
    flat = counts.ravel()
    total = int(here.sum())
    sums = np.cumsum(flat) - flat if len(flat) else flat
    dtype = np.int64 if total < INT64_LIMIT else object
    sums = sums.astype(dtype)
    start = np.cumsum(here.ravel()) - here.ravel()
    start = start.reshape(states).astype(dtype)
    top = int(allowed.max(initial=0))
    before = np.zeros((*states, top + 1), dtype=dtype)
    if len(allowed):
        before[:, :, allowed] = sums.reshape(counts.shape) - start[:, :, None]
    used = flat > 0
    share = np.broadcast_to(allowed, counts.shape).ravel()
    below = np.append(sums[used], np.array([total], dtype=dtype))
    return _Table(start, below, share[used], before)
