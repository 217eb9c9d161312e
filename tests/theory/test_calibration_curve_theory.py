"""The calibration curve against known distributions, and its band against simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from hemml.evaluation import calibration_curve, effective_draws, wilson_interval
from hemml.evaluation.calibration_curve import LEVELS


def test_uniform_ranks_are_calibrated():
    ranks = (np.arange(10_000) + 0.5) / 10_000
    curve = calibration_curve(ranks, np.arange(10_000).astype(str))
    np.testing.assert_allclose(curve.observed, LEVELS, atol=2e-4)
    assert curve.effective_n == pytest.approx(10_000)
    assert ((curve.low <= curve.observed) & (curve.observed <= curve.high)).all()


@pytest.mark.parametrize(("sigma", "sign"), [(0.5, 1), (2.0, -1)])
def test_wrong_width_shows_with_the_right_sign_and_size(sigma, sign):
    """Truth N(0, sigma), predicted N(0, 1): a central interval of level p holds 2 Phi(z_p / sigma) - 1."""
    from scipy.stats import norm

    truth = sigma * norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    curve = calibration_curve(norm.cdf(truth), np.arange(20_000).astype(str))
    expected = 2 * norm.cdf(norm.ppf((1 + np.array(LEVELS)) / 2) / sigma) - 1
    np.testing.assert_allclose(curve.observed, expected, atol=3e-4)
    assert (np.sign(curve.observed - curve.nominal) == sign).all()


def test_rows_that_fully_agree_count_as_one_draw_a_paper():
    assert effective_draws(np.repeat(np.arange(10).astype(str), 3)) == pytest.approx(10)
    assert effective_draws(np.arange(7).astype(str)) == pytest.approx(7)
    # one paper of 8 rows and two of 1: (10^2) / (64 + 1 + 1)
    assert effective_draws(np.array(["a"] * 8 + ["b", "c"])) == pytest.approx(100 / 66)


def test_band_holds_calibrated_curves_of_papers_that_agree_within():
    rng = np.random.default_rng(5)
    papers = np.repeat(np.arange(60).astype(str), 4)
    inside = []
    for _ in range(300):
        curve = calibration_curve(np.repeat(rng.random(60), 4), papers)
        inside.append((curve.low <= curve.observed + 1e-12) & (curve.observed <= curve.high + 1e-12))
    share = np.mean(inside, axis=0)
    assert (share > 0.93).all()


@pytest.mark.parametrize(("inside", "n"), [(0, 10), (5, 10), (10, 10), (87, 96), (1, 1)])
def test_wilson_interval_agrees_with_scipy(inside, n):
    other = binomtest(inside, n).proportion_ci(method="wilson")
    assert wilson_interval(inside, n) == pytest.approx((other.low, other.high), abs=1e-12)
