"""Candidates: compositions of a design space that nobody has measured yet, under its test conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hemml.arrays import BoolArray, IntArray
from hemml.composition import CompositionBatch

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Candidates:
    """n candidates.

    Attributes:
        ranks: Their numbers in the space, int64 or, in spaces of 2^63 candidates or more, Python integers, (n,).
        batch: Their compositions.
        conditions: Their test conditions, n rows with the columns of `hemml.data.typed`; formula may be empty there.
        write: Writes the formulas of given ranks.
    """

    ranks: IntArray
    batch: CompositionBatch
    conditions: pd.DataFrame
    write: Callable[[IntArray], list[str]]

    def __len__(self) -> int:
        return len(self.ranks)

    def __getitem__(self, rows: slice | IntArray | BoolArray) -> Candidates:
        return Candidates(
            self.ranks[rows], self.batch[rows], self.conditions.iloc[rows].reset_index(drop=True), self.write
        )

    @cached_property
    def formulas(self) -> list[str]:
        """Formulas, written on first use: they cost more than the arrays."""
        return self.write(self.ranks)
