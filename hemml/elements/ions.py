"""Ionic radii, d electrons and roles of ions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.elements.tables import property_array, read_table
from hemml.errors import InputError

OCTAHEDRAL: Final = 6
# Low spin in oxides and fluorides whatever the neighbours; every other 3d ion is taken as high spin.
LOW_SPIN: Final = frozenset({("Co", 3), ("Ni", 3), ("Ni", 4)})
# Ions too small for an octahedron, which sit in tetrahedra in practically every oxide.
TETRAHEDRAL: Final = frozenset({
    ("Be", 2), ("B", 3), ("C", 4), ("Si", 4), ("N", 5), ("P", 5), ("As", 5), ("S", 6), ("Se", 6), ("Cl", 7),
    ("Cr", 6), ("Mn", 6), ("Mn", 7), ("Fe", 6),
})  # fmt: skip
_NUMERALS: Final = {
    "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XI": 11, "XII": 12,
    "XIV": 14,
}  # fmt: skip
_Radii: TypeAlias = Mapping[str, Mapping[int, Mapping[int, Mapping[str, float]]]]


@lru_cache(maxsize=1)
def _shannon() -> _Radii:
    """Element -> charge -> coordination number -> spin -> radius; square and pyramidal sites left out."""
    radii: dict[str, dict[int, dict[int, dict[str, float]]]] = {}
    for row in read_table("shannon"):
        if row["coordination"] in _NUMERALS:
            charges = radii.setdefault(row["symbol"], {})
            site = charges.setdefault(int(row["charge"]), {}).setdefault(_NUMERALS[row["coordination"]], {})
            site[row["spin"]] = float(row["ionic_radius_angstrom"])
    return radii


def _tabulated(element: str, charge: int, coordination: int) -> float | None:
    sites = _shannon().get(element, {}).get(charge)
    if sites is None:
        return None
    spins = sites[min(sites, key=lambda number: (abs(number - coordination), number))]
    preferred = "low" if (element, charge) in LOW_SPIN else "high"
    # Protons and C4+ have negative tabulated radii (they sit inside the anion); a size is at least 0.
    return max(0.0, spins.get(preferred, next(iter(spins.values()))))


@lru_cache(maxsize=4096)
def ionic_radius(element: str, charge: int, coordination: int = OCTAHEDRAL) -> float:
    """Shannon effective ionic radius in angstrom.

    The nearest tabulated coordination stands in for one that is not tabulated (of two equally near the smaller), high
    spin is taken except for `LOW_SPIN`. A charge that is not tabulated is interpolated linearly between the nearest
    tabulated ones of that element; beyond them the outermost is used.

    Args:
        element: Symbol.
        charge: Formal charge, negative for anions.
        coordination: Number of neighbours.

    Raises:
        InputError: No ion of this element with a charge of that sign is tabulated.
    """
    exact = _tabulated(element, charge, coordination)
    if exact is not None:
        return exact
    sign = -1 if charge < 0 else 1
    charges = sorted(q for q in _shannon().get(element, {}) if q * sign > 0)
    if not charges:
        raise InputError(
            f"ionic radius of {element}{charge:+d} must come from Shannon's table, which has no "
            f"{'anion' if sign < 0 else 'cation'} of {element}; leave the element out or add a radius with its source "
            "to hemml/elements/tables/shannon.csv"
        )
    radii = [_tabulated(element, q, coordination) for q in charges]
    return float(np.interp(charge, charges, np.array(radii, dtype=np.float64)))


@lru_cache(maxsize=64)
def ionic_radii(elements: tuple[str, ...], charges: tuple[int, ...], coordination: int | None = None) -> FloatArray:
    """(p,) radii in angstrom of p ions; without a coordination, 6 neighbours, or 4 for the ions of `TETRAHEDRAL`."""
    ions = zip(elements, charges, strict=True)
    return np.array([
        ionic_radius(e, q, coordination or (4 if (e, q) in TETRAHEDRAL else OCTAHEDRAL)) for e, q in ions
    ])  # fmt: skip


def d_electrons(elements: Sequence[str], charges: IntArray) -> FloatArray:
    """(p,) d electrons in the valence shell of p ions: group - charge, within 0 and 10.

    Main-group ions behind a filled d shell (Ga3+, Sn4+) count 10; s- and f-block ions and lighter ones (Al3+) 0.
    """
    group = property_array("group", elements)
    f_block = property_array("f_block", elements)
    number = property_array("Z", elements)
    counts = np.clip(group - charges, 0.0, 10.0)
    counts[group > 12] = np.where(number[group > 12] >= 31, 10.0, 0.0)
    counts[(group <= 2) | (f_block == 1)] = 0.0
    return counts


def ion_roles(role: str, elements: Sequence[str], charges: IntArray) -> FloatArray:
    """(p,) 1 for ions that have a role, else 0.

    Args:
        role: "jahn_teller", "pinning" or "inactive", columns of ion_roles.csv.
        elements: p symbols.
        charges: p formal charges.
    """
    having = {(row["symbol"], int(row["charge"])) for row in read_table("ion_roles") if row[role] == "1"}
    return np.array([float((e, int(q)) in having) for e, q in zip(elements, charges, strict=True)])
