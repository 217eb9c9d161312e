"""Tables, configurations and outcomes that the single-phase model refuses, and the tables it was learned from."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hemml.cli import main
from hemml.composition import CompositionBatch
from hemml.data import resource_path
from hemml.errors import ConfigError, DataError, InputError
from hemml.models.single_phase import SinglePhase
from hemml.models.single_phase_config import load_single_phase_config
from hemml.models.single_phase_table import Syntheses, site_shares

EXTRA = os.environ.get("HEMML_EXTRA_DATA")
COLUMNS = ("radius_mismatch_pct",)
needs_tables = pytest.mark.skipif(not EXTRA, reason="HEMML_EXTRA_DATA names no folder with the tables of syntheses")


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_all_wrong_outcomes_are_listed(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "formula,single_phase", "FeO,1", "NiO,yes", ",0", "CoO,1,2")
    with pytest.raises(DataError) as caught:
        Syntheses.read(table, "ionic", COLUMNS)
    message = str(caught.value)
    assert "line 3, single_phase = 'yes': must be 1 for a single phase or 0 for several" in message
    assert "line 4, formula: must be a formula, got nothing" in message
    assert "line 5" in message
    assert [problem.row for problem in caught.value.problems] == [3, 4, 5]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("formula,phase", "FeO,single"), "got none called single_phase"),
        (("formula,single_phase", "FeO,1", "Qq,0"), "got 1 sets, 1 single and 0 mixed, 1 rows left out"),
    ],
)
def test_tables_that_do_not_do(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Syntheses.read(write(tmp_path / "t.csv", *lines), "ionic", COLUMNS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oxides: {columns: {radius: {}}}\nalloys: {columns: {vec: {}}}", "unknown feature 'radius'"),
        ("oxides: {columns: {vec: {}}}", "alloys: Field required"),
        ("oxides: {columns: {}}\nalloys: {columns: {vec: {}}}", "at least 1 item"),
        ("oxides: {base_rate: 1, columns: {vec: {}}}\nalloys: {columns: {vec: {}}}", "less than 1"),
        ("oxides: {columns: {vec: {}}, learners: [logistic, logistic]}\nalloys: {columns: {vec: {}}}", "named once"),
        ("oxides: {columns: {vec: {}}}\nalloys: {columns: {vec: {}}}\nfold: 3", "Extra inputs are not permitted"),
    ],
)
def test_bad_configurations(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_single_phase_config(write(tmp_path / "c.yaml", text))


@pytest.mark.parametrize("outcomes", [np.array([True]), np.array([1, 0]), np.array([[True, False]])])
def test_outcomes_must_be_true_or_false_for_each_material(outcomes: np.ndarray) -> None:
    batch = CompositionBatch.from_formulas(["FeO", "CoO"])
    with pytest.raises(InputError, match="outcomes must be true or false for each of 2 materials"):
        SinglePhase.load().updated(batch, outcomes)


def test_elements_without_data_are_named() -> None:
    with pytest.raises(InputError, match="got no value for U"):
        SinglePhase.load().probability(CompositionBatch.from_formulas(["UZr"]))


def test_missing_table_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.csv")
    assert main(["single-phase", "train", "--oxides", missing, "--alloys", missing, "-o", str(tmp_path / "m")]) == 2
    assert "none.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("(FeCo)3O4", "(Fe0.5000000000Co0.5000000000)3O4"),
        ("(HfZrY0.5)O2", "(Hf0.4000000000Zr0.4000000000Y0.2000000000)O2"),
        ("(Mg0.5Co0Ni0.5)O", "(Mg0.5000000000Ni0.5000000000)O"),
        ("Na3V2(PO4)3", "Na3V2(PO4)3"),
        ("(Fe)3O4", "(Fe)3O4"),
        ("LaFeO3", "LaFeO3"),
    ],
)
def test_brackets_of_metals_are_shares(written: str, read: str) -> None:
    assert site_shares(written) == read


@needs_tables
@pytest.mark.parametrize(("kind", "name"), [("ionic", "heo_phases.csv"), ("alloy", "alloy_phases.csv")])
def test_shipped_model_was_made_from_these_tables(kind: str, name: str) -> None:
    settings = load_single_phase_config(resource_path("configs", "single_phase.yaml"))
    columns = tuple((settings.oxides if kind == "ionic" else settings.alloys).columns)
    table = Syntheses.read(Path(str(EXTRA)) / name, kind, columns)
    about = SinglePhase.load().metadata["tables"][kind]
    assert table.sha256 == about["table_sha256"]
    assert len(table) == about["n_rows"]
    assert table.single.sum() == about["n_single"]
    assert sorted(table.left_out) == about["left_out_lines"]
    assert SinglePhase.load().models[kind].columns == columns
