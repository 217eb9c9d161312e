"""Metrics of simulated campaigns against brute force and closed forms."""

import itertools
import math

import numpy as np
import pytest

from hemml.active.simulation.bands import mean_band, median_band, ratio_band
from hemml.active.simulation.metrics import (
    experiments_to,
    found_curve,
    hypervolume,
    hypervolume_curve,
    top_rows,
)


def boxes_volume(points: np.ndarray) -> float:
    """Volume of a union of boxes from the origin by inclusion and exclusion, points (q, k)."""
    total = 0.0
    for size in range(1, points.shape[1] + 1):
        for chosen in itertools.combinations(range(points.shape[1]), size):
            total += (-1) ** (size + 1) * float(points[:, chosen].min(axis=1).prod())
    return total


@pytest.mark.parametrize("q", [1, 2, 3, 4])
def test_hypervolume_is_the_volume_of_the_union_of_boxes(q: int) -> None:
    points = np.random.default_rng(q).random((q, 7))
    assert hypervolume(points) == pytest.approx(boxes_volume(points), abs=1e-12)


def test_hypervolume_of_a_staircase_and_of_the_worst_corner() -> None:
    assert hypervolume(np.array([[0.5, 1.0], [1.0, 0.5]])) == pytest.approx(0.75)
    assert hypervolume(np.zeros((2, 1))) == 0.0
    assert hypervolume(np.array([[1.0], [0.0]])) == 0.0


def test_curve_rises_to_one_and_counts_experiments_in_their_order() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((2, 30))
    points = (points - points.min(axis=1, keepdims=True)) / np.ptp(points, axis=1, keepdims=True)
    order, sizes = rng.permutation(30), np.array([2, 7, 20, 30])
    curve = hypervolume_curve(points, order, sizes)
    assert (np.diff(curve) >= 0).all()
    assert curve[-1] == pytest.approx(1.0)
    by_hand = boxes_volume(points[:, order[:7]]) / hypervolume(points)
    assert curve[1] == pytest.approx(by_hand)
    one = points[:1]
    assert np.allclose(hypervolume_curve(one, order, sizes), [one[0, order[:k]].max() for k in sizes])


def test_experiments_to_is_the_first_look_at_which_the_level_is_reached() -> None:
    sizes = np.array([5, 10, 15])
    assert experiments_to(np.array([0.2, 0.9, 0.95]), sizes, 0.9) == 10
    assert experiments_to(np.array([0.9, 0.9, 1.0]), sizes, 0.9) == 5
    assert experiments_to(np.array([0.2, 0.5, 0.89]), sizes, 0.9) == math.inf


def test_top_rows_round_up_and_share_ties() -> None:
    utility = np.arange(201.0)
    best, k = top_rows(utility, 1)
    assert (k, best.sum()) == (3, 3)
    assert np.flatnonzero(best).tolist() == [198, 199, 200]
    assert top_rows(np.arange(200.0), 1)[1] == 2  # exactly one in a hundred is not rounded up further
    assert top_rows(np.arange(10.0), 1)[1] == 1
    tied, k = top_rows(np.array([1.0, 5.0, 5.0, 5.0]), 25)
    assert (k, tied.sum()) == (1, 3)
    shares = found_curve(tied, k, np.array([0, 1, 2, 3]), np.array([1, 2, 4]))
    assert shares.tolist() == [0.0, 1.0, 1.0]


def test_median_is_infinite_where_half_of_the_seeds_do_not_get_there() -> None:
    assert median_band(np.array([10.0, 20.0, np.inf])).value == 20
    assert median_band(np.array([10.0, 20.0, np.inf, np.inf])).value == np.inf
    assert median_band(np.array([10.0, 20.0, np.inf, np.inf])).as_list()[0] is None
    band = median_band(np.array([10.0, 20.0, 30.0, 40.0]))
    assert (band.value, band.low, band.high) == (25, 10, 40)


def test_bands_cover_the_true_median_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    covered = []
    for trial in range(120):
        band = median_band(rng.exponential(size=25), seed=trial)
        covered.append(band.low <= math.log(2.0) <= band.high)
    assert 0.88 <= np.mean(covered) <= 1.0


def test_ratio_is_of_the_medians_and_zero_where_the_strategy_does_not_get_there() -> None:
    random, fast = np.array([100.0, 110.0, 120.0]), np.array([20.0, 22.0, 24.0])
    assert ratio_band(random, fast).value == 5.0
    assert ratio_band(random, random).low == ratio_band(random, random).high == 1.0  # the same seeds are resampled
    assert ratio_band(random, np.full(3, np.inf)).value == 0.0


def test_mean_band_shrinks_to_the_mean_for_equal_curves() -> None:
    curves = np.tile(np.linspace(0, 1, 5), (6, 1))
    mean, low, high = mean_band(curves)
    assert np.allclose(mean, low)
    assert np.allclose(mean, high)
