"""A bundle laid out for very many rows: all that it says of them, from their compositions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.models.bundle import Bundle
from hemml.models.compiled.inputs import CompositionColumns
from hemml.models.compiled.kernels import Compiled
from hemml.models.compiled.nearest import Records
from hemml.models.compiled.table import Table
from hemml.models.compiled.wrapped import compiled
from hemml.models.ensemble import combined
from hemml.models.evidence_space import evidence_columns
from hemml.models.inputs import Compositions, Inputs


@dataclass(frozen=True, eq=False)
class Said:
    """What one bundle says of n rows, own measurements left aside.

    Attributes:
        table: Columns of its inputs, which a correction by own measurements needs.
        predicted: Predictions on the learning scale, (n,).
        spread: Spread of the regressors about them, (n,).
        difficulty: Likely size of their errors on that scale, (n,).
        distance: Distance to the nearest published record, (n,).
        known: Fraction of the atoms that are of learned elements, (n,).
    """

    table: Table
    predicted: FloatArray
    spread: FloatArray
    difficulty: FloatArray
    distance: FloatArray
    known: FloatArray


@dataclass(frozen=True, eq=False)
class CompiledBundle:
    """A bundle laid out for very many rows.

    Attributes:
        inputs: Columns of the bundle.
        members: Its regressors by name.
        weights: Their weights, with sum 1, (m,).
        difficulty: Regressor of the logarithm of errors; it takes the columns, predictions and spreads.
        records: Its published records.
    """

    inputs: Inputs
    members: Mapping[str, Compiled]
    weights: FloatArray
    difficulty: Compiled
    records: Records

    @classmethod
    def of(cls, bundle: Bundle) -> CompiledBundle:
        """Lay out a bundle; its own measurements are left to the caller (`bundle.lab`)."""
        ensemble = bundle.ensemble
        return cls(
            ensemble.inputs,
            {name: compiled(member) for name, member in ensemble.members.items()},
            np.array([ensemble.weights[name] for name in ensemble.members]),
            compiled(bundle.calibration.difficulty.regressor),
            Records.of(bundle.evidence, evidence_columns(ensemble.inputs.names)),
        )

    def ask(
        self, compositions: Compositions | CompositionColumns, is_cathode: BoolArray, conditions: FloatArray
    ) -> Said:
        """Ask the bundle about n rows, one or more.

        Args:
            compositions: What follows from their formulas; several bundles share one `CompositionColumns`.
            is_cathode: Whether each is a cathode, (n,), or (1,) for all.
            conditions: Test conditions from `inputs.conditions.transform`, (n, c), or (1, c) for all.
        """
        columns = compositions if isinstance(compositions, CompositionColumns) else CompositionColumns.of(compositions)
        table = columns.table(self.inputs, is_cathode, conditions)
        predicted, spread = self.predict(table)
        distance, known = self.records.distance(table), columns.known_atoms(self.inputs)
        return Said(table, predicted, spread, self.errors(table, predicted, spread), distance, known)

    def predict(self, table: Table) -> tuple[FloatArray, FloatArray]:
        """Predictions on the learning scale and the spread of the regressors about them, each (n,)."""
        found = [np.asarray(member.predict(table), dtype=np.float64) for member in self.members.values()]
        return combined(np.stack(found).T, self.weights)

    def errors(self, table: Table, predicted: FloatArray, spread: FloatArray) -> FloatArray:
        """Likely size of the errors of predictions, (n,)."""
        logarithm = self.difficulty.predict(with_columns(table, predicted, spread))
        return np.asarray(np.exp(logarithm.astype(np.float64)))


def with_columns(table: Table, *more: FloatArray) -> Table:
    """A table with varying columns, (n,) each, behind its own."""
    behind = np.stack(more)
    ends = len(table.constant)
    return Table(
        np.concatenate([table.constant, behind[:, 0]]),
        np.concatenate([table.varying, np.arange(ends, ends + len(more))]),
        np.concatenate([table.values, behind]),
        np.concatenate([table.low, behind.min(axis=1)]),
        np.concatenate([table.high, behind.max(axis=1)]),
    )
