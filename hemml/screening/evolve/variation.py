"""New genomes from old ones: two are crossed, one is changed. What comes out still has to be repaired."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.arrays import BoolArray, IntArray
from hemml.screening.evolve.genome import Gene, Genome

_CHANGED_AGAIN: Final = 0.35  # chance of each further change to the same genome
_MOST_CHANGES: Final = 4
_MIXTURE_WEIGHT: Final = 3.0  # a mixture is changed three times as often as an amount
_MOVE, _SWAP, _EXCHANGE = range(3)
_KINDS: Final = (0.55, 0.2, 0.25)


def crossed(genome: Genome, first: IntArray, second: IntArray, rng: np.random.Generator) -> IntArray:
    """A child of each of n pairs, (n, width).

    For each gene of its own: all of it from one parent, each number from either parent, or a point on the line through
    both, up to a quarter beyond.
    """
    n = len(first)
    out = first.copy()
    for gene in genome.genes:
        one, other = first[:, gene.columns], second[:, gene.columns]
        whole = np.where(rng.random((n, 1)) < 0.5, one, other)
        mixed = np.where(rng.random(one.shape) < 0.5, one, other)
        between = np.rint(one + rng.uniform(-0.25, 1.25, (n, 1)) * (other - one)).astype(np.int64)
        kind = rng.integers(3, size=(n, 1))
        out[:, gene.columns] = np.where(kind == 0, whole, np.where(kind == 1, mixed, between))
    return out


def changed(genome: Genome, genomes: IntArray, rng: np.random.Generator) -> IntArray:
    """What becomes of n genomes with at least one change each, (n, width).

    A change moves steps from one element to another, lets two elements change places, puts an absent element in the
    place of a present one, or changes an amount.
    """
    out = genomes.copy()
    weights = np.array([_MIXTURE_WEIGHT if gene.mixture is not None else 1.0 for gene in genome.genes])
    rows = np.arange(len(out))
    for _ in range(_MOST_CHANGES):
        chosen = rng.choice(len(weights), size=len(rows), p=weights / weights.sum())
        for i, gene in enumerate(genome.genes):
            mine = rows[chosen == i]
            change = _amount if gene.mixture is None else _mixture
            out[mine, gene.columns] = change(gene, out[mine, gene.columns], rng)
        rows = rows[rng.random(len(rows)) < _CHANGED_AGAIN]
    return out


def _amount(gene: Gene, values: IntArray, rng: np.random.Generator) -> IntArray:
    """One or more steps up or down."""
    step = rng.geometric(0.5, size=values.shape) * rng.choice([-1, 1], size=values.shape)
    moved = values + step
    # what would leave the range turns round
    return np.asarray(np.where((moved < 0) | (moved >= gene.values), values - step, moved))


def _mixture(gene: Gene, shares: IntArray, rng: np.random.Generator) -> IntArray:
    n, k = shares.shape
    rules = gene.rules
    assert rules is not None  # noqa: S101 - only genes of mixtures come here
    rows = np.arange(n)
    kind = rng.choice(3, size=n, p=_KINDS)
    present = shares > 0
    giver = _one_of(present, rng)
    others = np.broadcast_to(rules.usable, (n, k)).copy()
    others[rows, giver] = False
    swap, exchange = kind == _SWAP, kind == _EXCHANGE
    others[swap] &= present[swap]
    others[exchange] &= ~present[exchange]
    taker = _one_of(others, rng)
    possible = others[rows, taker]
    given, taken = shares[rows, giver], shares[rows, taker]
    steps = np.where(kind == _MOVE, np.minimum(given, rng.geometric(0.5, size=n)), given - taken)
    steps = np.where(possible, steps, 0)
    out = shares.copy()
    out[rows, giver] -= steps
    out[rows, taker] += steps
    return out


def _one_of(allowed: BoolArray, rng: np.random.Generator) -> IntArray:
    """A random column among those allowed in each of n rows, (n,); any where none is."""
    return np.asarray(np.where(allowed, rng.random(allowed.shape), -1.0).argmax(axis=1))
