"""Pymoo's algorithms as hemml uses them."""

from __future__ import annotations

from math import comb
from typing import Any, Final

import numpy as np

from hemml.arrays import IntArray
from hemml.screening.evolve.genome import Genome
from hemml.screening.evolve.mating import Mating

MOST_OF_NSGA2: Final = 3
"""Objectives up to which candidates are spread by crowding, which says little beyond."""
_NO_END: Final = ("n_gen", 10**9)  # the search itself counts candidates


def algorithm_of(genome: Genome, objectives: int, population: int, start: IntArray, rng: np.random.Generator) -> Any:
    """The algorithm, ready to be asked for its first generation: NSGA-II, beyond three objectives NSGA-III.

    Sources: Deb et al., 2002, doi 10.1109/4235.996017; Deb and Jain, 2014, doi 10.1109/TEVC.2013.2281535.

    Args:
        genome: How candidates are written.
        objectives: How many numbers are to be small.
        population: Candidates that survive a generation.
        start: Ranks to start from.
        rng: Source of randomness.
    """
    from pymoo.algorithms.moo.nsga2 import NSGA2, binary_tournament
    from pymoo.algorithms.moo.nsga3 import NSGA3
    from pymoo.config import Config
    from pymoo.core.population import Population
    from pymoo.core.problem import Problem
    from pymoo.operators.selection.tournament import TournamentSelection
    from pymoo.util.ref_dirs import get_reference_directions

    Config.warnings["not_compiled"] = False  # pymoo would print where JSON is wanted
    few = objectives <= MOST_OF_NSGA2
    selection = TournamentSelection(func_comp=binary_tournament if few else least_violation)
    shared = {
        "pop_size": population,
        "sampling": Population.new("X", genome.of_ranks(start)),
        "mating": Mating(genome, selection, set(start.tolist())),
        "eliminate_duplicates": False,
    }
    if few:
        algorithm = NSGA2(**shared)
    else:
        parts = partitions(objectives, population)
        algorithm = NSGA3(get_reference_directions("das-dennis", objectives, n_partitions=parts), **shared)
    algorithm.setup(Problem(n_var=genome.width, n_obj=objectives, n_ieq_constr=1), seed=rng, termination=_NO_END)
    return algorithm


def partitions(objectives: int, population: int) -> int:
    """Parts of each axis that give NSGA-III as many even directions as there is population for; at least 1."""
    parts = 1
    while comb(parts + objectives, objectives - 1) <= population:
        parts += 1
    return parts


def least_violation(pop: Any, pairs: IntArray, *, random_state: np.random.Generator, **_: Any) -> IntArray:
    """Of each of n pairs the one that misses less, either where both miss the same, (n, 1).

    Pymoo's own for NSGA-III leaves some of these to a generator without a seed.
    """
    violation = pop.get("CV")[:, 0][pairs]
    either = random_state.integers(2, size=len(pairs))
    winner = np.where(violation[:, 0] == violation[:, 1], either, violation.argmin(axis=1))
    return np.take_along_axis(pairs, winner[:, None], axis=1)
