"""Own measurements correct trained bundles: from Python, on disk, and with `hemml train --base`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hemml.cli import main
from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.data import load_default, paper_ids, sha256_of, typed
from hemml.errors import BundleError, InputError
from hemml.models.bundle import METADATA, Bundle, load_bundle, load_bundles, save_bundle
from hemml.models.calibration import calibrate
from hemml.models.ensemble import choose, fit
from hemml.models.evidence_space import build_evidence
from hemml.models.lab_curve import lab_curve
from hemml.models.lab_prior import POOLED, LabPrior
from hemml.models.lab_prior_fit import fit_lab_prior
from hemml.models.own_lab_bundles import ABOUT, PRIOR, correct_bundles
from hemml.models.prediction import Predictor
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows
from hemml.models.usual import Usual

FEATURES = ("S_config_cation_R", "mean_oxidation_state", "theoretical_capacity_mAh_g")
FORMULAS = (
    "NaNi0.5Mn0.5O2", "NaNi0.4Mn0.4Ti0.2O2", "NaNi0.3Fe0.2Mn0.5O2", "NaCrO2", "NaFeO2", "NaNi0.33Fe0.33Mn0.33O2",
)  # fmt: skip


def trained(column: Column, every: int) -> tuple[TrainingRows, Bundle, np.ndarray]:
    """A bundle of few trees on part of the papers, with the prior of laboratories."""
    records = load_default()
    papers = paper_ids(records)
    part = records[np.isin(papers, np.unique(papers[records[column].notna()])[::every])].reset_index(drop=True)
    how = TargetConfig(features=FEATURES, regressors=("extra_trees", "ridge"))
    config = TrainConfig(trees=10, inner_folds=3, n_jobs=1, targets={column: how})
    rows = TrainingRows.select(part, TARGETS[column], FEATURES, 4)
    choice = choose(rows, config, how)
    ensemble = fit(rows, choice, config, how)
    evidence = build_evidence(rows, ensemble)
    X = ensemble.inputs.transform(rows.frame, rows.compositions)
    calibration = calibrate(rows, X, choice.out_of_paper, choice.spread, 0.9, 0)
    prior = fit_lab_prior(rows, choice.out_of_paper, ensemble.inputs, evidence)
    about = {"n_rows": len(rows), "has_skill": True, PRIOR: prior.to_json()}
    bundle = Bundle(rows.target, ensemble, calibration, evidence, Usual.of(rows, ensemble.inputs), about)
    return rows, bundle, choice.out_of_paper


@pytest.fixture(scope="module")
def voltage() -> tuple[TrainingRows, Bundle, np.ndarray]:
    return trained(Column.VOLTAGE, 1)


@pytest.fixture(scope="module")
def base(voltage: tuple[TrainingRows, Bundle, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "base"
    save_bundle(voltage[1], folder / Column.VOLTAGE, "# Voltage\n")
    save_bundle(trained(Column.CAPACITY, 8)[1], folder / Column.CAPACITY, "# Capacity\n")
    return folder


def cells(**measured: Any) -> pd.DataFrame:
    """One cell a formula with measured values; "" where one was not measured."""
    n = max(len(values) for values in measured.values())
    fixed = {
        "formula": list(FORMULAS[:n]),
        "working_ion": "Na",
        "role": "cathode",
        "sample": [f"S{i}" for i in range(n)],
    }
    return pd.DataFrame(
        {**fixed, **{name: [str(v) for v in values] for name, values in measured.items()}}, dtype=object
    )


def literature(base: Path, target: Column, n: int = len(FORMULAS)) -> np.ndarray:
    return Predictor.load(base).predict(typed(cells(sample=[f"S{i}" for i in range(n)]))).values[target]


@pytest.fixture
def capacity_table(base: Path, tmp_path: Path) -> Path:
    """A laboratory whose cells give 20 % more than the literature model expects, and two voltages."""
    values = 1.2 * literature(base, Column.CAPACITY)
    voltages = ["2.9", "3.0", "", "", "", ""]
    path = tmp_path / "my_lab.csv"
    cells(capacity_mAh_g=values, average_voltage_V=voltages).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('runs') / 'runs.db'}"  # made once: that takes MLflow seconds


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)


def test_train_with_a_base_corrects_what_was_measured_often_enough(
    base: Path, capacity_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "mine"
    assert main(["train", "--base", str(base), "--data", str(capacity_table), "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "more capacity than the literature model expects (6 own rows; unshrunk 20.0 % more)" in printed
    assert "2 of the 3 rows that a correction needs: the literature model, unchanged" in printed
    assert (output / "own_lab.md").read_text(encoding="utf-8") in printed

    before, after = Predictor.load(base), Predictor.load(output)
    asked = typed(cells(sample=["new"]).assign(formula="NaNi0.45Mn0.45Mg0.1O2"))
    one, other = before.predict(asked), after.predict(asked)
    assert 1.05 < other.values[Column.CAPACITY][0] / one.values[Column.CAPACITY][0] < 1.2
    assert other.values[Column.VOLTAGE][0] == one.values[Column.VOLTAGE][0]

    def width(found: Any, target: Column) -> float:
        return float(np.log(found.upper[target][0] / found.lower[target][0]))

    assert width(other, Column.CAPACITY) < width(one, Column.CAPACITY)
    assert width(other, Column.VOLTAGE) == width(one, Column.VOLTAGE)
    assert sum(record.doi == "own lab" for record in other.nearest[0]) >= 2
    assert not any(record.doi == "own lab" for record in one.nearest[0])

    about = load_bundle(output / Column.CAPACITY).metadata[ABOUT]
    assert (about["n_rows"], about["corrected"], about["data"]) == (6, True, "my_lab.csv")
    assert about["data_sha256"] == sha256_of(capacity_table)
    assert about["base_sha256"] == {
        str(target): sha256_of(base / target / METADATA) for target in (Column.CAPACITY, Column.VOLTAGE)
    }
    assert about["mae_leave_one_out"] < about["mae_literature"]
    assert load_bundle(output / Column.VOLTAGE).metadata[ABOUT]["corrected"] is False
    card = (output / Column.CAPACITY / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# Capacity\n\n## Own laboratory\n\n- Your cells give ")


def test_predict_says_that_own_rows_corrected(
    base: Path, capacity_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--base", str(base), "--data", str(capacity_table)]) == 0
    assert (tmp_path / "models" / "my_lab").is_dir()
    capsys.readouterr()
    assert main(["predict", "NaNi0.45Mn0.45Mg0.1O2", "--models", "models/my_lab"]) == 0
    assert "corrected by 6 own rows" in capsys.readouterr().out
    assert main(["predict", "NaNi0.45Mn0.45Mg0.1O2", "--models", str(base), "--json"]) == 0
    assert {row["own_rows"] for row in json.loads(capsys.readouterr().out)[0]["predictions"].values()} == {0}


def test_the_run_is_logged(base: Path, capacity_table: Path, store: str) -> None:
    import mlflow

    assert main(["train", "--base", str(base), "--data", str(capacity_table)]) == 0
    client = mlflow.MlflowClient(store)
    run, *_ = client.search_runs([client.get_experiment_by_name("hemml").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.tags["hemml.kind"] == "own laboratory"
    assert run.data.params["data"] == "my_lab.csv"
    assert run.data.metrics["capacity_mAh_g/own_rows"] == 6
    assert run.data.metrics["capacity_mAh_g/mae_leave_one_out"] < run.data.metrics["capacity_mAh_g/mae_literature"]
    assert {"own_lab.md", "bundles"} <= {item.path for item in client.list_artifacts(run.info.run_id)}


def test_the_monotone_response_survives_the_correction(base: Path) -> None:
    """Own cells at two rates whose values even rise with the rate."""
    measured = literature(base, Column.CAPACITY) * np.array([0.7, 1.3, 0.8, 1.4, 0.7, 1.3])
    own = typed(cells(capacity_mAh_g=measured).assign(capacity_c_rate=["0.1", "2", "0.1", "2", "0.1", "2"]))
    found = correct_bundles(load_bundles(base), own, {})
    corrected = Predictor({target: bundle for target, (bundle, _) in found.items()})
    rates = [str(rate) for rate in np.geomspace(0.05, 10, 15)]
    asked = typed(
        pd.DataFrame({"formula": FORMULAS[1], "working_ion": "Na", "role": "cathode", "capacity_c_rate": rates})
    )
    assert (np.diff(corrected.predict(asked).values[Column.CAPACITY]) <= 1e-6).all()


def test_a_full_cell_and_a_row_without_the_target_do_not_count(base: Path) -> None:
    measured = ["100", "110", "", "120", "130", "140"]
    own = typed(cells(capacity_mAh_g=measured).assign(is_full_cell=["0", "0", "0", "0", "0", "1"]))
    found = correct_bundles(load_bundles(base), own, {})
    assert found[Column.CAPACITY][1].n_rows == 4
    assert found[Column.VOLTAGE][1].n_rows == 0
    assert len(found[Column.CAPACITY][0].lab) == 4


def test_a_corrected_bundle_reads_back_as_it_was(base: Path, tmp_path: Path) -> None:
    own = typed(cells(average_voltage_V=[2.5, 2.6, 2.7, 2.8]))
    bundle, _ = correct_bundles(load_bundles(base), own, {"data": "t.csv"})[Column.VOLTAGE]
    save_bundle(bundle, tmp_path / Column.VOLTAGE, "# Card\n")
    again = load_bundle(tmp_path / Column.VOLTAGE)
    asked = typed(cells(sample=["a", "b", "c"]))
    one, other = (Predictor({Column.VOLTAGE: b}).predict(asked) for b in (bundle, again))
    np.testing.assert_array_equal(one.values[Column.VOLTAGE], other.values[Column.VOLTAGE])
    np.testing.assert_array_equal(one.upper[Column.VOLTAGE], other.upper[Column.VOLTAGE])
    assert again.lab is not None
    assert again.lab.prior == bundle.lab.prior


def test_a_damaged_correction_is_refused(base: Path, tmp_path: Path) -> None:
    own = typed(cells(average_voltage_V=[2.5, 2.6, 2.7]))
    bundle, _ = correct_bundles(load_bundles(base), own, {"data": "t.csv"})[Column.VOLTAGE]
    save_bundle(bundle, tmp_path / Column.VOLTAGE, "# Card\n")
    path = tmp_path / Column.VOLTAGE / "lab.json"
    path.write_text(path.read_text(encoding="utf-8").replace("cathode", "anode", 1), encoding="utf-8")
    with pytest.raises(BundleError, match=r"lab.json: SHA-256 must be .*; the bundle is damaged"):
        load_bundle(tmp_path / Column.VOLTAGE)


def test_a_prior_reads_back_exactly_and_the_curve_takes_the_same_arguments(voltage) -> None:
    rows, bundle, out_of_paper = voltage
    prior = LabPrior.from_json(bundle.metadata[PRIOR])
    assert prior == LabPrior.from_json(json.loads(json.dumps(prior.to_json())))
    assert POOLED in prior.kernels
    curve = lab_curve(rows, out_of_paper, bundle.ensemble.inputs, bundle.evidence, seed=0, draws=2)
    assert curve["k"].tolist() == [1]  # few papers state more than two voltages
    assert curve["mae_corrected"][0] < curve["mae_literature"][0]
    assert lab_curve(rows, out_of_paper, bundle.ensemble.inputs, bundle.evidence, seed=0, min_rows=9) is None


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["train", *arguments]) == 2
    return capsys.readouterr().err


def test_options_that_do_not_fit_are_refused(base: Path, capacity_table: Path, capsys, tmp_path: Path) -> None:
    given = ("--base", str(base), "--data", str(capacity_table))
    assert "got --config or --fast too; leave those out" in refusal(capsys, *given, "--fast")
    assert "got --config or --fast too; leave those out" in refusal(capsys, *given, "--config", "c.yaml")
    assert "--base needs your own measurements, got no --data" in refusal(capsys, "--base", str(base))
    assert "must be another folder than --base, got the same" in refusal(capsys, *given, "--output", str(base))
    assert "unknown target of the base 'retention_pct'" in refusal(capsys, *given, "--target", "retention_pct")
    assert "got none" in refusal(capsys, "--base", str(tmp_path / "none"), "--data", str(capacity_table))
    assert "must be an existing CSV file" in refusal(capsys, "--base", str(base), "--data", "none.csv")
    assert not (tmp_path / "models").exists()


def test_models_of_a_training_are_not_overwritten(base: Path, capacity_table: Path, capsys, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "trained")
    given = ("--base", str(base), "--data", str(capacity_table), "--output")
    assert "must not hold models of a training, got capacity_mAh_g" in refusal(
        capsys, *given, str(tmp_path / "trained")
    )
    assert main(["train", *given, "mine"]) == 0
    assert main(["train", *given, "mine"]) == 0  # a correction may be made anew
    only = ("--target", "capacity_mAh_g")
    assert "a target that this run leaves out, got average_voltage_V" in refusal(capsys, *given, "mine", *only)
    again = refusal(capsys, "--base", "mine", "--data", str(capacity_table), "--output", "other")
    assert "must be a model of the literature alone, got one that own rows correct already" in again
    assert not (tmp_path / "other").exists()


def test_tables_that_cannot_be_used_are_refused(base: Path, capsys, tmp_path: Path) -> None:
    def refused(frame: pd.DataFrame) -> str:
        frame.to_csv(tmp_path / "own.csv", index=False)
        return refusal(capsys, "--base", str(base), "--data", str(tmp_path / "own.csv"))

    assert "some target must have 3 half-cell rows or more, got capacity_mAh_g 2, average_voltage_V 0" in refused(
        cells(capacity_mAh_g=[100, 110])
    )
    assert "column must be present in a table of own measurements" in refused(
        cells(capacity_mAh_g=[100, 110, 120]).drop(columns="role")
    )
    assert "at least one measured column must be present" in refused(cells(capacity_c_rate=[1, 2, 3]))
    assert "must have its cycle number" in refused(cells(retention_pct=[90, 91, 92]))
    assert "is not a column that hemml knows" in refused(cells(capacity_mAh_g=[1, 2, 3]).assign(loading="3"))
    many = pd.concat([cells(capacity_mAh_g=[100 + i / 7]).assign(sample=f"S{i}") for i in range(1001)])
    assert "must have 1000 rows or fewer, got capacity_mAh_g 1001" in refused(many)


def test_many_rows_are_taken_with_a_warning(base: Path, capsys, tmp_path: Path) -> None:
    many = pd.concat([cells(capacity_mAh_g=[100 + i / 7]).assign(sample=f"S{i}") for i in range(51)])
    many.to_csv(tmp_path / "own.csv", index=False)
    assert main(["train", "--base", str(base), "--data", str(tmp_path / "own.csv")]) == 0
    assert "warning: 51 own rows are many for a correction" in capsys.readouterr().err


def test_a_base_without_the_prior_says_to_train_it_again(
    base: Path, capacity_table: Path, capsys, tmp_path: Path
) -> None:
    old = shutil.copytree(base, tmp_path / "old")
    path = old / Column.CAPACITY / METADATA
    about = json.loads(path.read_text(encoding="utf-8"))
    del about[PRIOR]
    path.write_text(json.dumps(about), encoding="utf-8")
    assert "train it again with python -m hemml.train" in refusal(
        capsys, "--base", str(old), "--data", str(capacity_table)
    )


def test_rows_of_the_published_records_are_not_own(base: Path, voltage) -> None:
    known = voltage[1].evidence.record_ids[0]
    own = typed(cells(average_voltage_V=[2.5, 2.6, 2.7]).assign(record_id=[known, "", ""]))
    with pytest.raises(InputError, match="record_id of own rows must differ from those of the published records"):
        correct_bundles(load_bundles(base), own, {})
