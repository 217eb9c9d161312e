import numpy as np
import pandas as pd
import pytest

from hemml.errors import InputError
from hemml.evaluation import LOG, family_median, forest_baseline, magpie_matrix, mean_baseline, xgboost_baseline

rng = np.random.default_rng(9)
COLUMNS = ["role", "working_ion", "family"]
TRAIN = pd.DataFrame(
    [
        ("cathode", "Na", "spinel"),
        ("cathode", "Na", "spinel"),
        ("cathode", "Na", "olivine"),
        ("cathode", "Li", "olivine"),
        ("anode", "Li", "alloy"),
    ],
    columns=COLUMNS,
    index=[9, 7, 5, 3, 1],
)
Y = np.array([100.0, 120.0, 150.0, 160.0, 900.0])


def test_mean_of_the_training_rows():
    np.testing.assert_allclose(mean_baseline(Y, 3), [286.0] * 3)
    np.testing.assert_allclose(mean_baseline(np.array([10.0, 1000.0]), 2, transform=LOG), [100.0] * 2)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("cathode", "Na", "spinel"), 110.0),  # role, ion and family
        (("cathode", "Na", "polyanion"), 120.0),  # no such family: role and ion
        (("cathode", "Zn", "olivine"), 155.0),  # no such ion: role and family
        (("cathode", "Zn", "polyanion"), 135.0),  # neither: role
        (("other", "Na", "spinel"), 150.0),  # nothing: all rows
    ],
)
def test_family_median_falls_back_step_by_step(row, expected):
    assert family_median(TRAIN, Y, pd.DataFrame([row], columns=COLUMNS)) == [expected]


def test_family_median_can_ask_for_more_rows():
    test = pd.DataFrame([("cathode", "Na", "olivine")], columns=COLUMNS)
    assert family_median(TRAIN, Y, test) == [150.0]
    assert family_median(TRAIN, Y, test, min_rows=2) == [120.0]
    assert family_median(TRAIN, Y, test, min_rows=4) == [135.0]


def test_family_median_keeps_the_order_of_rows_whatever_the_index():
    test = TRAIN.iloc[[4, 0, 3, 2]]
    np.testing.assert_array_equal(family_median(TRAIN, Y, test), [900.0, 110.0, 160.0, 150.0])


@pytest.mark.parametrize("baseline", [forest_baseline, xgboost_baseline])
def test_tree_baselines_learn_take_nan_and_repeat(baseline):
    X = rng.normal(size=(300, 5))
    y = np.exp(X[:, 0] + 0.1 * rng.normal(size=300))
    X[::7, 1] = np.nan
    predicted = baseline(X[:200], y[:200], X[200:], seed=1, n_estimators=60, transform=LOG)
    assert np.abs(predicted - y[200:]).mean() < 0.5 * np.abs(y[:200].mean() - y[200:]).mean()
    again = baseline(X[:200], y[:200], X[200:], seed=1, n_estimators=60, transform=LOG)
    np.testing.assert_array_equal(predicted, again)


def test_magpie_features_are_those_of_matminer():
    formulas = ["LiFePO4", "NaNi0.33Fe0.33Mn0.34O2", "LiFePO4", "Zn"]
    features = magpie_matrix(formulas)
    assert features.shape == (4, 132)
    np.testing.assert_array_equal(features[0], features[2])
    assert features[3, 0] == 30  # least atomic number in Zn
    assert features[0, :2].tolist() == [3, 26]
    assert features[0, 3] == pytest.approx((3 + 26 + 15 + 4 * 8) / 7)  # mean atomic number
    assert np.isfinite(features).all()


def test_unreadable_formula_is_named():
    with pytest.raises(InputError, match="formula 'Na\\(Fe' must be one that pymatgen reads"):
        magpie_matrix(["LiFePO4", "Na(Fe"])
