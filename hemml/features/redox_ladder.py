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
from hemml.composition.array_checks import is_zero_view
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
    """Oxidation states of the cations of a batch of n compositions with k elements, computed when asked for.

    Attributes:
        batch: The compositions.
    """

    batch: CompositionBatch

    @property
    def elements(self) -> tuple[str, ...]:
        """The k element symbols of the batch."""
        return self.batch.elements

    @property
    def amounts(self) -> FloatArray:
        """Atoms on cation sublattices per formula unit, shape (n, k)."""
        return self.batch.cation

    @cached_property
    def environment(self) -> IntArray:
        """Index into `ENVIRONMENTS`, shape (n,)."""
        return environments(self.batch)

    @cached_property
    def demanded(self) -> FloatArray:
        """Positive charge per formula unit that the cation sublattices must carry, 0 in alloys, shape (n,)."""
        demanded = demanded_charge(self.batch)
        if not is_zero_view(self.batch.alloy):
            demanded[self.batch.alloy.any(axis=1)] = 0.0
        return demanded

    @cached_property
    def ladders(self) -> tuple[Ladder, ...]:
        """One for each environment that occurs."""
        ladders = []
        for code, name in enumerate(ENVIRONMENTS):
            chosen = np.flatnonzero(self.environment == code)
            if len(chosen):
                rows = chosen if len(chosen) < len(self.batch) else slice(None)
                ladders.append(climb(self.batch, rows, name, self.demanded[rows]))
        return tuple(ladders)

    @cached_property
    def residual_charge(self) -> FloatArray:
        """Charge per formula unit that no step could supply (positive: too much anion), shape (n,)."""
        residual = np.zeros(len(self.batch))
        for ladder in self.ladders:
            residual[ladder.rows] = self.demanded[ladder.rows] - ladder.taken.sum(axis=0)
        residual[np.abs(residual) < _ROUNDING] = 0.0
        return residual

    @cached_property
    def _ions(self) -> tuple[tuple[tuple[str, int], ...], FloatArray]:
        """The p pairs of element and charge that occur, and their atoms, (p, n)."""
        steps = {step for ladder in self.ladders for step in ladder.steps if step.of_cation}
        pairs = tuple(sorted({(s.element, q) for s in steps for q in (s.charge_from, s.charge_to)}))
        place = {pair: j for j, pair in enumerate(pairs)}
        atoms = np.zeros((len(pairs), len(self.batch)))
        for ladder in self.ladders:
            for element in {step.element for step in ladder.steps if step.of_cation}:
                atoms[place[element, 0], ladder.rows] = self.amounts[ladder.rows, self.elements.index(element)]
            for step, taken in zip(ladder.steps, ladder.taken, strict=True):
                if step.of_cation and taken.any():
                    climbed = taken / step.electrons if step.electrons > 1 else taken
                    atoms[place[step.element, step.charge_from], ladder.rows] -= climbed
                    atoms[place[step.element, step.charge_to], ladder.rows] += climbed
        np.maximum(atoms, 0.0, out=atoms)
        occurs = np.flatnonzero(atoms.any(axis=1))
        return tuple(pairs[j] for j in occurs.tolist()), atoms[occurs]

    @property
    def ion_elements(self) -> tuple[str, ...]:
        """Element of each of the p (element, integer charge) pairs that occur."""
        return tuple(element for element, _ in self._ions[0])

    @property
    def ion_charges(self) -> IntArray:
        """Charge of each pair, shape (p,)."""
        return np.array([charge for _, charge in self._ions[0]], dtype=np.int64)

    @property
    def ion_amounts(self) -> FloatArray:
        """Atoms of each pair on cation sublattices per formula unit, shape (n, p), column after column in memory."""
        return self._ions[1].T

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
    if is_zero_view(batch.mobile):
        return np.zeros(len(batch))
    charges = np.array([MOBILE_CHARGE.get(element, 0) for element in batch.elements], dtype=np.float64)
    total: FloatArray = batch.mobile @ charges
    return total


def assign(batch: CompositionBatch) -> RedoxStates:
    """Assign oxidation states to the cations of a batch.

    Alloy sublattices stay at zero. Where the steps cannot meet the demanded charge, the rest is `residual_charge`.

    Args:
        batch: n compositions.
    """
    return RedoxStates(batch)


def climb(batch: CompositionBatch, rows: IntArray | slice, environment: str, demanded: FloatArray) -> Ladder:
    """Place the electrons that r rows demand on the steps of one environment.

    Args:
        batch: n compositions.
        rows: The r rows.
        environment: One of `ENVIRONMENTS`.
        demanded: Positive charge that the cations must carry, per formula unit, shape (r,).
    """
    steps, capacity = capacities(batch, rows, environment)
    return Ladder(steps, rows, capacity, taken_of(capacity, demanded))


def taken_of(capacity: FloatArray, demanded: FloatArray) -> FloatArray:
    """Electrons given up on each step where r rows demand some, the lowest steps first, shape (p, r).

    Args:
        capacity: Electrons that each step can give up, shape (p, r).
        demanded: Positive charge that the cations must carry, per formula unit, shape (r,).
    """
    taken = np.empty_like(capacity)
    reached = np.zeros(capacity.shape[1])
    # Step by step: a row of electrons stays in the nearest cache, a matrix would not.
    for most, out in zip(capacity, taken, strict=True):
        reached += most
        np.subtract(reached, most, out=out)
        np.subtract(demanded, out, out=out)
        np.maximum(out, 0.0, out=out)
        np.minimum(out, most, out=out)
    return taken


def capacities(
    batch: CompositionBatch, rows: IntArray | slice, environment: str
) -> tuple[tuple[RedoxStep, ...], FloatArray]:
    """Steps of the elements present in the batch and the electrons each can give up in its r rows, shape (p, r)."""
    present = np.atleast_1d(batch.cation.max(axis=0, initial=0.0) > 0.0)
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
