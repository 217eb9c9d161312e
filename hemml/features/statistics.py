"""Magpie-style statistics of element properties over the cation sublattices and over all atoms.

Over all atoms they equal matminer's `ElementProperty.from_preset("magpie", impute_nan=False)` (its mode left out).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.elements.tables import magpie_array
from hemml.features.base import Columns, Feature, Group
from hemml.features.sublattices import atoms_that_occur, mixing_sites

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from collections.abc import Set as AbstractSet

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


def magpie_statistics(
    elements: tuple[str, ...],
    amounts: FloatArray,
    statistics: Collection[str] = STATISTICS,
    properties: Collection[str] = PROPERTIES,
) -> dict[tuple[str, str], FloatArray]:
    """Mean, mean absolute deviation, range, minimum and maximum of the 22 Magpie properties.

    Args:
        elements: k symbols, each of which occurs.
        amounts: (k, n) amounts of the elements.
        statistics: Which of `STATISTICS` are wanted.
        properties: Of which of `PROPERTIES`.

    Returns:
        (n,) values of each statistic and property, or of more; NaN for a composition without atoms.

    Raises:
        InputError: An element lacks a property.
    """
    total = amounts.sum(axis=0)
    if not (total > 0).any():
        nothing = np.full(len(total), np.nan)
        return dict.fromkeys(((statistic, name) for statistic in statistics for name in properties), nothing)
    table = magpie_array(elements)
    out: dict[tuple[str, str], FloatArray] = {}
    if "mean" in statistics or "avg_dev" in statistics:
        fractions = amounts / np.where(total > 0, total, np.nan)
        # All of them in one product: parts of it could be computed by other routines, with other rounding.
        means = dict(zip(PROPERTIES, table @ fractions, strict=True))
        out |= {("mean", name): mean for name, mean in means.items()}
        if "avg_dev" in statistics:
            levels = dict(zip(PROPERTIES, _levels(elements), strict=True))
            work = np.empty_like(fractions)
            for name in properties:
                out["avg_dev", name] = _mean_deviation(*levels[name], fractions, means[name], work)
    if not {"range", "min", "max"}.isdisjoint(statistics):
        patterns, index = presence_patterns(amounts > 0)
        chosen = [i for i, name in enumerate(PROPERTIES) if name in properties]
        low = np.where(patterns, table[chosen, :, None], np.inf).min(axis=1)
        high = np.where(patterns, table[chosen, :, None], -np.inf).max(axis=1)
        low[:, ~patterns.any(axis=0)] = high[:, ~patterns.any(axis=0)] = np.nan
        for statistic, values in (("range", high - low), ("min", low), ("max", high)):
            if statistic in statistics:
                found = np.take(values, index, axis=1, mode="clip")
                out |= {(statistic, PROPERTIES[i]): row for i, row in zip(chosen, found, strict=True)}
    return out


_ROUNDING: Final = 1e-9  # of the range of the values; a deviation that is real is far above


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


def _mean_deviation(
    values: FloatArray, members: FloatArray | None, fractions: FloatArray, mean: FloatArray, work: FloatArray
) -> FloatArray:
    """sum_i x_i |P_i - mean|, (n,), from (k, n) fractions and what `_levels` says of the property.

    Args:
        values: Distinct values of the property, (u,).
        members: Which elements share one, (u, k); None where none do.
        fractions: Fractions of the elements, (k, n).
        mean: Mean of the property, (n,).
        work: Memory to work in, (k, n).
    """
    if len(values) == 1:
        return mean * 0.0
    shares = fractions if members is None else members @ fractions
    distance = work[: len(values)]
    np.subtract(mean, values[:, None], out=distance)
    np.abs(distance, out=distance)
    deviation: FloatArray = np.einsum("un,un->n", distance, shares)
    # What rounding leaves where all atoms share one value depends on the other rows, and a tree may split at 0.
    deviation[deviation < _ROUNDING * np.ptp(values)] = 0.0
    return deviation


def _group(scope: str, words: str, amounts: Callable[[CompositionBatch], tuple[tuple[str, ...], FloatArray]]) -> Group:
    formulas = {
        "mean": "sum_i x_i P_i",
        "avg_dev": "sum_i x_i abs(P_i - mean)",
        "range": "max_i P_i - min_i P_i",
        "min": "min_i P_i",
        "max": "max_i P_i",
    }

    keys = {f"{scope}_{statistic}_{prop}": (statistic, prop) for statistic in STATISTICS for prop in PROPERTIES}

    def compute(batch: CompositionBatch, _states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
        chosen = {name: keys[name] for name in keys if name in wanted}
        statistics, properties = (dict.fromkeys(key[part] for key in chosen.values()) for part in (0, 1))
        values = magpie_statistics(*amounts(batch), statistics, properties)
        return {name: values[key] for name, key in chosen.items()}

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
        of_ladder=False,
    )


def _cation_amounts(batch: CompositionBatch) -> tuple[tuple[str, ...], FloatArray]:
    sites = mixing_sites(batch)
    return sites.elements, sites.amounts


STATISTICS_CATION: Final = _group("cation", "the atoms of the cation (or alloy) sublattices", _cation_amounts)
STATISTICS_ATOMS: Final = _group("atoms", "all atoms", atoms_that_occur)
