"""How long a screening will take, from a look at a small part of it."""

from __future__ import annotations

import time
from typing import Final

from hemml.screening.job import CHUNK_RANKS, even_ranks
from hemml.screening.screener import Screener

_WARM_UP: Final = 4096


def warm_up(screener: Screener) -> None:
    """Let everything be prepared that is prepared on first use: models laid out, kernels compiled."""
    size = screener.job.space.size
    screener.found_among(even_ranks(size, min(_WARM_UP, size), 0, min(_WARM_UP, size)))


def seconds_a_candidate(screener: Screener) -> float:
    """Time of one candidate on one processor, from candidates spread evenly over the space."""
    size = screener.job.space.size
    count = min(CHUNK_RANKS, size)
    began = time.perf_counter()
    screener.found_among(even_ranks(size, count, 0, count))
    return (time.perf_counter() - began) / count
