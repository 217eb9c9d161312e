"""Sites on which cations (in alloys: the metals) mix, and statistics over them.

Where a material has several cation sublattices, a quantity of mixing is the sum over them weighted by their sites
relative to the largest: a sublattice with one species adds nothing, and a single sublattice gives the usual definition.

Arrays have the compositions along their last axis: long contiguous rows are what numpy is fast on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition.array_checks import is_zero_view

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch


@dataclass(frozen=True, eq=False)
class MixingSites:
    """Occupation of the s cation (or alloy) sublattices of n compositions by the k elements that occur on them.

    Attributes:
        columns: Indices of the k elements in the batch, shape (k,).
        elements: Their symbols.
        amounts: Atoms on all these sublattices, shape (k, n).
        fractions: Fraction of the occupied sites of a sublattice, 0 where it is empty, shape (s, k, n).
        weights: Occupied sites relative to the largest sublattice, shape (s, n).
        total: Occupied sites per formula unit, shape (n,).
    """

    columns: IntArray
    elements: tuple[str, ...]
    amounts: FloatArray
    fractions: FloatArray
    weights: FloatArray
    total: FloatArray

    @property
    def occupied(self) -> BoolArray:
        """(n,) whether a material has a cation or alloy sublattice at all."""
        return self.total > 0

    def without(self, element: str) -> MixingSites:
        """The same sites with one element left out of amounts, fractions and weights."""
        if element not in self.elements:
            return self
        kept = np.array([symbol != element for symbol in self.elements])
        # Within a material, fractions times weights are proportional to the atoms on a sublattice.
        return _occupation(
            self.columns[kept],
            tuple(symbol for symbol in self.elements if symbol != element),
            (self.fractions * self.weights[:, None, :])[:, kept] * self._largest,
        )

    @property
    def _largest(self) -> FloatArray:
        weights = self.weights.sum(axis=0)
        return self.total / np.where(weights > 0, weights, 1.0)


# Several groups look at the same batch in turn; a batch that nobody holds any more drops out.
_KNOWN: Final[WeakKeyDictionary[CompositionBatch, MixingSites]] = WeakKeyDictionary()


def mixing_sites(batch: CompositionBatch) -> MixingSites:
    """Cation sublattices of a batch; an alloy sublattice takes the place of the first.

    Args:
        batch: n compositions.
    """
    if batch not in _KNOWN:
        _KNOWN[batch] = _mixing_sites(batch)
    return _KNOWN[batch]


def _mixing_sites(batch: CompositionBatch) -> MixingSites:
    sites = batch.cation_sites if batch.cation_sites.shape[1] else batch.alloy[:, None, :]
    if batch.cation_sites.shape[1] and not is_zero_view(batch.alloy) and batch.alloy.any():
        sites = sites.copy()
        sites[:, 0, :] += batch.alloy
    by_element = sites.transpose(1, 2, 0)
    columns = np.flatnonzero(by_element.max(axis=(0, 2), initial=0.0) > 0.0)
    used = np.ascontiguousarray(by_element[:, columns])
    return _occupation(columns, tuple(batch.elements[j] for j in columns), used)


def atoms_that_occur(batch: CompositionBatch) -> tuple[tuple[str, ...], FloatArray]:
    """The k elements that occur anywhere in a batch, and their atoms per formula unit, (k, n)."""
    amounts = batch.amounts.T
    used = np.flatnonzero(amounts.max(axis=1, initial=0.0) > 0.0)
    return tuple(batch.elements[j] for j in used), np.ascontiguousarray(
        amounts if len(used) == len(amounts) else amounts[used]
    )


def _occupation(columns: IntArray, elements: tuple[str, ...], atoms: FloatArray) -> MixingSites:
    """Fractions and weights from (s, k, n) atoms on the sublattices."""
    occupied = atoms.sum(axis=1)
    largest = occupied.max(axis=0, initial=0.0)
    return MixingSites(
        columns=columns,
        elements=elements,
        amounts=atoms.sum(axis=0),
        fractions=atoms / np.where(occupied > 0, occupied, 1.0)[:, None, :],
        weights=occupied / np.where(largest > 0, largest, 1.0),
        total=occupied.sum(axis=0),
    )


def negative_x_ln_x(x: FloatArray) -> FloatArray:
    """-x ln x elementwise, 0 at 0."""
    # 0 x ln(tiny) is 0, and a floor costs less than a mask.
    result: FloatArray = x * np.log(np.maximum(x, np.finfo(np.float64).tiny))
    return np.negative(result, out=result)


def variance(fractions: FloatArray, values: FloatArray) -> FloatArray:
    """sum_i x_i (v_i - v_mean)^2, shape (n,), as sum_{i<j} x_i x_j (v_i - v_j)^2, which is exactly 0 for one species.

    Args:
        fractions: (k, n) fractions that sum to 1.
        values: (k,) property of the species.
    """
    squares = (values[:, None] - values) ** 2
    result: FloatArray = 0.5 * ((squares @ fractions) * fractions).sum(axis=0)
    return result


def mixing_spread(sites: MixingSites, values: FloatArray) -> FloatArray:
    """sqrt(sum_s w_s sum_i x_i (v_i - v_mean,s)^2), shape (n,), NaN where a material has no such sublattice.

    Args:
        sites: Occupation of the sublattices.
        values: (k,) property of the elements of `sites`.
    """
    total = np.zeros(len(sites.total))
    for fractions, weights in zip(sites.fractions, sites.weights, strict=True):
        total += weights * variance(fractions, values)
    return np.where(sites.occupied, np.sqrt(total), np.nan)
