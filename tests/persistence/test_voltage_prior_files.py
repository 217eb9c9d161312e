"""The shipped voltage prior, its training from a small table, and bundles that are damaged or name another prior."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.cli import main
from hemml.composition import CompositionBatch
from hemml.data import load_default, resource_path
from hemml.errors import BundleError, DataError
from hemml.features.conditions import VOLTAGE_PROTOCOL
from hemml.models.inputs import Compositions, Inputs, batch_of
from hemml.models.voltage_prior import VOLTAGE_PRIOR, VoltagePrior
from hemml.models.voltage_prior_config import PriorFilter
from hemml.models.voltage_prior_training import NUMBERS, TEXTS, ComputedElectrodes

SHIPPED = resource_path("models", "voltage_prior")
METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Nb", "Mo")
CONFIG = """
folds: 3
bootstrap: 50
baseline_trees: 10
min_hosts_of_environment: 10
parameters:
  xgboost: {n_estimators: 20, max_depth: 3}
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Oxides and phosphates of ten metals with lithium and sodium; the voltage follows the metal."""
    rows = []
    for k, metal in enumerate(METALS):
        for host, system in ((f"{metal}O2", f"{metal}-O"), (f"{metal}PO4", f"{metal}-O-P")):
            rows += [
                (f"mp-{k}_{ion}", ion, host, f"{ion}{host}", system, 1.5 + 0.3 * k, 0.1, 0.01, 0.02)
                for ion in ("Li", "Na")
            ]
    rows.append(("mp-99_Li", "Li", "FeO2", "LiFeO2", "Fe-O", 54.6, 0.1, 0.0, 0.0))  # no such voltage
    path = tmp_path / "electrodes.csv"
    pd.DataFrame(rows, columns=[*TEXTS, *NUMBERS]).to_csv(path, index=False)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "prior.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "prior")
    return tmp_path / "prior"


def edit(folder: Path, **changes: object) -> None:
    path = folder / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), encoding="utf-8")


def test_shipped_prior_names_its_source_and_is_small() -> None:
    prior = VoltagePrior.load()
    assert "10.1063/1.4812323" in prior.metadata["source"]
    assert "CC BY 4.0" in prior.metadata["source"]
    assert "10.1063/1.4812323" in (SHIPPED / "card.md").read_text("utf-8")
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 4e6
    assert VoltagePrior.load() is prior


def test_shipped_scores_are_better_than_every_baseline() -> None:
    scores = VoltagePrior.load().metadata["scores"]
    assert scores["hemml"]["mae"] <= 0.42
    assert all(scores["hemml"]["mae"] < found["mae"] for name, found in scores.items() if name != "hemml")


def test_nothing_is_missing_and_the_ladder_stands_in() -> None:
    batch = CompositionBatch.from_formulas(
        ["LiFePO4", "Sb", "K2NiFe(CN)6", "S", "MnO2"], ["Li", "Na", "K", "Zn", "NH4"]
    )
    prior = VoltagePrior.load()
    computed, predicted = prior.computed(batch), prior.predict(batch)
    assert np.isnan(computed).tolist() == [False, True, True, True, False]
    assert np.isfinite(predicted).all()
    np.testing.assert_array_equal(predicted[[0, 4]], computed[[0, 4]])


def test_neither_order_nor_size_nor_company_of_a_formula_matters() -> None:
    prior = VoltagePrior.load()
    formulas = ["LiFePO4", "LiMn2O4", "LiNi0.5Mn1.5O4", "Li2Fe2(PO4)2", "Li2Mn4O8"]
    volts = prior.predict(CompositionBatch.from_formulas(formulas, "Li"))
    np.testing.assert_allclose(volts[3:], volts[:2], rtol=1e-6)
    np.testing.assert_allclose(
        prior.predict(CompositionBatch.from_formulas(formulas[::-1], "Li")), volts[::-1], rtol=1e-6
    )
    alone = [float(prior.predict(CompositionBatch.from_formulas([f], "Li"))[0]) for f in formulas]
    np.testing.assert_allclose(alone, volts, rtol=1e-6)


def test_training_writes_the_same_bytes_twice_and_is_read_back(
    table: Path, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        arguments = [
            "voltage-prior",
            "--table",
            str(table),
            "--config",
            str(settings),
            "--output",
            str(tmp_path / name),
        ]
        assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "40 of 41 rows pass the filter, 20 host systems" in out
    assert "extra trees on element statistics" in out
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    prior = VoltagePrior.load(tmp_path / "one")
    assert prior.environments == ("oxide", "polyanion")
    assert prior.metadata["config"]["folds"] == 3
    low, high = prior.predict(CompositionBatch.from_formulas(["LiVPO4", "LiNiPO4"], "Li"))
    assert low < high


def test_json_of_the_command(table: Path, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(tmp_path / "prior")
    assert main(["voltage-prior", "--table", str(table), "--config", str(settings), "-o", output, "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["n_rows"] == 40
    assert about["scores"]["hemml"]["mae"] > 0


def test_no_other_folder_is_replaced(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work", encoding="utf-8")
    assert main(["voltage-prior", "--table", str(table), "--output", str(tmp_path / "thesis")]) == 2
    assert "holds something else than a voltage prior" in capsys.readouterr().err
    assert (tmp_path / "thesis" / "chapter1.txt").read_text("utf-8") == "years of work"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "must have the columns of computed electrodes, got none called battery_id"),
        (None, "must be a readable CSV file"),
    ],
)
def test_bad_tables(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        ComputedElectrodes.read_table(path, PriorFilter())


def test_text_in_place_of_a_number_and_a_filter_that_leaves_nothing(table: Path) -> None:
    with pytest.raises(DataError, match="20 host systems or more must pass the filter"):
        ComputedElectrodes.read_table(table, PriorFilter(voltage_V=(5.0, 6.0)))
    table.write_text(table.read_text("utf-8").replace("54.6", "high"), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 42: average_voltage_V must be a number, got 'high'"):
        ComputedElectrodes.read_table(table, PriorFilter())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filter: {voltage_V: [6, 0]}", "voltage_V must rise"),
        ("regressors: [xgbost]", "did you mean 'xgboost'"),
        ("fold: 5", "Extra inputs are not permitted"),
        ("regressors: [xgboost, xgboost]", "must be named once"),
    ],
)
def test_bad_configurations(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    output = tmp_path / "prior"
    assert main(["voltage-prior", "--table", str(table), "--config", str(path), "--output", str(output)]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "configs/voltage_prior.yaml" in err
    assert not output.exists()


def test_damaged_priors_are_refused(copy: Path) -> None:
    (copy / "xgboost.ubj").write_bytes(b"nothing")
    with pytest.raises(BundleError, match="SHA-256 must be"):
        VoltagePrior.load(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "model"}, "must be a voltage prior of format 1"),
        ({"format": 2}, "must be a voltage prior of format 1"),
        ({"columns": ["ladder_V"]}, "columns must be those of this hemml"),
        ({"environments": ["ocean"]}, "environment 'ocean'"),
        ({"members": {}}, "must name a regressor"),
        ({"files": {}}, "must list its files"),
    ],
)
def test_priors_of_another_kind_are_refused(copy: Path, changes: dict[str, object], message: str) -> None:
    edit(copy, **changes)
    with pytest.raises(BundleError, match=message):
        VoltagePrior.load(copy)


def test_a_folder_without_a_prior_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="must be the metadata of a voltage prior"):
        VoltagePrior.load(tmp_path)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    full = load_default()
    return full[full["average_voltage_V"].notna()].reset_index(drop=True)


def test_the_column_is_the_prior_for_cathodes_and_the_ladder_elsewhere(frame: pd.DataFrame) -> None:
    compositions = Compositions.of(batch_of(frame), (VOLTAGE_PRIOR, "mean_oxidation_state"))
    inputs = Inputs.fit(frame, compositions, (VOLTAGE_PRIOR, "mean_oxidation_state"), VOLTAGE_PROTOCOL)
    X = inputs.transform(frame, compositions)
    column = X[:, inputs.names.index(VOLTAGE_PRIOR)]
    expected = X[:, inputs.names.index("expected_potential_V")]
    computed = VoltagePrior.load().computed(batch_of(frame))
    uses = np.isfinite(computed) & (frame["role"] == "cathode").to_numpy()
    assert 0 < uses.sum() < len(frame)
    np.testing.assert_array_equal(column[uses], computed[uses])
    np.testing.assert_array_equal(column[~uses], expected[~uses])


def test_inputs_refuse_another_prior_than_they_were_trained_with(frame: pd.DataFrame) -> None:
    compositions = Compositions.of(batch_of(frame), (VOLTAGE_PRIOR,))
    about = json.loads(json.dumps(Inputs.fit(frame, compositions, (VOLTAGE_PRIOR,), VOLTAGE_PROTOCOL).to_json()))
    assert Inputs.from_json(about).features == (VOLTAGE_PRIOR,)
    assert about["voltage_prior_sha256"] == VoltagePrior.load().sha256
    for other in ({"voltage_prior_sha256": "0" * 64}, {"voltage_prior_sha256": None}):
        with pytest.raises(BundleError, match="need the voltage prior it was trained with"):
            Inputs.from_json(about | other)
