"""A training from end to end, as small as it can be, and predictions from its bundles."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.data import load_default, paper_ids, typed
from hemml.errors import InputError
from hemml.models.bundle import Bundle, save_bundle
from hemml.models.crossval import BASELINES
from hemml.models.prediction import Predictor
from hemml.models.result import TargetResult
from hemml.models.training import Source, steps_of, train_target

FEATURES = ("S_config_cation_R", "vec", "mean_oxidation_state", "theoretical_capacity_mAh_g", "redox_potential_V")
HOW = TargetConfig(
    features=FEATURES, regressors=("extra_trees", "xgboost", "svr"), parameters={"xgboost": {"n_estimators": 40}}
)
CONFIG = (
    TrainConfig(targets={Column.CAPACITY: HOW, Column.RETENTION: HOW})
    .fast()
    .model_copy(update={"trees": 10, "baseline_trees": 10, "n_jobs": 2, "bootstrap": 100})
)
SOURCE = Source("table.csv", "0" * 64, {"hemml": "0"}, None)
Trained = tuple[TargetResult, Bundle, str]


def silent(_: str) -> None:
    """A step that tells nobody."""


def train(frame: pd.DataFrame, column: Column = Column.CAPACITY, step: Callable[[str], None] = silent) -> Trained:
    return train_target(frame, column, CONFIG, SOURCE, step)


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    frame = load_default()
    papers = paper_ids(frame)
    chosen = np.random.default_rng(1).permutation(np.unique(papers))[:160]
    return frame[np.isin(papers, chosen)].reset_index(drop=True)


@pytest.fixture(scope="module")
def steps() -> list[str]:
    return []


@pytest.fixture(scope="module")
def capacity(records: pd.DataFrame, steps: list[str]) -> Trained:
    return train(records, step=steps.append)


@pytest.fixture(scope="module")
def retention(records: pd.DataFrame) -> Trained:
    return train(records, Column.RETENTION)


@pytest.fixture(scope="module")
def predictor(capacity: Trained, retention: Trained, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    root = tmp_path_factory.mktemp("models")
    for result, bundle, card in (capacity, retention):
        save_bundle(bundle, root / result.target, card)
    return Predictor.load(root)


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).astype(object)
    return typed(frame.where(frame.notna(), "").astype(str))


def test_the_same_training_gives_the_same_digits(records: pd.DataFrame, capacity: Trained) -> None:
    again, bundle, card = train(records)
    result = capacity[0]
    assert again.scores == result.scores
    assert again.intervals == result.intervals
    assert again.baselines == result.baselines
    assert again.parameters == result.parameters
    assert again.fold_parameters == result.fold_parameters
    assert card == capacity[2]
    pd.testing.assert_frame_equal(again.out_of_fold, result.out_of_fold, check_exact=True)
    assert bundle.ensemble.weights == capacity[1].ensemble.weights
    np.testing.assert_array_equal(bundle.calibration.distributions.scores, capacity[1].calibration.distributions.scores)


def test_steps_are_as_many_as_announced(capacity: Trained, steps: list[str]) -> None:
    assert capacity[0].n_rows > 0
    assert len(steps) == steps_of(CONFIG, Column.CAPACITY)


def test_no_paper_is_in_two_folds(capacity: Trained) -> None:
    table = capacity[0].out_of_fold
    assert len(table[["paper", "fold"]].drop_duplicates()) == len(set(table["paper"]))
    assert set(table["fold"]) == set(range(CONFIG.outer_folds))
    assert len(table) == capacity[0].n_rows == len(set(table[Column.RECORD_ID]))


def test_scores_stand_beside_all_baselines(capacity: Trained) -> None:
    result = capacity[0]
    assert tuple(result.baselines) == BASELINES == tuple(result.baseline_intervals)
    assert result.baselines["family median"].skill == pytest.approx(0.0)
    table = result.out_of_fold
    for name in BASELINES:
        expected = np.abs(table["measured"] - table[name]).mean()
        assert result.baselines[name].mae == pytest.approx(expected)
    assert result.scores.mae == pytest.approx(np.abs(table["measured"] - table["predicted"]).mean())
    assert result.scores.skill == pytest.approx(1 - result.scores.mae / result.baselines["family median"].mae)
    assert len(result.fold_scores) == len(result.fold_baselines) == len(result.fold_parameters) == CONFIG.outer_folds
    assert sum(scores.n for scores in result.fold_scores) == result.n_rows
    assert {"cathode", "anode"} <= set(result.subsets)
    assert result.subsets["cathode"].n + result.subsets["anode"].n == result.n_rows


def test_intervals_hold_their_predictions_and_most_measured_values(capacity: Trained) -> None:
    table = capacity[0].out_of_fold
    assert (table["lower"] <= table["predicted"]).all()
    assert (table["predicted"] <= table["upper"]).all()
    covered = ((table["lower"] <= table["measured"]) & (table["measured"] <= table["upper"])).mean()
    assert capacity[0].scores.coverage_90 == pytest.approx(covered)
    assert 0.75 < covered <= 1.0


def test_it_learns_capacity(capacity: Trained) -> None:
    assert capacity[0].scores.mae < capacity[0].baselines["mean"].mae
    assert (capacity[0].scores.spearman or 0) > 0.6


def test_shuffled_targets_have_no_skill(records: pd.DataFrame) -> None:
    """With capacities dealt at random within each role there is nothing to learn; skill would be a leak."""
    shuffled = records.copy()
    rng = np.random.default_rng(5)
    for role in ("cathode", "anode"):
        rows = ((shuffled[Column.ROLE] == role) & shuffled[Column.CAPACITY].notna()).to_numpy()
        shuffled.loc[rows, Column.CAPACITY] = rng.permutation(shuffled.loc[rows, Column.CAPACITY].to_numpy())
    result = train(shuffled)[0]
    # Against the median of the role, which is all that is left to know, in the same folds.
    table = result.out_of_fold
    reference = np.empty(len(table))
    for fold in set(table["fold"]):
        inside = (table["fold"] == fold).to_numpy()
        medians = table[~inside].groupby(Column.ROLE)["measured"].median()
        reference[inside] = table.loc[inside, Column.ROLE].map(medians)
    mae = np.abs(table["measured"] - table["predicted"]).mean()
    assert mae > 0.95 * np.abs(table["measured"] - reference).mean()
    within = [group["measured"].corr(group["predicted"], method="spearman") for _, group in table.groupby(Column.ROLE)]
    assert max(within) < 0.25


def test_real_targets_pass_where_shuffled_ones_fail(capacity: Trained) -> None:
    rows = capacity[0].out_of_fold
    within = [group["measured"].corr(group["predicted"], method="spearman") for _, group in rows.groupby(Column.ROLE)]
    assert min(within) > 0.25


def test_full_cells_stay_out(records: pd.DataFrame, capacity: Trained) -> None:
    full_cells = records[records[Column.IS_FULL_CELL]][Column.RECORD_ID]
    assert len(full_cells) > 0
    assert not set(full_cells) & set(capacity[0].out_of_fold[Column.RECORD_ID])
    assert not set(full_cells) & set(capacity[1].evidence.record_ids.tolist())


def test_card_and_metadata_say_the_scores(capacity: Trained) -> None:
    result, bundle, card = capacity
    assert f"{result.n_rows} half-cell rows of {result.n_papers} papers" in card
    assert ("no skill" in card) == (not result.has_skill)
    assert bundle.metadata["scores"]["mae"] == result.scores.mae
    assert bundle.metadata["data_sha256"] == SOURCE.data_sha256
    assert bundle.metadata["config"]["trees"] == 10


@pytest.mark.parametrize("at", ["fold 2 of 3: fit", "bootstrap", "all rows: fit"])
def test_interruption_ends_the_training(records: pd.DataFrame, at: str) -> None:
    def interrupt(name: str) -> None:
        if name == at:
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        train(records, step=interrupt)
    assert threading.active_count() == before


def test_interruption_leaves_the_old_bundles(
    records: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.progress import Progress

    import hemml.models.training as module
    from hemml.train import _train_all

    old = tmp_path / Column.CAPACITY
    old.mkdir()
    (old / "metadata.json").write_text("old", encoding="utf-8")
    original = module.train_target

    def second_is_interrupted(frame, column, config, source, step):
        if column is Column.RETENTION:
            raise KeyboardInterrupt
        return original(frame, column, config, source, step)

    monkeypatch.setattr(module, "train_target", second_is_interrupted)
    with pytest.raises(KeyboardInterrupt), Progress(disable=True) as progress:
        _train_all(records, CONFIG, SOURCE, tmp_path, progress)
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert (old / "metadata.json").read_text(encoding="utf-8") == "old"


KNOWN = {
    "formula": "NaNi1/3Fe1/3Mn1/3O2",
    "working_ion": "Na",
    "role": "cathode",
    "family": "layered_oxide",
    "capacity_kind": "reversible",
    "capacity_c_rate": 0.1,
    "voltage_min_V": 2.0,
    "voltage_max_V": 4.0,
    "retention_cycles": 100,
    "retention_c_rate": 1,
}


def test_prediction_never_rises_with_current_or_cycles(predictor: Predictor) -> None:
    currents = np.geomspace(1, 20_000, 30)
    hosts: list[dict[str, Any]] = [
        {"formula": "NaMnO2", "working_ion": "Na", "role": "cathode"},
        {"formula": "Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4", "working_ion": "Zn", "role": "cathode"},
        {"formula": "MoS2", "working_ion": "Li", "role": "anode"},
    ]
    rows = [host | {"capacity_current_mA_g": current} for host in hosts for current in currents]
    capacity = predictor.predict(table(*rows)).values[Column.CAPACITY].reshape(len(hosts), -1)
    assert (np.diff(capacity, axis=1) <= 1e-4).all()
    assert (capacity[:, -1] < capacity[:, 0]).all()
    cycles = np.unique(np.geomspace(1, 10_000, 30).astype(int))
    rows = [host | {"retention_cycles": n} for host in hosts for n in cycles]
    kept = predictor.predict(table(*rows)).values[Column.RETENTION].reshape(len(hosts), -1)
    assert (np.diff(kept, axis=1) <= 1e-4).all()


def test_measured_values_are_not_looked_at(predictor: Predictor, records: pd.DataFrame) -> None:
    asked = records.iloc[:40].reset_index(drop=True)
    plain = predictor.predict(asked.assign(capacity_mAh_g=np.nan, average_voltage_V=np.nan, retention_pct=np.nan))
    told = predictor.predict(asked.assign(capacity_mAh_g=999.0, average_voltage_V=0.0, retention_pct=50.0))
    for target in predictor.targets:
        for one, other in ((plain.values, told.values), (plain.lower, told.lower), (plain.upper, told.upper)):
            np.testing.assert_array_equal(one[target], other[target])
    assert plain.nearest == told.nearest
    assert plain.assumed == told.assumed


def test_one_row_equals_the_same_row_among_many(predictor: Predictor, records: pd.DataFrame) -> None:
    asked = records.iloc[:60].reset_index(drop=True)
    many = predictor.predict(asked)
    for i in (0, 17, 59):
        one = predictor.predict(asked.iloc[[i]].reset_index(drop=True))
        for target in predictor.targets:
            np.testing.assert_allclose(one.values[target][0], many.values[target][i], rtol=1e-6)
            np.testing.assert_allclose(one.upper[target][0], many.upper[target][i], rtol=1e-6)
        assert one.nearest[0] == many.nearest[i]
        assert one.assumed[0] == many.assumed[i]
        assert one.in_domain[0] == many.in_domain[i]


def test_intervals_hold_predictions_and_widen_with_the_level(predictor: Predictor, records: pd.DataFrame) -> None:
    asked = records.iloc[:50]
    narrow, wide = predictor.predict(asked, level=0.5), predictor.predict(asked, level=0.9)
    for target in predictor.targets:
        for found in (narrow, wide):
            assert (found.lower[target] <= found.values[target]).all()
            assert (found.values[target] <= found.upper[target]).all()
        assert (narrow.upper[target] <= wide.upper[target]).all()
        assert (narrow.lower[target] >= wide.lower[target]).all()
    assert (wide.upper[Column.RETENTION] <= 100.0).all()
    assert (wide.lower[Column.CAPACITY] > 0).all()


def test_a_level_beyond_the_calibration_is_refused(predictor: Predictor, records: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="level"):
        predictor.predict(records.iloc[:2], level=0.9999)


def test_what_is_not_said_is_assumed_and_named(predictor: Predictor) -> None:
    found = predictor.predict(table({"formula": "NaMnO2"}, {"formula": "V2O5"}, KNOWN))
    sodium, oxide, all_said = found.assumed
    assert sodium["working_ion"] == "Na"
    assert (sodium["role"], sodium["family"], sodium["capacity_kind"]) == ("cathode", "layered_oxide", "reversible")
    assert {"capacity_c_rate", "retention_c_rate", "retention_cycles", "voltage_min_V", "voltage_max_V"} <= set(sodium)
    assert (oxide["working_ion"], oxide["family"]) == ("Zn", "vanadium_oxide")
    assert all_said == {}
    for column in (Column.WORKING_ION, Column.ROLE, Column.FAMILY):
        assert (found.frame[column] != "").all()


def test_saying_what_would_be_assumed_changes_nothing(predictor: Predictor) -> None:
    silent_row = predictor.predict(table({"formula": "NaMnO2"}))
    told = {name: silent_row.assumed[0][name] for name in ("working_ion", "role", "family", "capacity_kind")}
    said = predictor.predict(table({"formula": "NaMnO2"} | told))
    for target in predictor.targets:
        np.testing.assert_array_equal(said.values[target], silent_row.values[target])


def test_a_training_record_is_its_own_nearest(predictor: Predictor, capacity: Trained) -> None:
    table_of_all = capacity[0].out_of_fold
    common = table_of_all[Column.FORMULA].str.fullmatch(r"((Li|Na|Mn|Fe|Ni|V|Mo|O|S|P)[\d.]*|[()])+")
    rows = table_of_all[common].iloc[:5]
    asked = table(*rows[[Column.FORMULA, Column.WORKING_ION, Column.ROLE, Column.FAMILY]].to_dict("records"))
    found = predictor.predict(asked)
    assert found.in_domain.all()
    for formula, records in zip(rows[Column.FORMULA], found.nearest, strict=True):
        assert records[0].distance == pytest.approx(0.0, abs=1e-6)
        assert records[0].formula == formula
        assert records[0].values
        assert [r.distance for r in records] == sorted(r.distance for r in records)


@pytest.mark.parametrize("formula", ["NaTcO2", "Na(Mn0.5Tc0.5)O2", "NaReO2", "LiPuO2"])
def test_elements_outside_all_knowledge_are_refused_or_out_of_domain(predictor: Predictor, formula: str) -> None:
    try:
        found = predictor.predict(table({"formula": formula, "working_ion": formula[:2]}))
    except InputError as error:
        assert "Tc" in str(error) or "Pu" in str(error)  # noqa: PT017
    else:
        assert not found.in_domain.any()
        assert not any(inside.any() for inside in found.domain_of.values())


def test_no_rows_are_refused(predictor: Predictor, records: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="rows to predict must be at least one, got none"):
        predictor.predict(records.iloc[:0])


def test_predicting_raises_no_warning_and_keeps_the_input(predictor: Predictor, records: pd.DataFrame) -> None:
    asked = records.iloc[:30].copy()
    before = asked.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predictor.predict(asked)
    pd.testing.assert_frame_equal(asked, before)
