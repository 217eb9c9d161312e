"""Rows of a fitted model that are the same in the columns that vary, and columns that follow from others."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import numpy as np

from hemml.arrays import FloatArray, IntArray

_SETS_KEPT: Final = 32
_FEWEST_ROWS: Final = 1024  # below, the search for dependent columns costs more than it saves
_SAMPLE_A_COLUMN: Final = 2
_INDEPENDENT: Final = 1e-9
_EXACT: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Alike:
    """m rows of which some are the same in the v columns looked at.

    Attributes:
        distinct: The u distinct rows, (u, v).
        group: Position in `distinct` of each row, (m,).
        order: Rows by group, (m,).
        starts: Where each group starts in `order`, (u,).
    """

    distinct: FloatArray
    group: IntArray
    order: IntArray
    starts: IntArray

    @classmethod
    def of(cls, rows: FloatArray) -> Alike:
        """Find equal rows among (m, v)."""
        if rows.shape[1] == 0:
            group = np.zeros(len(rows), dtype=np.int64)
            distinct = rows[:1]
        else:
            # One opaque item a row: several times faster to sort than rows of numbers. 0 is added so that -0 is 0.
            whole = np.ascontiguousarray(rows + 0.0)
            items = whole.view(np.dtype((np.void, whole.dtype.itemsize * whole.shape[1])))[:, 0]
            _, first, group = np.unique(items, return_index=True, return_inverse=True)
            distinct = whole[first]
        order = np.argsort(group, kind="stable")
        return cls(distinct, group, order, np.searchsorted(group[order], np.arange(len(distinct))))

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum of a value of each row, (m,), over each group, (u,)."""
        return np.add.reduceat(values[self.order], self.starts)

    def least(self, values: FloatArray) -> FloatArray:
        """Least value of each row, (m,), in each group, (u,)."""
        return np.asarray(np.minimum.reduceat(values[self.order], self.starts))


@dataclass(frozen=True, eq=False)
class AlikeRows:
    """Equal rows of a matrix for any choice of its columns; the last few choices are kept.

    Electrodes of one composition under several tests differ in columns that the candidates of a space share.

    Attributes:
        rows: The matrix, (m, c).
    """

    rows: FloatArray
    _kept: OrderedDict[bytes, Alike] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def over(self, columns: IntArray) -> Alike:
        """Equal rows in some columns, (v,)."""
        key = columns.tobytes()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = Alike.of(self.rows[:, columns])
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _SETS_KEPT:
                self._kept.popitem(last=False)
        return found

    def squares(self, point: FloatArray, without: IntArray) -> FloatArray:
        """Squared distance of each row from a point, (c,), in all columns but some, (m,)."""
        left = np.setdiff1d(np.arange(self.rows.shape[1]), without)
        difference = self.rows[:, left] - point[left]
        return np.asarray(np.einsum("ij,ij->i", difference, difference))


def independent(columns: FloatArray) -> tuple[IntArray, FloatArray] | None:
    """Columns from which all others follow linearly, exactly to rounding.

    Features that are sums over the atoms follow from the fractions, which add up to 1.

    Args:
        columns: Centred columns one after another, (v, n).

    Returns:
        Positions of r columns, (r,), and how the others follow from them: `columns = rule.T @ columns[positions]`,
        (r, v); None where none follow from others in every row, or rows are few.
    """
    from scipy.linalg import qr, solve_triangular

    v, n = columns.shape
    if n < max(_FEWEST_ROWS, 2 * _SAMPLE_A_COLUMN * v):
        return None
    # at random: candidates repeat at regular steps
    some = np.random.default_rng(0).integers(n, size=_SAMPLE_A_COLUMN * v)
    triangle, order = qr(columns[:, some].T, mode="r", pivoting=True, check_finite=False)
    sizes = np.abs(np.diagonal(triangle))
    r = int((sizes > _INDEPENDENT * sizes[0]).sum())
    if not 0 < r < v:
        return None
    rule = np.empty((r, v))
    rule[:, order[:r]] = np.eye(r)
    rule[:, order[r:]] = solve_triangular(triangle[:r, :r], triangle[:r, r:], check_finite=False)
    left = columns[order[r:]] - rule[:, order[r:]].T @ columns[order[:r]]
    if max(left.max(), -left.min()) > _EXACT:
        return None
    return order[:r].astype(np.int64), rule
