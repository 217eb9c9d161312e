"""Where a search starts: an even sample of the space, drawn until enough candidates meet everything."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.arrays import IntArray
from hemml.screening.evolve.memory import Memory

_MOST_SAMPLES: Final = 50
_MOST_OF_THE_REST: Final = 0.2


def starting_ranks(memory: Memory, population: int, rng: np.random.Generator) -> IntArray:
    """Ranks of the candidates that a search starts from, a population or more.

    Samples are drawn until a population is kept, but no more than fifty populations or a fifth of what may still be
    looked at; then those that miss least fill it up.

    Args:
        memory: Looks at them, and remembers.
        population: Candidates wanted.
        rng: Source of randomness.
    """
    space = memory.screener.job.space
    until = memory.left - min(max(population, int(_MOST_OF_THE_REST * memory.left)), memory.left)
    ranks = space.ranks([])
    violation = np.zeros(0)
    for _sample in range(_MOST_SAMPLES):
        drawn = space.sample(population, rng)
        drawn = drawn[~np.isin(drawn, ranks)]
        drawn = np.delete(drawn, memory.new(drawn)[memory.left - until :])
        judged = memory.judge(drawn)
        ranks, violation = np.concatenate([ranks, drawn]), np.concatenate([violation, judged.violation])
        if memory.left == until or np.count_nonzero(violation == 0) >= population:
            break
    order = np.argsort(violation, kind="stable")
    return np.asarray(ranks[order[: max(population, np.count_nonzero(violation == 0))]])
