"""Magpie-style statistics of element properties over the cation sublattices and over all atoms.

Over all atoms they equal matminer's `ElementProperty.from_preset("magpie", impute_nan=False)` (its mode left out).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.elements.tables import magpie_array
from hemml.features.base import Feature, Group
from hemml.features.sublattices import mixing_sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates

STATISTICS: Final = ("mean", "avg_dev", "range", "min", "max")
_BITS: Final = 62
# Written out so that importing this module reads no file; a test compares it with magpie.csv.
PROPERTIES: Final = (
    "Number", "MendeleevNumber", "AtomicWeight", "MeltingT", "Column", "Row", "CovalentRadius", "Electronegativity",
    "NsValence", "NpValence", "NdValence", "NfValence", "NValence", "NsUnfilled", "NpUnfilled", "NdUnfilled",
    "NfUnfilled", "NUnfilled", "GSvolume_pa", "GSbandgap", "GSmagmom", "SpaceGroupNumber",
)  # fmt: skip
PROPERTY_UNITS: Final = {
    "AtomicWeight": "g/mol",
    "MeltingT": "K",
    "CovalentRadius": "pm",
    "GSvolume_pa": "angstrom^3",
    "GSbandgap": "eV",
    "GSmagmom": "Bohr magneton",
}


def presence_patterns(present: BoolArray) -> tuple[BoolArray, IntArray]:
    """Distinct sets of elements and the index of each composition's set.

    Args:
        present: (k, n) whether an element is present.

    Returns:
        (k, u) distinct columns and (n,) indices into them.
    """
    if present.all():
        return present[:, :1], np.zeros(present.shape[1], dtype=np.int64)
    if len(present) <= _BITS:
        code = np.zeros(present.shape[1], dtype=np.int64)
        for row in present:
            code = 2 * code + row
        _, first, index = np.unique(code, return_index=True, return_inverse=True)
        return present[:, first], index
    patterns, index = np.unique(present, axis=1, return_inverse=True)
    return patterns, index.reshape(-1)


def magpie_statistics(elements: tuple[str, ...], amounts: FloatArray) -> FloatArray:
    """Mean, mean absolute deviation, range, minimum and maximum of the 22 Magpie properties.

    Args:
        elements: k symbols, each of which occurs.
        amounts: (k, n) amounts of the elements.

    Returns:
        (110, n) values: for each statistic the 22 properties in Magpie's order; NaN for a composition without atoms.

    Raises:
        InputError: An element lacks a property.
    """
    p, n = len(PROPERTIES), amounts.shape[1]
    out = np.empty((len(STATISTICS), p, n))
    total = amounts.sum(axis=0)
    if not (total > 0).any():
        out[:] = np.nan
        return out.reshape(-1, n)
    properties = magpie_array(elements)
    fractions = amounts / np.where(total > 0, total, np.nan)
    np.matmul(properties, fractions, out=out[0])
    _mean_deviations(elements, fractions, out[0], out[1])
    patterns, index = presence_patterns(amounts > 0)
    low = np.where(patterns, properties[:, :, None], np.inf).min(axis=1)
    high = np.where(patterns, properties[:, :, None], -np.inf).max(axis=1)
    low[:, ~patterns.any(axis=0)] = high[:, ~patterns.any(axis=0)] = np.nan
    extremes = np.stack([high - low, low, high])
    np.take(extremes, index, axis=2, out=out[2:], mode="clip")
    return out.reshape(-1, n)


@lru_cache(maxsize=32)
def _levels(elements: tuple[str, ...]) -> tuple[tuple[FloatArray, FloatArray | None], ...]:
    """For each property its u distinct values and the (u, k) matrix that sums the elements that share one.

    Many properties have only two or three values. The matrix is None where all values differ (no sum is needed).
    """
    out: list[tuple[FloatArray, FloatArray | None]] = []
    for row in magpie_array(elements):
        values = np.unique(row)
        distinct = len(values) == len(row)
        out.append((row, None) if distinct else (values, (values[:, None] == row).astype(np.float64)))
    return tuple(out)


def _mean_deviations(elements: tuple[str, ...], fractions: FloatArray, means: FloatArray, out: FloatArray) -> None:
    """Write sum_i x_i |P_i - mean| to the (p, n) `out` from (k, n) fractions and (p, n) means."""
    distance = np.empty_like(fractions)
    for (values, members), mean, deviation in zip(_levels(elements), means, out, strict=True):
        if len(values) == 1:
            np.multiply(mean, 0.0, out=deviation)
            continue
        shares = fractions if members is None else members @ fractions
        part = distance[: len(values)]
        np.subtract(mean, values[:, None], out=part)
        np.abs(part, out=part)
        np.einsum("un,un->n", part, shares, out=deviation)


def _group(scope: str, words: str, amounts: Callable[[CompositionBatch], tuple[tuple[str, ...], FloatArray]]) -> Group:
    formulas = {
        "mean": "sum_i x_i P_i",
        "avg_dev": "sum_i x_i abs(P_i - mean)",
        "range": "max_i P_i - min_i P_i",
        "min": "min_i P_i",
        "max": "max_i P_i",
    }

    def compute(batch: CompositionBatch, _states: RedoxStates) -> FloatArray:
        return magpie_statistics(*amounts(batch)).T

    name = f"statistics_{scope}"
    return Group(
        name=name,
        features=tuple(
            Feature(
                name=f"{scope}_{statistic}_{prop}",
                label=f"{prop}, {statistic} over {words}",
                unit=PROPERTY_UNITS.get(prop, ""),
                formula=f"{formulas[statistic]}, P = {prop}, x_i fraction among {words}",
                reference="Ward et al., npj Comput. Mater. 2 (2016) 16028, doi 10.1038/npjcompumats.2016.28",
                group=name,
                scope="all" if scope == "atoms" else "materials with a cation or alloy sublattice",
            )
            for statistic in STATISTICS
            for prop in PROPERTIES
        ),
        function=compute,
    )


def _cation_amounts(batch: CompositionBatch) -> tuple[tuple[str, ...], FloatArray]:
    sites = mixing_sites(batch)
    return sites.elements, sites.amounts


def _all_amounts(batch: CompositionBatch) -> tuple[tuple[str, ...], FloatArray]:
    used = np.flatnonzero(batch.amounts.any(axis=0))
    return tuple(batch.elements[j] for j in used), np.ascontiguousarray(batch.amounts.T[used])


STATISTICS_CATION: Final = _group("cation", "the atoms of the cation (or alloy) sublattices", _cation_amounts)
STATISTICS_ATOMS: Final = _group("atoms", "all atoms", _all_amounts)
