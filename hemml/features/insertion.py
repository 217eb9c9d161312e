"""A host between the two ends of its charge: what leaves or enters it, and how far.

A computed electrode states both ends. Of a composition alone they follow from the redox ladder: a cathode that holds
ions gives them up on charge as far as its steps go, one that holds none takes ions in on discharge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.composition import CompositionBatch
from hemml.composition.array_checks import is_zero_view
from hemml.composition.formula import parse_amounts
from hemml.elements.ions import ionic_radius
from hemml.elements.redox_table import working_ions
from hemml.elements.tables import property_array
from hemml.errors import InputError, UnknownNameError
from hemml.features.base import Columns
from hemml.features.feature_set import FeatureSet
from hemml.features.redox import FARADAY_mAh_mol, rows_of_ions
from hemml.features.redox_ladder import MOBILE_CHARGE

# Ions of computed electrodes that are no working ions of hemml: charge and potential of the metal, V against hydrogen
# (CRC Handbook of Chemistry and Physics).
_OTHER_IONS: Final = {"Rb": (1, -2.98), "Cs": (1, -3.026), "Y": (3, -2.372)}
# No host with these is computed; the ion that is nearest in size stands in, and the potential stays their own.
STAND_INS: Final = {"NH4": "K", "H": "Li", "": "Li"}
CAPACITIES: Final = (
    "theoretical_capacity_mAh_g",
    "ion_limited_capacity_mAh_g",
    "charge_capacity_mAh_g",
    "discharge_capacity_mAh_g",
    "charge_potential_V",
)
"""Names of the features from which the ends of the charge of a cathode as made follow."""
_TRACE: Final = 1e-6


@dataclass(frozen=True)
class Guest:
    """An ion that enters a host.

    Attributes:
        charge: Formal charge.
        potential_V_Li: Potential of its metal against Li/Li+.
        radius_A: Shannon radius, six-coordinate, angstrom.
        electronegativity: Pauling's.
    """

    charge: int
    potential_V_Li: float
    radius_A: float
    electronegativity: float


@cache
def guest(symbol: str) -> Guest:
    """What is known of an ion; those of `STAND_INS` take all but their potential from the ion that stands in.

    Raises:
        UnknownNameError: The ion is no working ion and in no computed electrode.
    """
    ions = working_ions()
    if symbol not in ions and symbol not in STAND_INS and symbol not in _OTHER_IONS:
        raise UnknownNameError("working ion", symbol, (*ions, *_OTHER_IONS))
    element = STAND_INS.get(symbol, symbol)
    if symbol in _OTHER_IONS:
        charge, potential = _OTHER_IONS[symbol]
    else:
        charge, potential = ions[element].charge, ions[symbol or element].potential_V_SHE
    return Guest(
        charge=charge,
        potential_V_Li=potential - ions["Li"].potential_V_SHE,
        radius_A=ionic_radius(element, charge),
        electronegativity=float(property_array("pauling", (element,))[0]),
    )


@dataclass(frozen=True, eq=False)
class Insertion:
    """n hosts, each between two amounts of one ion.

    Attributes:
        host: The hosts without the ions.
        ion: Symbols, (n,).
        charged: Ions per formula unit at the end of charge, (n,).
        discharged: Ions per formula unit at the end of discharge, more than `charged`, (n,).
    """

    host: CompositionBatch
    ion: StrArray
    charged: FloatArray
    discharged: FloatArray

    def __post_init__(self) -> None:
        """Check that every host takes up ions."""
        wrong = ~(self.discharged > self.charged) | (self.charged < 0) | ~np.isfinite(self.discharged)
        if wrong.any():
            i = int(wrong.argmax())
            raise InputError(
                f"insertion, row {i}: ions discharged must be more than charged and neither negative, got "
                f"{self.discharged[i]:g} and {self.charged[i]:g}; swap the two ends"
            )

    def __len__(self) -> int:
        return len(self.ion)

    def __getitem__(self, rows: IntArray | BoolArray | slice) -> Insertion:
        return Insertion(self.host[rows], self.ion[rows], self.charged[rows], self.discharged[rows])

    @classmethod
    def between(cls, charged: Sequence[str], discharged: Sequence[str], ions: Sequence[str]) -> Insertion:
        """Hosts whose formulas at both ends are known, as a table of computed electrodes gives them.

        Raises:
            FormulaError: A formula cannot be read.
            InputError: Two ends are not the same host with more and less of the ion, or the numbers of texts differ.
        """
        if not len(charged) == len(discharged) == len(ions):
            raise InputError(
                f"insertion: must have as many charged as discharged formulas and ions, got {len(charged)}, "
                f"{len(discharged)} and {len(ions)}"
            )
        hosts: list[str] = []
        ends = np.empty((2, len(ions)))
        for i, (empty, full, ion) in enumerate(zip(charged, discharged, ions, strict=True)):
            guest(ion)
            lower, upper = dict(parse_amounts(empty)), dict(parse_amounts(full))
            low, high = lower.pop(ion, 0.0), upper.pop(ion, 0.0)
            scale = _scale(lower, upper)
            if scale is None:
                raise InputError(
                    f"insertion, row {i}: both ends must be the same host with more and less {ion}, got {empty!r} and "
                    f"{full!r}; leave the row out"
                )
            hosts.append(_without(empty, ion))
            ends[:, i] = low, high / scale
        # The ion given here only says which element a parser may call mobile, and there is no working ion left.
        return cls(CompositionBatch.from_formulas(hosts, "Li"), np.array(ions, dtype=np.str_), ends[0], ends[1])

    @classmethod
    def of(cls, batch: CompositionBatch, known: Columns | None = None) -> tuple[Insertion, IntArray]:
        """Ends of the first half cycle of cathodes as made, by the redox ladder.

        A host made with the working ion is charged first: all ions leave that steps above the present state allow,
        within the usual window of the ion, or past it where it holds no step. A host made with another ion, or none,
        is discharged where the window allows no charge: as many ions enter as the insertion steps below take. Another
        alkali ion on the mobile sublattice counts as the working ion.

        Args:
            batch: n compositions with their working ions.
            known: Features of them that are computed already, with those of `CAPACITIES`; else these are computed.

        Returns:
            The hosts that take up ions, and their rows; alloys and hosts without a step are left out.
        """
        if known is None:
            known = dict(zip(CAPACITIES, FeatureSet.default(CAPACITIES).compute(batch).T, strict=True))
        per_capacity = batch.molar_mass_g_mol / FARADAY_mAh_mol
        theoretical, held, up, down = (np.nan_to_num(known[name] * per_capacity) for name in CAPACITIES[:4])
        reachable = np.minimum(held, up)
        # Past the window the theoretical capacity counts the charge, but only where ions are held and steps lie above.
        at_all = np.where(np.isfinite(known[CAPACITIES[4]]) & (held > _TRACE), theoretical, 0.0)
        charge = np.where(_made_with_working_ion(batch), at_all, reachable)
        charge = np.where((charge <= _TRACE) & (down <= _TRACE), at_all, charge)
        discharge = np.where(charge > _TRACE, 0.0, down)
        moves = charge + discharge > _TRACE
        if not is_zero_view(batch.alloy):
            moves &= ~batch.alloy.any(axis=1)
        rows = np.flatnonzero(moves)
        chosen: IntArray | slice = rows if len(rows) < len(batch) else slice(None)
        left = held - charge
        charged, discharged = np.where(left > _TRACE, left, 0.0)[chosen], (held + discharge)[chosen]
        part = batch[chosen]
        for symbol, of_ion in rows_of_ions(part.working_ion):
            charged[of_ion] /= guest(symbol).charge
            discharged[of_ion] /= guest(symbol).charge
        return cls(_emptied(part), part.working_ion, charged, discharged), rows


def _made_with_working_ion(batch: CompositionBatch) -> BoolArray:
    """Whether a composition holds its working ion on the mobile sublattice or as a molecule, (n,)."""
    out = np.zeros(len(batch), dtype=bool)
    for symbol, rows in rows_of_ions(batch.working_ion):
        if symbol in batch.elements:
            out[rows] = batch.mobile[rows, batch.elements.index(symbol)] > 0
        elif symbol in batch.molecule_species:
            out[rows] = batch.molecule[rows, batch.molecule_species.index(symbol)] > 0
    return out


def _emptied(batch: CompositionBatch) -> CompositionBatch:
    """The compositions without mobile ions, and without the working ion where it is an alkali on a cation site."""
    sites, mobile, molecule = batch.cation_sites, batch.mobile, batch.molecule
    for symbol, rows in rows_of_ions(batch.working_ion):
        if symbol in ("Li", "Na", "K") and symbol in batch.elements:
            sites = sites.copy(order="K") if sites is batch.cation_sites else sites
            sites[rows, :, batch.elements.index(symbol)] = 0.0
        elif symbol == "NH4" and symbol in batch.molecule_species:
            molecule = molecule.copy(order="K")
            molecule[rows, batch.molecule_species.index(symbol)] = 0.0
    if not is_zero_view(mobile):
        mobile = np.where([symbol not in MOBILE_CHARGE for symbol in batch.elements], mobile, 0.0)
        if not mobile.any():
            mobile = np.broadcast_to(0.0, mobile.shape)
    return CompositionBatch(
        batch.elements, sites, mobile, batch.alloy, batch.anion_species, batch.anion,
        batch.molecule_species, molecule, batch.cation_vacancy, batch.mobile_vacancy, batch.anion_vacancy,
        batch.working_ion,
    )  # fmt: skip


def _scale(lower: dict[str, float], upper: dict[str, float]) -> float | None:
    """Formula units of the charged host in the discharged formula, None where the hosts differ."""
    if lower.keys() != upper.keys() or not lower:
        return None
    ratios = [upper[symbol] / lower[symbol] for symbol in lower]
    return ratios[0] if max(ratios) - min(ratios) < 1e-6 * max(ratios) else None


def _without(formula: str, ion: str) -> str:
    """A formula without one element."""
    return re.sub(rf"{ion}(?![a-z])[\d.]*", "", formula)
