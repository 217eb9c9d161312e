"""Ways of dividing a sublattice: counted and found by number, against brute force."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest

from hemml.active.space.lattice import Mixture
from hemml.active.space.numbers import INT64_LIMIT, join, rank_array, split, stratified


def by_brute_force(mixture: Mixture) -> set[tuple[int, ...]]:
    return {
        way
        for way in product(range(mixture.steps + 1), repeat=len(mixture.low))
        if sum(way) == mixture.steps
        and all(low <= share <= high for share, low, high in zip(way, mixture.low, mixture.high, strict=True))
        and all(share == 0 or share >= mixture.smallest for share in way)
        and mixture.components[0] <= sum(share > 0 for share in way) <= mixture.components[1]
    }


@pytest.mark.parametrize(
    "mixture",
    [
        Mixture(6, (0, 0, 0), (6, 6, 6), (1, 3)),
        Mixture(6, (0, 0, 0, 0), (6, 6, 6, 6), (2, 3)),
        Mixture(7, (1, 0, 0, 2), (3, 7, 2, 7), (3, 4)),
        Mixture(8, (0, 0, 0, 0), (8, 5, 8, 8), (2, 4), smallest=2),
        Mixture(5, (0, 0, 1), (5, 0, 5), (1, 3)),
        Mixture(4, (4, 0), (4, 4), (1, 1)),
        Mixture(5, (0, 0, 0, 0, 0), (1, 1, 1, 1, 1), (5, 5)),
    ],
)
def test_every_way_has_one_number(mixture: Mixture) -> None:
    expected = by_brute_force(mixture)
    assert mixture.size == len(expected) > 0
    ways = mixture.unrank(np.arange(mixture.size))
    assert {tuple(way) for way in ways.tolist()} == expected
    assert mixture.rank(ways).tolist() == list(range(mixture.size))


def test_sizes_are_the_binomials() -> None:
    assert Mixture(20, (0,) * 8, (20,) * 8, (1, 8)).size == comb(27, 7)
    assert Mixture(20, (0,) * 8, (20,) * 8, (8, 8)).size == comb(19, 7)
    exactly_five = Mixture(20, (0,) * 8, (20,) * 8, (5, 5)).size
    assert exactly_five == comb(8, 5) * comb(19, 4)


def test_a_contradiction_has_no_ways() -> None:
    assert Mixture(10, (6, 6), (10, 10), (1, 2)).size == 0
    assert Mixture(10, (0, 0), (4, 4), (1, 2)).size == 0
    assert Mixture(10, (0, 0), (10, 10), (3, 3)).size == 0


def test_runs_and_single_ranks_agree() -> None:
    # A list of the ways of all elements would be too long here, so that the first are searched for.
    many = Mixture(40, (0,) * 8, (20,) * 8, (3, 7))
    assert 0 < many._tail.element < 7
    start = many.size // 2
    for run in (np.arange(2000), np.arange(start, start + 2000), np.arange(many.size - 2000, many.size)):
        ways = many.unrank(run)
        order = np.random.default_rng(0).permutation(len(run))
        np.testing.assert_array_equal(many.unrank(run[order]), ways[order])
        np.testing.assert_array_equal(many.unrank(np.repeat(run, 3)), np.repeat(ways, 3, axis=0))
        np.testing.assert_array_equal(many.rank(ways), run)
    assert many.unrank(np.arange(0)).shape == (0, 8)


def test_what_is_no_way_has_no_number() -> None:
    mixture = Mixture(4, (0, 1, 0), (4, 4, 2), (2, 3))
    ways = np.array([[0, 4, 0], [3, 1, 0], [1, 0, 3], [1, 1, 1], [0, 1, 3], [-1, 4, 1], [1, 1, 2]])
    assert (mixture.rank(ways) >= 0).tolist() == [False, True, False, False, False, False, True]


def test_ranks_beyond_64_bits_are_exact() -> None:
    mixture = Mixture(100, (0,) * 20, (100,) * 20, (1, 20))
    assert mixture.size == comb(119, 19) > INT64_LIMIT
    ranks = rank_array([0, 1, mixture.size // 3, 2**63, 2**63 + 1, mixture.size - 1], mixture.size)
    ways = mixture.unrank(ranks)
    assert (ways.sum(axis=1) == 100).all()
    assert mixture.rank(ways).tolist() == ranks.tolist()
    assert ways[0].tolist() == [0] * 19 + [100]
    assert ways[-1].tolist() == [100] + [0] * 19


def test_digits_and_ranks() -> None:
    radices = (3, 1, 4, 5)
    ranks = np.arange(60)
    digits = split(ranks, radices)
    assert [int(d.max()) for d in digits] == [2, 0, 3, 4]
    assert (join(digits, radices) == ranks).all()
    assert digits[3][:6].tolist() == [0, 1, 2, 3, 4, 0]
    huge = (2**70, 3)
    few = rank_array([0, 2**64 + 7, 3 * 2**70 - 1], 3 * 2**70)
    assert join(split(few, huge), huge).tolist() == few.tolist()


@pytest.mark.parametrize(("size", "count"), [(10, 10), (1000, 7), (2**62, 5000), (2**90 + 3, 50)])
def test_stratified_samples_are_distinct_and_even(size: int, count: int) -> None:
    ranks = stratified(size, count, np.random.default_rng(3)).tolist()
    assert len(set(ranks)) == count
    assert ranks == sorted(ranks)
    assert all(i * size // count - 1 <= rank <= (i + 1) * size // count + 1 for i, rank in enumerate(ranks))
    assert 0 <= ranks[0] <= ranks[-1] < size
