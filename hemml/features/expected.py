"""What the redox ladder leads one to expect of an electrode in its role: capacity and potential.

A cathode inserts ions; an anode alloys or converts to the elements, or inserts where its host keeps together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.features.base import Feature

ALLOYING_POTENTIAL_V: Final = 0.5
CONVERSION_POLARISATION_V: Final = 0.5
_HOST_ANODE_LIMIT_V: Final = 2.6
_CONVERSION_RANGE_V: Final = (0.3, 1.5)
_CAPACITY_RANGE_mAh_g: Final = (20.0, 4000.0)

NEEDED: Final = (
    "theoretical_capacity_mAh_g",
    "conversion_capacity_mAh_g",
    "alloying_capacity_mAh_g",
    "redox_potential_V",
    "discharge_potential_V",
    "conversion_potential_V",
)
"""Names of the features that `expected` needs."""

EXPECTED: Final = (
    Feature(
        "expected_log10_capacity", "Expected capacity in its role", "log10(mAh/g)",
        "theoretical capacity of a cathode, conversion and alloying capacity of an anode",
        "Faraday's law and the redox ladder", "expected",
    ),
    Feature(
        "expected_potential_V", "Expected potential in its role", "V",
        "redox potential of a cathode; of an anode that of insertion below 2.6 V, alloying (0.5 V) or conversion less "
        "0.5 V of polarisation", "redox ladder, 10.1002/adma.201000717", "expected",
    ),
)  # fmt: skip


def expected(values: FloatArray, names: Sequence[str], is_cathode: BoolArray) -> FloatArray:
    """Capacity (log10) and potential that the redox features lead one to expect, shape (n, 2), without NaN.

    Args:
        values: Features of the redox group and possibly more, shape (n, m).
        names: Their m names.
        is_cathode: Whether the electrode is a cathode, otherwise an anode, shape (n,).
    """
    column = {name: values[:, i] for i, name in enumerate(names)}
    conversion = column["conversion_capacity_mAh_g"]
    theoretical = column["theoretical_capacity_mAh_g"]
    capacity = np.where(is_cathode, theoretical, np.where(conversion > 0, conversion, theoretical))
    potential = np.where(is_cathode, _cathode_potential(column), _anode_potential(column))
    return np.column_stack([np.log10(np.clip(capacity, *_CAPACITY_RANGE_mAh_g)), potential])


def _cathode_potential(column: dict[str, FloatArray]) -> FloatArray:
    out = column["redox_potential_V"]
    for name in ("discharge_potential_V", "conversion_potential_V"):
        out = np.where(np.isfinite(out), out, column[name])
    return np.where(np.isfinite(out), out, ALLOYING_POTENTIAL_V)


def _anode_potential(column: dict[str, FloatArray]) -> FloatArray:
    insertion, conversion = column["discharge_potential_V"], column["conversion_potential_V"]
    polarised = np.clip(conversion - CONVERSION_POLARISATION_V, *_CONVERSION_RANGE_V)
    converted = np.where(column["alloying_capacity_mAh_g"] > 0, ALLOYING_POTENTIAL_V, polarised)
    converted = np.where(np.isfinite(converted), converted, ALLOYING_POTENTIAL_V)
    return np.where(np.isfinite(insertion) & (insertion < _HOST_ANODE_LIMIT_V), insertion, converted)
