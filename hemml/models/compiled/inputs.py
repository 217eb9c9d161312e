"""Columns of a bundle for very many compositions, one by one, without those that are the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hemml.arrays import BoolArray, FloatArray, row_sums
from hemml.composition import CompositionBatch
from hemml.elements.periodic import SYMBOLS
from hemml.features import FeatureSet
from hemml.features.expected import NEEDED, expected
from hemml.features.insertion import CAPACITIES
from hemml.models.compiled.prior import CompiledPrior
from hemml.models.compiled.table import Table
from hemml.models.inputs import Compositions, Inputs
from hemml.models.voltage_prior import VOLTAGE_PRIOR

Value = FloatArray | float
"""A column, (n,), or the one number of a column that does not vary."""


@dataclass(frozen=True, eq=False)
class CompositionColumns:
    """What follows from n formulas alone, column by column; shared by all bundles.

    Attributes:
        rows: n.
        features: Features by name, NaN where one does not apply.
        fractions: Atomic fraction of each element of `SYMBOLS` that occurs.
    """

    rows: int
    features: Mapping[str, Value]
    fractions: Mapping[str, Value]

    @classmethod
    def of_batch(cls, batch: CompositionBatch, names: Sequence[str], prior: CompiledPrior) -> CompositionColumns:
        """Compute the named features of a batch, and those that the expected capacity and potential need.

        Args:
            batch: n compositions.
            names: Features; the voltage prior may be among them.
            prior: What computes that.
        """
        wanted = tuple(dict.fromkeys(name for name in (*names, *NEEDED) if name != VOLTAGE_PRIOR))
        features = dict(zip(wanted, FeatureSet.default(wanted).compute(batch).T, strict=True))
        if VOLTAGE_PRIOR in names:
            features[VOLTAGE_PRIOR] = prior.computed(batch, features if features.keys() >= set(CAPACITIES) else None)
        amounts = batch.amounts
        fractions = np.ascontiguousarray((amounts / row_sums(amounts)[:, None]).T)
        return cls(len(batch), features, dict(zip(batch.elements, fractions, strict=True)))

    @classmethod
    def of(cls, compositions: Compositions) -> CompositionColumns:
        """Take columns out of matrices."""
        present = np.flatnonzero(compositions.fractions.any(axis=0))
        return cls(
            len(compositions.values),
            dict(zip(compositions.names, _columns(compositions.values), strict=True)),
            dict(zip([SYMBOLS[i] for i in present], _columns(compositions.fractions[:, present]), strict=True)),
        )

    def table(self, inputs: Inputs, is_cathode: BoolArray, conditions: FloatArray) -> Table:
        """Columns of a bundle's inputs: those of `Inputs.columns`.

        Args:
            inputs: The bundle's.
            is_cathode: Whether each is a cathode, (n,), or (1,) for all.
            conditions: What `conditions.transform` gave, (n, c), or (1, c) for all.
        """
        capacity, potential = self._expected(is_cathode)
        columns: list[Value] = [capacity, potential]
        for name in inputs.features:
            value = self.features[name]
            if name == VOLTAGE_PRIOR:
                # An anode converts or alloys, which no computed insertion electrode does: there the ladder stands in.
                value = np.where(is_cathode & np.isfinite(value), value, potential)
            columns.append(_applied(value))
        columns += [self.fractions.get(symbol, 0.0) for symbol in inputs.elements]
        columns += _columns(conditions)
        return Table.of([_one(column) for column in columns], self.rows)

    def known_atoms(self, inputs: Inputs) -> FloatArray:
        """Fraction of the atoms that are of elements which the bundle has learned, (n,)."""
        out = np.zeros(self.rows)
        for symbol in inputs.elements:
            if symbol in self.fractions:
                out += self.fractions[symbol]
        return out

    def _expected(self, is_cathode: BoolArray) -> tuple[Value, Value]:
        """Capacity (log10) and potential expected in the role."""
        needed = [self.features[name] for name in NEEDED]
        rows = max(len(is_cathode), *(np.size(value) for value in needed))
        # one column after another in memory
        values = np.stack([np.broadcast_to(value, (rows,)) for value in needed]).T
        found = expected(values, NEEDED, np.broadcast_to(is_cathode, (rows,)))
        capacity, potential = (np.ascontiguousarray(column) for column in found.T)
        return _one(capacity), _one(potential)


def _columns(matrix: FloatArray) -> list[Value]:
    """Columns of a matrix, (n, c), each (n,), or its one number if it does not vary."""
    first = matrix[0]
    # NaN differs from itself, but a column of NaN alone does not vary.
    varies = ~((matrix == first) | (np.isnan(matrix) & np.isnan(first))).all(axis=0)
    out: list[Value] = first.tolist()
    which = np.flatnonzero(varies)
    for place, column in zip(which.tolist(), np.ascontiguousarray(matrix[:, which].T), strict=True):
        out[place] = column
    return out


def _one(value: Value) -> Value:
    """A column of one row or number as a number."""
    return value if isinstance(value, np.ndarray) and value.size > 1 else float(np.ravel(value)[0])


def _applied(value: Value) -> Value:
    """A column with 0 where it does not apply."""
    missing = np.isnan(value)
    return np.where(missing, 0.0, value) if missing.any() else value
