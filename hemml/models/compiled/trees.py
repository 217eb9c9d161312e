"""Tree ensembles of bundles as arrays, and their predictions for very many rows, equal to their own to the last bit.

Candidates of a chunk share most columns, so that few nodes of a tree can tell them apart. The others are left out for
the chunk and again for each block of rows; the few are compared for all rows of the block, many at a time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.errors import BundleError, InputError
from hemml.models.compiled.table import Table
from hemml.models.compiled.tree_nodes import LEAF, NODE

_XGBOOST_OBJECTIVE: Final = "reg:squarederror"


@dataclass(frozen=True, eq=False)
class Trees:
    """The fitted trees of an ensemble.

    Attributes:
        nodes: Nodes of all trees one after another, `NODE`.
        roots: First node of each tree and the number of nodes, (t + 1,).
        leaves: Values of the leaves in the precision in which the ensemble adds them, float32 or float64.
        columns: How many columns the ensemble takes.
        base: What the sum over the trees starts from.
        mean: Whether the sum is divided by the number of trees.
    """

    nodes: np.ndarray[Any, Any]
    roots: IntArray
    leaves: np.ndarray[Any, Any]
    columns: int
    base: float
    mean: bool

    @classmethod
    def of(cls, member: Any) -> Trees:
        """Lay out a fitted ensemble.

        Args:
            member: `ExtraTreesRegressor` or `RandomForestRegressor` of one output, `XGBRegressor` or `Booster`.

        Raises:
            BundleError: The ensemble is of another kind or holds what this layout does not.
        """
        from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
        from xgboost import Booster, XGBRegressor

        if isinstance(member, ExtraTreesRegressor | RandomForestRegressor):
            return cls._of_forest(member)
        if isinstance(member, XGBRegressor):
            if not np.isnan(member.missing):
                raise _refused(member, "no value that stands for a missing one", f"missing={member.missing!r}")
            member = member.get_booster()
        if isinstance(member, Booster):
            return cls._of_booster(member)
        raise _refused(member, "ExtraTreesRegressor, RandomForestRegressor, XGBRegressor or Booster", "another kind")

    @classmethod
    def _of_forest(cls, forest: Any) -> Trees:
        if forest.n_outputs_ != 1:
            raise _refused(forest, "one output", str(forest.n_outputs_))
        trees = [one.tree_ for one in forest.estimators_]
        parts = [
            _nodes(t.children_left, t.children_right, t.feature, _not_above(t.threshold, forest), forest) for t in trees
        ]
        return _joined(parts, [t.value[:, 0, 0] for t in trees], np.float64, forest.n_features_in_, 0.0, mean=True)

    @classmethod
    def _of_booster(cls, booster: Any) -> Trees:
        learner = json.loads(booster.save_raw("json"))["learner"]
        about, objective = learner["learner_model_param"], learner["objective"]["name"]
        if learner["gradient_booster"]["name"] != "gbtree":
            raise _refused(booster, "trees (gbtree)", learner["gradient_booster"]["name"])
        if objective != _XGBOOST_OBJECTIVE:
            raise _refused(booster, f"objective {_XGBOOST_OBJECTIVE}", objective)
        if int(about["num_target"]) != 1 or int(about["num_class"]) > 1:
            raise _refused(booster, "one output", about["num_target"])
        if booster.attr("best_iteration") is not None:
            raise _refused(booster, "no early stopping", f"best_iteration={booster.attr('best_iteration')}")
        trees = learner["gradient_booster"]["model"]["trees"]
        if any(tree["categories"] or any(tree["split_type"]) for tree in trees):
            raise _refused(booster, "no categorical column", "one")
        parts, values = [], []
        for tree in trees:
            left, right, column = (np.array(tree[k]) for k in ("left_children", "right_children", "split_indices"))
            split = np.array(tree["split_conditions"], dtype=np.float32)
            # x < split is the same as x <= the float32 next below it.
            parts.append(_nodes(left, right, column, np.nextafter(split, np.float32(-np.inf)), booster))
            values.append(split)
        (base,) = np.ravel(json.loads(about["base_score"]))
        return _joined(parts, values, np.float32, int(about["num_feature"]), float(base), mean=False)

    def predict(self, table: Table) -> FloatArray:
        """Predictions for n rows, (n,): bit for bit those of the ensemble itself.

        Args:
            table: Its columns, without NaN.

        Raises:
            BundleError: The table has another number of columns.
            InputError: A column holds NaN or leaves the range of float32.
        """
        from hemml.models.compiled.tree_kernels import BLOCK, add, prune

        if len(table.constant) != self.columns:
            raise BundleError(
                f"columns of a table must be those of its trees, {self.columns}, got {len(table.constant)}; "
                "lay the table out for this model"
            )
        with np.errstate(over="ignore"):
            low, high = table.low.astype(np.float32), table.high.astype(np.float32)
        if not (np.isfinite(low) & np.isfinite(high)).all():
            raise InputError("columns of trees must be numbers within the range of float32, got others; check the rows")
        kept, roots = np.empty_like(self.nodes), np.empty_like(self.roots)
        stack = np.empty((np.diff(self.roots).max(initial=0) // 2 + 2, 2), dtype=np.int64)
        depth = prune(self.nodes, self.roots, low, high, kept, roots, stack)
        kept = kept[: roots[-1]]
        inner = kept["column"] != LEAF
        columns, kept["column"][inner] = np.unique(kept["column"][inner], return_inverse=True)
        blocks = _blocks(table.values, np.searchsorted(table.varying, columns), BLOCK)
        kind = self.leaves.dtype
        out = np.full((len(blocks), BLOCK), self.base, dtype=kind)
        rooms = np.empty_like(kept), np.empty_like(roots), stack
        branches = np.empty((depth + 2, BLOCK), kind), np.empty(depth + 2, kind), np.empty(depth + 2, np.bool_)
        add(kept, roots, self.leaves, blocks, blocks.min(axis=2), blocks.max(axis=2), out, *rooms, *branches)
        total = out.reshape(-1)[: len(table)]
        return np.asarray(total / (len(roots) - 1) if self.mean else total, dtype=np.float64)


def _blocks(values: FloatArray, used: IntArray, size: int) -> np.ndarray[Any, Any]:
    """The used columns of n rows as float32 in blocks of rows, (b, u, size); the last row fills the last block."""
    rows = values.shape[1]
    whole, rest = divmod(rows, size)
    out = np.empty((whole + (rest > 0), len(used), size), dtype=np.float32)
    for i, place in enumerate(used):
        out[:whole, i] = values[place, : whole * size].reshape(whole, size)
        if rest:
            out[whole, i, :rest], out[whole, i, rest:] = values[place, whole * size :], values[place, -1]
    return out


def _nodes(left: Any, right: Any, column: Any, threshold: Any, member: Any) -> np.ndarray[Any, Any]:
    out = np.zeros(len(left), dtype=NODE)
    is_leaf = left < 0
    if not np.isfinite(threshold[~is_leaf]).all():
        raise _refused(member, "finite thresholds", "one that is not")
    out["column"] = np.where(is_leaf, LEAF, column)
    out["threshold"] = np.where(is_leaf, 0, threshold)
    out["left"] = np.where(is_leaf, np.arange(len(left)), left)
    out["right"] = np.where(is_leaf, 0, right)
    return out


def _not_above(threshold: FloatArray, member: Any) -> Any:
    """Greatest float32 not above each threshold: a float32 is at most the one exactly when at most the other."""
    if not (np.abs(threshold) < np.finfo(np.float32).max).all():
        raise _refused(member, "thresholds within the range of float32", "one that is not")
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _joined(parts: Any, values: Any, kind: type, columns: int, base: float, *, mean: bool) -> Trees:
    roots = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    for part, start in zip(parts, roots, strict=False):
        part["left"] += start  # also the place of a leaf's value: one for each node
        part["right"] += start
    nodes = np.concatenate(parts)
    return Trees(nodes, roots, np.concatenate(values).astype(kind), int(columns), base, mean)


def _refused(member: Any, must: str, got: str) -> BundleError:
    return BundleError(
        f"{type(member).__name__} to be laid out as arrays must have {must}, got {got}; "
        "train the bundle again with hemml"
    )
