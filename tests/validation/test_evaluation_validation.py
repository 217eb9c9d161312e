import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.errors import HemmlError, InputError
from hemml.evaluation import (
    bootstrap_intervals,
    family_median,
    forest_baseline,
    leave_one_group_out,
    mean_baseline,
    paper_folds,
    parity_plot,
    score,
    score_plot,
)

Y = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paper_folds(["a", "b"], 1), "n_splits must be at least 2, got 1"),
        (lambda: paper_folds(["a", "b", "b"], 3), "got 3 folds for 2 papers; use fewer folds"),
        (lambda: paper_folds(["a", float("nan"), ""], 2), r"papers must be .* got nan in row 1 \(2 such rows of 3\)"),
        (lambda: paper_folds(["a", "b"], 2, strata=["x"]), r"strata must have one entry a row \(2\), got 1"),
        (lambda: paper_folds([], 2), "at least one row, got none"),
        (lambda: leave_one_group_out(["Li"] * 3, ["a", "b", "c"], 2), "holding out 'Li' must leave rows"),
        (lambda: leave_one_group_out(["Li", "Na"], ["a", "b"], 9), "with 9 rows or more, got at most 1"),
        (lambda: score(Y, Y[:2]), r"predictions must have one value a row \(3,\), got shape \(2,\)"),
        (lambda: score([1, np.nan, 3], Y), "measured values must be finite, got 1 of 3"),
        (lambda: score([], []), "at least one row"),
        (lambda: score(Y, Y, lower=Y), "given together"),
        (lambda: score(Y, Y, lower=Y + np.array([0, 1, 0]), upper=Y), "got 3 > 2 in row 1"),
        (lambda: bootstrap_intervals(Y, Y, ["a"] * 3), "at least 2 different ones to resample, got 1"),
        (lambda: bootstrap_intervals(Y, Y, ["a", "b"]), "papers must have one entry a row"),
        (lambda: bootstrap_intervals(Y, Y, ["a", "b", "c"], level=90), "level must be between 0 and 1, got 90"),
        (lambda: bootstrap_intervals(Y, Y, ["a", "b", "c"], n_resamples=0), "n_resamples must be at least 1, got 0"),
        (lambda: mean_baseline(np.array([1.0, np.nan]), 3), "y_train must be finite .* 1 that are not"),
        (lambda: forest_baseline(np.ones((2, 2)), Y, np.ones((1, 2))), r"X_train must .* got shape \(2, 2\)"),
        (lambda: forest_baseline(np.ones((3, 2)), Y, np.ones((1, 4))), r"the 2 columns of X_train, got shape \(1, 4\)"),
        (lambda: parity_plot(Y, Y - 1, Column.CAPACITY, log=True), "need positive values, got 0; use log=False"),
        (lambda: parity_plot(Y, Y, Column.CAPACITY, classes=["Li"]), "classes must have one entry a row"),
        (lambda: score_plot({"a": score(Y, Y)}, {}, Column.VOLTAGE, highlight="b"), "one of a, got 'b'"),
        (
            lambda: score_plot({"a": score(Y, Y)}, {}, Column.VOLTAGE, highlight="a", metrics=["auc"]),
            "metrics must be among mae, .*, got auc",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_predictions_are_counted_and_never_dropped(bad):
    with pytest.raises(HemmlError, match=r"predictions must be finite in every row, got 2 of 3 .*\(first in row 0\)"):
        score(Y, [bad, 2, bad])
    with pytest.raises(HemmlError, match="reference predictions must be finite in every row, got 1 of 3"):
        score(Y, Y, reference=[1, 2, bad])


def test_family_median_needs_filled_columns():
    frame = pd.DataFrame({"role": ["cathode"] * 3, "working_ion": ["Li", "Na", None], "family": ["spinel"] * 3})
    with pytest.raises(InputError, match=r"training rows: .* got gaps in \['working_ion'\]"):
        family_median(frame, Y, frame[:1])
    with pytest.raises(InputError, match=r"test rows: .* got gaps in \['family'\]"):
        family_median(frame[:2], Y[:2], frame[:1].drop(columns="family"))
    with pytest.raises(InputError, match=r"y_train must have one value a training row \(2\), got 3"):
        family_median(frame[:2], Y, frame[:1])
