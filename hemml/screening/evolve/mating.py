"""New candidates for the next generation, none of which the search has met before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hemml.arrays import IntArray
from hemml.screening.evolve.genome import Genome
from hemml.screening.evolve.variation import changed, crossed

_CROSSED: Final = 0.8  # share of children with two parents
_CHANGED: Final = 0.6  # share of these that are changed as well; children of one parent always are
_TRIES: Final = 20


@dataclass(eq=False)
class Mating:
    """Makes a generation, in the place of pymoo's own mating, for whole arrays of genomes.

    Attributes:
        genome: How candidates are written.
        selection: Pymoo's choice of parents.
        met: Ranks that the search has met; grows.
    """

    genome: Genome
    selection: Any
    met: set[int]

    def do(self, problem: Any, pop: Any, n_offsprings: int, *, algorithm: Any, random_state: Any, **_: Any) -> Any:
        """A population of up to `n_offsprings` new candidates; fewer where hardly any are left."""
        from pymoo.core.population import Population

        genomes = pop.get("X")
        made: list[IntArray] = []
        missing = n_offsprings
        for _try in range(_TRIES):
            if missing == 0:
                break
            parents = self.selection.do(
                problem, pop, missing, 2, to_pop=False, random_state=random_state, algorithm=algorithm
            )
            children = self.children(genomes[parents[:, 0]], genomes[parents[:, 1]], random_state)
            ranks = self.genome.ranks(children).tolist()
            fresh = []
            for i, rank in enumerate(ranks):
                if rank not in self.met:
                    self.met.add(rank)
                    fresh.append(i)
            made.append(children[fresh])
            missing -= len(fresh)
        return Population.new("X", np.concatenate(made))

    def children(self, first: IntArray, second: IntArray, rng: np.random.Generator) -> IntArray:
        """A child of each of n pairs that the lattice holds, (n, width)."""
        is_crossed = rng.random(len(first)) < _CROSSED
        is_changed = ~is_crossed | (rng.random(len(first)) < _CHANGED)
        out = np.where(is_crossed[:, None], crossed(self.genome, first, second, rng), first)
        out[is_changed] = changed(self.genome, out[is_changed], rng)
        return self.genome.repaired(out, rng)
