"""The voltage prior against the table that it was learned from, and against textbook voltages."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.evaluation import mean_baseline, paper_folds
from hemml.features.insertion_columns import insertion_columns, ladder_voltage
from hemml.models.voltage_prior import VoltagePrior, predict_columns
from hemml.models.voltage_prior_config import PriorConfig, PriorFilter
from hemml.models.voltage_prior_training import ComputedElectrodes, fit_members

EXTRA = os.environ.get("HEMML_EXTRA_DATA")
FEW_TREES = {"xgboost": {"n_estimators": 120, "max_depth": 5, "learning_rate": 0.1, "colsample_bytree": 0.3}}

# Mean voltages of the first half cycle: Masquelier and Croguennec 2013 (10.1021/cr3001862), Whittingham 2004
# (10.1021/cr020731c), Yabuuchi 2014 (10.1021/cr500192f), Zhang 2016 (ZnMn2O4, 10.1021/jacs.6b05958).
TEXTBOOK = (
    ("LiCoO2", "Li", 4.0),
    ("LiNiO2", "Li", 3.9),
    ("LiFePO4", "Li", 3.45),
    ("LiMnPO4", "Li", 4.1),
    ("TiS2", "Li", 2.1),
    ("NaCrO2", "Na", 3.0),
    ("NaFeO2", "Na", 3.3),
    ("NaNi0.5Mn0.5O2", "Na", 3.2),
    ("NaNi1/3Fe1/3Mn1/3O2", "Na", 3.1),
    ("Na3V2(PO4)3", "Na", 3.4),
    ("ZnMn2O4", "Zn", 1.4),
)
TOLERANCE_V = 0.6


@pytest.mark.parametrize(("formula", "ion", "volts"), TEXTBOOK)
def test_textbook_voltages(formula: str, ion: str, volts: float) -> None:
    predicted = VoltagePrior.load().predict(CompositionBatch.from_formulas([formula], ion))
    assert predicted[0] == pytest.approx(volts, abs=TOLERANCE_V)


def test_textbook_voltages_on_average() -> None:
    formulas, ions, volts = (list(column) for column in zip(*TEXTBOOK, strict=True))
    predicted = VoltagePrior.load().predict(CompositionBatch.from_formulas(formulas, ions))
    assert np.abs(predicted - volts).mean() < 0.25
    assert np.corrcoef(predicted, volts)[0, 1] > 0.95


@pytest.mark.skipif(not EXTRA, reason="HEMML_EXTRA_DATA names no folder with the table of computed electrodes")
def test_prior_beats_its_baselines_on_unseen_host_systems() -> None:
    electrodes = ComputedElectrodes.read_table(Path(str(EXTRA)) / "mp_electrodes.csv", PriorFilter())
    y = electrodes.volts
    train, test = paper_folds(electrodes.systems, 5, seed=0)[0]
    assert not set(electrodes.systems[train]) & set(electrodes.systems[test])
    X = insertion_columns(electrodes.hosts)
    ladder = ladder_voltage(electrodes.hosts)[test]
    mean = mean_baseline(y[train], len(test))

    members = fit_members(X[train], y[train], PriorConfig(parameters=FEW_TREES))
    error = np.abs(predict_columns(members, X[test]) - y[test]).mean()

    assert error < 0.42
    assert error < 0.7 * np.abs(np.where(np.isnan(ladder), mean, ladder) - y[test]).mean()
    assert error < 0.5 * np.abs(mean - y[test]).mean()


@pytest.mark.skipif(not EXTRA, reason="HEMML_EXTRA_DATA names no folder with the table of computed electrodes")
def test_shipped_prior_was_made_from_this_table() -> None:
    about = VoltagePrior.load().metadata
    electrodes = ComputedElectrodes.read_table(Path(str(EXTRA)) / "mp_electrodes.csv", PriorFilter())
    assert electrodes.sha256 == about["table_sha256"]
    assert len(electrodes) == about["n_rows"]
    assert len(set(electrodes.systems.tolist())) == about["n_host_systems"]
