from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from hemml.errors import BundleError, InputError
from hemml.uncertainty.pair_differences import PairDifferences, pair_difference_scale


def table(papers: int = 25) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 2 * papers
    measured = rng.uniform(50, 200, n)
    return pd.DataFrame(
        {
            "paper": [f"10.1/{i // 2}" for i in range(n)],
            "formula": [f"ZnMn{1 + i % 2}O4" for i in range(n)],
            "role": "cathode",
            "working_ion": "Zn",
            "measured": measured,
            "predicted": measured * rng.lognormal(0, 0.1, n),
            "is_comparator": False,
        }
    )


def test_scores_are_errors_of_differences_on_the_learning_scale():
    rows = table()
    pairs = pair_difference_scale(rows, np.log)
    errors = np.log(rows["measured"] / rows["predicted"]).to_numpy().reshape(-1, 2)
    np.testing.assert_allclose(pairs.scores, np.sort(np.abs(errors[:, 0] - errors[:, 1])))
    assert (pairs.papers, pairs.one_paper, pairs.n_direction) == (25, True, 25)
    ratio = np.diff(rows[["measured", "predicted"]].to_numpy().reshape(-1, 2, 2), axis=1)[:, 0]
    assert pairs.direction == pytest.approx((ratio[:, 0] * ratio[:, 1] > 0).mean())


def test_rows_of_one_formula_or_of_other_classes_are_no_pairs():
    rows = table()
    rows.loc[rows.index[::2], "working_ion"] = "Na"
    with_ions = pair_difference_scale(rows, np.log)
    assert not with_ions.one_paper
    rows = table().assign(formula="ZnMn2O4")
    assert not pair_difference_scale(rows, np.log).one_paper


def test_direction_needs_pairs_with_the_same_flag():
    rows = table()
    rows["is_comparator"] = np.arange(len(rows)) % 2 == 0
    pairs = pair_difference_scale(rows, np.log)
    assert pairs.one_paper
    assert pairs.n_direction == 0
    assert np.isnan(pairs.direction)
    assert pair_difference_scale(rows.drop(columns="is_comparator"), np.log).n_direction == 0


@pytest.mark.parametrize("papers", [25, 5])
def test_json_brings_it_back(papers):
    pairs = pair_difference_scale(table(papers), np.log)
    again = PairDifferences.from_json(json.loads(json.dumps(pairs.to_json(), allow_nan=False)))
    assert again.half_width(0.8) == pairs.half_width(0.8)
    np.testing.assert_array_equal(again.chance_of_rise([-0.1, 0.2]), pairs.chance_of_rise([-0.1, 0.2]))
    assert (again.papers, again.one_paper) == (pairs.papers, pairs.one_paper)


def test_a_level_that_needs_more_papers_is_refused():
    pairs = pair_difference_scale(table(25), np.log)
    with pytest.raises(InputError, match=r"level 0.99 of a change needs pairs of 99 papers or more, got 25; ask for"):
        pairs.half_width(0.99)
    with pytest.raises(InputError, match=r"level must be between 0 and 1, got 1\.5"):
        pairs.half_width(1.5)


def test_missing_columns_and_nothing_to_compare_are_refused():
    with pytest.raises(InputError, match="must have the column predicted"):
        pair_difference_scale(table().drop(columns="predicted"), np.log)
    with pytest.raises(InputError, match="rows must have two to compare, got none"):
        pair_difference_scale(table().head(1), np.log)
    with pytest.raises(InputError, match="must be finite"):
        pair_difference_scale(table().assign(predicted=np.nan), np.log)
    with pytest.raises(InputError, match="must be as many"):
        PairDifferences.fit([1.0], [1.0, 2.0], papers=["a"], classes=["b"], samples=["c"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "format must be 1, got 9"),
        ({"scores": []}, "one weight a score"),
        ({"scores": "x"}, "must be what hemml wrote"),
        ({"scores": [2.0, 1.0], "weights": [1.0, 1.0]}, "scores must ascend"),
        ({"papers": None}, "must be what hemml wrote"),
    ],
)
def test_damaged_json_is_refused(change, message):
    stored = pair_difference_scale(table(), np.log).to_json() | change
    with pytest.raises(BundleError, match=message):
        PairDifferences.from_json(stored)
