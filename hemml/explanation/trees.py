"""Trees as sums of products: each leaf is its value times one factor an idea."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.explanation.shapley import of_products

_NO_PARENT: Final = -1


@dataclass(frozen=True, eq=False)
class Trees:
    """The nodes of all trees of a model, one after the other, n of them.

    The sum of the values of the leaves that a row reaches, plus `offset`, is the prediction. What a tree says of a row
    of which only some columns are known is the mean over both branches at every split on an unknown column, weighted
    by the training rows that went there ("path-dependent").

    Attributes:
        parent: Index of the parent, -1 at a root, (n,).
        is_left: Whether the node is a left child, (n,).
        column: Column that the node splits on, -1 at a leaf, (n,).
        threshold: Rows not above it go left, in single precision as the libraries compare, (n,).
        share: Share of the parent's training rows that came here, (n,).
        value: Value of a leaf, 0 elsewhere, (n,).
        depth: Depth of the node, (n,).
        offset: Constant of the model.
    """

    parent: IntArray
    is_left: BoolArray
    column: IntArray
    threshold: np.ndarray[tuple[int], np.dtype[np.float32]]
    share: FloatArray
    value: FloatArray
    depth: IntArray
    offset: float

    @classmethod
    def of_forest(cls, forest: Any) -> Trees:
        """Nodes of a fitted scikit-learn forest; each tree counts 1 / trees."""
        trees = [estimator.tree_ for estimator in forest.estimators_]
        parts = []
        for tree in trees:
            leaf = tree.children_left < 0
            parts.append(
                (
                    tree.children_left,
                    tree.children_right,
                    np.where(leaf, -1, tree.feature),
                    _not_above(tree.threshold),
                    tree.weighted_n_node_samples,
                    np.where(leaf, tree.value[:, 0, 0] / len(trees), 0.0),
                )
            )
        return cls._join(parts, 0.0)

    @classmethod
    def of_xgboost(cls, model: Any) -> Trees:
        """Nodes of a fitted XGBoost regressor of squared error without categories."""
        learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
        parts = []
        for tree in learner["gradient_booster"]["model"]["trees"]:
            left = np.array(tree["left_children"], dtype=np.int64)
            leaf = left < 0
            conditions = np.array(tree["split_conditions"], dtype=np.float32)
            parts.append(
                (
                    left,
                    np.array(tree["right_children"], dtype=np.int64),
                    np.where(leaf, -1, np.array(tree["split_indices"], dtype=np.int64)),
                    # XGBoost sends what is below the condition to the left, scikit-learn what is not above it.
                    np.nextafter(conditions, np.float32(-np.inf)),
                    np.array(tree["sum_hessian"], dtype=np.float64),
                    np.where(leaf, conditions.astype(np.float64), 0.0),
                )
            )
        score = str(learner["learner_model_param"]["base_score"]).strip("[]")
        return cls._join(parts, float(score))

    @classmethod
    def _join(cls, parts: list[tuple[Any, ...]], offset: float) -> Trees:
        starts = np.cumsum([0, *(len(part[0]) for part in parts)])
        n = int(starts[-1])
        parent = np.full(n, _NO_PARENT, dtype=np.int64)
        is_left = np.zeros(n, dtype=bool)
        for start, (left, right, *_) in zip(starts, parts, strict=False):
            inner = np.flatnonzero(left >= 0)
            parent[start + left[inner]] = parent[start + right[inner]] = start + inner
            is_left[start + left[inner]] = True
        column, threshold, cover, value = (np.concatenate([part[i] for part in parts]) for i in range(2, 6))
        share = np.where(parent >= 0, cover / cover[parent], 1.0)
        depth = np.zeros(n, dtype=np.int64)
        level = np.flatnonzero(parent < 0)
        below = parent.copy()
        while len(level):
            reached = np.zeros(n, dtype=bool)
            reached[level] = True
            level = np.flatnonzero((below >= 0) & reached[below])
            depth[level] = depth[parent[level]] + 1
        return cls(parent, is_left, column.astype(np.int64), threshold, share, value, depth, offset)

    @cached_property
    def _levels(self) -> list[IntArray]:
        return [np.flatnonzero(self.depth == d) for d in range(1, int(self.depth.max(initial=0)) + 1)]

    @cached_property
    def _leaves(self) -> IntArray:
        return np.flatnonzero(self.column < 0)

    def shapley(self, X: FloatArray, groups: IntArray, k: int) -> tuple[float, FloatArray]:
        """Base value and exact contributions of k groups of columns, which add up to the prediction.

        Args:
            X: Columns of r rows, (r, c).
            groups: Group of each column, (c,).
            k: Number of groups.

        Returns:
            The value when no column is known, and the contributions, (r, k).
        """
        player = np.where(self.column >= 0, groups[self.column], 0)
        weights = self.value[self._leaves]
        off = self._factors(self.share, player, k)
        base = self.offset + float(weights @ off.prod(axis=0))
        single = X.astype(np.float32)
        out = np.empty((len(X), k))
        for row, values in enumerate(single):
            goes_left = values[self.column] <= self.threshold
            followed = goes_left[self.parent] == self.is_left
            out[row] = of_products(weights, self._factors(followed.astype(np.float64), player, k), off)
        return base, out

    def _factors(self, of_node: FloatArray, player: IntArray, k: int) -> FloatArray:
        """Product over each leaf's path of the factors of the nodes, apart for each player, (k, leaves)."""
        along = np.ones((len(self.parent), k))
        for level in self._levels:
            parent = self.parent[level]
            along[level] = along[parent]
            along[level, player[parent]] *= of_node[level]
        return np.ascontiguousarray(along[self._leaves].T)


def _not_above(threshold: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Largest single-precision number that is not above each threshold, so that comparing with it is the same."""
    single = threshold.astype(np.float32)
    return np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single)
