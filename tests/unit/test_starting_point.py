"""A regressor that starts from one of its columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor

from hemml.errors import ConfigError
from hemml.explanation.members import member_contributions
from hemml.models.regressors import PRIOR_SHARE, Setting, build
from hemml.models.skops_files import load_skops, save_skops
from hemml.models.starting_point import StartFrom
from hemml.models.voltage_prior import VOLTAGE_PRIOR

NAMES = ("a", VOLTAGE_PRIOR, "x_O", "is_cathode")
SETTING = Setting(NAMES, (0, 0, 0, 0), seed=0, n_jobs=1, trees=20)


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 4))
    return X, 2.0 + X[:, 1] + 0.3 * X[:, 0] + 0.05 * rng.normal(size=80)


def test_share_one_learns_the_difference_and_share_zero_the_value() -> None:
    X = np.array([[1.0], [2.0], [6.0]])
    y = np.array([2.0, 3.0, 7.0])
    whole = StartFrom(DummyRegressor(), column=0, share=1.0).fit(X, y)
    np.testing.assert_allclose(whole.predict([[10.0]]), [11.0])
    none = StartFrom(DummyRegressor(), column=0, share=0.0).fit(X, y)
    np.testing.assert_allclose(none.predict([[10.0]]), [4.0])


def test_it_reaches_beyond_what_trees_have_seen(data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = data
    far = np.array([[0.0, 8.0, 0.0, 0.0]])
    trees = ExtraTreesRegressor(50, random_state=0)
    assert abs(StartFrom(trees, 1, 1.0).fit(X, y).predict(far)[0] - 10.0) < 1.0
    assert clone(trees).fit(X, y).predict(far)[0] < 6.0


@pytest.mark.parametrize("name", ["extra_trees", "gaussian_process", "ridge", "svr"])
def test_every_regressor_but_boosting_can_start_from_the_prior(
    name: str, data: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    X, y = data
    fixed = {"length_scale": 3, "noise": 0.05} if name == "gaussian_process" else {}
    made = build(name, SETTING, {PRIOR_SHARE: 1, **fixed}).fit(X, y)
    assert np.abs(made.predict(X) - y).mean() < 0.5 * y.std()
    save_skops(made, tmp_path / "one.skops")
    np.testing.assert_array_equal(load_skops(tmp_path / "one.skops").predict(X), made.predict(X))


@pytest.mark.parametrize(
    ("name", "share", "names", "message"),
    [
        ("xgboost", 0.5, NAMES, "must be given to a forest or kernel regressor"),
        ("extra_trees", 0.5, ("a", "b"), f"takes {VOLTAGE_PRIOR} among its features"),
        ("extra_trees", 1.5, NAMES, "must be a number from 0 to 1, got 1.5"),
        ("extra_trees", "half", NAMES, "must be a number from 0 to 1, got 'half'"),
    ],
)
def test_bad_shares(name: str, share: float | str, names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, Setting(names, (0,) * len(names), 0, 1, 10), {PRIOR_SHARE: share})


def test_a_fixed_kernel_is_not_optimised(data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = data
    kernel = build("gaussian_process", SETTING, {"length_scale": 3, "noise": 0.05}).fit(X, y)[-1].kernel_
    assert kernel.get_params()["k1__k2__length_scale"] == pytest.approx(3)
    assert kernel.get_params()["k2__noise_level"] == pytest.approx(0.05)


@pytest.mark.parametrize("name", ["extra_trees", "svr"])
def test_contributions_add_up_to_the_prediction(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = data
    member = build(name, SETTING, {PRIOR_SHARE: 0.5}).fit(X, y)
    base, found = member_contributions(member, X[:5], np.arange(4), 4, X.mean(axis=0))
    np.testing.assert_allclose(base + found.sum(axis=1), member.predict(X[:5]), atol=1e-6)
    assert np.abs(found[:, 1]).mean() > np.abs(found[:, 2]).mean()
