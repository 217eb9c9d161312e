"""How own outcomes move the probability of a single phase, against exact integrals and what must always hold."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.composition import CompositionBatch
from hemml.models.single_phase import SinglePhase
from hemml.models.single_phase_columns import Points
from hemml.models.single_phase_logistic import fit_logistic, sigmoid
from hemml.models.single_phase_scores import phase_metrics, score_table
from hemml.models.single_phase_update import Covariance, OwnOutcomes, OwnWorkScales, Posterior

MADE = "Zn(Fe0.4Mn0.4Cu0.2)2O4"
NEAR = "Zn(Fe0.35Mn0.45Cu0.2)2O4"
SWAPPED = "Zn(Fe0.4Mn0.4Ni0.2)2O4"
FAR = "Zn(Al0.5Cr0.5)2O4"
ALLOY = "CoCrFeMnNi"
BATCH = CompositionBatch.from_formulas([MADE, NEAR, SWAPPED, FAR, ALLOY])


def after(rows: list[int], outcomes: list[bool]) -> np.ndarray:
    return (
        SinglePhase.load().updated(BATCH[np.array(rows, dtype=int)], np.array(outcomes, dtype=bool)).probability(BATCH)
    )


def test_a_failure_lowers_like_compositions_more_than_unlike_ones() -> None:
    before, found = SinglePhase.load().probability(BATCH), after([0], [False])
    lost = np.log(before / (1 - before)) - np.log(found / (1 - found))
    assert lost[0] > lost[1] > lost[2] > lost[3] > 0
    assert lost[0] > 3 * lost[3]
    assert found[4] == before[4]  # an oxide tells nothing about an alloy


def test_each_failure_lowers_further_and_none_to_zero() -> None:
    paths = np.array([after([0] * k, [False] * k) for k in (1, 2, 3, 5, 10, 30, 100)])
    assert (np.diff(paths[:, :4], axis=0) < 0).all()
    assert paths[-1, 0] < 0.1
    assert (paths > 0).all()


def test_a_success_raises() -> None:
    before, found = SinglePhase.load().probability(BATCH), after([0], [True])
    assert (found[:4] > before[:4]).all()
    assert (found < 1).all()


def test_no_outcomes_change_nothing() -> None:
    np.testing.assert_allclose(after([], []), SinglePhase.load().probability(BATCH), rtol=1e-12)


@given(st.permutations(range(6)), st.integers(0, 6))
@settings(max_examples=15, deadline=None)
def test_order_does_not_matter_nor_whether_they_come_at_once(order: list[int], cut: int) -> None:
    rows, outcomes = np.array([0, 1, 3, 4, 2, 0]), np.array([False, True, True, False, False, True])
    known = SinglePhase.load()
    whole = known.updated(BATCH[rows], outcomes).probability(BATCH)
    first, second = np.array(order[:cut], dtype=int), np.array(order[cut:], dtype=int)
    parts = known.updated(BATCH[rows[first]], outcomes[first]).updated(BATCH[rows[second]], outcomes[second])
    np.testing.assert_allclose(parts.probability(BATCH), whole, rtol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=8), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_one_more_failure_always_lowers_its_own_composition(known: list[tuple[int, bool]], row: int) -> None:
    rows, outcomes = [r for r, _ in known], [o for _, o in known]
    assert after([*rows, row], [*outcomes, False])[row] < after(rows, outcomes)[row]


def one_point(prior_log_odds: float, scales: OwnWorkScales, single: list[bool]) -> tuple[Posterior, Points]:
    points = Points(np.ones((len(single), 1)), ("Fe",), np.ones((len(single), 1)))
    outcomes = OwnOutcomes(points, np.array(single), np.full(len(single), prior_log_odds))
    return Posterior.fit(outcomes, Covariance(scales, np.array([[0.04]]))), points[:1]


@pytest.mark.parametrize("prior", [-1.5, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("single", [[False], [True], [False, False, True], [False] * 6])
def test_update_agrees_with_the_exact_integral(prior: float, single: list[bool]) -> None:
    scales = OwnWorkScales(0.4, 1.0, 1.0, 1.0)
    posterior, point = one_point(prior, scales, single)
    variance = 0.4**2 + 1.0 + 0.04
    f = np.linspace(-12, 12, 20_001)
    # the mean of the log odds whose probability, averaged, is what was expected
    density = np.exp(-((f - prior * np.sqrt(1 + np.pi / 8 * variance)) ** 2) / (2 * variance))
    likelihood = np.prod([sigmoid(f if y else -f) for y in single], axis=0)
    exact = (sigmoid(f) * density * likelihood).sum() / (density * likelihood).sum()
    found = sigmoid(posterior.log_odds(point, np.array([prior])))[0]
    assert found == pytest.approx(exact, abs=0.03)


def test_logistic_regression_is_at_the_top_and_its_covariance_is_the_curvature() -> None:
    rng = np.random.default_rng(0)
    basis = np.column_stack([np.ones(80), rng.normal(size=(80, 2))])
    single = rng.random(80) < sigmoid(basis @ np.array([0.5, -1.0, 0.3]))
    mean, deviation = np.array([0.0, -0.5, 0.0]), np.array([5.0, 0.5, 0.5])
    weights, covariance = fit_logistic(basis, single, mean, deviation)

    def cost(w: np.ndarray) -> float:
        p = sigmoid(basis @ w)
        return float(-np.log(np.where(single, p, 1 - p)).sum() + 0.5 * (((w - mean) / deviation) ** 2).sum())

    step = 1e-4 * np.eye(3)
    gradient = [(cost(weights + d) - cost(weights - d)) / 2e-4 for d in step]
    np.testing.assert_allclose(gradient, 0, atol=1e-6)
    curvature = [
        [
            (cost(weights + a + b) - cost(weights + a - b) - cost(weights - a + b) + cost(weights - a - b)) / 4e-8
            for b in step
        ]
        for a in step
    ]
    np.testing.assert_allclose(np.linalg.inv(curvature), covariance, rtol=1e-3, atol=1e-6)


def test_without_rows_the_prior_stands() -> None:
    mean, deviation = np.array([0.3, -0.4]), np.array([2.0, 0.1])
    weights, covariance = fit_logistic(np.empty((0, 2)), np.empty(0, dtype=bool), mean, deviation)
    np.testing.assert_allclose(weights, mean)
    np.testing.assert_allclose(covariance, np.diag(deviation**2))


def test_metrics_agree_with_scikit_learn() -> None:
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    rng = np.random.default_rng(1)
    p = np.round(rng.uniform(0.05, 0.95, 200), 2)  # ties on purpose
    single = rng.random(200) < p
    weights = rng.integers(0, 4, 200).astype(float)
    found = phase_metrics(single, p, weights)
    assert found["log_loss"] == pytest.approx(log_loss(single, p, sample_weight=weights))
    assert found["brier"] == pytest.approx(brier_score_loss(single, p, sample_weight=weights))
    assert found["auc"] == pytest.approx(roc_auc_score(single, p, sample_weight=weights))
    repeated = np.repeat(np.arange(200), weights.astype(int))
    again = phase_metrics(single[repeated], p[repeated])
    assert found == pytest.approx(again)


def test_intervals_hold_the_score_and_skill_of_the_base_rate_is_nothing() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0.1, 0.9, 300)
    single = rng.random(300) < p
    groups = np.array([f"g{i // 3}" for i in range(300)])
    table = score_table(single, {"hemml": p, "base rate": np.full(300, 0.5)}, groups, resamples=100, seed=0)
    low, high = table["hemml"]["intervals_95"]["log_loss"]
    assert low < table["hemml"]["log_loss"] < high
    assert table["base rate"]["skill"] == 0
    assert table["hemml"]["intervals_95"]["skill"][0] > 0


def test_known_materials_and_absurd_ones() -> None:
    formulas = {
        "(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O": (0.7, 1),
        "(Cs0.2Mg0.2Ti0.2La0.2Be0.2)O": (0, 0.2),
        "CoCrFeMnNi": (0.6, 1),
        "MoNbTaVW": (0.9, 1),
        "AlCoCrFeNi": (0, 0.2),
        "CsBeAuPbW": (0, 0.02),
    }
    found = SinglePhase.load().probability(CompositionBatch.from_formulas(list(formulas)))
    for (formula, (low, high)), p in zip(formulas.items(), found, strict=True):
        assert low < p < high, formula


def test_other_anions_lie_nearer_to_the_base_rate() -> None:
    formulas = ["(Mg0.5Ca0.5)O", "(Mg0.5Ca0.5)O0.5F1", "(Mg0.5Ca0.5)F2"]
    oxide, mixed, fluoride = SinglePhase.load().log_odds(CompositionBatch.from_formulas(formulas))
    base = SinglePhase.load().models["ionic"].base_log_odds
    assert oxide < mixed < fluoride < base
    assert fluoride - base == pytest.approx(0.5 * (oxide - base))


def test_every_material_has_a_probability() -> None:
    found = SinglePhase.load().probability(CompositionBatch.from_formulas(["S8", "Zn", "C", "K2Mn[Fe(CN)6]", "CaHg"]))
    assert ((found > 0) & (found < 1)).all()


def test_a_hundred_thousand_candidates_take_no_time() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(5), 100_000)
    batch = CompositionBatch.from_arrays(("Al", "Cr", "Fe", "Co", "Ni"), alloy=shares)
    known = SinglePhase.load()
    known.probability(batch[:10])
    start = time.process_time()
    found = known.probability(batch)
    assert time.process_time() - start < 2.0
    assert found.shape == (100_000,)
