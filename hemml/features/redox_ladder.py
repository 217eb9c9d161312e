"""The redox ladder: oxidation states of a whole batch by placing the electrons of charge balance on its steps.

Every cation starts as the metal (and every anion at its full charge) and climbs the steps of its environment in the
order of their potential until the positive charge that the anions and mobile ions demand is reached. The order does not
depend on the composition, so one cumulative sum along the steps serves all compositions of a batch.

Arrays have the compositions along their last axis: long contiguous rows are what numpy is fast on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.composition import UNITS, CompositionBatch, unit
from hemml.elements.redox_table import ENVIRONMENTS, RedoxStep, redox_steps, working_ions
from hemml.features.base import divide

ANION_CHARGE: Final = {
    "F": -1, "Cl": -1, "Br": -1, "I": -1, "H": -1,
    "O": -2, "S": -2, "Se": -2, "Te": -2,
    "N": -3, "P": -3, "As": -3, "B": -3,
    "C": -4,
}  # fmt: skip
MOBILE_CHARGE: Final = {
    "H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1,
    "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2,
    "Al": 3,
}  # fmt: skip
_SOFT_ANIONS: Final = frozenset({"S", "Se", "Te", "P", "As", "N", "C", "B"})
# An oxo-anion unit weighs as much as its four oxygen atoms beside anions that stand alone.
_OXO_WEIGHT: Final = 4.0
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Ladder:
    """The steps of one environment that matter to a batch, and how far each composition has climbed them.

    Attributes:
        steps: The p steps by rising potential.
        rows: The r compositions in this environment: their indices, or a slice for the whole batch.
        capacity: Electrons per formula unit that each step can give up, shape (p, r).
        taken: Electrons per formula unit given up on each step, shape (p, r).
    """

    steps: tuple[RedoxStep, ...]
    rows: IntArray | slice
    capacity: FloatArray
    taken: FloatArray


@dataclass(frozen=True, eq=False)
class RedoxStates:
    """Oxidation states of the cations of a batch of n compositions with k elements.

    Attributes:
        elements: The k element symbols of the batch.
        amounts: Atoms on cation sublattices per formula unit, shape (n, k).
        residual_charge: Charge per formula unit that no step could supply (positive: too much anion), shape (n,).
        ladders: One for each environment that occurs.
        environment: Index into `ENVIRONMENTS`, shape (n,).
    """

    elements: tuple[str, ...]
    amounts: FloatArray
    residual_charge: FloatArray
    ladders: tuple[Ladder, ...]
    environment: IntArray

    @cached_property
    def _pairs(self) -> tuple[tuple[str, int], ...]:
        steps = {step for ladder in self.ladders for step in ladder.steps if step.of_cation}
        return tuple(sorted({(s.element, q) for s in steps for q in (s.charge_from, s.charge_to)}))

    @property
    def ion_elements(self) -> tuple[str, ...]:
        """Element of each of the p (element, integer charge) pairs."""
        return tuple(element for element, _ in self._pairs)

    @property
    def ion_charges(self) -> IntArray:
        """Charge of each pair, shape (p,)."""
        return np.array([charge for _, charge in self._pairs], dtype=np.int64)

    @cached_property
    def ion_amounts(self) -> FloatArray:
        """Atoms of each pair on cation sublattices per formula unit, shape (n, p), column after column in memory."""
        place = {pair: j for j, pair in enumerate(self._pairs)}
        atoms = np.zeros((len(place), len(self.amounts)))
        for ladder in self.ladders:
            for element in {step.element for step in ladder.steps if step.of_cation}:
                atoms[place[element, 0], ladder.rows] = self.amounts[ladder.rows, self.elements.index(element)]
            for step, taken in zip(ladder.steps, ladder.taken, strict=True):
                if step.of_cation:
                    climbed = taken / step.electrons
                    atoms[place[step.element, step.charge_from], ladder.rows] -= climbed
                    atoms[place[step.element, step.charge_to], ladder.rows] += climbed
        np.maximum(atoms, 0.0, out=atoms)
        return atoms.T

    @cached_property
    def cation_state(self) -> FloatArray:
        """Mean oxidation state of each element on the cation sublattices, NaN where absent, shape (n, k)."""
        charge = np.zeros(self.amounts.shape)
        for ladder in self.ladders:
            for step, taken in zip(ladder.steps, ladder.taken, strict=True):
                if step.of_cation:
                    charge[ladder.rows, self.elements.index(step.element)] += taken
        return divide(charge, self.amounts)


def environments(batch: CompositionBatch) -> IntArray:
    """Redox environment of each composition, shape (n,): index into `ENVIRONMENTS`.

    Cyanide where CN is present, polyanion where an oxo-anion unit is, chalcogenide where most simple anions are softer
    than oxygen, oxide otherwise.
    """
    n = len(batch)
    oxo, soft, hard, cyanide = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    for j, species in enumerate(batch.anion_species):
        if species == "CN":
            cyanide += batch.anion[:, j]
        elif species in UNITS and species != "OH":
            oxo += batch.anion[:, j]
        elif species in _SOFT_ANIONS:
            soft += batch.anion[:, j]
        else:
            hard += batch.anion[:, j]
    out = np.zeros(n, dtype=np.int64)
    out[soft > hard] = ENVIRONMENTS.index("chalcogenide")
    out[(oxo > 0) & (_OXO_WEIGHT * oxo > hard)] = ENVIRONMENTS.index("polyanion")
    out[cyanide > 0] = ENVIRONMENTS.index("cyanide")
    return out


def demanded_charge(batch: CompositionBatch) -> FloatArray:
    """Positive charge per formula unit that the cation sublattices must carry, shape (n,)."""
    charge = np.zeros(len(batch))
    for j, species in enumerate(batch.anion_species):
        charge -= batch.anion[:, j] * (ANION_CHARGE[species] if species in ANION_CHARGE else unit(species).charge)
    for j, species in enumerate(batch.molecule_species):
        charge -= batch.molecule[:, j] * unit(species).charge
    return charge - mobile_charge(batch)


def mobile_charge(batch: CompositionBatch) -> FloatArray:
    """Charge of the mobile ions per formula unit, shape (n,)."""
    charges = np.array([MOBILE_CHARGE.get(element, 0) for element in batch.elements], dtype=np.float64)
    total: FloatArray = batch.mobile @ charges
    return total


def assign(batch: CompositionBatch) -> RedoxStates:
    """Assign oxidation states to the cations of a batch.

    Alloy sublattices stay at zero. Where the steps cannot meet the demanded charge, the rest is `residual_charge`.

    Args:
        batch: n compositions.
    """
    environment = environments(batch)
    demanded = np.where(batch.alloy.any(axis=1), 0.0, demanded_charge(batch))
    residual = np.zeros(len(batch))
    ladders = []
    for code, name in enumerate(ENVIRONMENTS):
        chosen = np.flatnonzero(environment == code)
        if len(chosen) == 0:
            continue
        rows = chosen if len(chosen) < len(batch) else slice(None)
        ladder = climb(batch, rows, name, demanded[rows])
        residual[rows] = demanded[rows] - ladder.taken.sum(axis=0)
        ladders.append(ladder)
    residual[np.abs(residual) < _ROUNDING] = 0.0
    return RedoxStates(batch.elements, batch.cation, residual, tuple(ladders), environment)


def climb(batch: CompositionBatch, rows: IntArray | slice, environment: str, demanded: FloatArray) -> Ladder:
    """Place the electrons that r rows demand on the steps of one environment.

    Args:
        batch: n compositions.
        rows: The r rows.
        environment: One of `ENVIRONMENTS`.
        demanded: Positive charge that the cations must carry, per formula unit, shape (r,).
    """
    steps, capacity = _capacities(batch, rows, environment)
    below = np.cumsum(capacity, axis=0)
    below -= capacity
    taken = np.subtract(demanded, below, out=below)
    np.clip(taken, 0.0, capacity, out=taken)
    return Ladder(steps, rows, capacity, taken)


def _capacities(
    batch: CompositionBatch, rows: IntArray | slice, environment: str
) -> tuple[tuple[RedoxStep, ...], FloatArray]:
    """Steps of the elements present in the batch and the electrons each can give up in its r rows, shape (p, r)."""
    present = np.atleast_1d(batch.cation.any(axis=0))
    cations = {symbol: batch.cation[rows, j] for j, symbol in enumerate(batch.elements) if present[j]}
    anions = {species: batch.anion[rows, j] for j, species in enumerate(batch.anion_species)}
    steps = tuple(s for s in redox_steps(environment) if s.element in (cations if s.of_cation else anions))
    capacity = np.empty((len(steps), len(batch.working_ion[rows])))
    for step, out in zip(steps, capacity, strict=True):
        np.multiply((cations if step.of_cation else anions)[step.element], float(step.electrons), out=out)
    return steps, capacity


def metal_potential_V_Li(ion: str) -> float:
    """Potential of the working-ion metal against Li/Li+, V."""
    ions = working_ions()
    return ions[ion].potential_V_SHE - ions["Li"].potential_V_SHE
