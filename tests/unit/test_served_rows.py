"""Rows as the served model reads them; tests/persistence serves it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hemml.columns import CONDITION_COLUMNS, TARGETS, Column
from hemml.errors import DataError, InputError
from hemml.tracking.served_rows import INPUTS, output_types, predict_rows


def test_a_row_may_hold_the_formula_and_every_condition():
    assert list(INPUTS) == ["formula", *map(str, CONDITION_COLUMNS)]
    assert INPUTS["capacity_current_mA_g"] == "number mA/g"
    assert INPUTS["is_composite"] == "true or false"


def test_the_answer_has_the_columns_that_the_signature_names(fake_predictor):
    found = predict_rows(fake_predictor, [{"formula": "ZnMn2O4"}])
    assert list(found.columns) == list(output_types(TARGETS))
    assert found["capacity_mAh_g_upper"].tolist() == [pytest.approx(215.0)]
    assert found["nearest_doi"].tolist() == ["10.1000/x"]
    assert found["unusual"].tolist() == [["no training record contains Ta"]]
    assert found["assumed_conditions"].tolist() == [{"role": "cathode", "capacity_c_rate": 0.5}]


def test_the_index_of_a_table_is_kept(fake_predictor):
    rows = pd.DataFrame({"formula": ["NaMnO2", "ZnMn2O4"]}, index=[7, 3])
    assert predict_rows(fake_predictor, rows).index.tolist() == [7, 3]


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame({"formula": ["MnO2"], "retention_cycles": np.array([500], dtype=np.int64)}),
        pd.DataFrame({"formula": ["MnO2"], "retention_cycles": [500.0], "role": [None], "temperature_C": [np.nan]}),
        [{"formula": "MnO2", "retention_cycles": 500}],
        [{"formula": "MnO2", "retention_cycles": "500"}],
        [{"formula": "MnO2", "retention_cycles": np.array(500)}],
        {"formula": "MnO2", "retention_cycles": 500},
        {"formula": np.array("MnO2"), "retention_cycles": np.array(500)},
        {"formula": ["MnO2"], "retention_cycles": [500]},
        {"formula": np.array(["MnO2"]), "retention_cycles": np.array([500])},
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_every_form_gives_the_same_row(fake_predictor, rows):
    predict_rows(fake_predictor, rows)
    (frame,) = fake_predictor.frames
    assert frame[Column.FORMULA].tolist() == ["MnO2"]
    assert frame[Column.RETENTION_CYCLES].tolist() == [500.0]
    assert frame[Column.ROLE].tolist() == [""]
    assert np.isnan(frame[Column.TEMPERATURE]).all()


def test_flags_are_true_or_false(fake_predictor):
    predict_rows(fake_predictor, [{"formula": "MnO2", "is_composite": flag} for flag in (True, False, None)])
    assert fake_predictor.frames[0][Column.IS_COMPOSITE].tolist() == [True, False, False]


def test_measured_values_and_other_columns_of_the_data_set_are_not_looked_at(fake_predictor):
    predict_rows(fake_predictor, [{"formula": "MnO2", "record_id": "a", "capacity_mAh_g": "200", "doi": "10.1/x"}])
    measured = fake_predictor.frames[0].get(str(Column.CAPACITY))
    assert measured is None or measured.isna().all()


def test_every_problem_of_every_row_is_named(fake_predictor):
    rows = [{"formula": "Na("}, {"formula": "HeO"}, {"formula": "MnO2", "role": "catode"}, {"formula": "MnO2"}]
    with pytest.raises(DataError, match=r"3 problems \(rows count from 1\)(?s:.*)row 1(?s:.*)row 2(?s:.*)row 3") as bad:
        predict_rows(fake_predictor, rows)
    assert [(problem.row, problem.value) for problem in bad.value.problems] == [(1, "Na("), (2, "HeO"), (3, "catode")]
    assert all(problem.reason and problem.remedy for problem in bad.value.problems)
    assert fake_predictor.frames == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "must be at least one, got none"),
        (pd.DataFrame({"formula": []}), "must be at least one, got none"),
        ("MnO2", "must be a list of objects, got str"),
        ([{"formula": "MnO2"}, 3], "must be a list of objects"),
        (["MnO2"], "every row, formula: column must be present"),
        ([{"formula": ""}], "row 1, formula: must be filled"),
        ([{"formula": "MnO2", "voltage_max": 2}], "did you mean 'voltage_max_V'"),
        ([{"formula": "MnO2", "anything": 2}], "a row may hold: formula, working_ion"),
        ([{"formula": "MnO2", "voltage_max_V": True}], "row 1, voltage_max_V = 'True'"),
        ([{"formula": "MnO2", "voltage_max_V": np.inf}], "row 1, voltage_max_V = 'inf'"),
        ([{"formula": "MnO2", "electrolyte": ["KOH"]}], "must be text, a number, true, false or null"),
        (pd.DataFrame([["MnO2", "MnO2"]], columns=["formula", "formula"]), "'formula' twice"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(fake_predictor, rows, message):
    with pytest.raises(InputError) as bad:
        predict_rows(fake_predictor, rows)
    assert message in str(bad.value)


@pytest.mark.parametrize(("level", "message"), [(0.0, "got 0"), (1.0, "got 1"), (90.0, "write 0.9 for 90 %")])
def test_a_level_that_is_no_probability_is_refused(fake_predictor, level, message):
    with pytest.raises(InputError, match=rf"params\.level must be above 0 and below 1.*{message}"):
        predict_rows(fake_predictor, [{"formula": "MnO2"}], level)
