"""The redox ladder: oxidation states of a whole batch by placing the charge-balance electrons on steps of rising potential.

Every element starts as the metal (or every anion at its full charge) and climbs the steps of its environment in the
order of their potential until the positive charge that the anions and mobile ions demand is reached. The order does not
depend on the composition, so one cumulative sum along the steps serves all compositions of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import UNITS, CompositionBatch, unit
from hemml.elements.redox_table import ENVIRONMENTS, RedoxStep, redox_steps, working_ions

ANION_CHARGE: Final = {"F": -1, "Cl": -1, "Br": -1, "I": -1, "H": -1, "O": -2, "S": -2, "Se": -2, "Te": -2} | {
    "N": -3,
    "P": -3,
    "As": -3,
    "C": -4,
    "B": -3,
}
MOBILE_CHARGE: Final = {
    "Li": 1,
    "Na": 1,
    "K": 1,
    "Rb": 1,
    "Cs": 1,
    "Mg": 2,
    "Ca": 2,
    "Sr": 2,
    "Ba": 2,
    "Zn": 2,
    "Al": 3,
    "H": 1,
}
_SOFT_ANIONS: Final = ("S", "Se", "Te", "P", "As", "N", "C", "B")


@dataclass(frozen=True, eq=False)
class Ladder:
    """The steps of one environment that matter to a batch, and how far each composition has climbed them.

    Attributes:
        steps: The p steps by rising potential.
        rows: Indices of the compositions in this environment, shape (r,).
        capacity: Electrons per formula unit that each step can give up, shape (r, p).
        taken: Electrons per formula unit given up on each step, shape (r, p).
    """

    steps: tuple[RedoxStep, ...]
    rows: IntArray
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
    def _ions(self) -> tuple[tuple[str, ...], IntArray, FloatArray]:
        pairs = sorted(
            {
                (s.element, q)
                for ladder in self.ladders
                for s in ladder.steps
                if s.charge_to > 0
                for q in (s.charge_from, s.charge_to)
            }
        )
        index = {pair: j for j, pair in enumerate(pairs)}
        column = {element: j for j, element in enumerate(self.elements)}
        out = np.zeros((len(self.amounts), len(pairs)))
        for ladder in self.ladders:
            for element in {s.element for s in ladder.steps if s.charge_to > 0}:
                climbed = self.amounts[ladder.rows, column[element]]
                out[ladder.rows, index[element, 0]] = climbed
            for j, step in enumerate(ladder.steps):
                if step.charge_to > 0:
                    atoms = ladder.taken[:, j] / step.electrons
                    out[ladder.rows, index[step.element, step.charge_from]] -= atoms
                    out[ladder.rows, index[step.element, step.charge_to]] += atoms
        return tuple(e for e, _ in pairs), np.array([q for _, q in pairs], dtype=np.int64), np.maximum(out, 0.0)

    @property
    def ion_elements(self) -> tuple[str, ...]:
        """Element of each of the p (element, integer charge) pairs."""
        return self._ions[0]

    @property
    def ion_charges(self) -> IntArray:
        """Charge of each pair, shape (p,)."""
        return self._ions[1]

    @property
    def ion_amounts(self) -> FloatArray:
        """Atoms of each pair on cation sublattices per formula unit, shape (n, p)."""
        return self._ions[2]

    @cached_property
    def cation_state(self) -> FloatArray:
        """Mean oxidation state of each element on the cation sublattices, NaN where absent, shape (n, k)."""
        charge = np.zeros_like(self.amounts)
        column = {element: j for j, element in enumerate(self.elements)}
        for ladder in self.ladders:
            for j, step in enumerate(ladder.steps):
                if step.charge_to > 0:
                    charge[ladder.rows, column[step.element]] += ladder.taken[:, j]
        return np.divide(charge, self.amounts, out=np.full_like(charge, np.nan), where=self.amounts > 0)


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
    out[(oxo > 0) & (4 * oxo > hard)] = ENVIRONMENTS.index("polyanion")
    out[cyanide > 0] = ENVIRONMENTS.index("cyanide")
    return out


def demanded_charge(batch: CompositionBatch) -> FloatArray:
    """Positive charge per formula unit that the cation sublattices must carry, shape (n,)."""
    charge = np.zeros(len(batch))
    for j, species in enumerate(batch.anion_species):
        charge -= batch.anion[:, j] * (ANION_CHARGE[species] if species in ANION_CHARGE else unit(species).charge)
    for j, species in enumerate(batch.molecule_species):
        charge -= batch.molecule[:, j] * unit(species).charge
    mobile = np.array([MOBILE_CHARGE.get(element, 0) for element in batch.elements], dtype=np.float64)
    return charge - batch.mobile @ mobile


def assign(batch: CompositionBatch) -> RedoxStates:
    """Assign oxidation states to the cations of a batch.

    Alloy sublattices stay at zero. Where the steps cannot meet the demanded charge, the rest is `residual_charge`.

    Args:
        batch: n compositions.
    """
    cation = batch.cation
    environment = environments(batch)
    demanded = demanded_charge(batch)
    is_alloy = batch.alloy.any(axis=1)
    demanded = np.where(is_alloy, 0.0, demanded)
    residual = np.zeros(len(batch))
    ladders = []
    for code, name in enumerate(ENVIRONMENTS):
        rows = np.flatnonzero(environment == code)
        if len(rows) == 0:
            continue
        steps, capacity = _capacities(batch, cation, rows, name)
        climbed = np.cumsum(capacity, axis=1)
        taken = np.clip(demanded[rows, None] - (climbed - capacity), 0.0, capacity)
        residual[rows] = demanded[rows] - taken.sum(axis=1)
        ladders.append(Ladder(steps, rows, capacity, taken))
    residual[np.abs(residual) < 1e-9] = 0.0
    return RedoxStates(batch.elements, cation, residual, tuple(ladders), environment)


def _capacities(
    batch: CompositionBatch, cation: FloatArray, rows: IntArray, environment: str
) -> tuple[tuple[RedoxStep, ...], FloatArray]:
    """Steps of the elements present in `rows` and the electrons each can give up, shape (len(rows), p)."""
    element = {symbol: j for j, symbol in enumerate(batch.elements)}
    anion = {species: j for j, species in enumerate(batch.anion_species)}
    present_cation: BoolArray = cation.any(axis=0)
    steps, columns = [], []
    for step in redox_steps(environment):
        if step.charge_to <= 0:
            if step.element not in anion:
                continue
            amount = batch.anion[rows, anion[step.element]]
        else:
            if step.element not in element or not present_cation[element[step.element]]:
                continue
            amount = cation[rows, element[step.element]]
        steps.append(step)
        columns.append(amount * step.electrons)
    capacity = np.stack(columns, axis=1) if columns else np.zeros((len(rows), 0))
    return tuple(steps), capacity


def metal_potential_V_Li(ion: str) -> float:
    """Potential of the working-ion metal against Li/Li+, V."""
    ions = working_ions()
    return ions[ion].potential_V_SHE - ions["Li"].potential_V_SHE
