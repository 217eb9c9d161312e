"""Choosing parameters and weights inside the training rows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.data import load_default, paper_ids
from hemml.errors import DataError
from hemml.models import ensemble
from hemml.models.ensemble import Choice, Ensemble, choose, fit, stack_weights
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows

FEATURES = ("mean_oxidation_state", "theoretical_capacity_mAh_g")
HOW = TargetConfig(features=FEATURES, regressors=("extra_trees", "ridge"))
CONFIG = TrainConfig(trees=10, n_jobs=1, inner_folds=2, targets={Column.CAPACITY: HOW})


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    frame = load_default()
    papers = paper_ids(frame)
    return frame[np.isin(papers, np.unique(papers)[::25])].reset_index(drop=True)


@pytest.fixture(scope="module")
def rows(records: pd.DataFrame) -> TrainingRows:
    return TrainingRows.select(records, TARGETS[Column.CAPACITY], FEATURES, 4)


@pytest.fixture(scope="module")
def choice(rows: TrainingRows) -> Choice:
    return choose(rows, CONFIG, HOW)


def test_a_perfect_regressor_gets_all_that_least_squares_gives() -> None:
    rng = np.random.default_rng(0)
    measured = rng.normal(size=400)
    # Noise orthogonal to the measured values: least squares gives it exactly nothing.
    noise = rng.normal(size=400)
    noise -= noise.mean()
    centred = measured - measured.mean()
    noise -= centred * (noise @ centred) / (centred @ centred)
    weights = stack_weights(np.column_stack([measured, measured.mean() + noise]), measured)
    np.testing.assert_allclose(weights, [1.0, 0.0], atol=1e-9)


def test_the_better_regressor_gets_the_larger_weight() -> None:
    rng = np.random.default_rng(1)
    measured = rng.normal(3.0, 1.0, 500)
    good, bad = measured + rng.normal(0, 0.3, 500), measured + rng.normal(0, 0.9, 500)
    weights = stack_weights(np.column_stack([bad, good]), measured)
    assert weights[1] > weights[0] > 0
    # Independent errors: least squares weighs by 1 / variance (9 : 1), and half of that is equal weights.
    np.testing.assert_allclose(weights, [0.5 * 0.1 + 0.25, 0.5 * 0.9 + 0.25], atol=0.05)


@pytest.mark.parametrize("m", [1, 2, 3, 5])
def test_weights_are_not_negative_and_sum_to_one(m: int) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        measured = rng.normal(size=60)
        predictions = rng.normal(size=(60, m)) + measured[:, None] * rng.uniform(-1, 1, m)
        weights = stack_weights(predictions, measured)
        assert weights.shape == (m,)
        assert (weights >= 0).all()
        assert not ((weights > 0) & (weights < 0.04)).any()
        assert weights.sum() == pytest.approx(1.0)


def test_useless_regressors_share_equally() -> None:
    measured = np.linspace(-1, 1, 50)
    weights = stack_weights(np.column_stack([-measured, -2 * measured]), measured)
    np.testing.assert_allclose(weights, [0.5, 0.5])


def test_ensemble_is_the_weighted_mean() -> None:
    members = {"a": SimpleNamespace(predict=lambda X: X[:, 0]), "b": SimpleNamespace(predict=lambda X: X[:, 1])}
    mixed = Ensemble(None, members, {"a": 0.25, "b": 0.75})
    np.testing.assert_allclose(mixed.predict_columns(np.array([[4.0, 8.0], [0.0, 1.0]])), [7.0, 0.75])


def test_choice_covers_every_row_once(choice: Choice, rows: TrainingRows) -> None:
    assert choice.out_of_paper.shape == (len(rows),)
    assert np.isfinite(choice.out_of_paper).all()
    assert set(choice.weights) == {"extra_trees", "ridge"}
    assert sum(choice.weights.values()) == pytest.approx(1.0)
    assert set(choice.flat()) == {"weight.extra_trees", "weight.ridge"}


def test_a_row_is_predicted_without_its_paper(rows: TrainingRows, choice: Choice) -> None:
    """Changing what one paper measured changes no prediction of its own rows by the fold that held it out."""
    paper = pd.Series(rows.papers).value_counts().index[0]
    own = rows.papers == paper
    frame = rows.frame.copy()
    frame.loc[own, Column.CAPACITY] *= 3.0
    held_out = {}
    for name, some in (("before", rows), ("after", TrainingRows(rows.target, frame, rows.compositions, rows.papers))):
        single = CONFIG.model_copy(update={"inner_folds": 2})
        how = HOW.model_copy(update={"regressors": ("ridge",)})
        held_out[name] = choose(some, single, how).out_of_paper
    np.testing.assert_allclose(held_out["after"][own], held_out["before"][own], rtol=1e-12)
    assert not np.allclose(held_out["after"][~own], held_out["before"][~own])


def test_choose_fits_on_no_row_outside_its_own(
    rows: TrainingRows, records: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    build = ensemble.build

    def spying(name, setting, parameters):
        model = build(name, setting, parameters)
        original = model.fit
        model.fit = lambda X, y: (seen.append(y), original(X, y))[1]
        return model

    monkeypatch.setattr(ensemble, "build", spying)
    half = rows[np.arange(0, len(rows) // 2)]
    choose(half, CONFIG, HOW)
    assert len(seen) == 2 * CONFIG.inner_folds
    allowed = set(half.scaled.tolist())
    assert all(set(y.tolist()) <= allowed for y in seen)
    assert all(len(y) < len(half) for y in seen)


def test_search_never_ends_below_its_start(rows: TrainingRows) -> None:
    start = {"C": 2.0, "gamma": 0.005}
    how = TargetConfig(features=FEATURES, regressors=("svr",), parameters={"svr": start}, trials={"svr": 4})
    searched = choose(rows, CONFIG, how)
    plain = choose(rows, CONFIG, how.model_copy(update={"trials": {}}))
    assert plain.parameters == {"svr": start}

    def error(found: Choice) -> float:
        return float(np.abs(rows.target.restore(found.out_of_paper) - rows.measured).mean())

    assert error(searched) <= error(plain)
    assert choose(rows, CONFIG, how).parameters == searched.parameters


def test_regressors_without_weight_are_not_fitted(rows: TrainingRows) -> None:
    chosen = Choice({"extra_trees": {}, "ridge": {}}, {"extra_trees": 0.0, "ridge": 1.0}, np.zeros(0), np.zeros(0))
    assert set(fit(rows, chosen, CONFIG, HOW).members) == {"ridge"}


def test_full_cells_and_unmeasured_rows_stay_out(records: pd.DataFrame) -> None:
    marked = records.copy()
    marked.loc[marked.index[::3], Column.IS_FULL_CELL] = True
    rows = TrainingRows.select(marked, TARGETS[Column.CAPACITY], (), 4)
    assert not rows.frame[Column.IS_FULL_CELL].any()
    assert np.isfinite(rows.measured).all()
    kept = ~marked[Column.IS_FULL_CELL] & marked[Column.CAPACITY].notna()
    assert rows.frame[Column.RECORD_ID].tolist() == marked.loc[kept, Column.RECORD_ID].tolist()
    assert len(rows.papers) == len(rows) == len(rows.compositions.values)


def test_too_few_papers_are_refused(records: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"average_voltage_V: half-cell rows must come from 1000 papers or more .* got"):
        TrainingRows.select(records, TARGETS[Column.VOLTAGE], (), 1000)
