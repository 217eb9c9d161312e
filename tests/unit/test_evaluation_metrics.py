import json

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from hemml.evaluation import (
    bootstrap_intervals,
    coverage,
    mae,
    mean_width,
    r2,
    score,
    skill,
    spearman,
)

rng = np.random.default_rng(0)
Y = rng.lognormal(5, 0.6, 400)
PREDICTED = Y * rng.lognormal(0, 0.3, 400)
REFERENCE = np.full(400, np.median(Y))
TIED_Y, TIED_PREDICTED = np.round(Y, -2), np.round(PREDICTED, -2)


@pytest.mark.parametrize(("y", "predicted"), [(Y, PREDICTED), (TIED_Y, TIED_PREDICTED), (Y, REFERENCE + 1e-9 * Y)])
def test_scores_agree_with_scikit_learn_and_scipy(y, predicted):
    scores = score(y, predicted, reference=REFERENCE)
    assert scores.n == 400
    assert scores.mae == pytest.approx(sk.mean_absolute_error(y, predicted), rel=1e-12)
    assert scores.rmse == pytest.approx(sk.root_mean_squared_error(y, predicted), rel=1e-12)
    assert scores.r2 == pytest.approx(sk.r2_score(y, predicted), abs=1e-12)
    assert scores.spearman == pytest.approx(stats.spearmanr(y, predicted).statistic, abs=1e-12)
    expected = 1 - sk.mean_absolute_error(y, predicted) / sk.mean_absolute_error(y, REFERENCE)
    assert scores.skill == pytest.approx(expected, abs=1e-12)


def test_single_metrics_are_the_fields_of_the_scores():
    scores = score(Y, PREDICTED, reference=REFERENCE, lower=PREDICTED - 50, upper=PREDICTED + 50)
    assert mae(Y, PREDICTED) == scores.mae
    assert r2(Y, PREDICTED) == scores.r2
    assert spearman(Y, PREDICTED) == scores.spearman
    assert skill(Y, PREDICTED, REFERENCE) == scores.skill
    assert coverage(Y, PREDICTED - 50, PREDICTED + 50) == scores.coverage_90
    assert mean_width(PREDICTED - 50, PREDICTED + 50) == scores.mean_width == pytest.approx(100)


def test_values_by_hand():
    scores = score([1, 2, 3, 4], [1, 2, 3, 8], reference=[2, 2, 2, 2], lower=[0, 2, 4, 4], upper=[1, 3, 5, 8])
    assert scores.mae == 1
    assert scores.rmse == 2
    assert scores.r2 == pytest.approx(1 - 16 / 5)
    assert scores.spearman == pytest.approx(1)
    assert scores.skill == pytest.approx(0)
    assert scores.coverage_90 == 0.75  # the ends of an interval belong to it
    assert scores.mean_width == 1.75


def test_undefined_scores_are_none_not_nan():
    constant = score([2.5, 2.5, 2.5], [1, 2, 3], reference=[2.5, 2.5, 2.5])
    assert (constant.r2, constant.spearman, constant.skill, constant.coverage_90) == (None,) * 4
    assert score([1, 2, 3], [0.1, 0.1, 0.1]).spearman is None
    assert score([1.0], [2.0]).r2 is None
    assert json.loads(json.dumps(constant.to_dict(), allow_nan=False))["r2"] is None


def test_bootstrap_agrees_with_scoring_repeated_rows():
    """The weighted metrics of one resample are those of the table with the drawn papers written out."""
    papers = np.repeat(["a", "b", "c", "d"], 5)
    y, predicted, reference = TIED_Y[:20], TIED_PREDICTED[:20], Y[20:40]
    low_high = bootstrap_intervals(y, predicted, papers, reference=reference, n_resamples=1, seed=7)
    drawn = np.random.default_rng(7).multinomial(4, [0.25] * 4)
    rows = np.repeat(np.arange(20), np.repeat(drawn, 5))
    expected = score(y[rows], predicted[rows], reference=reference[rows])
    for name in ("mae", "rmse", "r2", "spearman", "skill"):
        assert low_high[name] == pytest.approx((getattr(expected, name),) * 2, abs=1e-12)


def test_bootstrap_is_deterministic_and_holds_the_score():
    papers = [f"p{i // 2}" for i in range(400)]
    arguments = {"reference": REFERENCE, "lower": PREDICTED - 99, "upper": PREDICTED + 99, "n_resamples": 250}
    first = bootstrap_intervals(Y, PREDICTED, papers, seed=1, **arguments)
    assert first == bootstrap_intervals(Y, PREDICTED, papers, seed=1, **arguments)
    assert first != bootstrap_intervals(Y, PREDICTED, papers, seed=2, **arguments)
    scores = score(Y, PREDICTED, reference=REFERENCE, lower=PREDICTED - 99, upper=PREDICTED + 99)
    for name, (low, high) in first.items():
        assert low <= getattr(scores, name) <= high, name
    assert set(first) == {"mae", "rmse", "r2", "spearman", "skill", "coverage_90", "mean_width"}


def test_bootstrap_leaves_out_what_is_not_defined():
    papers = ["a", "b", "c", "d"]
    intervals = bootstrap_intervals([1, 2, 3, 4], [2, 2, 2, 2], papers, n_resamples=50)
    assert "spearman" not in intervals
    assert intervals["mae"][0] <= 1 <= intervals["mae"][1]
