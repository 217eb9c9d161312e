"""What is drawn from a seed: the start rows, which all strategies share, and each strategy's own random numbers."""

from __future__ import annotations

import zlib

import numpy as np

from hemml.arrays import IntArray


def start_rows(n: int, count: int, seed: int) -> IntArray:
    """The rows measured before any strategy is asked, the same for every strategy of a seed, (count,)."""
    return np.random.default_rng((seed, 0)).choice(n, size=min(count, n), replace=False)


def strategy_rng(strategy: str, seed: int) -> np.random.Generator:
    """Random numbers of one strategy in one seed, whatever else is simulated beside it."""
    return np.random.default_rng((seed, 1, zlib.crc32(strategy.encode())))
