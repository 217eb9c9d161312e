"""What the redox ladder says about a cell: electrons, theoretical capacities and expected potentials.

A cathode that holds the working ion is charged first: it can give up as many electrons as it holds ions (times their
charge), on the steps above its present state that the usual window of that ion reaches. One that holds none is
discharged first, on the insertion steps below. Conversion and alloying count every electron down to the elements.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.elements.redox_table import ions_per_atom, working_ions
from hemml.features.base import Feature, Group
from hemml.features.redox_ladder import MOBILE_CHARGE, Ladder, RedoxStates, metal_potential_V_Li

FARADAY_mAh_mol: Final = 26801.5
INDUCTIVE_SHIFT_V: Final = {"PO4": 0.0, "P2O7": 0.1, "PO3": 0.1, "SO4": 0.55, "SiO4": -0.5, "BO3": -0.5} | {
    "CO3": -0.3,
    "C2O4": 0.2,
    "MoO4": 0.1,
    "WO4": 0.1,
}
_CENTRES: Final = {"P2O7": 2}
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
             "mean potential of the steps up as far as the ions reach, also beyond the usual window", scope="hosts with steps up"),
    _feature("discharge_potential_V", "Expected potential on discharge", "V",
             "mean potential of the insertion steps down", scope="hosts with steps down"),
    _feature("conversion_potential_V", "Expected potential of conversion", "V",
             "mean potential of all steps down to the elements", scope="compounds with reducible cations"),
    _feature("redox_active_fraction", "Electrochemically reachable electrons per cation", "",
             "electrons on insertion steps up and down per atom on cation sublattices", scope="compounds"),
    _feature("residual_charge_per_cation", "Residual charge per cation", "e",
             "charge that no step of the ladder supplies, per atom on cation sublattices", scope="compounds"),
)  # fmt: skip


def _compute(batch: CompositionBatch, states: RedoxStates) -> FloatArray:
    n = len(batch)
    charge, discharge, conversion = np.zeros(n), np.zeros(n), np.zeros(n)
    charge_V, discharge_V, conversion_V = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    ions, reachable, beyond = _ions_held(batch), np.zeros(n), np.zeros(n)
    for ladder in states.ladders:
        rows = ladder.rows
        up_any, up, down, down_all, potential = _windows(batch, ladder)
        # The mean on charge covers only the electrons that the ions can follow, lowest potential first. It looks past
        # the usual window: a cobalt phosphate has its potential even where electrolytes do not reach it.
        limit = np.where(ions[rows] > 0, ions[rows], up.sum(axis=1))
        followed = np.clip(limit[:, None] - (np.cumsum(up_any, axis=1) - up_any), 0.0, up_any)
        charge[rows], charge_V[rows] = up.sum(axis=1), _mean(followed, potential)
        discharge[rows], discharge_V[rows] = down.sum(axis=1), _mean(down, potential)
        conversion[rows], conversion_V[rows] = down_all.sum(axis=1), _mean(down_all, potential)
        reachable[rows] = up.sum(axis=1) + down.sum(axis=1)
        beyond[rows] = up_any.sum(axis=1)
    alloying = _alloying(batch)
    to_capacity = FARADAY_mAh_mol / batch.molar_mass_g_mol
    charged = np.minimum(ions, np.where(charge > 0, charge, beyond))
    theoretical = np.where(batch.alloy.any(axis=1), alloying, np.where(charged > 0, charged, discharge))
    cations = states.amounts.sum(axis=1)
    per_cation = np.divide(1.0, cations, out=np.full(n, np.nan), where=cations > 0)
    return np.column_stack([
        theoretical * to_capacity,
        ions * to_capacity,
        charge * to_capacity,
        discharge * to_capacity,
        (conversion + alloying) * to_capacity,
        alloying * to_capacity,
        np.where(charged > 0, charge_V, discharge_V),
        charge_V,
        discharge_V,
        conversion_V,
        reachable * per_cation,
        states.residual_charge * per_cation,
    ])  # fmt: skip


def _ions_held(batch: CompositionBatch) -> FloatArray:
    """Electrons per formula unit that the mobile ions in the host can follow, shape (n,).

    Another alkali ion on the mobile sublattice counts too: it leaves on the first charge, then the working ion enters.
    """
    out = batch.mobile @ np.array([MOBILE_CHARGE.get(element, 0) for element in batch.elements], dtype=np.float64)
    for symbol in np.unique(batch.working_ion):
        rows = batch.working_ion == symbol
        # Alkali ions written inside a cation bracket (Li-rich oxides) leave the host too; Mg2+ or Zn2+ there do not.
        if symbol in _ALKALI and symbol in batch.elements:
            out[rows] += batch.cation[rows, batch.elements.index(str(symbol))]
        elif symbol in batch.molecule_species:
            out[rows] += working_ions()[str(symbol)].charge * batch.molecule[rows, batch.molecule_species.index(symbol)]
    return np.asarray(out)


def _windows(
    batch: CompositionBatch, ladder: Ladder
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Electrons on each step up (any potential; within the window), down by insertion and in all, and its potential.

    All have shape (r, p); the potential is against the working-ion metal.
    """
    insertion: BoolArray = np.array([s.insertion for s in ladder.steps], dtype=bool)
    cation: BoolArray = np.array([s.charge_to > 0 for s in ladder.steps], dtype=bool)
    lithium = np.array([s.potential_V for s in ladder.steps])
    shift, highest, lowest = _ion_scale(batch, ladder.rows)
    potential = lithium[None, :] - shift[:, None] + inductive_shift_V(batch, ladder.rows)[:, None] * insertion
    # Oxygen gives up at most half an electron before the framework is lost (10.1038/nchem.2524).
    up_any = np.minimum(ladder.capacity - ladder.taken, ladder.capacity * np.where(cation, 1.0, 0.5)) * insertion
    up = up_any * (potential <= highest[:, None])
    down = ladder.taken * (insertion & (potential >= lowest[:, None]))
    return up_any, up, down, ladder.taken, potential


def inductive_shift_V(batch: CompositionBatch, rows: IntArray) -> FloatArray:
    """Shift of the insertion steps by the anion units, V against phosphate, weighted by their amounts, shape (r,).

    Source: Masquelier and Croguennec, Chem. Rev. 2013, 113, 6552, doi 10.1021/cr3001862.
    """
    shift, total = np.zeros(len(rows)), np.zeros(len(rows))
    for j, species in enumerate(batch.anion_species):
        if species in INDUCTIVE_SHIFT_V:
            amount = batch.anion[rows, j] * _CENTRES.get(species, 1)
            shift += amount * INDUCTIVE_SHIFT_V[species]
            total += amount
    return np.divide(shift, total, out=np.zeros(len(rows)), where=total > 0)


def _ion_scale(batch: CompositionBatch, rows: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Shift of the ion's scale against Li/Li+ and its usual window, V; lithium where no ion is known."""
    table = {"": ("Li", 0.0)} | {symbol: (symbol, metal_potential_V_Li(symbol)) for symbol in working_ions()}
    symbols, inverse = np.unique(batch.working_ion[rows], return_inverse=True)
    values = np.array([
        (table[str(s)][1], working_ions()[table[str(s)][0]].charge_limit_V, working_ions()[table[str(s)][0]].discharge_limit_V)
        for s in symbols
    ]).reshape(-1, 3)  # fmt: skip
    return values[inverse, 0], values[inverse, 1], values[inverse, 2]


def _alloying(batch: CompositionBatch) -> FloatArray:
    """Electrons per formula unit that alloying of the reduced elements stores, shape (n,).

    Sulfide, phosphide and other anions are at their full charge already and store nothing more.
    """
    out = np.zeros(len(batch))
    atoms = batch.alloy + batch.cation
    for symbol in np.unique(batch.working_ion):
        rows = batch.working_ion == symbol
        if symbol == "":
            continue
        stored = ions_per_atom(str(symbol))
        charge = working_ions()[str(symbol)].charge
        weights = np.array([stored.get(element, 0.0) for element in batch.elements]) * charge
        # The metal of the working ion itself is stripped: z electrons an atom.
        if symbol in batch.elements:
            own = batch.elements.index(str(symbol))
            out[rows] += charge * batch.alloy[rows, own]
            weights[own] = 0.0
        out[rows] += atoms[rows] @ weights
    return out


def _mean(weights: FloatArray, values: FloatArray) -> FloatArray:
    total = weights.sum(axis=1)
    return np.divide((weights * values).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 1e-9)


REDOX: Final = Group("redox", FEATURES, _compute)
