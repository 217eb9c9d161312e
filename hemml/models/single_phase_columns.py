"""What the single-phase model looks at: descriptors as columns, and what shares the metal sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.errors import UnknownNameError
from hemml.features import FeatureSet

IONIC: Final = "ionic"
ALLOY: Final = "alloy"
KINDS: Final = (IONIC, ALLOY)
"""Materials with cation sublattices and alloys mix for different reasons, so each kind has its own model."""

_PARTS: Final[Mapping[str, float]] = {" above 0": 1.0, " below 0": -1.0}


def parse_column(name: str) -> tuple[str, float]:
    """The feature of a column, and the sign of the part of it that counts; 0 for all of it.

    Args:
        name: A name of `FeatureSet.default()`, alone or followed by " above 0" or " below 0": how far it lies there.

    Raises:
        UnknownNameError: There is no such feature; the message lists close names.
    """
    feature, sign = name, 0.0
    for ending, part in _PARTS.items():
        if name.endswith(ending):
            feature, sign = name.removesuffix(ending), part
    if feature not in _known():
        raise UnknownNameError("feature", feature, _known())
    return feature, sign


@cache
def _known() -> tuple[str, ...]:
    return FeatureSet.default().names


@cache
def _with_their_groups(features: tuple[str, ...]) -> tuple[str, ...]:
    """All features of the groups that some belong to.

    The shipped model learned from materials whose elements have all data of these groups; the same rule holds here.
    """
    groups = {feature.group for feature in FeatureSet.default(features).features}
    return tuple(feature.name for feature in FeatureSet.default().features if feature.group in groups)


def columns_of(batch: CompositionBatch, names: Sequence[str]) -> FloatArray:
    """Columns of n materials, (n, d); NaN where a descriptor does not apply.

    Args:
        batch: The materials.
        names: The d columns, as `parse_column` reads them.

    Raises:
        InputError: Element data that a descriptor needs is missing.
    """
    parsed = [parse_column(name) for name in names]
    features = tuple(dict.fromkeys(feature for feature, _ in parsed))
    computed = _with_their_groups(features)
    values = FeatureSet.default(computed).compute(batch)
    out = np.empty((len(batch), len(parsed)))
    for j, (feature, sign) in enumerate(parsed):
        column = values[:, computed.index(feature)]
        out[:, j] = np.maximum(sign * column, 0.0) if sign else column
    return out


def is_alloy(batch: CompositionBatch) -> BoolArray:
    """Whether each of n materials is an alloy, (n,)."""
    return np.asarray(batch.alloy.any(axis=1))


def oxygen_share(batch: CompositionBatch) -> FloatArray:
    """Share of oxygen among the anions and polyanions of n materials, (n,); 0 without anions."""
    total = batch.anion.sum(axis=1)
    if "O" not in batch.anion_species:
        return np.zeros(len(batch))
    oxygen = batch.anion[:, batch.anion_species.index("O")]
    return np.asarray(oxygen / np.where(total > 0, total, 1.0))


@dataclass(frozen=True, eq=False)
class Points:
    """n materials of one kind as the update by own results compares them.

    Attributes:
        basis: 1 and the d standardised columns, (n, d + 1).
        elements: The e elements of `shares`.
        shares: Share of each element on the sites of metals, (n, e).
    """

    basis: FloatArray
    elements: tuple[str, ...]
    shares: FloatArray

    @classmethod
    def of(cls, batch: CompositionBatch, basis: FloatArray) -> Points:
        """Points of n materials with a given basis."""
        amounts = batch.cation + batch.mobile + batch.alloy
        total = amounts.sum(axis=1, keepdims=True)
        return cls(basis, batch.elements, amounts / np.where(total > 0, total, 1.0))

    def __len__(self) -> int:
        return len(self.basis)

    def __getitem__(self, rows: slice | IntArray) -> Points:
        return Points(self.basis[rows], self.elements, self.shares[rows])

    def joined(self, other: Points) -> Points:
        """These points and then the others."""
        elements = tuple(sorted({*self.elements, *other.elements}))
        parts = [part.over(elements) for part in (self, other)]
        return Points(np.concatenate([self.basis, other.basis]), elements, np.concatenate(parts))

    def over(self, elements: Sequence[str]) -> FloatArray:
        """Shares with a column for each of m elements, (n, m); elements that are not among them are left out."""
        position = {symbol: j for j, symbol in enumerate(elements)}
        here = [(i, position[symbol]) for i, symbol in enumerate(self.elements) if symbol in position]
        out = np.zeros((len(self), len(elements)))
        out[:, [j for _, j in here]] = self.shares[:, [i for i, _ in here]]
        return out
