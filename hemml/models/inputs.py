"""From a table of electrodes to the numbers that regressors take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, row_sums
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.elements.periodic import SYMBOLS
from hemml.errors import BundleError, InputError
from hemml.features import FeatureSet
from hemml.features.conditions import Conditions, Protocol
from hemml.features.expected import EXPECTED, NEEDED, expected
from hemml.features.insertion import CAPACITIES
from hemml.models.voltage_prior import VOLTAGE_PRIOR, VoltagePrior

if TYPE_CHECKING:
    import pandas as pd

MIN_ROWS_OF_ELEMENT: Final = 5
FRACTION_PREFIX: Final = "x_"
_PRIOR_SHA256: Final = "voltage_prior_sha256"


@dataclass(frozen=True, eq=False)
class Compositions:
    """What follows from the formulas of n rows alone; computed once, whatever is fitted on which rows.

    Attributes:
        names: The m feature names.
        values: Features, NaN where one does not apply, shape (n, m).
        fractions: Atomic fraction of each element of `SYMBOLS` over all atoms, shape (n, 103).
    """

    names: tuple[str, ...]
    values: FloatArray
    fractions: FloatArray

    @classmethod
    def of(cls, batch: CompositionBatch, names: Sequence[str]) -> Compositions:
        """Compute the named features of a batch, and those that the expected capacity and potential need."""
        wanted = tuple(dict.fromkeys(name for name in (*names, *NEEDED) if name != VOLTAGE_PRIOR))
        fractions = np.zeros((len(batch), len(SYMBOLS)))
        columns = [SYMBOLS.index(symbol) for symbol in batch.elements]
        fractions[:, columns] = batch.amounts / row_sums(batch.amounts)[:, None]
        values = FeatureSet.default(wanted).compute(batch)
        if VOLTAGE_PRIOR in names:
            known = dict(zip(wanted, values.T, strict=True))
            prior = VoltagePrior.load().computed(batch, known if known.keys() >= set(CAPACITIES) else None)
            wanted, values = (*wanted, VOLTAGE_PRIOR), np.column_stack([values, prior])
        return cls(wanted, values, fractions)

    def __getitem__(self, rows: IntArray) -> Compositions:
        return Compositions(self.names, self.values[rows], self.fractions[rows])


def batch_of(frame: pd.DataFrame) -> CompositionBatch:
    """Compositions of a table with the columns formula and working_ion."""
    return CompositionBatch.from_formulas(frame[Column.FORMULA].tolist(), frame[Column.WORKING_ION].tolist())


@dataclass(frozen=True)
class Inputs:
    """Which columns a model takes, and the typical conditions that it learned.

    Attributes:
        features: Names of composition features.
        elements: Elements whose atomic fraction is a column.
        conditions: Encoder of the test conditions.
    """

    features: tuple[str, ...]
    elements: tuple[str, ...]
    conditions: Conditions

    @classmethod
    def fit(
        cls, frame: pd.DataFrame, compositions: Compositions, features: Sequence[str], protocol: Protocol
    ) -> Inputs:
        """Choose the elements that occur in 5 training rows or more and learn typical conditions from n rows."""
        occurs = (compositions.fractions > 0).sum(axis=0) >= min(MIN_ROWS_OF_ELEMENT, max(2, len(frame) // 40))
        elements = tuple(symbol for symbol, use in zip(SYMBOLS, occurs, strict=True) if use)
        return cls(tuple(features), elements, Conditions.fit(frame, protocol))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return (
            *(feature.name for feature in EXPECTED),
            *self.features,
            *(FRACTION_PREFIX + symbol for symbol in self.elements),
            *self.conditions.names,
        )

    @property
    def monotone(self) -> tuple[int, ...]:
        """Sign of the response that physics fixes for each column: -1, or 0 where it fixes none."""
        return tuple(-int(name == self.conditions.protocol.falling) for name in self.names)

    def transform(self, frame: pd.DataFrame, compositions: Compositions) -> FloatArray:
        """Columns of n rows without NaN, shape (n, len(names)); a feature that does not apply is 0."""
        if len(frame) != len(compositions.values):
            raise InputError(f"rows and compositions must be as many, got {len(frame)} and {len(compositions.values)}")
        is_cathode = frame[Column.ROLE].to_numpy(dtype=object) == "cathode"
        return self.columns(compositions, is_cathode, self.conditions.transform(frame))

    def columns(self, compositions: Compositions, is_cathode: BoolArray, conditions: FloatArray) -> FloatArray:
        """The same from what `conditions.transform` gave: `is_cathode` (n,) and `conditions` (n, c)."""
        column = {name: i for i, name in enumerate(compositions.names)}
        table = compositions.values
        chosen = table[:, [column[name] for name in self.features]]
        in_role = expected(compositions.values, compositions.names, is_cathode)
        if VOLTAGE_PRIOR in self.features:
            # An anode converts or alloys, which no computed insertion electrode does: there the ladder stands in.
            prior = self.features.index(VOLTAGE_PRIOR)
            applies = is_cathode & np.isfinite(chosen[:, prior])
            chosen[:, prior] = np.where(applies, chosen[:, prior], in_role[:, 1])
        return np.column_stack([
            in_role,
            np.where(np.isnan(chosen), 0.0, chosen),
            compositions.fractions[:, [SYMBOLS.index(symbol) for symbol in self.elements]],
            conditions,
        ])  # fmt: skip

    def to_json(self) -> dict[str, object]:
        """Plain text and numbers, for a bundle's metadata."""
        prior = {_PRIOR_SHA256: VoltagePrior.load().sha256} if VOLTAGE_PRIOR in self.features else {}
        return {
            **prior,
            "features": list(self.features),
            "elements": list(self.elements),
            "conditions": self.conditions.to_json(),
        }

    @classmethod
    def from_json(cls, about: Mapping[str, object]) -> Inputs:
        """Read what `to_json` gave.

        Raises:
            BundleError: Keys are missing or not of the right kind.
        """
        features, elements, conditions = about.get("features"), about.get("elements"), about.get("conditions")
        if not isinstance(features, list) or not isinstance(elements, list) or not isinstance(conditions, dict):
            raise BundleError("inputs of the bundle must name features, elements and conditions; train it again")
        known = {*FeatureSet.default().names, VOLTAGE_PRIOR}
        if unknown := [name for name in features if name not in known]:
            raise BundleError(
                f"inputs of the bundle must be features of this hemml, got {unknown[0]!r}; use the hemml that wrote it"
            )
        if VOLTAGE_PRIOR in features and about.get(_PRIOR_SHA256) != (here := VoltagePrior.load().sha256):
            raise BundleError(
                f"inputs of the bundle need the voltage prior it was trained with, SHA-256 {about.get(_PRIOR_SHA256)}, "
                f"got {here}; use the hemml that wrote it, or train it again"
            )
        return cls(tuple(features), tuple(elements), Conditions.from_json(conditions))
