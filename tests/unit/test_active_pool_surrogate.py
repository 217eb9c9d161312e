"""The surrogate without a trained prior: its samples, its leave-one-out scores and its mixture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hemml.active.objective import Objective
from hemml.active.surrogate import joint_normal, quantity_model
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.condition_columns import condition_columns
from hemml.active.surrogate.forest import TREES, Forest
from hemml.active.surrogate.gaussian_process import GaussianProcess, _Evidence
from hemml.active.surrogate.kernel import Kernel
from hemml.active.surrogate.pool import PoolSurrogate
from hemml.composition import CompositionBatch

VOLTAGE, CAPACITY = Objective.parse("average_voltage_V:max"), Objective.parse("capacity_mAh_g:max")
KERNEL = Kernel(np.array([0.6, 0.4]), np.array([0.8, 1.3]), trend=0.7, own=0.3)


def formulas() -> list[str]:
    metals = ("Mn", "Fe", "Co", "Ni", "V", "Cr")
    return [f"Na{x}{one}{1 - y:.1f}{two}{y:.1f}O2" for x in (0.7, 1) for one in metals for two in metals if one < two
            for y in (0.2, 0.5)]  # fmt: skip


@pytest.fixture(scope="module")
def columns() -> PoolColumns:
    batch = CompositionBatch.from_formulas(formulas(), "Na")
    return PoolColumns.of(batch, np.ones(len(batch), dtype=bool))


def values_of(columns: PoolColumns, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    signal = columns.trends @ rng.standard_normal(columns.trends.shape[1])
    return 3.0 + signal + 0.5 * np.sin(3 * columns.blocks[1][:, 0]) + 0.05 * rng.standard_normal(len(columns))


def surrogate_of(columns: PoolColumns, k: int, objectives: list[Objective], **options: float) -> PoolSurrogate:
    rows = np.random.default_rng(5).permutation(len(columns))[:k]
    values = np.array([values_of(columns, seed)[rows] for seed in range(len(objectives))])
    return PoolSurrogate.fit(columns, Measured(rows, values), objectives, **options)


@pytest.mark.parametrize("noise_share", [0.0, 0.4])
@pytest.mark.parametrize("k", [6, 25])
def test_samples_have_the_stated_marginals(columns: PoolColumns, k: int, noise_share: float) -> None:
    objectives = [VOLTAGE, Objective.parse("capacity_mAh_g:target:3.2")]
    surrogate = surrogate_of(columns, k, objectives, noise_share=noise_share)
    count = 20 * TREES
    rows = np.arange(len(columns))
    samples = surrogate.samples(rows, count, np.random.default_rng(1))
    mean, sd = surrogate.marginals()
    assert samples.shape == (count, 2, len(columns))
    scale = np.maximum(sd, 1e-3)
    assert np.abs((samples.mean(axis=0) - mean) / scale).max() < 5 / np.sqrt(count) * 1.5
    np.testing.assert_allclose(samples.std(axis=0), sd, rtol=0.15, atol=2e-3)


def test_landmark_samples_keep_marginals_and_the_likeness_of_promising_rows(
    columns: PoolColumns, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.array([0, 20, 40])
    process = GaussianProcess.given(columns, rows, np.array([-1.0, 0.2, 1.0]), 0.0, KERNEL)
    others = np.arange(50)
    monkeypatch.setattr(joint_normal, "EXACT_ROWS", 10)
    monkeypatch.setattr(joint_normal, "LANDMARKS", 20)
    samples = process.sampled(others, np.random.default_rng(0).standard_normal((6000, 50)))
    mean, sd = process.predict(others)
    np.testing.assert_allclose(samples.mean(axis=0), mean, atol=0.06)
    np.testing.assert_allclose(samples.std(axis=0), sd, rtol=0.06, atol=1e-3)
    free = np.setdiff1d(others, rows)
    promising = free[np.argsort(-(np.abs(mean) + 2 * sd)[free])[:20]]
    exact = process.joint(promising)[1]
    np.testing.assert_allclose(np.cov(samples[:, promising].T), exact, atol=0.08)


def test_noise_free_points_are_met_and_noisy_ones_are_smoothed(columns: PoolColumns) -> None:
    rows = np.arange(0, 48, 4)
    values = values_of(columns)[rows][None, :]
    exact = PoolSurrogate.fit(columns, Measured(rows, values), [VOLTAGE])
    samples = exact.samples(rows, 64, np.random.default_rng(0))
    np.testing.assert_allclose(samples, np.broadcast_to(values, samples.shape), atol=2e-4)
    assert exact.marginals()[1][0, rows].max() < 1e-3
    noisy = PoolSurrogate.fit(columns, Measured(rows, values), [VOLTAGE], noise_share=0.5)
    assert noisy.marginals()[1][0, rows].min() > 1e-2


def test_leave_one_out_equals_brute_force(columns: PoolColumns) -> None:
    rows = np.arange(3, 43, 4)
    values = np.random.default_rng(2).standard_normal(len(rows))
    for noise_share in (0.0, 0.3):
        process = GaussianProcess.given(columns, rows, values, noise_share, KERNEL)
        for i in range(len(rows)):
            rest = np.delete(np.arange(len(rows)), i)
            refit = GaussianProcess.given(columns, rows[rest], values[rest], noise_share, KERNEL)
            mean, sd = refit.predict(rows[i : i + 1])
            noise = noise_share * KERNEL.own**2
            assert process.left_out_mean[i] == pytest.approx(mean[0], abs=1e-6)
            assert process.left_out_variance[i] == pytest.approx(sd[0] ** 2 + noise, rel=1e-5)


def test_log_score_is_in_the_quantitys_unit(columns: PoolColumns) -> None:
    rows = np.arange(0, 24, 4)
    values = values_of(columns)[rows]
    model = quantity_model.QuantityModel.fit(columns, rows, values, 0.0, 0)
    (process,) = model.members
    assert isinstance(process, GaussianProcess)
    mean = model.scale.invert(process.left_out_mean)
    variance = process.left_out_variance * model.scale.width**2
    expected = -0.5 * np.log(2 * np.pi * variance) - (values - mean) ** 2 / (2 * variance)
    assert model.log_scores[0] == pytest.approx(expected.mean())


def test_gradient_of_the_evidence(columns: PoolColumns) -> None:
    rows = np.arange(0, 30, 2)
    values = np.random.default_rng(4).standard_normal(len(rows))
    median = np.log([0.5, 0.5, 1.0, 1.0, 0.5, 0.25])
    evidence = _Evidence(columns, rows, values, 0.2, median)
    at = median + np.linspace(-0.4, 0.5, 6)
    gradient = evidence(at)[1]
    for i, step in enumerate(1e-5 * np.eye(6)):
        difference = (evidence(at + step)[0] - evidence(at - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(difference, rel=1e-4, abs=1e-6)


def test_polymorphs_of_a_measured_formula_follow_it() -> None:
    names = [*formulas(), formulas()[0]]
    batch = CompositionBatch.from_formulas(names, "Na")
    columns = PoolColumns.of(batch, np.ones(len(batch), dtype=bool))
    rows = np.arange(1, 41, 3)
    values = values_of(columns)[rows][None, :]
    samples = PoolSurrogate.fit(columns, Measured(rows, values), [VOLTAGE]).samples(
        np.array([0, len(names) - 1, 50]), 4000, np.random.default_rng(0)
    )[:, 0]
    same, other = np.corrcoef(samples.T)[0, 1:]
    assert same > 0.5
    assert same > other + 0.2


def test_same_arguments_same_samples(columns: PoolColumns) -> None:
    first, second = (
        surrogate_of(columns, 15, [VOLTAGE, CAPACITY], seed=3).samples(np.arange(9), 8, np.random.default_rng(1))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_rows_measured_for_one_objective_only(columns: PoolColumns) -> None:
    rows = np.arange(0, 48, 4)
    values = np.array([values_of(columns, 0)[rows], values_of(columns, 1)[rows]])
    partial = values.copy()
    partial[1, 5:] = np.nan
    mean, sd = PoolSurrogate.fit(columns, Measured(rows, partial), [VOLTAGE, CAPACITY]).marginals()
    alone = PoolSurrogate.fit(columns, Measured(rows, values[:1]), [VOLTAGE]).marginals()
    np.testing.assert_allclose(mean[0], alone[0][0])
    np.testing.assert_allclose(mean[1, rows[:5]], values[1, :5], atol=2e-4)
    assert sd[1, rows[5:]].min() > 1e-2


@pytest.mark.parametrize("k", [0, 1])
def test_with_nothing_or_one_value_all_is_open(columns: PoolColumns, k: int) -> None:
    measured = Measured(np.arange(k), np.full((1, k), 120.0))
    mean, sd = PoolSurrogate.fit(columns, measured, [CAPACITY]).marginals()
    assert np.isfinite(mean).all()
    assert sd[0, k:].min() > (20.0 if k else 0.5)


def test_repeated_results_count_once_each(columns: PoolColumns) -> None:
    rows = np.array([3, 3, 9, 20, 30])
    values = np.array([[1.0, 2.0, 1.2, 0.9, 1.4]])
    mean, _ = PoolSurrogate.fit(columns, Measured(rows, values), [VOLTAGE]).marginals()
    assert mean[0, 3] == pytest.approx(1.5, abs=1e-4)
    noisy, sd = PoolSurrogate.fit(columns, Measured(rows, values), [VOLTAGE], noise_share=0.5).marginals()
    assert 1.0 < noisy[0, 3] < 2.0
    assert sd[0, 3] < sd[0, 9]


def test_errors_of_two_objectives_correlate(columns: PoolColumns) -> None:
    rows = np.arange(0, 60, 2)
    noise = np.random.default_rng(0).standard_normal(len(rows))
    values = np.array([noise, noise + 0.1 * np.random.default_rng(1).standard_normal(len(rows))])
    surrogate = PoolSurrogate.fit(columns, Measured(rows, values), [VOLTAGE, Objective.parse("retention_pct:min")])
    assert 0.5 < surrogate.correlation[0, 1] < 0.99
    samples = surrogate.samples(np.array([1]), 4000, np.random.default_rng(0))[:, :, 0]
    assert np.corrcoef(samples.T)[0, 1] < -0.3  # the second one is to be lowered


def test_a_jump_is_left_to_the_forest(columns: PoolColumns) -> None:
    rows = np.arange(0, 60)
    jump = (columns.table[rows, 3] > np.median(columns.table[:, 3])).astype(float)
    model = quantity_model.QuantityModel.fit(columns, rows, jump * 100.0, 0.0, 0)
    assert isinstance(model.members[-1], Forest)
    assert model.log_scores[-1] > -4.0
    assert model.weights.sum() == pytest.approx(1.0)
    assert "random forest" in model.description


def test_conditions_matter_where_they_differ() -> None:
    frame = pd.DataFrame({
        "working_ion": ["Na"] * 4,
        "capacity_current_mA_g": [10.0, 100.0, None, 1000.0],
        "capacity_mAh_g": [1.0, 2.0, 3.0, 4.0],
        "family": ["layered_oxide", "spinel", "spinel", "spinel"],
    })  # fmt: skip
    found = condition_columns(frame)
    np.testing.assert_allclose(found[:, 0], [1.0, 2.0, np.nan, 3.0])
    assert found.shape == (4, 4)  # current, stated, two families; the measured capacity is no condition
    batch = CompositionBatch.from_formulas(["NaMnO2", "NaFeO2", "NaFeO2", "NaCoO2"], "Na")
    with_them = PoolColumns.of(batch, np.ones(4, dtype=bool), frame)
    assert len(with_them.blocks) == 3
    assert with_them.composition is not None
    assert with_them.composition.trends.shape[1] < with_them.trends.shape[1]
    assert PoolColumns.of(batch, np.ones(4, dtype=bool)).composition is None
