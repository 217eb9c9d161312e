"""Closed forms of acquisition: against quadrature, against high precision, and against independent normals by hand."""

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from hemml.active.acquisition import (
    expected_improvement,
    log_expected_improvement,
    log_probability_within,
    probability_within,
    sampled_probability_within,
    upper_confidence_bound,
)
from hemml.active.acquisition.fronts import front_of


@pytest.mark.parametrize(("mean", "sd", "incumbent"), [(0.0, 1.0, 0.0), (1.2, 0.3, 1.0), (-2.0, 0.7, -1.0), (5, 1, 0)])
def test_expected_improvement_is_the_integral(mean: float, sd: float, incumbent: float) -> None:
    def integrand(y: float) -> float:
        return (y - incumbent) * stats.norm.pdf(y, mean, sd)

    expected, _ = integrate.quad(integrand, incumbent, max(mean, incumbent) + 12 * sd, epsabs=1e-13)
    assert expected_improvement(np.array(mean), np.array(sd), incumbent) == pytest.approx(expected, rel=1e-9)


def test_expected_improvement_known_values() -> None:
    # At the incumbent itself it is sd / sqrt(2 pi); a certain prediction improves by its gap or not at all.
    assert expected_improvement(np.array(3.0), np.array(2.0), 3.0) == pytest.approx(2 / np.sqrt(2 * np.pi), rel=1e-15)
    values = expected_improvement(np.array([1.5, 1.0, 0.5]), np.zeros(3), 1.0)
    np.testing.assert_array_equal(values, [0.5, 0.0, 0.0])


def test_expected_improvement_equals_the_mean_gain_of_samples() -> None:
    rng = np.random.default_rng(0)
    mean, sd = np.array([0.3, -0.5, 1.0]), np.array([1.0, 0.8, 0.1])
    samples = mean + sd * rng.standard_normal((50_000, 1, 3))
    front = front_of(np.full((50_000, 1, 1), 0.7), 1, rng)
    gains = front.gains(samples)
    error = gains.std(axis=0) / np.sqrt(len(gains))
    np.testing.assert_array_less(np.abs(gains.mean(axis=0) - expected_improvement(mean, sd, 0.7)), 4 * error)


def test_log_expected_improvement_keeps_its_digits_where_the_improvement_underflows() -> None:
    for z in (8.0, 0.0, -0.99, -1.0, -1.01, -5.0, -37.0, -300.0, -999.0, -1001.0, -1e4, -1e6):
        with mpmath.workdps(60):
            exact = mpmath.log(mpmath.npdf(z) + mpmath.mpf(z) * mpmath.ncdf(z)) if z > -9e5 else None
        value = float(log_expected_improvement(np.array(3.0 * z), np.array(3.0), 0.0)) - np.log(3.0)
        if exact is None:
            assert value == pytest.approx(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - 2 * np.log(-z), rel=1e-14)
        else:
            assert value == pytest.approx(float(exact), rel=1e-9, abs=1e-12), z


def test_log_expected_improvement_ranks_hopeless_candidates() -> None:
    mean = -np.array([50.0, 40.0, 1e5])
    assert expected_improvement(mean, np.ones(3), 0.0).tolist() == [0.0, 0.0, 0.0]  # all the same: no ranking
    values = log_expected_improvement(mean, np.ones(3), 0.0)
    assert np.isfinite(values).all()
    assert np.argsort(-values).tolist() == [1, 0, 2]
    np.testing.assert_array_equal(log_expected_improvement(np.array([2.0, 0.0]), np.zeros(2), 1.0), [0.0, -np.inf])


def test_upper_confidence_bound() -> None:
    np.testing.assert_array_equal(upper_confidence_bound(np.array([1.0, 2.0]), np.array([0.5, 0.0]), 2.0), [2.0, 2.0])


def test_probability_within_limits() -> None:
    mean, sd = np.array([0.0, 1.0, -3.0]), np.array([1.0, 0.5, 2.0])
    expected = stats.norm.cdf(1.5, mean, sd) - stats.norm.cdf(0.2, mean, sd)
    np.testing.assert_allclose(probability_within(mean, sd, 0.2, 1.5), expected, rtol=1e-12)
    np.testing.assert_allclose(log_probability_within(mean, sd, lower=1.0), stats.norm.logsf(1.0, mean, sd), rtol=1e-12)
    np.testing.assert_allclose(
        log_probability_within(mean, sd, upper=1.0), stats.norm.logcdf(1.0, mean, sd), rtol=1e-12
    )
    np.testing.assert_array_equal(probability_within(mean, sd), 1.0)
    np.testing.assert_array_equal(probability_within(np.array([0.9, 1.0, 1.1]), np.zeros(3), 1.0, 1.0), [0.0, 1.0, 0.0])
    far = float(log_probability_within(np.array(-60.0), np.array(1.0), 0.0, 1.0))
    assert far == pytest.approx(stats.norm.logcdf(-60.0), rel=1e-12)  # what lies above 1 is a part in e^60 of it


def test_probability_from_samples_is_never_certain() -> None:
    samples = np.array([[0.0, 2.0, 1.0], [0.0, 3.0, -1.0], [0.0, 4.0, 2.0]])
    np.testing.assert_allclose(sampled_probability_within(samples, lower=0.5), [0.125, 0.875, 0.625])


@pytest.mark.parametrize("axes", [1, 2, 3, 4, 5])
def test_expected_hypervolume_improvement_of_independent_normals_over_one_result(axes: int) -> None:
    """With one result p the gain is prod(y+) - prod(min(y+, p)), whose mean is a product of expected improvements."""
    rng = np.random.default_rng(axes)
    mean, sd = rng.uniform(0.2, 0.8, axes), rng.uniform(0.1, 0.4, axes)
    result = rng.uniform(0.3, 0.6, axes)
    above, beyond = expected_improvement(mean, sd, 0.0), expected_improvement(mean, sd, result)
    expected = np.prod(above) - np.prod(above - beyond)
    samples = 16_000
    draws = mean[:, None] + sd[:, None] * rng.standard_normal((samples, axes, 1))
    front = front_of(np.broadcast_to(result[:, None], (samples, axes, 1)).copy(), 16, rng)
    gains = front.gains(draws)[:, 0]
    assert abs(gains.mean() - expected) < 4 * gains.std() / np.sqrt(samples)
    assert 4 * gains.std() / np.sqrt(samples) < 0.15 * expected  # small enough to tell
