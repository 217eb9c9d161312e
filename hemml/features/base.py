"""What a feature is, and what a group of features must offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hemml.arrays import FloatArray

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates


@dataclass(frozen=True)
class Feature:
    """One number that describes a composition.

    Attributes:
        name: Column name, the same in output, constraints and objectives.
        label: What plots and reports print.
        unit: Unit, empty where the number has none.
        formula: Definition in one line.
        reference: Publication of the definition.
        group: Name of the group that computes it.
        scope: Materials that it applies to; elsewhere the value is NaN.
    """

    name: str
    label: str
    unit: str
    formula: str
    reference: str
    group: str
    scope: str = "all"


class FeatureGroup(Protocol):
    """Features that follow from one physical idea and are computed together."""

    @property
    def name(self) -> str:
        """Name of the group."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The m features, in the order of the columns of `compute`."""

    def compute(self, batch: CompositionBatch, states: RedoxStates) -> FloatArray:
        """(n, m) values for n compositions; NaN means that a feature does not apply, never that data is missing."""


@dataclass(frozen=True)
class Group:
    """A feature group made of its metadata and one function.

    Attributes:
        name: Name of the group.
        features: The m features, in the order of the columns that `function` returns.
        function: Computes the (n, m) values from a batch and its oxidation states.
    """

    name: str
    features: tuple[Feature, ...]
    function: Callable[[CompositionBatch, RedoxStates], FloatArray]

    def compute(self, batch: CompositionBatch, states: RedoxStates) -> FloatArray:
        """(n, m) values for n compositions; NaN means that a feature does not apply."""
        return self.function(batch, states)


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient with NaN ("does not apply") where the denominator is 0."""
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    quotient = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
