"""The regressors, and the sign of the response that physics fixes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from hemml.errors import ConfigError, UnknownNameError
from hemml.models.regressors import REGRESSORS, SEARCHED, Setting, build, suggest
from hemml.models.scaling import BlockScaler, SlopeFirst

NAMES = ("expected_log10_capacity", "vec", "x_O", "x_Na", "x_Mn", "log10_rate_C", "is_cathode")
RATE, CATHODE = NAMES.index("log10_rate_C"), NAMES.index("is_cathode")
SMALL = {"xgboost": {"n_estimators": 60, "learning_rate": 0.1}}


def setting(falling: bool = True) -> Setting:
    monotone = tuple(-int(falling and name == "log10_rate_C") for name in NAMES)
    return Setting(NAMES, monotone, seed=0, n_jobs=1, trees=15)


@pytest.fixture(scope="module")
def rows() -> tuple[NDArray, NDArray]:
    """Rows in which the target rises with the rate, against physics."""
    rng = np.random.default_rng(7)
    X = rng.uniform(0, 1, (150, len(NAMES)))
    X[:, RATE] = rng.uniform(-2, 2, 150)
    X[:, CATHODE] = rng.integers(0, 2, 150)
    y = 4 + X[:, 0] + 0.3 * np.sin(6 * X[:, 3]) + 0.4 * X[:, RATE] + 0.3 * rng.normal(size=150)
    return X, y


@pytest.fixture(scope="module", params=sorted(REGRESSORS))
def fitted(request: pytest.FixtureRequest, rows: tuple[NDArray, NDArray]):
    return build(request.param, setting(), SMALL.get(request.param, {})).fit(*rows)


def along_rate(X: NDArray, rates: NDArray) -> NDArray:
    """(len(X) * len(rates), c): each row at each rate."""
    swept = np.repeat(X, len(rates), axis=0)
    swept[:, RATE] = np.tile(rates, len(X))
    return swept


def test_prediction_never_rises_with_the_rate(fitted, rows: tuple[NDArray, NDArray]) -> None:
    rates = np.linspace(-3, 3, 25)
    predicted = fitted.predict(along_rate(rows[0][:40], rates)).reshape(40, -1)
    assert (np.diff(predicted, axis=1) <= 1e-6).all()
    assert predicted.std() > 0.05  # and it is no constant


@pytest.mark.parametrize("name", sorted(REGRESSORS))
def test_without_a_sign_the_rise_is_learned(name: str, rows: tuple[NDArray, NDArray]) -> None:
    free = build(name, setting(falling=False), SMALL.get(name, {})).fit(*rows)
    low, high = (free.predict(along_rate(rows[0][:40], np.array([rate]))) for rate in (-1.5, 1.5))
    assert (high - low).mean() > 0.3


@pytest.mark.parametrize("name", sorted(REGRESSORS))
def test_a_fall_is_learned(name: str, rows: tuple[NDArray, NDArray]) -> None:
    X, y = rows
    falling = build(name, setting(), SMALL.get(name, {})).fit(X, y - 0.8 * X[:, RATE])
    low, high = (falling.predict(along_rate(X[:40], np.array([rate]))) for rate in (-1.5, 1.5))
    assert (low - high).mean() > 0.3


@pytest.mark.parametrize("name", sorted(REGRESSORS))
def test_same_seed_same_predictions(name: str, rows: tuple[NDArray, NDArray]) -> None:
    twice = [build(name, setting(), SMALL.get(name, {})).fit(*rows).predict(rows[0][:20]) for _ in range(2)]
    np.testing.assert_array_equal(*twice)


def test_unknown_regressor_lists_close_names() -> None:
    with pytest.raises(UnknownNameError, match="unknown regressor 'xgbost'; did you mean 'xgboost'"):
        build("xgbost", setting(), {})


@pytest.mark.parametrize("name", sorted(REGRESSORS))
def test_unknown_parameter_is_refused(name: str) -> None:
    with pytest.raises((ConfigError, UnknownNameError), match=rf"parameters? of {name}.*max_dept"):
        build(name, setting(), {"max_dept": 3})


def test_parameters_replace_the_defaults() -> None:
    assert build("xgboost", setting(), {"max_depth": 2}).get_params()["max_depth"] == 2
    assert build("extra_trees", setting(), {"min_samples_leaf": 7}).min_samples_leaf == 7
    assert build("random_forest", setting(), {}).n_estimators == 15
    assert build("svr", setting(), {"C": 9.0}).regressor[-1].C == 9.0


@pytest.mark.parametrize("name", SEARCHED)
def test_search_offers_parameters_that_can_be_fitted(name: str, rows: tuple[NDArray, NDArray]) -> None:
    import optuna

    for offered in (100, 2000):
        for number in range(3):
            study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number))
            parameters = suggest(name, study.ask(), offered)
            assert parameters
            build(name, setting(), {**parameters, **SMALL.get(name, {})}).fit(rows[0][:60], rows[1][:60])
    assert suggest("ridge", study.ask(), 100) == {}


def test_block_scaler_closed_form() -> None:
    X = np.array([[0.25, 0.0, 1.0], [0.25, 2.0, 3.0], [1.0, 100.0, 2.0]])
    scaled = BlockScaler(fractions=[0], features=[1]).fit(X).transform(X)
    np.testing.assert_allclose(scaled[:, 0], [1.5, 1.5, 3.0])  # 3 sqrt(x)
    spread = X[:, 1].std()
    np.testing.assert_allclose(scaled[:, 1], 0.5 * (X[:, 1] - 34.0) / spread)
    np.testing.assert_allclose(scaled[:, 2], (X[:, 2] - 2.0) / X[:, 2].std())


def test_block_scaler_clips_features_and_survives_constants_and_negative_fractions() -> None:
    X = np.zeros((101, 3))
    X[0, 1], X[:, 2] = 1000.0, 5.0
    scaler = BlockScaler(fractions=[0], features=[1]).fit(X)
    scaled = scaler.transform(X)
    assert scaled[0, 1] == 2.0  # ten deviations away, clipped at 4 and halved
    assert (scaled[:, 2] == 0.0).all()
    assert scaler.transform(np.full((1, 3), -1e-18))[0, 0] == 0.0


def test_scaling_keeps_the_contract_of_scikit_learn(rows: tuple[NDArray, NDArray]) -> None:
    X, y = rows
    for estimator in (BlockScaler([2], [0]), SlopeFirst(LinearRegression(), [RATE], CATHODE)):
        assert clone(estimator).get_params(deep=False).keys() == estimator.get_params(deep=False).keys()
        assert clone(estimator).fit(X, y).n_features_in_ == len(NAMES)
        fitted = clone(estimator).fit(X, y)
        use = fitted.predict if isinstance(fitted, SlopeFirst) else fitted.transform
        with pytest.raises(ValueError, match="is expecting 7 features"):
            use(X[:, :5])
        with pytest.raises(ValueError, match="NaN"):
            clone(estimator).fit(np.full_like(X, np.nan), y)


def test_slopes_are_found_for_each_role(rows: tuple[NDArray, NDArray]) -> None:
    X, _ = rows
    cathode = X[:, CATHODE]
    y = X[:, 0] - (0.5 * cathode + 0.1 * (1 - cathode)) * X[:, RATE]
    model = SlopeFirst(LinearRegression(), columns=[RATE], switch=CATHODE).fit(X, y)
    np.testing.assert_allclose(model.slopes_, [-0.5, -0.1], atol=0.05)
    np.testing.assert_allclose(model.predict(X), y, atol=0.15)


def test_slope_of_the_wrong_sign_becomes_zero(rows: tuple[NDArray, NDArray]) -> None:
    X, y = rows
    model = SlopeFirst(LinearRegression(), columns=[RATE], switch=CATHODE).fit(X, y)
    assert model.slopes_.tolist() == [0.0, 0.0]


def test_without_columns_only_the_regressor_speaks(rows: tuple[NDArray, NDArray]) -> None:
    X, y = rows
    model = SlopeFirst(LinearRegression(), columns=[], switch=CATHODE).fit(X, y)
    np.testing.assert_allclose(model.predict(X), LinearRegression().fit(X, y).predict(X))
