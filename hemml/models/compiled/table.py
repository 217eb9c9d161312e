"""Columns of very many rows; those that are the same in all rows are held once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hemml.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Table:
    """The c columns of a model for n rows.

    Candidates of a design space share their test conditions and most elements, so that most columns do not vary.

    Attributes:
        constant: The value of each column that does not vary, (c,); where one varies, its value in the first row.
        varying: Positions of the columns that vary, rising, (v,).
        values: These columns, one after another in memory, (v, n).
        low: Least value of each column, (c,).
        high: Greatest value of each column, (c,).
    """

    constant: FloatArray
    varying: IntArray
    values: FloatArray
    low: FloatArray
    high: FloatArray

    def __len__(self) -> int:
        return int(self.values.shape[1])

    @classmethod
    def of(cls, columns: Sequence[FloatArray | float], rows: int) -> Table:
        """Lay out columns, each (n,) or one number for all rows.

        Args:
            columns: The c columns.
            rows: n.
        """
        low, high, constant = np.empty((3, len(columns)))
        varying, kept = [], []
        for place, column in enumerate(columns):
            if isinstance(column, np.ndarray):
                low[place], high[place], constant[place] = column.min(), column.max(), column[0]
                if low[place] != high[place]:
                    varying.append(place)
                    kept.append(column)
            else:
                low[place] = high[place] = constant[place] = column
        values = np.stack(kept) if kept else np.empty((0, rows))
        return cls(constant, np.array(varying, dtype=np.int64), values, low, high)

    def matrix(self) -> FloatArray:
        """All columns, (n, c), as a fitted regressor's own `predict` takes them."""
        out = np.repeat(self.constant[:, None], len(self), axis=1)
        out[self.varying] = self.values
        return out.T
