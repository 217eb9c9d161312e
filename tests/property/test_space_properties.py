"""Ranks and candidates are two names for one thing, whatever the bounds."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hemml.active.space import Constraint
from hemml.active.space.lattice import Mixture
from hemml.active.space.numbers import join, split
from hemml.errors import InputError


@st.composite
def mixtures(draw: st.DrawFn) -> Mixture:
    steps = draw(st.integers(1, 12))
    k = draw(st.integers(1, 6))
    # least shares that add up to no more than all, most of the time: bounds that leave nothing are of no use here
    least = draw(st.sampled_from([0, steps // k, steps]))
    bounds = [sorted(draw(st.tuples(st.integers(0, least), st.integers(0, steps)))) for _ in range(k)]
    components = sorted(draw(st.tuples(st.integers(1, k), st.integers(1, k))))
    low, high = tuple(b[0] for b in bounds), tuple(b[1] for b in bounds)
    return Mixture(steps, low, high, (components[0], components[1]), draw(st.integers(1, 3)))


@given(mixtures())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_unrank_is_a_bijection(mixture: Mixture) -> None:
    assume(0 < mixture.size <= 20_000)
    ranks = np.arange(mixture.size)
    ways = mixture.unrank(ranks)
    assert len(np.unique(ways, axis=0)) == mixture.size
    assert mixture.contains(ways).all()
    assert (mixture.rank(ways) == ranks).all()
    assert (mixture.unrank(ranks[::-1]) == ways[::-1]).all()


@given(mixtures(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_no_way_is_left_out(mixture: Mixture, random) -> None:
    cuts = sorted(random.randint(0, mixture.steps) for _ in range(len(mixture.low) - 1))
    way = np.diff([0, *cuts, mixture.steps])[None, :]
    rank = mixture.rank(way)[0]
    assert (rank >= 0) == mixture.contains(way)[0]
    if rank >= 0:
        assert (mixture.unrank(np.array([rank])) == way).all()


@given(st.lists(st.integers(1, 2**40), min_size=1, max_size=5), st.data())
@settings(max_examples=100, deadline=None)
def test_digits_give_back_the_rank(radices: list[int], data: st.DataObject) -> None:
    size = int(np.prod(np.array(radices, dtype=object)))
    rank = data.draw(st.integers(0, size - 1))
    array = np.array([rank], dtype=np.int64 if size < 2**63 else object)
    assert join(split(array, radices), radices)[0] == rank


@given(st.text(alphabet="vec ()<>=+-*/.,0123456789andortn_[]'\"", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_constraint_or_a_clear_error(text: str) -> None:
    names, message = (), "constraint"
    try:
        names = Constraint(text).names
    except InputError as err:
        message = str(err)
    assert "constraint" in message
    assert set(names) <= {"vec"}


@given(mixtures(), st.data())
@settings(max_examples=150, deadline=None)
def test_runs_of_ranks_are_found_as_one_by_one(mixture: Mixture, data: st.DataObject) -> None:
    assume(mixture.size > 0)
    ends = data.draw(st.lists(st.tuples(st.integers(0, mixture.size - 1), st.integers(1, 60)), min_size=1, max_size=4))
    runs = [np.arange(start, min(start + length, mixture.size)) for start, length in ends]
    ranks = np.repeat(np.concatenate(runs), data.draw(st.integers(1, 3)))
    found = mixture.unrank(ranks)
    np.testing.assert_array_equal(found, np.vstack([mixture.unrank(ranks[i : i + 1]) for i in range(len(ranks))]))
    assert (mixture.rank(found) == ranks).all()


@given(st.integers(0, 2**64), st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_runs_beyond_64_bits(offset: int, length: int) -> None:
    mixture = Mixture(100, (0,) * 20, (100,) * 20, (2, 20))
    assert mixture.size > 2**64
    for start in (offset, 0, mixture.size - length):
        ranks = np.array([start + i for i in range(length)], dtype=object)
        ways = mixture.unrank(ranks)
        assert mixture.rank(ways).tolist() == ranks.tolist()
        assert mixture.contains(ways).all()
