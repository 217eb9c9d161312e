"""The physical ideas that the columns of a model stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from hemml.arrays import IntArray
from hemml.features import FeatureSet
from hemml.features.conditions import CATEGORIES, KINDS, NUMERIC, TREATMENTS
from hemml.features.expected import EXPECTED
from hemml.models.inputs import FRACTION_PREFIX


@dataclass(frozen=True)
class Idea:
    """What a group of columns says about an electrode.

    Attributes:
        name: Short name, the same in every output.
        label: What tables print.
    """

    name: str
    label: str


ENTROPY: Final = Idea("entropy", "Configurational entropy, number of components")
SIZE: Final = Idea("size", "Ionic radii and their mismatch")
ELECTRONIC: Final = Idea("electronic", "Electronegativity, d electrons, oxidation states")
REDOX: Final = Idea("redox", "Redox ladder, theoretical capacity")
ELEMENTS: Final = Idea("elements", "Element identity (atomic fractions)")
STATISTICS: Final = Idea("statistics", "Statistics of element properties")
MIXING: Final = Idea("mixing", "Enthalpy and entropy of mixing of alloys")
SUPPLY: Final = Idea("supply", "Cost, supply and toxicity")
PRIOR: Final = Idea("prior", "Computed electrodes (voltage prior)")
TEST: Final = Idea("test", "Test conditions: rate, cycles, window, temperature, electrolyte")
CELL: Final = Idea("cell", "Working ion, role, structural family")
RECORD: Final = Idea("record", "Kind of record: composite, comparator, nominal formula")
OTHER: Final = Idea("other", "Other inputs")

IDEAS: Final = (
    ENTROPY, SIZE, ELECTRONIC, REDOX, ELEMENTS, STATISTICS, MIXING, SUPPLY, PRIOR, TEST, CELL, RECORD, OTHER,
)  # fmt: skip

_OF_GROUP: Final[Mapping[str, Idea]] = {
    "entropy": ENTROPY,
    "size": SIZE,
    "electronic": ELECTRONIC,
    "redox": REDOX,
    "expected": REDOX,
    "mixing": MIXING,
    "supply": SUPPLY,
    "statistics_cation": STATISTICS,
    "statistics_atoms": STATISTICS,
}
_CELL: Final = ("is_cathode", "ion_charge", "ion_radius_A", "ion_potential_V_SHE")
_RECORD: Final = ("is_composite", "is_comparator", "is_host", "is_nominal", "value_is_approximate")


def idea_of(column: str) -> Idea:
    """The idea that a column of `hemml.models.inputs.Inputs.names` belongs to; `OTHER` where hemml knows none."""
    if column.startswith(FRACTION_PREFIX):
        return ELEMENTS
    return _known().get(column, PRIOR if "prior" in column else OTHER)


def group_columns(columns: Sequence[str]) -> tuple[tuple[Idea, ...], IntArray]:
    """The k ideas that occur among c columns, in the order of `IDEAS`, and the index of each column's idea, (c,)."""
    of_column = [idea_of(column) for column in columns]
    ideas = tuple(idea for idea in IDEAS if idea in of_column)
    return ideas, np.array([ideas.index(idea) for idea in of_column], dtype=np.int64)


@lru_cache(maxsize=1)
def _known() -> Mapping[str, Idea]:
    known = {f.name: _OF_GROUP[f.group] for f in (*FeatureSet.default().features, *EXPECTED) if f.group in _OF_GROUP}
    known |= {f.name: CELL if f.name in _CELL else RECORD if f.name in _RECORD else TEST for f in NUMERIC}
    known |= {f.name: CELL for f in CATEGORIES}
    known |= {f.name: TEST for f in KINDS}
    known |= {f.name: RECORD for f in TREATMENTS}
    return known
