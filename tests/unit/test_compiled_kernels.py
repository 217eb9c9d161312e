"""Kernel regressors laid out for very many rows, beside scikit-learn and libsvm."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import RidgeCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from hemml.models.compiled.alike import Alike, AlikeRows, independent
from hemml.models.compiled.kernels import Exponential, Line, Radial
from hemml.models.compiled.loops import REACH, halvings_of, weighted_exponentials
from hemml.models.compiled.table import Table
from hemml.models.compiled.wrapped import AsItIs, Scaled, Sloped, Started, compiled
from hemml.models.scaling import BlockScaler, SlopeFirst
from hemml.models.starting_point import StartFrom

N, C = 90, 9
FIXED = {1: 0.25, 4: 0.1, 7: -0.5}


def _training(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, C))
    X[:, :5] = rng.dirichlet(np.ones(5), size=N)
    X[:, 8] = X[:, 8] > 0
    # the same compositions under other tests, as papers report them
    X[N // 2 :, :7] = X[: N - N // 2, :7]
    return X, np.sin(3 * X[:, 0]) + X[:, 5] - 0.3 * X[:, 6] * X[:, 8]


def _asked(n, seed=1, fixed=FIXED):
    X, _ = _training(seed)
    rows = X[np.random.default_rng(seed).integers(N, size=n)] + 0.0
    rows[:, 5] += np.random.default_rng(seed).normal(size=n)
    for column, value in fixed.items():
        rows[:, column] = value
    return rows


def _table(X):
    return Table.of([np.ascontiguousarray(column) for column in X.T], len(X))


def _scaled(regressor):
    return make_pipeline(BlockScaler(fractions=range(5), features=(5, 6)), regressor)


def _process(kernel=None, **more):
    kernel = kernel or ConstantKernel(1.7) * Matern(3.0, nu=0.5) + WhiteKernel(0.1)
    return GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True, **more)


REGRESSORS = {
    "svr": SVR(C=2.0, gamma=0.005, epsilon=0.05),
    "svr of a wide range": SVR(C=2.0, gamma=3.0, epsilon=0.05),
    "svr, gamma by scikit-learn": SVR(gamma="scale"),
    "svr of nothing": SVR(epsilon=100.0),
    "process": _process(),
    "ridge": RidgeCV(),
}


@pytest.mark.parametrize("rows", [1, 7, 700])
@pytest.mark.parametrize("name", REGRESSORS)
def test_pipeline_as_scikit_learn(name, rows):
    X, y = _training()
    member = _scaled(REGRESSORS[name]).fit(X, y)
    laid_out = compiled(member)
    assert isinstance(laid_out, Scaled)
    assert isinstance(laid_out.inner, Radial | Exponential | Line)
    asked = _asked(rows)
    np.testing.assert_allclose(laid_out.predict(_table(asked)), member.predict(asked), rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", REGRESSORS)
def test_training_rows_themselves(name):
    # a process has a cusp at its own rows, where a rounded distance would show
    X, y = _training()
    member = _scaled(REGRESSORS[name]).fit(X, y)
    np.testing.assert_allclose(compiled(member).predict(_table(X)), member.predict(X), rtol=0, atol=1e-11)


@pytest.mark.parametrize("fixed", [{}, {6: 0.3}, {6: 0.3, 8: 1.0}, {8: 0.0}], ids=str)
def test_slopes_first_and_starting_point(fixed):
    X, y = _training()
    asked = _asked(50, fixed=FIXED | fixed)
    sloped = SlopeFirst(_scaled(SVR(gamma=0.02)), columns=[6], switch=8).fit(X, y)
    laid_out = compiled(sloped)
    assert isinstance(laid_out, Sloped)
    assert (sloped.slopes_ < 0).any()
    np.testing.assert_allclose(laid_out.predict(_table(asked)), sloped.predict(asked), rtol=0, atol=1e-11)
    started = StartFrom(_scaled(_process()), column=5, share=0.5).fit(X, y)
    assert isinstance(compiled(started), Started)
    np.testing.assert_allclose(compiled(started).predict(_table(asked)), started.predict(asked), rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    "regressor",
    [
        KNeighborsRegressor(),
        SVR(kernel="poly"),
        _process(ConstantKernel(1.0) * Matern(3.0, nu=1.5) + WhiteKernel(0.1)),
        _process(ConstantKernel(1.0) * Matern(np.full(C, 3.0), nu=0.5) + WhiteKernel(0.1)),
        _process(ConstantKernel(1.0) * RBF(3.0) + WhiteKernel(0.1)),
        _process(Matern(3.0, nu=0.5)),
    ],
)
def test_other_kinds_are_asked_themselves(regressor):
    X, y = _training()
    member = _scaled(regressor).fit(X, y)
    asked = _asked(20)
    assert isinstance(compiled(member), AsItIs)
    np.testing.assert_array_equal(compiled(member).predict(_table(asked)), member.predict(asked))


def test_dependent_columns_leave_the_prediction():
    X, y = _training()
    X[:, 6] = X[:, :5] @ np.arange(5.0)
    member = _scaled(SVR(gamma=0.01)).fit(X, y)
    rng = np.random.default_rng(3)
    asked = np.repeat(X[:1], 1500, axis=0)
    asked[:, 5] = rng.normal(size=1500) * 0.2
    asked[:, 6] = 0.1 - 2.0 * asked[:, 5]  # both standardised: one follows from the other
    asked[:, 7] = rng.normal(size=1500)
    table = _table(asked)
    np.testing.assert_allclose(compiled(member).predict(table), member.predict(asked), rtol=0, atol=1e-11)


def test_independent_columns_are_checked_in_every_row():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(3, 4000))
    columns = np.stack([base[0], base[1], base[0] - 2 * base[1], base[2], 0.5 * base[2]])
    found = independent(columns)
    assert found is not None
    chosen, rule = found
    assert len(chosen) == 3
    np.testing.assert_allclose(rule.T @ columns[chosen], columns, atol=1e-12)
    columns[2, 1234] += 1e-6
    broken = independent(columns)
    assert broken is None or len(broken[0]) > 3
    assert independent(columns[:, :500]) is None
    assert independent(base) is None


def test_equal_rows_are_grouped():
    rows = np.array([[1.0, 0.0, 5.0], [2.0, 1.0, 6.0], [1.0, -0.0, 7.0], [1.0, 1.0, 8.0]])
    alike = AlikeRows(rows)
    found = alike.over(np.array([0, 1]))
    assert found is alike.over(np.array([0, 1]))
    assert len(found.distinct) == 3
    np.testing.assert_array_equal(found.distinct[found.group], rows[:, :2])
    at = found.group[0]
    assert found.sums(np.array([1.0, 2.0, 4.0, 8.0]))[at] == 5.0
    assert found.least(np.array([3.0, 2.0, 1.0, 8.0]))[at] == 1.0
    assert len(Alike.of(rows[:, :0]).distinct) == 1
    np.testing.assert_allclose(alike.squares(np.array([9.0, 9.0, 6.0]), np.array([0, 1])), [1.0, 0.0, 1.0, 4.0])


@pytest.mark.parametrize("size", [0.1, 0.3, 3.0, 20.0])
def test_exponentials_as_numpy(size):
    halvings = halvings_of(size)
    assert size * 0.5**halvings <= REACH
    exponents = np.random.default_rng(0).uniform(-size, size, (5, 37))
    out = np.empty(5)
    weighted_exponentials(exponents * 0.5**halvings, np.ones(37), halvings, out)
    np.testing.assert_allclose(out, np.exp(exponents).sum(axis=1), rtol=1e-13)
