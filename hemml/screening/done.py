"""Which chunks are done, as intervals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """The chunks that are done.

    Attributes:
        intervals: First chunk and the one behind the last, of each run of chunks without a gap, rising.
    """

    intervals: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return sum(end - start for start, end in self.intervals)

    def __contains__(self, chunk: int) -> bool:
        place = bisect_right(self.intervals, chunk, key=lambda interval: interval[0]) - 1
        return place >= 0 and chunk < self.intervals[place][1]

    def with_chunk(self, chunk: int) -> Done:
        """These and one more."""
        if chunk in self:
            return self
        start, end = chunk, chunk + 1
        kept = []
        for low, high in self.intervals:
            if high == start:
                start = low
            elif low == end:
                end = high
            else:
                kept.append((low, high))
        return Done(tuple(sorted([*kept, (start, end)])))

    def with_chunks(self, chunks: Sequence[int]) -> Done:
        """These and more."""
        done = self
        for chunk in chunks:
            done = done.with_chunk(chunk)
        return done

    def missing(self, chunks: int) -> Iterator[int]:
        """Those of the first `chunks` that are not done, rising."""
        at = 0
        for start, end in self.intervals:
            yield from range(at, min(start, chunks))
            at = end
        yield from range(at, chunks)
