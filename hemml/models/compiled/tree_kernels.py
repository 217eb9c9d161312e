"""Machine code that evaluates tree ensembles; importing this module compiles it.

numba's `cache=True` is not used: its cache is a pickle, and hemml reads none. Nothing here runs in parallel: workers
take chunks side by side, for which every kernel releases the interpreter lock. Columns never hold NaN.
"""

from __future__ import annotations

from typing import Any, Final

import numba as nb
import numpy as np
from numba import njit

from hemml.models.compiled.tree_nodes import LEAF, NODE

BLOCK: Final = 1024  # rows: many to a call of `prune`, few enough for their columns to stay near the processor
_WALK: Final = 1536  # nodes of a tree in a block above which walking down it row by row is quicker

_node = nb.from_dtype(NODE)
_nodes, _roots, _bounds = _node[::1], nb.int64[::1], nb.float32[::1]
_columns = nb.float32[:, ::1]


@njit(nb.int64(_nodes, _roots, _bounds, _bounds, _nodes, _roots, nb.int64[:, ::1]), nogil=True)
def prune(nodes: Any, roots: Any, low: Any, high: Any, out: Any, out_roots: Any, stack: Any) -> int:
    """Keep of trees what rows between `low` and `high` can reach; each tree in preorder, without one-way nodes.

    Args:
        nodes: Nodes of all trees, `NODE`.
        roots: First node of each tree, (t + 1,).
        low: Least value of each column.
        high: Greatest value of each column.
        out: Room for the kept nodes, as many as `nodes`.
        out_roots: Room for their roots, (t + 1,); the last is their number.
        stack: Room for right branches yet to visit, (d, 2), d at least the depth of the deepest tree.

    Returns:
        Most right branches that waited at once.
    """
    used, most = 0, 0
    for tree in range(len(roots) - 1):
        out_roots[tree] = used
        stack[0, 0], stack[0, 1] = roots[tree], -1
        waiting = 1
        while waiting > 0:
            waiting -= 1
            k, parent = stack[waiting, 0], stack[waiting, 1]
            if parent >= 0:
                out[parent].right = used
            while True:
                column, threshold = nodes[k].column, nodes[k].threshold
                if column == LEAF:
                    out[used].column, out[used].left = column, nodes[k].left
                    used += 1
                    break
                if high[column] <= threshold:
                    k = np.int64(nodes[k].left)
                elif low[column] > threshold:
                    k = np.int64(nodes[k].right)
                else:
                    out[used].column, out[used].threshold, out[used].left = column, threshold, used + 1
                    stack[waiting, 0], stack[waiting, 1] = nodes[k].right, used
                    waiting += 1
                    most = max(most, waiting)
                    used += 1
                    k = np.int64(nodes[k].left)
    out_roots[len(roots) - 1] = used
    return most


@njit(
    [
        nb.void(
            *(_nodes, _roots, kind[::1], nb.float32[:, :, ::1], _columns, _columns, kind[:, ::1]),
            *(_nodes, _roots, nb.int64[:, ::1], kind[:, ::1], kind[::1], nb.boolean[::1]),
        )
        for kind in (nb.float32, nb.float64)
    ],
    nogil=True,
)
def add(
    nodes: Any,
    roots: Any,
    leaves: Any,
    blocks: Any,
    low: Any,
    high: Any,
    out: Any,
    kept: Any,
    kept_roots: Any,
    stack: Any,
    branches: Any,
    fixed: Any,
    is_fixed: Any,
) -> None:
    """Add the leaves that each row reaches to `out`, in the order of the trees and in the precision of the leaves.

    Branches of a tree are chosen between from its last node to its first, for all rows of a block at once; a branch is
    one number (`fixed`) or one number a row (`branches`).

    Args:
        nodes: Nodes of all trees in preorder, `NODE`.
        roots: First node of each tree, (t + 1,).
        leaves: Values of the leaves, float32 or float64.
        blocks: The u columns that the nodes compare, (b, u, BLOCK).
        low: Least value of each column in each block, (b, u).
        high: Greatest value, (b, u).
        out: What to add to, (b, BLOCK), of the type of the leaves.
        kept: Room for nodes, as many as `nodes`.
        kept_roots: Room for their roots, (t + 1,).
        stack: As `prune` takes it.
        branches: Room for branches, (d + 2, BLOCK), d what `prune` returned.
        fixed: The same, (d + 2,).
        is_fixed: Room for which kind they are, (d + 2,).
    """
    for b in range(len(blocks)):
        prune(nodes, roots, low[b], high[b], kept, kept_roots, stack)
        for tree in range(len(roots) - 1):
            first, stop = kept_roots[tree], kept_roots[tree + 1]
            if stop - first == 1:
                left = leaves[kept[first].left]
                for row in range(BLOCK):
                    out[b, row] += left
                continue
            if stop - first == 3:
                column, threshold = kept[first].column, kept[first].threshold
                left, right = leaves[kept[first + 1].left], leaves[kept[first + 2].left]
                for row in range(BLOCK):
                    out[b, row] += left if blocks[b, column, row] <= threshold else right
                continue
            if stop - first > _WALK:
                for row in range(BLOCK):
                    k = first
                    while kept[k].column != LEAF:
                        goes_left = blocks[b, kept[k].column, row] <= kept[k].threshold
                        k = np.int64(kept[k].left if goes_left else kept[k].right)
                    out[b, row] += leaves[kept[k].left]
                continue
            top = -1
            for k in range(stop - 1, first - 1, -1):
                column, threshold = kept[k].column, kept[k].threshold
                if column == LEAF:
                    top += 1
                    fixed[top], is_fixed[top] = leaves[kept[k].left], True
                    continue
                top -= 1
                left, right = fixed[top + 1], fixed[top]
                if is_fixed[top + 1] and is_fixed[top]:
                    for row in range(BLOCK):
                        branches[top, row] = left if blocks[b, column, row] <= threshold else right
                elif is_fixed[top + 1]:
                    for row in range(BLOCK):
                        right = branches[top, row]
                        branches[top, row] = left if blocks[b, column, row] <= threshold else right
                elif is_fixed[top]:
                    for row in range(BLOCK):
                        left = branches[top + 1, row]
                        branches[top, row] = left if blocks[b, column, row] <= threshold else right
                else:
                    for row in range(BLOCK):
                        left, right = branches[top + 1, row], branches[top, row]  # a load under a condition is slow
                        branches[top, row] = left if blocks[b, column, row] <= threshold else right
                is_fixed[top] = False
            for row in range(BLOCK):
                out[b, row] += branches[0, row]
