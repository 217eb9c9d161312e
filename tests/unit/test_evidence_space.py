"""Where distances are measured, and that rows far from all records err more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.data import load_default
from hemml.models.ensemble import Choice, Ensemble, fit
from hemml.models.evidence_space import build_evidence, domain_of
from hemml.models.inputs import Compositions, batch_of
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows

FEATURES = ("mean_oxidation_state", "theoretical_capacity_mAh_g")
HOW = TargetConfig(features=FEATURES, regressors=("extra_trees",))
CONFIG = TrainConfig(trees=20, n_jobs=1, targets={Column.CAPACITY: HOW})


def trees(rows: TrainingRows) -> Ensemble:
    """A small forest, fitted without a search."""
    nothing = np.zeros(len(rows))
    return fit(rows, Choice({"extra_trees": {}}, {"extra_trees": 1.0}, nothing, nothing), CONFIG, HOW)


@pytest.fixture(scope="module")
def rows() -> TrainingRows:
    return TrainingRows.select(load_default(), TARGETS[Column.CAPACITY], FEATURES, 10)


def test_flagged_rows_of_unseen_papers_err_more(rows: TrainingRows) -> None:
    """The domain is of use only if predictions outside it are worse; one fold of the data set shows it."""
    learned, unseen = rows.folds(5, 3)[0]
    train, test = rows[learned], rows[unseen]
    ensemble = trees(train)
    error = np.abs(ensemble.predict(test.frame, test.compositions) - test.scaled)
    X = ensemble.inputs.transform(test.frame, test.compositions)
    nearest, distance, inside = domain_of(build_evidence(train, ensemble), ensemble.inputs, X, test.compositions)
    assert nearest.max() < len(train)
    assert distance.shape == inside.shape == error.shape
    assert 0.05 < (~inside).mean() < 0.2
    assert error[~inside].mean() > 1.2 * error[inside].mean()


def test_records_keep_their_errors_and_tests(rows: TrainingRows) -> None:
    some = rows[np.arange(0, len(rows), 10)]
    ensemble = trees(some)
    evidence = build_evidence(some, ensemble, some.scaled - 0.25)
    assert evidence.error_inside == pytest.approx(0.25)
    assert evidence.error_ratio == pytest.approx(1.0)
    stated = some.frame[Column.CAPACITY_C_RATE].notna() & some.frame[Column.CAPACITY_CURRENT].isna()
    row = int(np.flatnonzero(stated & some.frame[Column.CAPACITY_AFTER_CYCLES].isna())[0])
    assert evidence.tests[row] == f"{some.frame[Column.CAPACITY_C_RATE][row]:g} C"
    silent = some.frame[[Column.CAPACITY_C_RATE, Column.CAPACITY_CURRENT, Column.CAPACITY_AFTER_CYCLES]].isna()
    assert set(evidence.tests[silent.all(axis=1).to_numpy()].tolist()) == {""}


def test_an_element_never_learned_is_outside(rows: TrainingRows) -> None:
    """However near the descriptors of a known material lie: a record of the model with its metal exchanged."""
    some = rows[np.arange(0, len(rows), 10)]
    ensemble = trees(some)
    evidence = build_evidence(some, ensemble)
    records = np.flatnonzero(some.frame[Column.FORMULA].str.contains("Mn") & (some.frame[Column.WORKING_ION] == "Na"))
    frame = some.frame.iloc[records[:1]].reset_index(drop=True)
    found = []
    for formula in (frame[Column.FORMULA][0], frame[Column.FORMULA][0].replace("Mn", "Tm")):
        frame[Column.FORMULA] = formula
        compositions = Compositions.of(batch_of(frame), FEATURES)
        X = ensemble.inputs.transform(frame, compositions)
        roomy = replace(evidence, threshold=1e9)
        found.append(bool(domain_of(roomy, ensemble.inputs, X, compositions)[2][0]))
    assert found == [True, False]
