"""From Gaussians on learning scales to the quantities of objectives: values, means and deviations of utilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.belief import Belief
from hemml.arrays import FloatArray, IntArray
from hemml.columns import ENERGY_DENSITY, Column
from hemml.composition import CompositionBatch
from hemml.errors import InputError, UnknownNameError
from hemml.features import FeatureSet
from hemml.models.targets import TARGETS

ENERGY_PARTS: Final = (Column.CAPACITY, Column.VOLTAGE)
_NODES: Final = 15
_NODES_OF_TWO: Final = 9
_COLUMNS: Final = {str(column): column for column in TARGETS}


def parts_of(quantity: str) -> tuple[Column, ...]:
    """The targets that a quantity follows from; none for a descriptor."""
    if quantity == ENERGY_DENSITY:
        return ENERGY_PARTS
    return (_COLUMNS[quantity],) if quantity in _COLUMNS else ()


def descriptors_of(objectives: tuple[Objective, ...], batch: CompositionBatch) -> dict[str, FloatArray]:
    """Values of the descriptors among the objectives, each (n,).

    Raises:
        UnknownNameError: A quantity is neither target nor descriptor.
        InputError: A descriptor does not apply to a candidate.
    """
    names = tuple(dict.fromkeys(o.quantity for o in objectives if not parts_of(o.quantity)))
    if not names:
        return {}
    known = FeatureSet.default().names
    if unknown := [name for name in names if name not in known]:
        raise UnknownNameError("quantity of an objective", unknown[0], [*_COLUMNS, ENERGY_DENSITY, *known])
    values = FeatureSet.default(names).compute(batch)
    for name, column in zip(names, values.T, strict=True):
        if np.isnan(column).any():
            row = int(np.flatnonzero(np.isnan(column))[0])
            raise InputError(
                f"objective {name}: must apply to every candidate, got one that it does not apply to (row {row}); "
                "leave the objective out"
            )
    return dict(zip(names, values.T, strict=True))


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Utilities of q objectives at n candidates.

    Attributes:
        objectives: The objectives.
        beliefs: Of the targets behind them.
        order: The targets in the order of `correlation`.
        correlation: Of the targets at one candidate, (t, t).
        descriptors: Values of descriptors, each (n,).
        bounds: Of targets that cannot leave them at a candidate, such as the voltage its test window: lower and upper
            ends, each (n,), NaN where there is none.
    """

    objectives: tuple[Objective, ...]
    beliefs: Mapping[Column, Belief]
    order: tuple[Column, ...]
    correlation: FloatArray
    descriptors: Mapping[str, FloatArray]
    bounds: Mapping[Column, tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    @cached_property
    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utilities, each (q, n)."""
        pairs = [self._moments(objective) for objective in self.objectives]
        return np.stack([mean for mean, _ in pairs]), np.stack([sd for _, sd in pairs])

    def utilities(self, rows: IntArray, scaled: Mapping[Column, FloatArray]) -> FloatArray:
        """Utilities of samples, (s, q, m).

        Args:
            rows: Candidates, (m,).
            scaled: Samples of each target on its learning scale, (s, m).
        """
        values = {target: self.restored(target, sample, rows) for target, sample in scaled.items()}
        count = len(next(iter(values.values()))) if values else 1
        out = np.empty((count, len(self.objectives), len(rows)))
        for i, objective in enumerate(self.objectives):
            out[:, i] = objective.utility(self._value(objective.quantity, values, rows))
        return out

    def restored(self, target: Column, scaled: FloatArray, rows: IntArray | None = None) -> FloatArray:
        """Values of a target in its unit, inside its bounds, from values on the learning scale, (..., m).

        Args:
            target: The target.
            scaled: On the learning scale, (..., m).
            rows: Their candidates, (m,); None: all n.
        """
        values = TARGETS[target].restore(scaled)
        if target not in self.bounds:
            return values
        low, high = (end if rows is None else end[rows] for end in self.bounds[target])
        return np.asarray(np.fmin(np.fmax(values, low), high))

    def _value(self, quantity: str, values: Mapping[Column, FloatArray], rows: IntArray) -> FloatArray:
        parts = parts_of(quantity)
        if not parts:
            return np.asarray(self.descriptors[quantity][rows], dtype=np.float64)
        return np.asarray(np.prod([values[part] for part in parts], axis=0))

    def _moments(self, objective: Objective) -> tuple[FloatArray, FloatArray]:
        """By Gauss-Hermite quadrature: exact to rounding for the clipped, skewed scales where no clip is near."""
        parts = parts_of(objective.quantity)
        if not parts:
            values = objective.utility(self.descriptors[objective.quantity])
            return values, np.zeros(len(values))
        nodes, weights = self._quadrature(parts)
        n = len(self.beliefs[parts[0]].mean)
        mean, square = np.zeros(n), np.zeros(n)
        for node, weight in zip(nodes, weights, strict=True):
            value = np.ones(n)
            for part, step in zip(parts, node, strict=True):
                value *= self.restored(part, self.beliefs[part].mean + step * self.beliefs[part].sd)
            utility = objective.utility(value)
            mean += weight * utility
            square += weight * utility**2
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def _quadrature(self, parts: tuple[Column, ...]) -> tuple[FloatArray, FloatArray]:
        """Nodes (k, parts) in standard deviations, and their weights (k,) with sum 1."""
        if len(parts) == 1:
            nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
            return nodes[:, None], weights / weights.sum()
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES_OF_TWO)
        one, two = (part.ravel() for part in np.meshgrid(nodes, nodes, indexing="ij"))
        both = np.outer(weights, weights).ravel()
        first, second = (self.order.index(part) for part in parts)
        shared = float(self.correlation[first, second])
        return np.column_stack([one, shared * one + np.sqrt(1 - shared**2) * two]), both / both.sum()
