"""Learning curve and groups left out: what is learned from what, and what comes out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.data import load_default, paper_ids
from hemml.models import learning_curve, leave_out
from hemml.models.learning_curve import nested_papers
from hemml.models.leave_out import leave_one_out, role_median
from hemml.models.studies import run_studies, study_steps
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows
from hemml.models.unsearched import side_by_side

HOW = TargetConfig(
    features=("redox_potential_V",),
    regressors=("extra_trees", "xgboost"),
    parameters={"xgboost": {"n_estimators": 20}},
)
FULL = TrainConfig(targets={Column.CAPACITY: HOW}, outer_folds=3, trees=10, bootstrap=50, n_jobs=2)
SMALL = FULL.fast()


@pytest.fixture(scope="module")
def rows() -> TrainingRows:
    frame = load_default()
    papers = paper_ids(frame)
    chosen = np.random.default_rng(1).permutation(np.unique(papers))[:220]
    part = frame[np.isin(papers, chosen)].reset_index(drop=True)
    return TrainingRows.select(part, TARGETS[Column.CAPACITY], HOW.features, 6)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[TrainingRows, TrainingRows]]:
    """Training and test rows of each fit, and in place of the fits the median of the training rows."""
    seen: list[tuple[TrainingRows, TrainingRows]] = []

    def median(train: TrainingRows, test: TrainingRows, *_: object) -> np.ndarray:
        seen.append((train, test))
        return np.full(len(test), np.median(train.measured))

    monkeypatch.setattr(learning_curve, "predict_unsearched", median)
    monkeypatch.setattr(leave_out, "predict_unsearched", median)
    return seen


def test_shares_of_papers_are_nested_and_grow_to_all():
    papers = np.array([f"p{i}" for i in range(40) for _ in range(1 + i % 3)])
    parts = [set(part) for part in nested_papers(papers, (0.1, 0.4, 1.0), seed=3)]
    assert [len(part) for part in parts] == [4, 16, 40]
    assert parts[0] < parts[1] < parts[2] == set(papers)
    assert parts[0] != set(nested_papers(papers, (0.1,), seed=4)[0])


def test_learning_curve_learns_from_growing_shares_of_other_papers(rows, fitted):
    steps: list[str] = []
    table = learning_curve.learning_curve(rows, FULL, HOW, steps.append)
    assert list(table["share"]) == [0.1, 0.2, 0.4, 0.7, 1.0]
    assert list(table["n"]) == [len(rows)] * 5
    assert table["n_papers"].is_monotonic_increasing
    assert table["n_papers"].iloc[-1] == pytest.approx(len(set(rows.papers)) * 2 / 3, rel=0.02)
    assert len(steps) == len(fitted) == 15
    by_test: dict[str, list[set[str]]] = {}
    for train, test in fitted:
        assert not set(train.papers) & set(test.papers)
        by_test.setdefault(test.papers[0], []).append(set(train.papers))
    assert len(by_test) == 3
    for parts in by_test.values():
        parts.sort(key=len)
        assert all(small < large for small, large in pairwise(parts))


def test_scores_of_a_share_are_those_of_its_predictions(rows, fitted):
    row = learning_curve.learning_curve(rows, FULL, HOW).iloc[-1]
    error = []
    for train, test in fitted:
        if len(train) + len(test) == len(rows):
            error.append(np.abs(test.measured - np.median(train.measured)))
    assert row["mae"] == pytest.approx(np.concatenate(error).mean())
    assert row["mae_low"] < row["mae"] < row["mae_high"]
    assert row["skill"] == pytest.approx(1 - row["mae"] / row["baseline_mae"])


def test_few_papers_leave_small_shares_out(rows, fitted):
    few = rows[np.flatnonzero(np.isin(rows.papers, np.unique(rows.papers)[:30]))]
    table = learning_curve.learning_curve(few, FULL, HOW)
    assert list(table["share"]) == [0.4, 0.7, 1.0]  # 20 % of 20 papers would be 4


def test_left_out_groups_and_their_papers_are_not_learned_from(rows, fitted):
    table = leave_one_out(rows, FULL, HOW)
    assert list(table.columns) == list(leave_out.COLUMNS)
    assert set(table["kind"]) == {"ion", "family"}
    assert len(table) == len(fitted) > 4
    for train, test in fitted:
        assert not set(train.papers) & set(test.papers)
        kinds = [
            column
            for column in (Column.WORKING_ION, Column.FAMILY)
            if len(set(test.frame[column])) == 1 and not set(test.frame[column]) & set(train.frame[column])
        ]
        assert kinds
    for row in table.itertuples():
        column = {"ion": Column.WORKING_ION, "family": Column.FAMILY}[row.kind]
        mask = (rows.frame[column] == row.left_out).to_numpy()
        assert row.n == mask.sum() >= 20
        assert row.n_papers == len(set(rows.papers[mask]))
        assert row.skill == pytest.approx(1 - row.mae / row.baseline_mae)
    for kind in ("ion", "family"):
        assert table.loc[table["kind"] == kind, "n"].is_monotonic_decreasing


def test_one_ion_alone_cannot_be_left_out(rows, fitted):
    sodium = rows[np.flatnonzero((rows.frame[Column.WORKING_ION] == "Na").to_numpy())]
    assert set(leave_one_out(sodium, FULL, HOW)["kind"]) == {"family"}
    tiny = sodium[np.arange(15)]
    table = leave_one_out(tiny, FULL, HOW)
    assert table.empty
    assert list(table.columns) == list(leave_out.COLUMNS)


def test_baseline_of_a_left_out_group_is_the_median_of_the_role(rows):
    is_anode = (rows.frame[Column.ROLE] == "anode").to_numpy()
    predicted = role_median(rows, rows)
    assert set(predicted[is_anode]) == {np.median(rows.measured[is_anode])}
    assert set(predicted[~is_anode]) == {np.median(rows.measured[~is_anode])}
    cathodes = rows[np.flatnonzero(~is_anode)]
    assert set(role_median(cathodes, rows[np.flatnonzero(is_anode)])) == {np.median(cathodes.measured)}


def test_small_studies_are_the_same_on_any_number_of_threads(rows):
    steps: list[str] = []
    one, two = (
        run_studies(rows, SMALL.model_copy(update={"n_jobs": n}), HOW, steps.append if n == 1 else lambda _: None)
        for n in (1, 2)
    )
    assert len(steps) == study_steps(SMALL) == 4
    pd.testing.assert_frame_equal(one.learning_curve, two.learning_curve, check_exact=True)
    pd.testing.assert_frame_equal(one.leave_out, two.leave_out, check_exact=True)
    assert list(one.learning_curve["share"]) == [0.3, 1.0]
    assert (one.leave_out.groupby("kind").size() <= 2).all()
    assert one.lab_curve is None


def test_studies_can_be_left_out(rows):
    none = FULL.model_copy(update={"studies": "none"})
    assert run_studies(rows, none, HOW) is None
    assert study_steps(none) == 0
    assert study_steps(FULL) == 17
    assert none.fast().studies == "none"


def test_an_error_in_a_piece_ends_the_work():
    def fail() -> int:
        raise ValueError("broken piece")

    assert side_by_side([lambda k=k: k for k in range(5)], 2) == list(range(5))
    with pytest.raises(ValueError, match="broken piece"):
        side_by_side([fail, *(lambda: 1 for _ in range(5))], 2)
