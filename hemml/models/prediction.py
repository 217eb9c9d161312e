"""Predictions for a table of electrodes: values with intervals, domain and the published records they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.data import resource_path
from hemml.errors import InputError, UnknownNameError
from hemml.models.bundle import Bundle, feature_names, load_bundles, main_target
from hemml.models.completing import completed
from hemml.models.evidence_space import domain_of, evidence_columns
from hemml.models.inputs import Compositions, batch_of
from hemml.models.literature import literature
from hemml.models.target_prediction import TargetPrediction
from hemml.models.unusual import unusual_of, unusual_tests

if TYPE_CHECKING:
    import pandas as pd

NEAREST: Final = 5
MOST_OF_A_PAPER: Final = 2


@dataclass(frozen=True)
class NearestRecord:
    """A published record near a prediction.

    Attributes:
        record_id: Its id.
        doi: Its DOI, or its page.
        formula: Its formula.
        distance: Distance in descriptor space, 0 for equal descriptors.
        values: The measured targets that the bundles know of it.
        tests: How each was tested, such as "0.5 C, 500 cycles", as far as that is stated.
    """

    record_id: str
    doi: str
    formula: str
    distance: float
    values: Mapping[str, float]
    tests: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions for n rows.

    Attributes:
        frame: The rows with role, ion and family filled.
        values: Predictions a target in its unit, each (n,).
        lower: Lower ends of the intervals, each (n,).
        upper: Upper ends, each (n,).
        level: Level of the intervals.
        scaled: Predictions on the learning scale, each (n,).
        difficulty: Likely size of their errors on that scale, each (n,).
        in_domain: Whether the nearest published record is near enough, (n,).
        domain_of: The same for each target's own records, each (n,).
        main: Target with the most records; its records decide `in_domain` and are those in `nearest`.
        limits: Largest distance inside the domain of each target.
        error_ratios: How many times larger errors on unseen papers were outside that domain, None where not measured.
        assumed: For each row the conditions that hemml set, by column.
        nearest: For each row the nearest published records, each formula of a paper once, two of one paper at most.
        nearest_of: The nearest record that measured each target, each n records.
        unusual: For each row what makes it unusual, in sentences, the weightiest first.
    """

    frame: pd.DataFrame
    values: Mapping[Column, FloatArray]
    lower: Mapping[Column, FloatArray]
    upper: Mapping[Column, FloatArray]
    level: float
    scaled: Mapping[Column, FloatArray]
    difficulty: Mapping[Column, FloatArray]
    in_domain: BoolArray
    domain_of: Mapping[Column, BoolArray]
    main: Column
    limits: Mapping[Column, float]
    error_ratios: Mapping[Column, float | None]
    assumed: tuple[Mapping[str, object], ...]
    nearest: tuple[tuple[NearestRecord, ...], ...]
    nearest_of: Mapping[Column, tuple[NearestRecord, ...]]
    unusual: tuple[tuple[str, ...], ...]


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
        batch = CompositionBatch.from_formulas(
            frame[Column.FORMULA].tolist(), [ion or None for ion in frame[Column.WORKING_ION]]
        )
        return completed(frame, batch, batch_of)

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
        batch = batch_of(full)
        compositions = Compositions.of(batch, feature_names(self.bundles))
        main = main_target(self.bundles)
        values, ends, scaled, difficulty, inside, nearest_of, columns = {}, {}, {}, {}, {}, {}, {}
        for target, bundle in self.bundles.items():
            X = bundle.ensemble.inputs.transform(full, compositions)
            said = literature(bundle, X)
            scaled[target], difficulty[target] = said.predicted, said.difficulty
            if bundle.lab is not None:
                shift, factor = bundle.lab.correct(X, full[Column.ROLE].to_numpy(dtype=np.str_), said.predicted)
                scaled[target], difficulty[target] = said.predicted + shift, said.difficulty * factor
            one = TargetPrediction.of(bundle, full, scaled[target], difficulty[target], level)
            values[target], ends[target] = one.value, (one.lower, one.upper)
            columns[target] = dict(zip(bundle.ensemble.inputs.names, X.T, strict=True))
            records, distances, inside[target] = domain_of(bundle.evidence, bundle.ensemble.inputs, X, compositions)
            nearest_of[target] = tuple(r for (r,) in self._records(bundle, records[:, None], distances[:, None]))
            if target is main:
                descriptors = X[:, evidence_columns(bundle.ensemble.inputs.names)]
                nearest = self._records(bundle, *bundle.evidence.varied(descriptors, NEAREST, MOST_OF_A_PAPER))
        return Predictions(
            frame=full,
            values=values,
            lower={target: low for target, (low, _) in ends.items()},
            upper={target: high for target, (_, high) in ends.items()},
            level=level,
            scaled=scaled,
            difficulty=difficulty,
            in_domain=inside[main],
            domain_of=inside,
            main=main,
            limits={target: bundle.evidence.threshold for target, bundle in self.bundles.items()},
            error_ratios={target: bundle.evidence.error_ratio for target, bundle in self.bundles.items()},
            assumed=tuple(self._assumed(frame, full)),
            nearest=nearest,
            nearest_of=nearest_of,
            unusual=self._unusual(main, batch, full, columns, inside[main], nearest_of[main]),
        )

    def probability_above(self, predictions: Predictions, target: Column, value: float) -> FloatArray:
        """Probability that a measurement of each of n rows exceeds a value, (n,).

        Args:
            predictions: What `predict` returned.
            target: One of `targets`.
            value: In the target's unit.

        Raises:
            UnknownNameError: The target is not predicted.
        """
        if target not in self.bundles:
            raise UnknownNameError("target", str(target), [str(known) for known in self.bundles])
        scaled, difficulty = predictions.scaled[target], predictions.difficulty[target]
        one = TargetPrediction.of(self.bundles[target], predictions.frame, scaled, difficulty, predictions.level)
        return one.probability_above(value)

    @cached_property
    def _known(self) -> dict[str, dict[str, tuple[float, str]]]:
        """Measured value and test of each target, by record."""
        known: dict[str, dict[str, tuple[float, str]]] = {}
        for target, bundle in self.bundles.items():
            evidence = bundle.evidence
            columns = (evidence.record_ids.tolist(), evidence.values.tolist(), evidence.tests.tolist())
            for record, value, test in zip(*columns, strict=True):
                known.setdefault(record, {})[str(target)] = (value, test)
        return known

    def _records(
        self, bundle: Bundle, indices: IntArray, distances: FloatArray
    ) -> tuple[tuple[NearestRecord, ...], ...]:
        """Records of a bundle by their row numbers, (n, k), -1 for none, with all that the bundles know of them."""
        evidence = bundle.evidence
        ids, dois, formulas = (column.tolist() for column in (evidence.record_ids, evidence.dois, evidence.formulas))

        def record(index: int, distance: float) -> NearestRecord:
            known = self._known[ids[index]]
            values = {target: value for target, (value, _) in known.items()}
            tests = {target: test for target, (_, test) in known.items() if test}
            return NearestRecord(ids[index], dois[index], formulas[index], distance, values, tests)

        return tuple(
            tuple(record(index, distance) for index, distance in zip(near, far, strict=True) if index >= 0)
            for near, far in zip(indices.tolist(), distances.tolist(), strict=True)
        )

    def _unusual(
        self,
        main: Column,
        batch: CompositionBatch,
        full: pd.DataFrame,
        columns: Mapping[Column, Mapping[str, FloatArray]],
        inside: BoolArray,
        nearest: tuple[NearestRecord, ...],
    ) -> tuple[tuple[str, ...], ...]:
        """What the records of the main target lack, and the test conditions that those of the others lack.

        A row outside of the domain where nothing stands out by itself is told that it is far from all records.
        """
        found: list[tuple[str, ...]] = [()] * len(full)
        for target in sorted(self.bundles, key=lambda target: target is not main):
            usual = self.bundles[target].usual
            if target is main:
                told = unusual_of(usual, batch, full, columns[target])
            else:
                told = unusual_tests(usual, full, columns[target], target.label.lower())
            found = [(*before, *new) for before, new in zip(found, told, strict=True)]
        limit = self.bundles[main].evidence.threshold
        for row in np.flatnonzero(~inside).tolist():
            far = (
                f"its descriptors together are farther from every training record ({nearest[row].distance:.2f}) than "
                f"the limit ({limit:.2f})"
            )
            found[row] = found[row] or (far,)
        return tuple(found)

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


def _without_measured(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.copy()
    out[[str(Column.CAPACITY), str(Column.VOLTAGE), str(Column.RETENTION)]] = np.nan
    return out
