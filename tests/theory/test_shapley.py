"""Contributions against the definition of Shapley values, and against XGBoost's own."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from hemml.explanation.members import member_contributions, reference_row
from hemml.explanation.shapley import of_coalitions, of_function, of_products
from hemml.explanation.trees import Trees
from hemml.models.regressors import Setting, build

NAMES = ("radius", "vec", "x_Mn", "x_Fe", "log10_rate_C", "is_cathode")
GROUPS = np.array([0, 1, 2, 2, 3, 4])
K = 5


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 6))
    X[:, 2:4] = rng.dirichlet(np.ones(3), 300)[:, :2]
    X[:, 5] = rng.integers(0, 2, 300)
    y = X[:, 0] * X[:, 2] + np.sin(2 * X[:, 1]) - 0.4 * X[:, 4] * (1 + X[:, 5]) + 0.05 * rng.normal(size=300)
    return X, y


def setting(*, falling: bool = True) -> Setting:
    return Setting(NAMES, (0, 0, 0, 0, -int(falling), 0), seed=0, n_jobs=1, trees=12)


def by_permutations(value, k: int) -> np.ndarray:
    """The definition: the mean over all orders in which players join."""
    out = np.zeros(k)
    orders = list(permutations(range(k)))
    for order in orders:
        joined: frozenset[int] = frozenset()
        for g in order:
            out[g] += value(joined | {g}) - value(joined)
            joined |= {g}
    return out / len(orders)


def expected_of_tree(tree, x: np.ndarray, groups: np.ndarray, known: frozenset[int], node: int = 0) -> float:
    """What a scikit-learn tree says when some groups are unknown, written as a recursion over its nodes."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        return float(tree.value[node, 0, 0])
    column = tree.feature[node]
    if int(groups[column]) in known:
        goes_left = np.float32(x[column]) <= tree.threshold[node]
        return expected_of_tree(tree, x, groups, known, left if goes_left else right)
    n = tree.weighted_n_node_samples
    parts = [n[child] * expected_of_tree(tree, x, groups, known, child) for child in (left, right)]
    return sum(parts) / n[node]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_products_have_the_shapley_values_of_the_definition(k):
    rng = np.random.default_rng(k)
    weights, on, off = rng.normal(size=7), rng.uniform(-1, 2, (k, 7)), rng.uniform(-1, 2, (k, 7))

    def value(known: frozenset[int]) -> float:
        inside = np.array([g in known for g in range(k)])[:, None]
        return float(weights @ np.where(inside, on, off).prod(axis=0))

    np.testing.assert_allclose(of_products(weights, on, off), by_permutations(value, k), atol=1e-12)


def test_coalitions_have_the_shapley_values_of_the_definition():
    rng = np.random.default_rng(0)
    values = rng.normal(size=2**4)
    expected = by_permutations(lambda known: values[sum(1 << g for g in known)], 4)
    np.testing.assert_allclose(of_coalitions(values, 4), expected, atol=1e-12)


def test_glove_game():
    """Two left gloves and a right one: the right one is worth 2/3, each left one 1/6 (Shapley and Shubik)."""
    values = np.array([float((s & 1 > 0) + (s & 2 > 0) > 0 and s & 4 > 0) for s in range(8)])
    np.testing.assert_allclose(of_coalitions(values, 3), [1 / 6, 1 / 6, 2 / 3])


def test_a_small_tree_by_brute_force(table):
    X, y = table
    grown = DecisionTreeRegressor(max_depth=5, random_state=0).fit(X, y)
    forest = type("Forest", (), {"estimators_": [grown]})()
    base, values = Trees.of_forest(forest).shapley(X[:6], GROUPS, K)
    assert base == pytest.approx(y.mean())
    for x, found in zip(X[:6], values, strict=True):
        expected = by_permutations(lambda known, x=x: expected_of_tree(grown.tree_, x, GROUPS, known), K)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_boosted_trees_as_xgboost_explains_them(table):
    X, y = table
    model = build("xgboost", setting(), {"n_estimators": 40, "max_depth": 3}).fit(X, y)
    from xgboost import DMatrix

    theirs = model.get_booster().predict(DMatrix(X[:20]), pred_contribs=True)
    base, values = Trees.of_xgboost(model).shapley(X[:20], np.arange(6), 6)
    np.testing.assert_allclose(values, theirs[:, :-1], atol=2e-5)
    np.testing.assert_allclose(base, theirs[:, -1], atol=2e-5)


@pytest.mark.parametrize(
    ("name", "falling"),
    [
        ("extra_trees", True),
        ("random_forest", False),
        ("xgboost", True),
        ("svr", True),
        ("svr", False),
        ("ridge", True),
        ("ridge", False),
        ("gaussian_process", True),
    ],
)
def test_base_and_contributions_make_the_prediction(table, name, falling):
    X, y = table
    parameters = {"optimizer": None} if name == "gaussian_process" else {}
    member = build(name, setting(falling=falling), parameters).fit(X[:120], y[:120])
    reference = reference_row([member], NAMES, {"log10_rate_C": -0.5})
    base, values = member_contributions(member, X[110:130], GROUPS, K, reference)
    assert np.abs(values).max() > 0.01
    np.testing.assert_allclose(base + values.sum(axis=1), member.predict(X[110:130]), atol=1e-6)


def test_forest_agrees_with_itself_at_its_own_thresholds():
    """Values that equal a threshold to the last digit, where single and double precision part."""
    rng = np.random.default_rng(1)
    X = rng.integers(0, 5, (200, 6)) / 3.0
    y = X @ rng.normal(size=6)
    member = build("random_forest", setting(falling=False), {}).fit(X, y)
    thresholds = np.concatenate([tree.tree_.threshold for tree in member.estimators_])
    rows = np.resize(thresholds[thresholds > 0], (50, 6))
    base, values = member_contributions(member, rows, GROUPS, K, None)
    np.testing.assert_allclose(base + values.sum(axis=1), member.predict(rows), atol=1e-12)


def test_a_kernel_machine_by_all_coalitions(table):
    X, y = table
    member = build("svr", setting(falling=False), {}).fit(X, y)
    vectors = member[-1].support_vectors_
    background = vectors[np.random.default_rng(0).choice(len(vectors), size=32, replace=False)]
    z = member[0].transform(X[:1])[0]
    expected = np.mean([of_function(member[-1].predict, z, b, GROUPS, K) for b in background], axis=0)
    _, values = member_contributions(member, X[:1], GROUPS, K, np.zeros(6))
    np.testing.assert_allclose(values[0], expected, atol=1e-9)


def test_lines_of_a_condition_belong_to_condition_and_role(table):
    X, y = table
    member = build("ridge", setting(), {}).fit(X, y)
    assert member.slopes_[0] < 0
    reference = X.mean(axis=0)
    x = reference.copy()
    x[4] += 1.0  # ten times the rate, nothing else
    base, values = member_contributions(member, x[None], GROUPS, K, reference)
    role = reference[5]
    expected = member.slopes_ @ [role, 1.0 - role]
    np.testing.assert_allclose(values[0], [0, 0, 0, expected, 0], atol=1e-9)
    assert base + values.sum() == pytest.approx(float(member.predict(x[None])[0]))


def test_columns_that_no_regressor_uses_add_nothing(table):
    X, y = table
    member = build("extra_trees", setting(), {}).fit(X[:, :6] * [1, 1, 1, 1, 1, 0], y)
    _, values = member_contributions(member, X[:5] * [1, 1, 1, 1, 1, 0], GROUPS, K, None)
    np.testing.assert_array_equal(values[:, 4], 0.0)
