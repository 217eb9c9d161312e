"""Distance of very many rows from the nearest published record, looking at few records a block of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.models.compiled.alike import AlikeRows
from hemml.models.compiled.nearest_loops import least_squares_of_blocks
from hemml.models.compiled.table import Table
from hemml.uncertainty import Evidence


@dataclass(frozen=True, eq=False)
class Records:
    """Where the n records of an evidence stand.

    Attributes:
        places: Records where Euclidean distance is the distance, (n, m).
        columns: Positions of the m descriptors among the columns of the model, (m,).
        center: What is taken off each descriptor, (m,).
        scale: What it is divided by then, (m,).
        factor: What it is multiplied by then, (m,).
    """

    places: AlikeRows
    columns: IntArray
    center: FloatArray
    scale: FloatArray
    factor: FloatArray

    @classmethod
    def of(cls, evidence: Evidence, columns: tuple[int, ...]) -> Records:
        """Lay out an evidence.

        Args:
            evidence: The records.
            columns: Positions of its descriptors among the columns of the model.
        """
        places = AlikeRows(evidence.matrix.astype(np.float64))
        where = np.array(columns, dtype=np.int64)
        return cls(places, where, evidence.center, evidence.scale, np.sqrt(evidence.weights))

    def distance(self, table: Table) -> FloatArray:
        """Distance of n rows from the nearest record, (n,): that of `Evidence.nearest_distance`.

        Args:
            table: Columns of the model.
        """
        varies = np.isin(self.columns, table.varying)
        which = np.flatnonzero(varies)
        of_values = np.searchsorted(table.varying, self.columns[which])
        shared = self.places.squares(self._placed(table.constant[self.columns], slice(None)), which)
        alike = self.places.over(which)
        # Of records that are the same in what varies, only the nearest in the rest can be the nearest.
        shared = alike.least(shared)
        if not len(which):
            return np.full(len(table), np.sqrt(shared.min()))
        rows = np.stack(
            [self._placed(table.values[at], k) for at, k in zip(of_values.tolist(), which.tolist(), strict=True)]
        )
        squares = np.empty(len(table))
        least_squares_of_blocks(rows, alike.distinct, shared, squares)
        return np.sqrt(squares)

    def _placed(self, values: FloatArray, descriptor: int | slice) -> FloatArray:
        """Values where the records stand, rounded as they are."""
        placed = (values - self.center[descriptor]) / self.scale[descriptor] * self.factor[descriptor]
        return np.asarray(placed.astype(np.float32), dtype=np.float64)
