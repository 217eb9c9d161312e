"""What is believed without a trained model: what was measured, what formulas decide, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.active.objective import Objective
from hemml.active.space import DesignSpace
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.own_results import is_told, own_results_surrogate
from hemml.active.surrogate.with_descriptors import WithDescriptors
from hemml.errors import InputError
from hemml.features import FeatureSet

CAPACITY = Objective("capacity_mAh_g", "max")
FIRM = Objective("retention_pct", "at_least", 80.0)
COST = Objective("cost_usd_per_kg", "min")


@pytest.fixture
def candidates(small_space):
    space = DesignSpace.load(small_space)
    return space.candidates(np.arange(space.size))


def measured(*values: list[float]) -> Measured:
    matrix = np.array(values, dtype=np.float64)
    return Measured(np.arange(matrix.shape[1]), matrix)


def test_without_a_result_a_utility_is_about_zero_and_a_batch_spreads_out(candidates):
    surrogate = own_results_surrogate(candidates, Measured(np.empty(0, np.int64), np.empty((2, 0))), [CAPACITY, FIRM])
    mean, sd = surrogate.marginals()
    assert mean.shape == sd.shape == (2, len(candidates))
    np.testing.assert_allclose(mean, 0.0, atol=1e-9)  # a limit is met as likely as not
    assert (sd > 0.3).all()
    drawn = surrogate.samples(np.arange(len(candidates)), 400, np.random.default_rng(0))
    assert drawn.shape == (400, 2, len(candidates))
    amounts = candidates.batch.amounts
    distance = np.linalg.norm(amounts[:, None] - amounts[None], axis=2)
    correlation = np.corrcoef(drawn[:, 0].T)
    near = (distance > 0) & (distance < 0.6)
    assert correlation[near].mean() > correlation[distance > 1.2].mean() + 0.1


def test_a_quantity_with_results_is_learned_beside_one_without(candidates):
    values = [100.0, 140.0, 120.0, 180.0]
    surrogate = own_results_surrogate(candidates, measured(values, [np.nan] * 4), [CAPACITY, FIRM])
    mean, _ = surrogate.marginals()
    assert 100 < mean[0].mean() < 180
    assert np.corrcoef(mean[0, :4], values)[0, 1] > 0.5
    np.testing.assert_allclose(mean[1], 0.0, atol=1e-9)


def test_descriptors_are_exact(candidates):
    surrogate = own_results_surrogate(candidates, measured([np.nan] * 2, [100.0, 140.0]), [COST, CAPACITY])
    cost = FeatureSet.default(("cost_usd_per_kg",)).compute(candidates.batch)[:, 0]
    mean, sd = surrogate.marginals()
    np.testing.assert_array_equal(mean[0], -cost)
    assert not sd[0].any()
    assert sd[1].all()
    rows = np.array([3, 0, 3])
    drawn = surrogate.samples(rows, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn[:, 0], np.broadcast_to(-cost[rows], (5, 3)))
    assert np.ptp(drawn[:, 1, 0]) > 0
    assert "cost" not in surrogate.description


def test_what_is_told():
    told = is_told(measured([np.nan, np.nan], [1.0, np.nan], [np.nan, np.nan]), [CAPACITY, FIRM, COST])
    assert told.tolist() == [False, True, True]


def test_shapes_are_checked(candidates):
    learned = own_results_surrogate(candidates, measured([1.0, 2.0]), [CAPACITY])
    with pytest.raises(InputError, match=r"exact: must be one row for each of the 1 objectives that are not learned"):
        WithDescriptors(learned, np.array([True, False]), np.zeros((2, 4)))
