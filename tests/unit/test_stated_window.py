"""Voltages stay inside the window that a test states."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.data import typed
from hemml.models.prediction import Predictor
from hemml.models.stated_window import within_window


def test_only_stated_ends_bound():
    frame = pd.DataFrame({
        Column.VOLTAGE_MIN: [0.8, np.nan, 0.8, np.nan],
        Column.VOLTAGE_MAX: [1.9, 1.9, np.nan, np.nan],
    })  # fmt: skip
    assert within_window(frame, np.array([2.1, 2.1, 0.5, 7.0])).tolist() == [1.9, 1.9, 0.8, 7.0]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


def test_predictions_intervals_and_probabilities_respect_the_window(predictor):
    cells = {Column.FORMULA: "Zn(Mn0.4Fe0.25Co0.1Al0.15Ti0.1)2O4", Column.WORKING_ION: "Zn", Column.ROLE: "cathode"}
    frame = typed(pd.DataFrame([
        {**cells, Column.VOLTAGE_MIN: "", Column.VOLTAGE_MAX: ""},
        {**cells, Column.VOLTAGE_MIN: "0.8", Column.VOLTAGE_MAX: "1.2"},
    ], dtype=object).rename(columns=str))  # fmt: skip
    found = predictor.predict(frame)
    free, held = ([part[Column.VOLTAGE][row] for part in (found.lower, found.values, found.upper)] for row in (0, 1))
    assert free[1] > 1.2
    assert held == [pytest.approx(min(max(volts, 0.8), 1.2)) for volts in free]
    above = [predictor.probability_above(found, Column.VOLTAGE, volts) for volts in (0.5, 1.0, 1.2)]
    assert [chances[1] for chances in above] == [1.0, pytest.approx(above[1][0]), pytest.approx(0.0)]
    assert above[2][0] > 0.5
