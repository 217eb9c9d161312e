"""Candidates that a screening keeps, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Rows:
    """m candidates with c numbers each.

    Attributes:
        ranks: Their numbers in the space, (m,); Python integers in an object array where the space is that large.
        names: Names of the numbers.
        values: The numbers, one after another in memory, (c, m).
    """

    ranks: IntArray
    names: tuple[str, ...]
    values: FloatArray

    def __len__(self) -> int:
        return len(self.ranks)

    def __getitem__(self, rows: slice | IntArray | BoolArray) -> Rows:
        return Rows(self.ranks[rows], self.names, self.values[:, rows])

    def column(self, name: str) -> FloatArray:
        """One of the numbers, (m,)."""
        return np.asarray(self.values[self.names.index(name)])

    def columns(self, names: Sequence[str]) -> FloatArray:
        """Some of the numbers, (len(names), m)."""
        return self.values[[self.names.index(name) for name in names]]

    def then(self, other: Rows) -> Rows:
        """These and, behind them, others with the same numbers."""
        return Rows(
            np.concatenate([self.ranks, other.ranks]), self.names, np.concatenate([self.values, other.values], axis=1)
        )
