"""What the voltage of a host depends on, as numbers: the steps of the ladder that move, the framework, and the ion.

Everything is per anion or per electron, so that the size of the formula unit does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, row_products, row_sums
from hemml.composition.units import species_atoms
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.elements.redox_table import ENVIRONMENTS, redox_steps
from hemml.elements.tables import property_array
from hemml.features.insertion import Insertion, guest
from hemml.features.redox import inductive_shift_V, rows_of_ions
from hemml.features.redox_ladder import ANION_CHARGE, RedoxStates, capacities, environments, taken_of

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.elements.redox_table import RedoxStep

# Rows worked on at a time: the ladders of so many stay in the processor's cache, and their memory is used again.
_BLOCK_ROWS: Final = 2048
_OTHER_LADDERS: Final = ("oxide", "polyanion", "chalcogenide")
_ALWAYS_ANIONS: Final = frozenset({"O", "F", "Cl", "Br", "N"})
_ANIONS: Final = ("O", "F", "S", "Se", "Te", "Cl", "N")
_CENTRES: Final = ("P", "Si", "S", "B", "C", "As", "Se", "Te", "Ge", "Sb", "H")
_PROPERTIES: Final = ("Electronegativity", "Row", "MendeleevNumber", "CovalentRadius", "NdUnfilled", "Column")
_ACTIVE: Final = ("Electronegativity", "Column", "Row")
# A cation that gives less of the electrons than this is not active: traces come from rounding.
_ACTIVE_SHARE: Final = 0.02
_LEAST: Final = 1e-6
_ROUNDING: Final = 1e-9  # a residual charge that is real is far larger

NAMES: Final = (
    "ladder_V",
    *(f"ladder_{name}_V" for name in _OTHER_LADDERS),
    "residual_charged", "residual_discharged",
    "active_share", *(f"active_{name}" for name in _ACTIVE), "active_charge_from", "active_charge_to",
    "active_state_charged", "active_state_discharged", "active_d_charged", "active_d_discharged",
    "active_per_cation", "electrons_per_active",
    "electrons_per_anion", "charge_charged_per_anion", "charge_discharged_per_anion", "ions_charged_per_anion",
    "ions_discharged_per_anion", "atoms_per_electron", "anion_charge", "redox_per_anion", "electrons_per_redox",
    "redox_state_charged", "redox_state_discharged", "inductive_V",
    *(f"anion_{symbol}" for symbol in _ANIONS), *(f"centre_{symbol}" for symbol in _CENTRES),
    "inert_charge_share", "inert_electronegativity", "inert_per_anion", "cation_electronegativity",
    *(f"host_mean_{name}" for name in _PROPERTIES), *(f"host_deviation_{name}" for name in _PROPERTIES),
    *(f"redox_mean_{name}" for name in _PROPERTIES),
    "ion_charge", "ion_radius_A", "ion_charge_per_A", "ion_electronegativity", "ion_potential_V_Li",
)  # fmt: skip
"""Names of the columns."""


def insertion_columns(hosts: Insertion) -> FloatArray:
    """Columns of n hosts, shape (n, len(NAMES)); 0 where a column does not apply, so that nothing is missing.

    Args:
        hosts: n hosts between the ends of their charge.
    """
    out = np.empty((len(NAMES), len(hosts)))
    for place, column in enumerate(host_columns(hosts)):
        out[place] = column
    return out.T


def host_columns(hosts: Insertion) -> list[FloatArray | float]:
    """The same columns one by one, (n,) each, or one number where it is the same in all rows.

    Args:
        hosts: n hosts between the ends of their charge.
    """
    parts = [hosts[start : start + _BLOCK_ROWS] for start in range(0, max(len(hosts), 1), _BLOCK_ROWS)]
    blocks = [_block(part) for part in parts]
    if len(blocks) == 1:
        return blocks[0]
    lengths = [len(part) for part in parts]
    return [_joined(pieces, lengths) for pieces in zip(*blocks, strict=True)]


def _joined(pieces: Sequence[FloatArray | float], lengths: Sequence[int]) -> FloatArray | float:
    """One column from those of the blocks: one number where it is the same one in all."""
    numbers = {piece for piece in pieces if isinstance(piece, float)}
    if len(numbers) == 1 and all(isinstance(piece, float) for piece in pieces):
        return numbers.pop()
    return np.concatenate([np.broadcast_to(piece, length) for piece, length in zip(pieces, lengths, strict=True)])


def _block(hosts: Insertion) -> list[FloatArray | float]:
    ion = _of_ions(hosts)
    host = _host(hosts.host)
    demand = RedoxStates(hosts.host).demanded
    at_charge, at_discharge = demand - ion[0] * hosts.charged, demand - ion[0] * hosts.discharged
    electrons = ion[0] * (hosts.discharged - hosts.charged)
    active, weights = _active(hosts.host, host, at_charge, at_discharge, electrons)
    redox = _is_redox(host.elements)
    return [
        *active,
        *_amounts(hosts, host, ion[0], electrons, redox),
        *_anions(host),
        *_inert(host, weights),
        *_means(host, hosts.host.amounts.T, redox),
        *ion,
    ]


def ladder_voltage(hosts: Insertion) -> FloatArray:
    """Mean potential of the ladder's steps between both ends, V against the ion's metal, NaN without a step, (n,)."""
    columns = insertion_columns(hosts)
    volts = columns[:, NAMES.index("ladder_V")] + columns[:, NAMES.index("inductive_V")]
    moved = columns[:, NAMES.index("active_share")] > 0
    return np.where(moved, volts - columns[:, NAMES.index("ion_potential_V_Li")], np.nan)


@dataclass(frozen=True, eq=False)
class _Host:
    """Atoms per formula unit of r hosts.

    Attributes:
        elements: The k elements.
        anions: All anions, (r,).
        anion_amounts: Those of each element that is one, units taken apart, (r,) each.
        cations: Cations and centres of units by element, (k, r).
        anion_charge: Charge of the anions, (r,).
        atoms: All atoms, (r,).
    """

    elements: tuple[str, ...]
    anions: FloatArray
    anion_amounts: dict[str, FloatArray]
    cations: FloatArray
    anion_charge: FloatArray
    atoms: FloatArray


def _of_ions(hosts: Insertion) -> list[FloatArray | float]:
    """Charge, radius, charge per radius, electronegativity and potential of the ions, (r,) each or one number."""
    kinds = [(guest(symbol), rows) for symbol, rows in rows_of_ions(hosts.ion)]
    values = [
        (g.charge, g.radius_A, g.charge / max(g.radius_A, 0.1), g.electronegativity, g.potential_V_Li) for g, _ in kinds
    ]
    if len(kinds) == 1:
        return [float(value) for value in values[0]]
    out = np.empty((5, len(hosts)))
    for (_, rows), of_ion in zip(kinds, values, strict=True):
        out[:, rows] = np.array(of_ion)[:, None]
    return list(out)


def _active(
    batch: CompositionBatch, host: _Host, at_charge: FloatArray, at_discharge: FloatArray, electrons: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Columns of the steps that move, (18, r), and the share of the electrons that each cation gives, (k, r)."""
    own = environments(batch)
    out = np.zeros((18, len(own)))
    weights = np.zeros(host.cations.shape)
    moves = {name: _Move.of(batch, slice(None), name, at_charge, at_discharge) for name in _OTHER_LADDERS}
    for j, name in enumerate(_OTHER_LADDERS):
        out[1 + j] = moves[name].potential()
    out[0] = out[1]
    for code, name in enumerate(ENVIRONMENTS):
        chosen = np.flatnonzero(own == code)
        if len(chosen) == 0:
            continue
        rows = chosen if len(chosen) < len(own) else slice(None)
        high, low = at_charge[rows], at_discharge[rows]
        # Where all rows are in one environment its ladder has been climbed already.
        whole = isinstance(rows, slice) and name in moves
        move = moves[name] if whole else _Move.of(batch, rows, name, high, low)
        out[0, rows] = move.potential(out[0, rows])
        per_electron = 1.0 / np.maximum(electrons[rows], _LEAST)
        out[4, rows] = (high - move.high.sum(axis=0)) * per_electron
        out[5, rows] = (low - move.low.sum(axis=0)) * per_electron
        out[6:16, rows], weights[:, rows] = _of_cations(move, host.elements, batch.cation[rows].T, per_electron)
    out[4:6][np.abs(out[4:6]) < _ROUNDING] = 0.0
    atoms = row_sums(np.where(weights > _ACTIVE_SHARE, batch.cation.T, 0.0).T)
    out[16] = _ratio(atoms, row_sums(host.cations.T))
    out[17] = np.where(atoms > 0, electrons / np.maximum(atoms, _LEAST), 0.0)
    return out, weights


@dataclass(frozen=True, eq=False)
class _Move:
    """The p steps of one ladder and the electrons given up on them at both ends of the charge of r hosts.

    Attributes:
        steps: The steps.
        high: Electrons at the end of charge, (p, r).
        low: Electrons at the end of discharge, (p, r).
        moved: Their difference, (p, r).
    """

    steps: tuple[RedoxStep, ...]
    high: FloatArray
    low: FloatArray
    moved: FloatArray

    @classmethod
    def of(
        cls, batch: CompositionBatch, rows: IntArray | slice, environment: str, high: FloatArray, low: FloatArray
    ) -> _Move:
        """Climb a ladder as far as both ends demand, (r,) each."""
        steps, capacity = capacities(batch, rows, environment)
        upper, lower = (taken_of(capacity, demanded) for demanded in (high, low))
        return cls(steps, upper, lower, upper - lower)

    def potential(self, otherwise: FloatArray | None = None) -> FloatArray:
        """Mean potential of the steps between both ends, V against lithium; else 0, or what is given, (r,)."""
        volts = np.array([step.potential_V for step in self.steps])
        return _ratio(volts @ self.moved, self.moved.sum(axis=0), None if otherwise is None else otherwise.copy())


def _of_cations(
    move: _Move, elements: tuple[str, ...], amounts: FloatArray, per_electron: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Share, properties and states of the cations that give the electrons, (10, r), and their shares, (k, r)."""
    of_cation = np.array([step.of_cation for step in move.steps], dtype=bool)
    steps = [step for step in move.steps if step.of_cation]
    belongs = np.zeros((len(elements), len(steps)))
    for s, step in enumerate(steps):
        belongs[elements.index(step.element), s] = 1.0
    moved = move.moved[of_cation]
    shares = belongs @ moved * per_electron
    state_high, state_low = (
        np.divide(belongs @ taken[of_cation], amounts, out=np.zeros(amounts.shape), where=amounts != 0)
        for taken in (move.high, move.low)
    )
    total = shares.sum(axis=0)
    by_step = moved.sum(axis=0)

    def mean(values: FloatArray) -> FloatArray:
        return _ratio((shares * values[:, None]).sum(axis=0), total)

    def mean_of_each(values: FloatArray) -> FloatArray:
        return _ratio(row_sums((shares * values).T), total)

    def mean_of_steps(values: list[int]) -> FloatArray:
        return _ratio(np.array(values, dtype=np.float64) @ moved, by_step)

    column = _property("Column", elements)[:, None]
    out = [
        total,
        *(mean(_property(name, elements)) for name in _ACTIVE),
        mean_of_steps([step.charge_from for step in steps]),
        mean_of_steps([step.charge_to for step in steps]),
        mean_of_each(state_high),
        mean_of_each(state_low),
        mean_of_each(column - state_high),
        mean_of_each(column - state_low),
    ]
    return np.stack(out), shares


def _amounts(
    hosts: Insertion, host: _Host, charge: FloatArray | float, electrons: FloatArray, redox: BoolArray
) -> list[FloatArray]:
    anions = host.anions
    redox_atoms = row_sums(np.where(redox[:, None], host.cations, 0.0).T)
    fixed = row_products(np.where(redox[:, None], 0.0, host.cations).T, _highest_charge(host.elements))
    held = np.maximum(redox_atoms, 0.05 * host.atoms)
    ions_charge = [charge * ions for ions in (hosts.charged, hosts.discharged)]
    states = [(host.anion_charge - ions - fixed) / held for ions in ions_charge]
    return [
        electrons / anions,
        *(ions / anions for ions in ions_charge),
        hosts.charged / anions,
        hosts.discharged / anions,
        host.atoms / np.maximum(electrons, _LEAST),
        host.anion_charge / anions,
        redox_atoms / anions,
        electrons / held,
        *states,
        inductive_shift_V(hosts.host, slice(None)),
    ]


def _anions(host: _Host) -> list[FloatArray | float]:
    """Anions and centres of units per anion."""
    rows = {symbol: j for j, symbol in enumerate(host.elements)}
    simple = [host.anion_amounts[s] / host.anions if s in host.anion_amounts else 0.0 for s in _ANIONS]
    centres = [host.cations[rows[s]] / host.anions if s in rows else 0.0 for s in _CENTRES]
    return [*simple, *centres]


def _inert(host: _Host, weights: FloatArray) -> list[FloatArray]:
    """Charge that the anions give to cations that keep theirs: the inductive effect of what is bound elsewhere."""
    inert = np.where(weights > _ACTIVE_SHARE, 0.0, host.cations)
    charge = inert * np.minimum(_highest_charge(host.elements), 6.0)[:, None]
    total = row_sums(charge.T)
    pauling = _property("Electronegativity", host.elements)
    return [
        total / np.maximum(host.anion_charge, _LEAST),
        _ratio(row_products(charge.T, pauling), total),
        row_sums(inert.T) / host.anions,
        _ratio(row_products(host.cations.T, pauling), row_sums(host.cations.T)),
    ]


def _means(host: _Host, amounts: FloatArray, redox: BoolArray) -> list[FloatArray]:
    """Means and mean deviations over all atoms, and means over the redox cations, of the properties, 6 each."""
    values = np.stack([_property(name, host.elements) for name in _PROPERTIES])
    fractions = amounts / host.atoms
    means = values @ fractions
    deviations = []
    for of_element, mean in zip(values, means, strict=True):
        distance = of_element[:, None] - mean
        np.abs(distance, out=distance)
        distance *= fractions
        deviations.append(row_sums(distance.T))
    metals = np.where(redox[:, None], host.cations, 0.0)
    total = row_sums(metals.T)
    of_metals = np.divide(values @ metals, total, out=np.zeros_like(means), where=total > 0)
    return [*means, *deviations, *of_metals]


def _host(batch: CompositionBatch) -> _Host:
    """Divide all atoms, those of units too, into anions and the rest."""
    anions: dict[str, FloatArray] = {}
    for names, amounts in ((batch.anion_species, batch.anion), (batch.molecule_species, batch.molecule)):
        for species, amount in zip(names, amounts.T, strict=True):
            is_anion = species in ATOMIC_NUMBER and names is batch.anion_species
            for symbol, count in ({species: 1} if is_anion else species_atoms(species)).items():
                if is_anion or symbol in _ALWAYS_ANIONS:
                    anions[symbol] = anions.get(symbol, 0.0) + count * amount
    atoms = row_sums(batch.amounts)
    cations = np.array(batch.amounts.T)
    total, charge = np.zeros((2, len(batch)))
    for j, symbol in enumerate(batch.elements):
        if symbol in anions:
            total += anions[symbol]
            charge += _anion_charge(symbol) * anions[symbol]
            cations[j] -= anions[symbol]
    return _Host(
        elements=batch.elements,
        # A host of metal alone has no anion; its atoms stand in, so that amounts stay finite.
        anions=np.where(total > 0, total, atoms),
        anion_amounts=anions,
        cations=np.maximum(cations, 0.0, out=cations),
        anion_charge=np.where(total > 0, charge, atoms),
        atoms=atoms,
    )


def _ratio(numerator: FloatArray, denominator: FloatArray, otherwise: FloatArray | None = None) -> FloatArray:
    """Quotient; 0, or what is given, where the denominator is a trace."""
    out = np.zeros(len(denominator)) if otherwise is None else otherwise
    np.divide(numerator, denominator, out=out, where=denominator > _LEAST)
    return out


def _anion_charge(symbol: str) -> float:
    return float(-ANION_CHARGE.get(symbol, 0))


@lru_cache(maxsize=64)
def _property(name: str, elements: tuple[str, ...]) -> FloatArray:
    return property_array(name, elements)


@lru_cache(maxsize=64)
def _is_redox(elements: tuple[str, ...]) -> BoolArray:
    """Elements with a step that keeps a host together in some environment, (k,)."""
    having = {s.element for name in ENVIRONMENTS for s in redox_steps(name) if s.insertion and s.of_cation}
    return np.array([symbol in having for symbol in elements])


@lru_cache(maxsize=64)
def _highest_charge(elements: tuple[str, ...]) -> FloatArray:
    """Highest charge on the ladder of oxides, (k,)."""
    top: dict[str, int] = {}
    for step in redox_steps("oxide"):
        top[step.element] = max(top.get(step.element, 0), step.charge_to)
    return np.array([float(top.get(symbol, 0)) for symbol in elements])
