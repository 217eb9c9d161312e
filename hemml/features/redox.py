"""What the redox ladder says about a cell: electrons, theoretical capacities and expected potentials.

A cathode that holds the working ion is charged first: it can give up as many electrons as it holds ions (times their
charge), on the steps above its present state that the usual window of that ion reaches. One that holds none is
discharged first, on the insertion steps below. Conversion and alloying count every electron down to the elements.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray, row_sums
from hemml.elements.redox_table import ions_per_atom, working_ions
from hemml.features.base import Columns, Feature, Group, divide
from hemml.features.redox_ladder import metal_potential_V_Li, mobile_charge

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import Ladder, RedoxStates

FARADAY_mAh_mol: Final = 26801.5
INDUCTIVE_SHIFT_V: Final = {
    "PO4": 0.0, "P2O7": 0.1, "PO3": 0.1, "SO4": 0.55, "SiO4": -0.5, "BO3": -0.5,
    "CO3": -0.3, "C2O4": 0.2, "MoO4": 0.1, "WO4": 0.1,
}  # fmt: skip
_CENTRES: Final = {"P2O7": 2}
# Oxygen gives up at most half an electron before the framework is lost (10.1038/nchem.2524).
_ANION_SHARE: Final = 0.5
# Electrons a formula unit below which a step counts as untouched: charge balance in floating point leaves traces.
_TRACE: Final = 1e-9
_ALKALI: Final = ("Li", "Na", "K")
_LADDER: Final = "hemml redox ladder; steps and sources in hemml/elements/tables/redox_steps.csv"
_FARADAY: Final = "Faraday's law, F = 26801.5 mAh/mol"


def _feature(name: str, label: str, unit: str, formula: str, reference: str = _LADDER, scope: str = "all") -> Feature:
    return Feature(name, label, unit, formula, reference, "redox", scope)


FEATURES: Final = (
    _feature("theoretical_capacity_mAh_g", "Theoretical capacity", "mAh/g",
             "min(ion-limited, electron-limited) F / M: charge where the working ion is held, else discharge, else "
             "alloying", _FARADAY),
    _feature("ion_limited_capacity_mAh_g", "Ion-limited capacity", "mAh/g", "z n(mobile ion) F / M", _FARADAY),
    _feature("charge_capacity_mAh_g", "Electron-limited capacity on charge", "mAh/g",
             "electrons on insertion steps above the present state and within the ion's window, F / M"),
    _feature("discharge_capacity_mAh_g", "Electron-limited capacity on discharge", "mAh/g",
             "electrons on insertion steps below the present state and within the ion's window, F / M"),
    _feature("conversion_capacity_mAh_g", "Capacity of full conversion", "mAh/g",
             "electrons of the reduction of all cations to the elements and of alloying with the ion, F / M",
             "10.1002/adma.201000717"),
    _feature("alloying_capacity_mAh_g", "Capacity of alloying", "mAh/g", "ions stored by the elements, F / M",
             "10.1021/cr500207g"),
    _feature("redox_potential_V", "Expected redox potential", "V",
             "mean potential of the steps behind the theoretical capacity, against the working-ion metal",
             scope="insertion hosts"),
    _feature("charge_potential_V", "Expected potential on charge", "V",
             "mean potential of the steps up as far as the ions reach, past the window only where it has no step",
             scope="hosts with steps up"),
    _feature("discharge_potential_V", "Expected potential on discharge", "V",
             "mean potential of the insertion steps down", scope="hosts with steps down"),
    _feature("conversion_potential_V", "Expected potential of conversion", "V",
             "mean potential of all steps down to the elements", scope="compounds with reducible cations"),
    _feature("redox_active_fraction", "Electrochemically reachable electrons per cation", "",
             "electrons on insertion steps up and down per atom on cation sublattices", scope="compounds"),
    _feature("residual_charge_per_cation", "Residual charge per cation", "e",
             "charge that no step of the ladder supplies, per atom on cation sublattices", scope="compounds"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Scale:
    """Scale of potentials of each of r rows against Li/Li+, and the usual window on it, V, each (r,).

    Attributes:
        metal: Potential of the working-ion metal; lithium where no ion is known.
        inductive: Shift of the insertion steps by the anions.
        highest: Upper limit of insertion steps, as lithium would see them in a phosphate.
        lowest: Lower limit.
    """

    metal: FloatArray
    inductive: FloatArray
    highest: FloatArray
    lowest: FloatArray


@dataclass(frozen=True, eq=False)
class _Electrons:
    """Electrons per formula unit on the r rows of a ladder, each (r,), and mean potentials, NaN without electrons."""

    charge: FloatArray
    beyond_window: FloatArray
    discharge: FloatArray
    conversion: FloatArray
    charge_V: FloatArray
    discharge_V: FloatArray
    conversion_V: FloatArray


def _compute(batch: CompositionBatch, states: RedoxStates, _wanted: AbstractSet[str]) -> Columns:
    ions, alloying = _ions_held(batch), _alloying(batch)
    charge, beyond, discharge, conversion, charge_V, discharge_V, conversion_V = np.full((7, len(batch)), np.nan)
    for ladder in states.ladders:
        found = _electrons(ladder, _scale(batch, ladder.rows), ions[ladder.rows])
        charge[ladder.rows], charge_V[ladder.rows] = found.charge, found.charge_V
        discharge[ladder.rows], discharge_V[ladder.rows] = found.discharge, found.discharge_V
        conversion[ladder.rows], conversion_V[ladder.rows] = found.conversion, found.conversion_V
        beyond[ladder.rows] = found.beyond_window
    to_capacity = FARADAY_mAh_mol / batch.molar_mass_g_mol
    charged = np.minimum(ions, np.where(charge > _TRACE, charge, beyond))
    is_charged = charged > _TRACE
    theoretical = np.where(batch.alloy.any(axis=1), alloying, np.where(is_charged, charged, discharge))
    cations = row_sums(states.amounts)
    return {
        "theoretical_capacity_mAh_g": theoretical * to_capacity,
        "ion_limited_capacity_mAh_g": ions * to_capacity,
        "charge_capacity_mAh_g": charge * to_capacity,
        "discharge_capacity_mAh_g": discharge * to_capacity,
        "conversion_capacity_mAh_g": (conversion + alloying) * to_capacity,
        "alloying_capacity_mAh_g": alloying * to_capacity,
        "redox_potential_V": np.where(is_charged, charge_V, discharge_V),
        "charge_potential_V": charge_V,
        "discharge_potential_V": discharge_V,
        "conversion_potential_V": conversion_V,
        "redox_active_fraction": divide(charge + discharge, cations),
        "residual_charge_per_cation": divide(states.residual_charge, cations),
    }


def _electrons(ladder: Ladder, scale: _Scale, ions: FloatArray) -> _Electrons:
    """Count electrons up (any potential; within the window), down by insertion, and down to the elements.

    Args:
        ladder: The steps and how far each of r rows has climbed them.
        scale: Potentials of the r rows.
        ions: Electrons that the mobile ions can follow, (r,).
    """
    insertion = np.flatnonzero([step.insertion for step in ladder.steps])
    lithium_V = np.array([step.potential_V for step in ladder.steps])
    step_V = lithium_V[insertion, None]
    taken = ladder.taken[insertion]
    up_any = ladder.capacity[insertion]
    shares = np.array([1.0 if ladder.steps[i].of_cation else _ANION_SHARE for i in insertion])
    up_any = np.minimum(up_any - taken, up_any * shares[:, None])
    up = up_any * (step_V <= scale.highest)
    charge = up.sum(axis=0)
    down = taken * (step_V >= scale.lowest)
    # The mean on charge covers only the electrons that the ions can follow, lowest potential first. Where the usual
    # window reaches no step it looks past it: a cobalt phosphate has its potential even beyond the electrolyte's limit.
    reached = np.where(charge > _TRACE, up, up_any)
    followed = np.where(ions > 0, ions, charge) - (np.cumsum(reached, axis=0) - reached)
    np.clip(followed, 0.0, reached, out=followed)
    conversion = ladder.taken.sum(axis=0)
    converted_V = _mean(ladder.taken, lithium_V, conversion)
    inserted = divide(taken.sum(axis=0), conversion)
    discharge = down.sum(axis=0)
    shift = scale.inductive - scale.metal
    return _Electrons(
        charge=_without_traces(charge),
        beyond_window=_without_traces(up_any.sum(axis=0)),
        discharge=_without_traces(discharge),
        conversion=_without_traces(conversion),
        charge_V=_mean(followed, step_V[:, 0], followed.sum(axis=0)) + shift,
        discharge_V=_mean(down, step_V[:, 0], discharge) + shift,
        conversion_V=converted_V - scale.metal + scale.inductive * inserted,
    )


def _without_traces(electrons: FloatArray) -> FloatArray:
    """Electrons with 0 for what rounding leaves: it differs with the other rows of a batch, and trees split at 0."""
    return np.where(electrons > _TRACE, electrons, 0.0)


def _ions_held(batch: CompositionBatch) -> FloatArray:
    """Electrons per formula unit that the mobile ions in the host can follow, shape (n,).

    Another alkali ion on the mobile sublattice counts too: it leaves on the first charge, then the working ion enters.
    """
    out = mobile_charge(batch)
    for symbol, rows in rows_of_ions(batch.working_ion):
        # Alkali ions written inside a cation bracket (Li-rich oxides) leave the host too; Mg2+ or Zn2+ there do not.
        if symbol in _ALKALI and symbol in batch.elements:
            out[rows] += batch.cation[rows, batch.elements.index(symbol)]
        elif symbol in batch.molecule_species:
            out[rows] += working_ions()[symbol].charge * batch.molecule[rows, batch.molecule_species.index(symbol)]
    return out


def _alloying(batch: CompositionBatch) -> FloatArray:
    """Electrons per formula unit that alloying of the reduced elements stores, shape (n,).

    Sulfide, phosphide and other anions are at their full charge already and store nothing more.
    """
    out = np.zeros(len(batch))
    for symbol, rows in rows_of_ions(batch.working_ion):
        if symbol == "":
            continue
        charge = float(working_ions()[symbol].charge)
        stored = ions_per_atom(symbol)
        for j, element in enumerate(batch.elements):
            # The metal of the working ion itself is stripped: z electrons an atom.
            if element == symbol:
                out[rows] += charge * batch.alloy[rows, j]
            elif element in stored:
                out[rows] += charge * stored[element] * (batch.alloy[rows, j] + batch.cation[rows, j])
    return out


def _scale(batch: CompositionBatch, rows: IntArray | slice) -> _Scale:
    """Scale of the rows of one ladder."""
    working_ion = batch.working_ion[rows]
    metal, highest, lowest = np.empty((3, len(working_ion)))
    for symbol, chosen in rows_of_ions(working_ion):
        ion = working_ions()[symbol or "Li"]
        metal[chosen] = metal_potential_V_Li(ion.symbol)
        highest[chosen], lowest[chosen] = ion.charge_limit_V, ion.discharge_limit_V
    inductive = inductive_shift_V(batch, rows)
    shift = metal - inductive
    return _Scale(metal, inductive, highest + shift, lowest + shift)


def inductive_shift_V(batch: CompositionBatch, rows: IntArray | slice) -> FloatArray:
    """Shift of the insertion steps by the anion units, V against phosphate, weighted by their amounts, shape (r,).

    Source: Masquelier and Croguennec, Chem. Rev. 2013, 113, 6552, doi 10.1021/cr3001862.
    """
    shift, total = np.zeros((2, len(batch.working_ion[rows])))
    for j, species in enumerate(batch.anion_species):
        if species in INDUCTIVE_SHIFT_V:
            amount = batch.anion[rows, j] * _CENTRES.get(species, 1)
            shift += amount * INDUCTIVE_SHIFT_V[species]
            total += amount
    mean: FloatArray = np.divide(shift, total, out=np.zeros_like(total), where=total > 0)
    return mean


def rows_of_ions(working_ion: StrArray) -> list[tuple[str, BoolArray | slice]]:
    """Each ion that occurs with its rows; a slice where all rows have one ion, which is the rule in screening."""
    if len(working_ion) and (working_ion.strides[0] == 0 or (working_ion == working_ion[0]).all()):
        return [(str(working_ion[0]), slice(None))]
    return [(str(symbol), working_ion == symbol) for symbol in np.unique(working_ion)]


def _mean(weights: FloatArray, values: FloatArray, total: FloatArray) -> FloatArray:
    """Mean of p values for each of r rows, NaN where there are only traces; weights (p, r), their total (r,)."""
    mean: FloatArray = np.divide(values @ weights, total, out=np.full(len(total), np.nan), where=total > _TRACE)
    return mean


REDOX: Final = Group("redox", FEATURES, _compute)
