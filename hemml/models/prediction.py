"""Predictions for a table of electrodes: values with intervals, domain and the published records they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.data import resource_path
from hemml.elements.periodic import SYMBOLS
from hemml.errors import InputError
from hemml.features.family import infer_family, infer_role
from hemml.models.bundle import Bundle, load_bundles
from hemml.models.calibration import categories
from hemml.models.evidence_space import evidence_columns
from hemml.models.inputs import Compositions, batch_of

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_ION: Final = "Zn"
DEFAULT_KIND: Final = "reversible"
NEAREST: Final = 5
UNKNOWN_ATOMS: Final = 0.01


@dataclass(frozen=True)
class NearestRecord:
    """A published record near a prediction; `values` holds the measured targets that the bundles know of it."""

    record_id: str
    doi: str
    formula: str
    distance: float
    values: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions for n rows.

    Attributes:
        frame: The rows with role, ion and family filled.
        values: Predictions a target in its unit, each (n,).
        lower: Lower ends of the intervals, each (n,).
        upper: Upper ends, each (n,).
        level: Level of the intervals.
        in_domain: Whether the nearest published record is near enough, (n,).
        domain_of: The same for each target's own records, each (n,).
        assumed: For each row the conditions that hemml set, by column.
        nearest: For each row the nearest published records.
    """

    frame: pd.DataFrame
    values: Mapping[Column, FloatArray]
    lower: Mapping[Column, FloatArray]
    upper: Mapping[Column, FloatArray]
    level: float
    in_domain: BoolArray
    domain_of: Mapping[Column, BoolArray]
    assumed: tuple[Mapping[str, object], ...]
    nearest: tuple[tuple[NearestRecord, ...], ...]


@dataclass(frozen=True, eq=False)
class Predictor:
    """The bundles of all targets, ready to predict.

    Attributes:
        bundles: One bundle a target.
    """

    bundles: Mapping[Column, Bundle]

    @classmethod
    def load(cls, root: Path | None = None) -> Predictor:
        """Read bundles from a folder; None: those that come with hemml.

        Raises:
            BundleError: There are none, or one cannot be used.
        """
        return cls(load_bundles(resource_path("models", "default") if root is None else root))

    @property
    def targets(self) -> tuple[Column, ...]:
        """What can be predicted."""
        return tuple(self.bundles)

    def complete(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Fill role, working ion, family and kind of capacity where they are empty, by rule from the composition.

        Args:
            frame: n rows typed as by `hemml.data.typed`.
        """
        out = frame.copy()
        batch = CompositionBatch.from_formulas(
            out[Column.FORMULA].tolist(), [ion or None for ion in out[Column.WORKING_ION]]
        )
        found = np.where(batch.working_ion == "", DEFAULT_ION, batch.working_ion).astype(object)
        out[Column.WORKING_ION] = found
        families = infer_family(batch)
        given = out[Column.FAMILY].to_numpy(dtype=object)
        out[Column.FAMILY] = np.where(given == "", families, given)
        roles = infer_role(out[Column.FAMILY].to_numpy(dtype=object), batch_of(out))
        given = out[Column.ROLE].to_numpy(dtype=object)
        out[Column.ROLE] = np.where(given == "", roles, given)
        kind = out[Column.CAPACITY_KIND].to_numpy(dtype=object)
        out[Column.CAPACITY_KIND] = np.where(kind == "", DEFAULT_KIND, kind)
        return out

    def predict(self, frame: pd.DataFrame, level: float = 0.9) -> Predictions:
        """Predict all targets.

        Args:
            frame: n rows typed as by `hemml.data.typed`; measured targets in it are not looked at.
            level: Wanted coverage of the intervals.

        Raises:
            InputError: There are no rows, or the level needs more calibration rows than a bundle has.
            FormulaError: A formula cannot be read.
        """
        if frame.empty:
            raise InputError("rows to predict must be at least one, got none; add a row with a formula")
        full = self.complete(_without_measured(frame))
        names = dict.fromkeys(n for bundle in self.bundles.values() for n in bundle.ensemble.inputs.features)
        compositions = Compositions.of(batch_of(full), tuple(names))
        values, lower, upper, domain_of = {}, {}, {}, {}
        nearest: list[dict[str, NearestRecord]] = [{} for _ in range(len(full))]
        for target, bundle in self.bundles.items():
            X = bundle.ensemble.inputs.transform(full, compositions)
            scaled = bundle.ensemble.predict_columns(X)
            low, high = bundle.intervals.interval(scaled, level=level, category=categories(full))
            restore = bundle.target.restore
            values[target], lower[target], upper[target] = restore(scaled), restore(low), restore(high)
            domain_of[target] = self._evidence(bundle, X, nearest) & _knows_elements(bundle, compositions)
        main = max(self.bundles, key=lambda target: len(self.bundles[target].evidence))
        return Predictions(
            frame=full,
            values=values,
            lower=lower,
            upper=upper,
            level=level,
            in_domain=domain_of[main],
            domain_of=domain_of,
            assumed=tuple(self._assumed(frame, full)),
            nearest=tuple(_by_distance(records) for records in nearest),
        )

    @staticmethod
    def _evidence(bundle: Bundle, X: FloatArray, nearest: list[dict[str, NearestRecord]]) -> BoolArray:
        """Add each row's nearest records of one bundle to `nearest`; tell which rows are in its domain."""
        evidence = bundle.evidence
        descriptors = X[:, evidence_columns(bundle.ensemble.inputs.names)]
        indices, distances = evidence.nearest(descriptors, k=min(NEAREST, len(evidence)))
        target = str(bundle.target.column)
        for row, known in enumerate(nearest):
            for index, distance in zip(indices[row].tolist(), distances[row].tolist(), strict=True):
                record = str(evidence.record_ids[index])
                value = float(evidence.values[index])
                other = known.get(record)
                known[record] = NearestRecord(
                    record,
                    str(evidence.dois[index]),
                    str(evidence.formulas[index]),
                    distance if other is None else min(distance, other.distance),
                    {target: value} if other is None else {**other.values, target: value},
                )
        return np.asarray(evidence.in_domain(distances[:, 0]))

    def _assumed(self, given: pd.DataFrame, full: pd.DataFrame) -> list[dict[str, object]]:
        out: list[dict[str, object]] = [{} for _ in range(len(full))]
        for column in (Column.WORKING_ION, Column.ROLE, Column.FAMILY, Column.CAPACITY_KIND):
            before, after = given[column].to_numpy(dtype=object), full[column].to_numpy(dtype=object)
            for row in np.flatnonzero(before == "").tolist():
                out[row][str(column)] = after[row]
        for bundle in self.bundles.values():
            conditions = bundle.ensemble.inputs.conditions
            if not conditions.protocol.tested:
                continue
            for i, assumed in enumerate(conditions.assumed(full)):
                out[i] |= {str(column): value for column, value in assumed.items()}
        return out


def _by_distance(records: Mapping[str, NearestRecord]) -> tuple[NearestRecord, ...]:
    return tuple(sorted(records.values(), key=lambda record: (record.distance, record.record_id))[:NEAREST])


def _knows_elements(bundle: Bundle, compositions: Compositions) -> BoolArray:
    """Whether nearly all atoms are of elements that the training rows hold often enough to be learned from."""
    known = [SYMBOLS.index(symbol) for symbol in bundle.ensemble.inputs.elements]
    return np.asarray(compositions.fractions[:, known].sum(axis=1) >= 1.0 - UNKNOWN_ATOMS)


def _without_measured(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.copy()
    out[[str(Column.CAPACITY), str(Column.VOLTAGE), str(Column.RETENTION)]] = np.nan
    return out
