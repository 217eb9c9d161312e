"""Candidates as whole numbers that can be crossed and changed: the steps of each element, and amounts.

Ranks will not do for that: candidates with neighbouring ranks may have little in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hemml.active.space.lattice import Mixture
from hemml.active.space.numbers import join, split
from hemml.active.space.template import Template
from hemml.arrays import IntArray
from hemml.screening.evolve.repair import Rules


@dataclass(frozen=True, eq=False)
class Gene:
    """Columns of a genome that belong together: the shares of a sublattice, or its amount.

    Attributes:
        digit: Which digit of the rank they are.
        columns: Where they are.
        mixture: The mixtures of the sublattice; None for an amount.
        values: Number of values that the digit has.
    """

    digit: int
    columns: slice
    mixture: Mixture | None
    values: int

    @cached_property
    def rules(self) -> Rules | None:
        """What the mixture asks for; None for an amount."""
        return None if self.mixture is None else Rules.of(self.mixture)

    def repaired(self, wanted: IntArray, rng: np.random.Generator) -> IntArray:
        """The nearest values that the sublattice allows, (n, k)."""
        return np.clip(wanted, 0, self.values - 1) if self.rules is None else self.rules.repaired(wanted, rng)


@dataclass(frozen=True, eq=False)
class Genome:
    """How the candidates of a lattice are written as genomes.

    Attributes:
        radices: Number of values of each digit of a rank.
        genes: Those in which candidates differ.
    """

    radices: tuple[int, ...]
    genes: tuple[Gene, ...]

    @classmethod
    def of(cls, lattice: Template) -> Genome:
        """The genomes of a lattice."""
        genes: list[Gene] = []
        column = 0
        for digit, values in enumerate(lattice.radices):
            if values == 1:
                continue
            mixture = lattice.parts[digit // 2].mixture if digit % 2 == 0 else None
            width = 1 if mixture is None else len(mixture.low)
            genes.append(Gene(digit, slice(column, column + width), mixture, values))
            column += width
        return cls(lattice.radices, tuple(genes))

    @property
    def width(self) -> int:
        """Numbers of a genome."""
        return self.genes[-1].columns.stop if self.genes else 0

    def of_ranks(self, ranks: IntArray) -> IntArray:
        """Genomes of n ranks, (n, width)."""
        digits = split(ranks, self.radices)
        out = np.empty((len(ranks), self.width), dtype=np.int64)
        for gene in self.genes:
            digit = digits[gene.digit]
            out[:, gene.columns] = digit[:, None] if gene.mixture is None else gene.mixture.unrank(digit)
        return out

    def ranks(self, genomes: IntArray) -> IntArray:
        """Ranks of n genomes that the lattice holds, (n,)."""
        digits: Sequence[IntArray] = [np.zeros(len(genomes), dtype=np.int64) for _ in self.radices]
        found = {
            gene.digit: genomes[:, gene.columns.start]
            if gene.mixture is None
            else gene.mixture.rank(genomes[:, gene.columns])
            for gene in self.genes
        }
        return join([found.get(i, digit) for i, digit in enumerate(digits)], self.radices)

    def repaired(self, wanted: IntArray, rng: np.random.Generator) -> IntArray:
        """The nearest genomes that the lattice holds.

        Args:
            wanted: Any whole numbers, (n, width).
            rng: Decides between elements with the same number of steps.
        """
        out = np.empty_like(wanted)
        for gene in self.genes:
            out[:, gene.columns] = gene.repaired(wanted[:, gene.columns], rng)
        return out
