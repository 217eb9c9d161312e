"""The rows that a model learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.columns import Column
from hemml.data import half_cell, paper_ids
from hemml.errors import DataError
from hemml.evaluation import Fold, paper_folds
from hemml.models.inputs import Compositions, batch_of
from hemml.models.targets import Target

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """n measured rows of one target.

    Attributes:
        target: What was measured.
        frame: The rows.
        compositions: What follows from their formulas.
        papers: Paper of each row, (n,).
    """

    target: Target
    frame: pd.DataFrame
    compositions: Compositions
    papers: StrArray

    @classmethod
    def select(cls, frame: pd.DataFrame, target: Target, features: Sequence[str], min_papers: int) -> TrainingRows:
        """Half-cell rows of a checked table that measured the target.

        Full cells stay out: their capacity may count both electrodes.

        Raises:
            DataError: Fewer papers than the folds need measured it.
        """
        papers = paper_ids(frame)
        use = (half_cell(frame) & frame[target.column].notna().to_numpy()).nonzero()[0]
        if len(set(papers[use])) < min_papers:
            raise DataError(
                f"{target.column}: half-cell rows must come from {min_papers} papers or more to be judged on unseen "
                f"papers, got {len(set(papers[use]))}; add rows, use fewer folds, or leave this target out"
            )
        chosen = frame.iloc[use].reset_index(drop=True)
        return cls(target, chosen, Compositions.of(batch_of(chosen), features), papers[use])

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: IntArray) -> TrainingRows:
        return TrainingRows(
            self.target, self.frame.iloc[rows].reset_index(drop=True), self.compositions[rows], self.papers[rows]
        )

    @property
    def measured(self) -> FloatArray:
        """Measured values in the target's unit, (n,)."""
        return self.frame[self.target.column].to_numpy(dtype=np.float64)

    @property
    def scaled(self) -> FloatArray:
        """Measured values on the learning scale, (n,)."""
        return self.target.to_scale(self.measured)

    def folds(self, n: int, seed: int) -> tuple[Fold, ...]:
        """Folds by paper with a similar mix of roles and ions."""
        strata = (self.frame[Column.ROLE] + "/" + self.frame[Column.WORKING_ION]).to_numpy(dtype=np.str_)
        return paper_folds(self.papers, n, seed=seed, strata=strata)
