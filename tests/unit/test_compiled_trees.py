"""Trees laid out as arrays say what the fitted ensembles say, bit for bit."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestRegressor
from xgboost import DMatrix, XGBRegressor, train

from hemml.columns import Column
from hemml.errors import BundleError, InputError
from hemml.models.compiled.table import Table
from hemml.models.compiled.tree_kernels import _WALK, BLOCK
from hemml.models.compiled.trees import Trees
from hemml.models.prediction import Predictor
from hemml.models.starting_point import StartFrom
from hemml.models.voltage_prior import VoltagePrior

_GRID = np.float64([-1.5, -1 / 3, 0, 0.1, 0.3, 1, 2.7])


def _table(X):
    return Table.of([column.copy() for column in X.T], len(X))


def _check(member, X):
    np.testing.assert_array_equal(Trees.of(member).predict(_table(X)), np.asarray(member.predict(X), dtype=np.float64))


def _ensembles(seed):
    """Small ensembles of all kinds, learned from values on a grid, so that rows lie on thresholds."""
    rng = np.random.default_rng(seed)
    X = rng.choice(_GRID, (300, 6))
    y = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + rng.normal(0, 0.2, 300)
    boosted = {"n_estimators": 30, "max_depth": 5, "n_jobs": 1, "random_state": seed}
    return [
        one.fit(X, y)
        for one in (
            ExtraTreesRegressor(20, random_state=seed),
            RandomForestRegressor(10, max_leaf_nodes=30, random_state=seed),  # its trees are not in preorder
            XGBRegressor(tree_method="exact", **boosted),
            XGBRegressor(tree_method="hist", grow_policy="lossguide", num_parallel_tree=2, subsample=0.6, **boosted),
        )
    ]


def _thresholds(member, count):
    """Rows exactly at thresholds of an ensemble, and one step of float32 and of float64 beside them."""
    trees = Trees.of(member)
    inner = trees.nodes[trees.nodes["column"] >= 0]
    X = np.random.default_rng(0).choice(_GRID, (count, trees.columns))
    for column in range(trees.columns):
        own = np.float32(inner["threshold"][inner["column"] == column])
        near = [np.float64(own), *(np.float64(np.nextafter(own, np.float32(s))) for s in (-np.inf, np.inf))]
        beside = [np.nextafter(near[0], s) for s in (-np.inf, np.inf)]
        X[:, column] = np.random.default_rng(column).choice(np.concatenate([*near, *beside, _GRID]), count)
    return X


@pytest.mark.parametrize("rows", [1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_ensembles_of_all_kinds_for_any_number_of_rows(rows):
    for member in _ensembles(rows):
        _check(member, _thresholds(member, rows))


def test_sorted_and_constant_columns_leave_few_nodes_and_the_same_predictions():
    rng = np.random.default_rng(3)
    X = rng.choice(_GRID, (2 * BLOCK, 6))
    X[:, [1, 4]] = 0.1, 2.7
    X = X[np.lexsort(X.T)]
    for member in _ensembles(1):
        _check(member, X)
        _check(member, np.repeat(X[:1], 5, axis=0))


def test_trees_of_one_leaf_and_forests_with_some():
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(X[:, 0] > 1, 3.0, 0.1)
    _check(ExtraTreesRegressor(5, random_state=0).fit(X, np.full(60, 0.3)), X)
    _check(ExtraTreesRegressor(40, min_samples_leaf=20, random_state=0).fit(X, y), X)
    _check(XGBRegressor(n_estimators=5, n_jobs=1).fit(X, np.full(60, 0.3)), X)
    _check(XGBRegressor(n_estimators=40, gamma=1.5, n_jobs=1).fit(X, y), X)


def test_trees_too_large_for_blocks_are_walked_down():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 3))
    member = ExtraTreesRegressor(3, random_state=0).fit(X, rng.normal(size=4000))
    assert np.diff(Trees.of(member).roots).min() > 4 * _WALK
    _check(member, X[rng.permutation(4000)[: BLOCK + 9]])


def test_a_chain_of_one_sided_trees():
    X = np.arange(400.0)[:, None]
    member = ExtraTreesRegressor(3, random_state=0).fit(X, 3.0 ** np.arange(400.0) % 1e9)
    _check(member, X[::-1] + 0.25)


def _shipped():
    yield from (("prior " + name, member) for name, member in VoltagePrior.load().members.items())
    for target, bundle in Predictor.load().bundles.items():
        for name, member in bundle.ensemble.members.items():
            inner = member.regressor_ if isinstance(member, StartFrom) else member
            if isinstance(inner, ExtraTreesRegressor | XGBRegressor):
                yield f"{target} {name}", inner
        yield f"{target} difficulty", bundle.calibration.difficulty.regressor


def test_shipped_ensembles_on_rows_at_their_thresholds_alike_and_unlike():
    shipped = dict(_shipped())
    assert {"prior xgboost", f"{Column.CAPACITY} extra_trees", f"{Column.RETENTION} difficulty"} <= set(shipped)
    for name, member in shipped.items():
        X = _thresholds(member, BLOCK + 50)
        expected = np.asarray(member.predict(X), dtype=np.float64)
        trees = Trees.of(member)
        np.testing.assert_array_equal(trees.predict(_table(X)), expected, err_msg=name)
        alike = np.where(np.arange(X.shape[1]) % 5 == 0, X, X[0])
        np.testing.assert_array_equal(trees.predict(_table(alike)), member.predict(alike), err_msg=name)
        part = trees.predict(_table(X[11:99]))
        np.testing.assert_array_equal(part, expected[11:99], err_msg=name)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda X, y: ExtraTreesRegressor(2).fit(X, np.column_stack([y, y])), "must have one output, got 2"),
        (lambda X, y: ExtraTreesClassifier(2).fit(X, y > 0), "ExtraTreesRegressor, RandomForestRegressor"),
        (lambda X, y: XGBRegressor(n_estimators=2, missing=0.0).fit(X, y), "stands for a missing one, got missing=0"),
        (lambda X, y: XGBRegressor(n_estimators=2, booster="gblinear").fit(X, y), r"trees \(gbtree\), got gblinear"),
        (lambda X, y: XGBRegressor(n_estimators=2, booster="dart").fit(X, y), r"trees \(gbtree\), got dart"),
        (lambda X, y: XGBRegressor(n_estimators=2, objective="reg:gamma").fit(X, np.abs(y) + 1), "got reg:gamma"),
        (lambda X, y: XGBRegressor(n_estimators=2).fit(X, np.column_stack([y, y])), "must have one output, got 2"),
        (
            lambda X, y: XGBRegressor(n_estimators=9, early_stopping_rounds=2).fit(
                X, y, eval_set=[(X, y)], verbose=False
            ),
            "no early stopping, got best_iteration",
        ),
        (
            lambda X, y: train({}, DMatrix(np.abs(X).round(), y, feature_types=["c", "q"], enable_categorical=True), 3),
            "no categorical column",
        ),
    ],
)
def test_other_members_are_refused(make, match):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    member = make(X, X[:, 0] + rng.normal(size=80))
    with pytest.raises(BundleError, match=match):
        Trees.of(member)


def test_a_booster_alone_is_taken_as_its_regressor_is():
    member = _ensembles(2)[2]
    table = _table(_thresholds(member, 50))
    np.testing.assert_array_equal(Trees.of(member.get_booster()).predict(table), Trees.of(member).predict(table))


def test_tables_that_do_not_fit_are_refused():
    trees = Trees.of(_ensembles(0)[0])
    with pytest.raises(BundleError, match="must be those of its trees, 6, got 5"):
        trees.predict(_table(np.zeros((3, 5))))
    for bad in (np.nan, 1e39):
        X = np.zeros((3, 6))
        X[1, 2] = bad
        with pytest.raises(InputError, match="within the range of float32"):
            trees.predict(_table(X))
