"""Genomes and ranks are two names for one candidate, and whatever is crossed or changed is repaired to a candidate."""

from __future__ import annotations

from math import prod

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hemml.active.space.lattice import Mixture
from hemml.active.space.numbers import stratified
from hemml.active.space.part import Part
from hemml.active.space.template import Template
from hemml.screening.evolve.genome import Genome
from hemml.screening.evolve.repair import Rules
from hemml.screening.evolve.variation import changed, crossed

METALS = ("Mn", "Fe", "Co", "Ni", "Cu", "Ti", "Mg", "Al", "Zn", "Cr", "V", "Nb")


@st.composite
def mixtures(draw: st.DrawFn, most_elements: int = 7, most_steps: int = 20) -> Mixture:
    steps = draw(st.integers(1, most_steps))
    k = draw(st.integers(2, most_elements))
    bounds = [sorted(draw(st.tuples(st.integers(0, steps), st.integers(0, steps)))) for _ in range(k)]
    if draw(st.booleans()):
        bounds = [[0, high] for _, high in bounds]
    components = sorted(draw(st.tuples(st.integers(1, k), st.integers(1, k))))
    low, high = tuple(b[0] for b in bounds), tuple(b[1] for b in bounds)
    mixture = Mixture(steps, low, high, (components[0], components[1]), draw(st.integers(1, 4)))
    assume(mixture.size > 0)
    return mixture


@st.composite
def templates(draw: st.DrawFn) -> Template:
    parts = []
    for i in range(draw(st.integers(1, 4))):
        amounts = np.arange(1, draw(st.integers(2, 9))) / 10
        mixture = draw(st.none() | mixtures(most_elements=len(METALS), most_steps=40))
        species = METALS[: 1 if mixture is None else len(mixture.low)]
        parts.append(Part(f"part {i}", "cation", species, mixture, np.ones(1), amounts))
    return Template(tuple(parts), "Li", pd.DataFrame())


@given(mixtures(), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_anything_is_repaired_to_a_way_of_the_mixture(mixture: Mixture, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted = rng.integers(-3, mixture.steps + 3, size=(40, len(mixture.low)))
    wanted[rng.random(wanted.shape) < 0.5] = 0
    repaired = Rules.of(mixture).repaired(wanted, rng)
    assert mixture.contains(repaired).all(), (wanted[~mixture.contains(repaired)], mixture)
    assert (mixture.rank(repaired) >= 0).all()


@given(mixtures(), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_what_needs_no_repair_stays(mixture: Mixture, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ways = mixture.unrank(stratified(mixture.size, min(mixture.size, 50), rng))
    assert (Rules.of(mixture).repaired(ways, rng) == ways).all()


@given(templates(), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_ranks_and_genomes_give_back_each_other(template: Template, seed: int) -> None:
    rng = np.random.default_rng(seed)
    genome = Genome.of(template)
    ranks = stratified(template.size, min(template.size, 30), rng)
    genomes = genome.of_ranks(ranks)
    assert genomes.shape == (len(ranks), genome.width)
    assert genome.ranks(genomes).tolist() == ranks.tolist()
    assert len(np.unique(genomes, axis=0)) == len(ranks)


@given(templates(), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_children_are_candidates(template: Template, seed: int) -> None:
    assume(template.size > 1)
    rng = np.random.default_rng(seed)
    genome = Genome.of(template)
    parents = genome.of_ranks(stratified(template.size, min(template.size, 30), rng))
    partners = parents[rng.permutation(len(parents))]
    children = genome.repaired(changed(genome, crossed(genome, parents, partners, rng), rng), rng)
    ranks = genome.ranks(children)
    assert all(0 <= rank < template.size for rank in ranks.tolist())
    assert (genome.of_ranks(ranks) == children).all()


def test_spaces_beyond_64_bits_keep_every_digit() -> None:
    mixture = Mixture(100, (0,) * 12, (100,) * 12, (1, 12))
    parts = tuple(Part(name, "cation", METALS, mixture, np.ones(1), np.ones(1)) for name in ("one", "other"))
    template = Template(parts, "Li", pd.DataFrame())
    assert prod(template.radices) > 2**64
    genome = Genome.of(template)
    ranks = stratified(template.size, 20, np.random.default_rng(0))
    ranks[-1] = template.size - 1
    assert genome.ranks(genome.of_ranks(ranks)).tolist() == ranks.tolist()


def test_repair_keeps_proportions_and_drops_the_least() -> None:
    rules = Rules.of(Mixture(20, (2, 0, 0, 0, 0), (12, 12, 12, 12, 0), (1, 3), 2))
    rng = np.random.default_rng(0)
    wanted = np.array([[30, 20, 10, 0, 0], [0, 9, 8, 1, 0], [4, 0, 0, 0, 16], [1, 0, 19, 0, 0]])
    first, second, third, fourth = rules.repaired(wanted, rng).tolist()
    assert first == [10, 7, 3, 0, 0]  # 10, 6.7 and 3.3
    assert second[0] == 2  # must be there
    assert second[3] == 0  # three elements at most
    assert third[4] == 0  # cannot be there
    assert sum(share > 0 for share in third) == 2
    assert fourth[2] == 12  # no more than that
    assert fourth[0] == 8
