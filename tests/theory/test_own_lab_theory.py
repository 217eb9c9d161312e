"""The correction by own measurements against closed forms, and its prior against known laboratories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.errors import DataError
from hemml.models.lab_curve import curve_of
from hemml.models.lab_prior import POOLED, LabKernel, LabPrior, LabSpace, Points
from hemml.models.lab_prior_fit import fit_kernels
from hemml.models.own_lab import LabCorrection
from hemml.models.targets import TARGETS

KERNEL = LabKernel(center=5.0, offset=0.3, slope=0.0, local=0.0, noise=0.2, composition_length=0.4, test_length=1.0)
SPACE = LabSpace({"a": 1.0, "b": 2.0}, {"t": 1.0})
NAMES = ("a", "b", "t", "unused")


def correction(kernel: LabKernel, residuals: np.ndarray, seed: int = 0, roles: object = "cathode") -> LabCorrection:
    n = len(residuals)
    rng = np.random.default_rng(seed)
    predicted = rng.normal(5.0, 0.5, n)
    return LabCorrection(
        LabPrior(SPACE, {POOLED: kernel}),
        NAMES,
        rng.normal(size=(n, 4)),
        np.full(n, roles) if isinstance(roles, str) else np.asarray(roles),
        predicted,
        predicted + residuals,
    )


def asked(m: int = 6, seed: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, 4)), np.full(m, "cathode"), rng.normal(5.0, 0.5, m)


@pytest.mark.parametrize("n", [1, 3, 10, 50])
def test_an_offset_alone_is_the_mean_residual_shrunk(n: int) -> None:
    residuals = np.random.default_rng(n).normal(0.4, 0.2, n)
    shift, factor = correction(KERNEL, residuals).correct(*asked())
    tau2, sigma2 = KERNEL.offset**2, KERNEL.noise**2
    kept = n * tau2 / (n * tau2 + sigma2)
    np.testing.assert_allclose(shift, kept * residuals.mean(), rtol=1e-10)
    np.testing.assert_allclose(factor**2, (tau2 * (1 - kept) + sigma2) / (tau2 + sigma2), rtol=1e-10)


def test_many_own_rows_recover_offset_and_slope() -> None:
    kernel = replace(KERNEL, slope=0.3)
    rng = np.random.default_rng(1)
    predicted = rng.normal(5.0, 0.5, 900)
    measured = predicted - 0.25 + 0.4 * (predicted - 5.0) + rng.normal(0, 0.2, 900)
    lab = LabCorrection(
        LabPrior(SPACE, {POOLED: kernel}), NAMES, rng.normal(size=(900, 4)), np.full(900, "anode"), predicted, measured
    )
    at = np.array([4.0, 5.0, 6.0])
    shift, _ = lab.correct(np.zeros((3, 4)), np.full(3, "anode"), at)
    np.testing.assert_allclose(shift, -0.25 + 0.4 * (at - 5.0), atol=0.05)


def test_without_prior_variance_the_literature_model_stays() -> None:
    kernel = replace(KERNEL, offset=0.0)
    shift, factor = correction(kernel, np.full(8, 0.7)).correct(*asked())
    np.testing.assert_array_equal(shift, 0.0)
    np.testing.assert_array_equal(factor, 1.0)


def test_the_other_role_stays_as_it_is() -> None:
    X, _, predicted = asked(4)
    roles = np.array(["cathode", "anode", "cathode", "anode"])
    shift, factor = correction(KERNEL, np.full(5, 0.5)).correct(X, roles, predicted)
    assert (shift[[0, 2]] > 0).all()
    assert (factor[[0, 2]] < 1).all()
    np.testing.assert_array_equal(shift[[1, 3]], 0.0)
    np.testing.assert_array_equal(factor[[1, 3]], 1.0)


def test_the_local_part_counts_near_and_fades_far() -> None:
    kernel = replace(KERNEL, offset=0.0, local=0.5, noise=0.1)
    lab = correction(kernel, np.array([0.6]))
    near, far = lab.X, lab.X + np.array([100.0, 0, 0, 0])
    same, _ = lab.correct(near, np.array(["cathode"]), lab.predicted)
    away, factor = lab.correct(far, np.array(["cathode"]), lab.predicted)
    assert same[0] == pytest.approx(0.6 * 0.25 / 0.26)
    assert away[0] == pytest.approx(0.0, abs=1e-9)
    assert factor[0] == pytest.approx(1.0)
    unused, _ = lab.correct(near + np.array([0, 0, 0, 50.0]), np.array(["cathode"]), lab.predicted)
    assert unused[0] == same[0]


def test_leave_one_out_equals_refitting_without_the_row() -> None:
    kernel = replace(KERNEL, slope=0.4, local=0.3)
    lab = correction(kernel, np.random.default_rng(4).normal(0.2, 0.3, 7))
    found = lab.leave_one_out()
    for i in range(7):
        rest = np.arange(7) != i
        refitted = LabCorrection(
            lab.prior, NAMES, lab.X[rest], lab.roles[rest], lab.predicted[rest], lab.measured[rest]
        )
        shift, _ = refitted.correct(lab.X[i : i + 1], lab.roles[i : i + 1], lab.predicted[i : i + 1])
        assert found[i] == pytest.approx(lab.predicted[i] + shift[0], abs=1e-9)


def test_a_correction_never_turns_the_order_of_predictions_round() -> None:
    kernel = replace(KERNEL, slope=3.0, noise=0.02)
    rng = np.random.default_rng(2)
    predicted = np.linspace(4.0, 6.0, 9)
    measured = 10.0 - predicted  # a slope of -2 about the center
    lab = LabCorrection(
        LabPrior(SPACE, {POOLED: kernel}), NAMES, rng.normal(size=(9, 4)), np.full(9, "anode"), predicted, measured
    )
    at = np.linspace(3.0, 7.0, 20)
    shift, _ = lab.correct(np.tile(lab.X[:1], (20, 1)), np.full(20, "anode"), at)
    assert (np.diff(at + shift) > 0).all()


def test_twice_the_same_row_counts_more_than_once_and_less_than_two_cells() -> None:
    kernel = replace(KERNEL, local=0.4)
    lab = correction(kernel, np.array([0.5]))
    twice = LabCorrection(
        lab.prior, NAMES, *(np.repeat(v, 2, axis=0) for v in (lab.X, lab.roles, lab.predicted, lab.measured))
    )
    spread = replace(twice, X=lab.X.repeat(2, axis=0) + np.array([[0, 0, 0, 0], [9.0, 0, 0, 0]]))
    far = lab.X + np.array([0, 30.0, 0, 0])
    one, two, apart = (found.correct(far, lab.roles, lab.predicted)[0][0] for found in (lab, twice, spread))
    assert one < two < apart


@pytest.fixture(scope="module")
def laboratories() -> tuple[Points, np.ndarray, np.ndarray, np.ndarray]:
    """250 laboratories of 4 rows, drawn from a known kernel."""
    truth = replace(KERNEL, slope=0.5, local=0.25, noise=0.15)
    rng = np.random.default_rng(3)
    n, size = 250, 4
    points = Points(rng.normal(5.0, 0.6, (n, size)), rng.normal(0, 0.5, (n, size, 2)), rng.normal(0, 1, (n, size, 1)))
    lower = np.linalg.cholesky(truth.measured_covariance(points))
    residuals = (lower @ rng.normal(size=(n, size, 1)))[..., 0]
    flat = Points(points.predicted.ravel(), points.composition.reshape(-1, 2), points.test.reshape(-1, 1))
    papers = np.repeat([f"paper {i}" for i in range(n)], size)
    return flat, residuals.ravel(), papers, np.full(n * size, "cathode")


def test_the_prior_finds_the_spread_of_known_laboratories(laboratories) -> None:
    found = fit_kernels(*laboratories)["cathode"]
    assert found.offset == pytest.approx(0.3, rel=0.2)
    assert found.slope == pytest.approx(0.5, rel=0.2)
    assert found.local == pytest.approx(0.25, rel=0.35)
    assert found.noise == pytest.approx(0.15, rel=0.4)


def test_intervals_of_known_laboratories_hold_and_errors_fall_with_own_rows(laboratories) -> None:
    points, residuals, papers, roles = laboratories
    target = TARGETS[Column.VOLTAGE]
    curve = pd.DataFrame(curve_of(points, points.predicted + residuals, papers, roles, target, seed=5, draws=4))
    assert curve["k"].tolist() == [1, 2, 3]  # none has more than 5 rows
    assert curve["n_papers"].tolist() == [250, 250, 250]
    assert (np.diff(curve["mae_corrected"]) < 0).all()
    assert (curve["mae_corrected"] < curve["mae_offset"]).all()
    assert (curve["mae_offset"] < curve["mae_literature"]).all()
    assert (curve["ratio_low"] < curve["ratio"]).all()
    assert (curve["ratio"] < curve["ratio_high"]).all()
    assert (curve["ratio_high"] < 1).all()
    assert curve["coverage_corrected"].between(0.87, 0.93).all()
    assert (np.diff(curve["width"]) < 0).all()


def test_unlike_laboratories_that_share_nothing_are_left_alone(laboratories) -> None:
    points, residuals, papers, roles = laboratories
    shuffled = np.random.default_rng(0).permutation(residuals)
    curve = pd.DataFrame(
        curve_of(points, points.predicted + shuffled, papers, roles, TARGETS[Column.VOLTAGE], seed=5, draws=2)
    )
    assert curve["ratio"][:3].between(0.98, 1.02).all()


def test_the_curve_depends_on_the_seed_alone(laboratories) -> None:
    points, residuals, papers, roles = laboratories
    few = np.flatnonzero(np.isin(papers, np.unique(papers)[:60]))
    arguments = (points[few], (points.predicted + residuals)[few], papers[few], roles[few], TARGETS[Column.VOLTAGE])
    one, same, other = (curve_of(*arguments, seed=seed, sizes=(2,), draws=2) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_roles_with_few_papers_share_the_pooled_kernel(laboratories) -> None:
    points, residuals, papers, _ = laboratories
    roles = np.where(np.isin(papers, np.unique(papers)[:5]), "anode", "cathode")
    assert set(fit_kernels(points, residuals, papers, roles)) == {POOLED, "cathode"}


def test_a_prior_needs_papers_with_two_rows() -> None:
    points = Points(np.zeros(3), np.zeros((3, 2)), np.zeros((3, 1)))
    with pytest.raises(DataError, match="some paper must hold two rows of the target, got none"):
        fit_kernels(points, np.ones(3), np.array(["a", "b", "c"]), np.full(3, "anode"))
