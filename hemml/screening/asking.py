"""Asking bundles about candidates straight from their compositions, without tables or formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.space import DesignSpace
from hemml.active.space.template import Template
from hemml.active.surrogate.prior_blocks import BY_RULE, with_conditions
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.errors import ConfigError
from hemml.models.bundle import feature_names, main_target
from hemml.models.compiled.ensemble import CompiledBundle
from hemml.models.compiled.inputs import CompositionColumns
from hemml.models.compiled.prior import CompiledPrior
from hemml.models.evidence_space import evidence_columns, knows_elements
from hemml.models.inputs import Compositions
from hemml.models.target_prediction import TargetPrediction
from hemml.models.voltage_prior import VoltagePrior

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.bundle import Bundle
    from hemml.models.prediction import Predictor


@dataclass(frozen=True, eq=False)
class Answer:
    """What the bundles say of n candidates.

    Attributes:
        predictions: Predictions with intervals, by target.
        distance: Distance to the nearest published record of the main target, (n,).
        in_domain: Whether they are inside its domain, (n,).
    """

    predictions: Mapping[Column, TargetPrediction]
    distance: FloatArray
    in_domain: BoolArray


@dataclass(frozen=True, eq=False)
class Asker:
    """Bundles ready to be asked about candidates of one space.

    Attributes:
        space: The space.
        bundles: The bundles by target.
        level: Level of the intervals.
    """

    space: DesignSpace
    bundles: Mapping[Column, Bundle]
    level: float

    @classmethod
    def of(cls, space: DesignSpace, predictor: Predictor, level: float, *, assume: bool) -> Asker:
        """Make bundles ready, and check that they can answer.

        Raises:
            ConfigError: The space does not state a condition that a bundle needs, and nothing may be assumed.
            InputError: The level needs more calibration rows than a bundle has.
        """
        for bundle in predictor.bundles.values():
            bundle.calibration.distributions.ends(level)
        asker = cls(space, predictor.bundles, level)
        missing = {} if assume else asker.assumed
        for target, conditions in missing.items():
            needed = [name for name in conditions if name not in (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX)]
            if needed:
                raise ConfigError(
                    f"{space.owner}: the bundle of {target} needs {needed[0]}, got none under conditions; write it "
                    f"there, or pass --assume to take what is typical of such cells ({conditions[needed[0]]:g})"
                )
        return asker

    @cached_property
    def compiled(self) -> Mapping[Column, CompiledBundle]:
        """The bundles laid out for very many rows."""
        return {target: CompiledBundle.of(bundle) for target, bundle in self.bundles.items()}

    @cached_property
    def _prior(self) -> CompiledPrior:
        return CompiledPrior.of(VoltagePrior.load())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Composition features that the bundles need."""
        return feature_names(self.bundles)

    @cached_property
    def main(self) -> Column:
        """Target whose records decide what is inside the domain."""
        return main_target(self.bundles)

    @cached_property
    def assumed(self) -> Mapping[Column, Mapping[str, float]]:
        """Typical values that stand in for conditions that a candidate does not state, by target.

        Candidates of a lattice share their conditions, so that one of them tells; each of a table states its own, and
        the value given here is that of the first that lacks it.
        """
        ranks = range(self.space.size) if self.space.is_table else [0]
        _, frame = with_conditions(self.space.candidates(ranks))
        return {
            target: {name: value for row in reversed(conditions.assumed(frame)) for name, value in row.items()}
            for target, conditions in ((t, bundle.ensemble.inputs.conditions) for t, bundle in self.bundles.items())
            if conditions.protocol.tested
        }

    def ask(self, ranks: IntArray, batch: CompositionBatch) -> Answer:
        """What the bundles say of the n candidates with these ranks and compositions."""
        batch, frame, encoded = self._conditions(ranks, batch)
        columns = CompositionColumns.of_batch(batch, self.names, self._prior)
        is_cathode = frame[Column.ROLE].to_numpy(dtype=object) == "cathode"
        predictions, distance, inside = {}, np.zeros(0), np.zeros(0, dtype=bool)
        for target, bundle in self.bundles.items():
            said = self.compiled[target].ask(columns, is_cathode, encoded[target])
            predicted, difficulty = said.predicted, said.difficulty
            if bundle.lab is not None:
                roles = np.broadcast_to(frame[Column.ROLE].to_numpy(dtype=np.str_), (len(batch),))
                shift, factor = bundle.lab.correct(said.table.matrix(), roles, predicted)
                predicted, difficulty = predicted + shift, difficulty * factor
            predictions[target] = TargetPrediction.of(bundle, frame, predicted, difficulty, self.level)
            if target == self.main:
                distance, inside = said.distance, bundle.evidence.in_domain(said.distance) & knows_elements(said.known)
        return Answer(predictions, distance, inside)

    def nearest(self, ranks: IntArray, batch: CompositionBatch) -> list[tuple[str, str]]:
        """Record id and DOI of the published record of the main target next to each of n candidates, n pairs."""
        batch, frame, encoded = self._conditions(ranks, batch)
        compositions = Compositions.of(batch, self.names)
        is_cathode = np.broadcast_to(frame[Column.ROLE].to_numpy(dtype=object) == "cathode", (len(batch),))
        bundle, conditions = self.bundles[self.main], encoded[self.main]
        inputs = bundle.ensemble.inputs
        X = inputs.columns(compositions, is_cathode, np.broadcast_to(conditions, (len(batch), conditions.shape[1])))
        rows = bundle.evidence.nearest(X[:, evidence_columns(inputs.names)], k=1)[0][:, 0]
        return list(zip(bundle.evidence.record_ids[rows].tolist(), bundle.evidence.dois[rows].tolist(), strict=True))

    def _conditions(
        self, ranks: IntArray, batch: CompositionBatch
    ) -> tuple[CompositionBatch, pd.DataFrame, Mapping[Column, FloatArray]]:
        if self._shared is not None:
            return batch, *self._shared
        lattice = self.space.lattice
        batch, frame = with_conditions(Candidates(ranks, batch, lattice.conditions_of(ranks), self.space.formulas))
        return batch, frame, self._encoded(frame)

    @cached_property
    def _shared(self) -> tuple[pd.DataFrame, Mapping[Column, FloatArray]] | None:
        """The one row of conditions that all candidates share and its numbers; None where compositions decide."""
        lattice = self.space.lattice
        if not isinstance(lattice, Template) or not all(lattice.conditions[column].iloc[0] for column in BY_RULE):
            return None
        return lattice.conditions, self._encoded(lattice.conditions)

    def _encoded(self, frame: pd.DataFrame) -> Mapping[Column, FloatArray]:
        return {t: bundle.ensemble.inputs.conditions.transform(frame) for t, bundle in self.bundles.items()}
