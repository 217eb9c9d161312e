"""Closed forms of the prior surrogate against brute force."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hemml.active.surrogate.belief import Own, log_density, root
from hemml.active.surrogate.own_belief import _fitted, own_belief
from hemml.active.surrogate.target_correlation import shrunk_correlation
from hemml.models.lab_posterior import LabPosterior
from hemml.models.lab_prior import LabKernel, Points


def cells(n: int, seed: int = 0) -> Points:
    rng = np.random.default_rng(seed)
    return Points(rng.normal(5, 0.3, n), rng.normal(size=(n, 3)), np.zeros((n, 1)))


def test_leave_one_out_of_the_fitted_process_equals_refits() -> None:
    points, rng = cells(12), np.random.default_rng(1)
    measured = points.predicted + 0.3 + 0.2 * points.composition[:, 0] + rng.normal(0, 0.05, 12)
    belief = own_belief(SimpleNamespace(points=points), Own(np.arange(12), measured))  # type: ignore[arg-type]
    residuals = measured - points.predicted
    kernel, size = _fitted(points, residuals)
    for i in range(12):
        others = np.delete(np.arange(12), i)
        covariance = kernel.of(points[others], points[others]) + kernel.noise * np.eye(11)
        across = kernel.of(points[[i]], points[others])[0]
        mean = across @ np.linalg.solve(covariance, residuals[others])
        variance = size * (
            kernel.variance(points[[i]])[0] + kernel.noise - across @ np.linalg.solve(covariance, across)
        )
        assert belief.left[i] == pytest.approx((residuals[i] - mean) / np.sqrt(variance))
        expected = log_density(np.array(residuals[i] - mean), np.array(np.sqrt(variance)))
        assert belief.log_scores[i] == pytest.approx(float(expected))


def test_the_fitted_process_interpolates_and_its_covariance_has_its_deviations() -> None:
    points = cells(30)
    truth = 4.0 + np.sin(points.composition[:, 0])
    belief = own_belief(SimpleNamespace(points=points), Own(np.arange(20), truth[:20]))  # type: ignore[arg-type]
    assert np.abs(belief.mean[:20] - truth[:20]).max() < 0.1
    joint = belief.joint(np.arange(30))
    np.testing.assert_allclose(np.diagonal(joint), belief.sd**2, atol=1e-9)
    assert (belief.spread > belief.sd).all()
    assert belief.sd[20:].mean() > belief.sd[:20].mean()


def test_posterior_of_an_offset_alone_is_the_textbook_shrinkage() -> None:
    kernel = LabKernel(5.0, 0.2, 0.0, 0.0, 0.2, 1.0, 1.0)
    posterior = LabPosterior.of(kernel, cells(3), np.array([-0.1, -0.1, -0.1]))
    asked = cells(4, seed=2)
    np.testing.assert_allclose(posterior.shift(asked), -0.075)
    np.testing.assert_allclose(posterior.covariance(asked), 0.2**2 / 4, atol=1e-12)
    np.testing.assert_allclose(posterior.factor(asked), np.sqrt((0.04 / 4 + 0.04) / 0.08))


def test_correlation_of_targets_is_shrunk_and_positive_definite() -> None:
    same = np.random.default_rng(0).normal(size=10)
    found = shrunk_correlation(np.stack([same, 2 * same, np.full(10, np.nan)]))
    assert found[0, 1] == pytest.approx(0.5)  # 10 results weigh as much as the belief in none
    assert found[0, 2] == 0
    many = np.random.default_rng(1).normal(size=2000)
    close = shrunk_correlation(np.stack([many, many, -many]))
    assert np.linalg.eigvalsh(close).min() > 0
    np.testing.assert_allclose(np.diagonal(close), 1.0)


def test_the_root_of_a_singular_covariance() -> None:
    ones = np.ones((5, 5))
    factor = root(ones)
    np.testing.assert_allclose(factor @ factor.T, ones, atol=1e-6)
