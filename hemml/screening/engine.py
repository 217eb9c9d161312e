"""Where chunks are looked at: in threads of this process. Another engine is in `distributed`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from hemml.screening.found import Found
from hemml.screening.screener import Screener


class Engine(Protocol):
    """Looks at chunks."""

    def results(self, chunks: Iterable[int]) -> Iterator[tuple[Sequence[int], Found]]:
        """What there is in each chunk, or in a few of them together, in the order in which they are done.

        The iterable is drawn from as places fall free, never far ahead.
        """
        ...

    def peak_memory_MB(self) -> float:
        """Most memory that all processes of the engine and this one have held together, MB."""
        ...


@dataclass(frozen=True, eq=False)
class Threads:
    """Threads of this process: the arrays are worked on outside of Python's lock.

    Attributes:
        screener: The screening.
        count: Threads.
    """

    screener: Screener
    count: int

    def results(self, chunks: Iterable[int]) -> Iterator[tuple[Sequence[int], Found]]:
        """See `Engine.results`."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        def alone() -> None:
            threadpool_limits(1, user_api="openmp")  # holds for the thread that asks

        left = iter(chunks)
        waiting: dict[Future[Found], int] = {}
        # Libraries keep to one thread: chunks run side by side already.
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(self.count, initializer=alone) as pool:
            try:
                while True:
                    for chunk in left:
                        waiting[pool.submit(self.screener.look, chunk)] = chunk
                        if len(waiting) > self.count:
                            break
                    if not waiting:
                        return
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        yield (waiting.pop(future),), future.result()
            finally:
                for future in waiting:
                    future.cancel()

    def peak_memory_MB(self) -> float:
        """See `Engine.peak_memory_MB`."""
        return own_peak_memory_MB()


def own_peak_memory_MB() -> float:
    """Most memory that this process has held, MB."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
