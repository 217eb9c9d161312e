"""What a feature is, and what a group of features must offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from hemml.arrays import FloatArray

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates


Columns: TypeAlias = Mapping[str, FloatArray]
"""Values (n,) of features by name; NaN means that a feature does not apply, never that data is missing."""


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
        """The m features."""

    @property
    def of_ladder(self) -> bool:
        """Whether it looks at the oxidation states, which cost more than what follows from the amounts alone."""

    def columns(self, batch: CompositionBatch, states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
        """Values of the wanted features, and of others where these cost nothing."""


@dataclass(frozen=True)
class Group:
    """A feature group made of its metadata and one function.

    Attributes:
        name: Name of the group.
        features: The m features.
        function: Computes the wanted ones, or more, from a batch and its oxidation states.
        of_ladder: Whether it looks at the oxidation states.
    """

    name: str
    features: tuple[Feature, ...]
    function: Callable[[CompositionBatch, RedoxStates, AbstractSet[str]], Columns]
    of_ladder: bool = True

    def columns(self, batch: CompositionBatch, states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
        """Values of the wanted features, and of others where these cost nothing."""
        return self.function(batch, states, wanted)

    def compute(self, batch: CompositionBatch, states: RedoxStates) -> FloatArray:
        """(n, m) values of all features for n compositions."""
        names = [feature.name for feature in self.features]
        columns = self.columns(batch, states, frozenset(names))
        return np.column_stack([columns[name] for name in names])


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient with NaN ("does not apply") where the denominator is 0."""
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    quotient = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
