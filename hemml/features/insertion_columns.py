"""What the voltage of a host depends on, as numbers: the steps of the ladder that move, the framework, and the ion.

Everything is per anion or per electron, so that the size of the formula unit does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.composition.units import species_atoms
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.elements.redox_table import ENVIRONMENTS, redox_steps
from hemml.elements.tables import property_array
from hemml.features.base import divide
from hemml.features.insertion import Insertion, guest
from hemml.features.redox import inductive_shift_V
from hemml.features.redox_ladder import ANION_CHARGE, climb, demanded_charge, environments

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import Ladder

_CHUNK: Final = 4096
_OTHER_LADDERS: Final = ("oxide", "polyanion", "chalcogenide")
_ALWAYS_ANIONS: Final = frozenset({"O", "F", "Cl", "Br", "N"})
_ANIONS: Final = ("O", "F", "S", "Se", "Te", "Cl", "N")
_CENTRES: Final = ("P", "Si", "S", "B", "C", "As", "Se", "Te", "Ge", "Sb", "H")
_PROPERTIES: Final = ("Electronegativity", "Row", "MendeleevNumber", "CovalentRadius", "NdUnfilled", "Column")
_ACTIVE: Final = ("Electronegativity", "Column", "Row")
# A cation that gives less of the electrons than this is not active: traces come from rounding.
_ACTIVE_SHARE: Final = 0.02
_LEAST: Final = 1e-6

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
    out = np.empty((len(hosts), len(NAMES)))
    for start in range(0, len(hosts), _CHUNK):
        rows = slice(start, start + _CHUNK)
        out[rows] = _chunk(hosts[rows])
    return out


def ladder_voltage(hosts: Insertion) -> FloatArray:
    """Mean potential of the ladder's steps between both ends, V against the ion's metal, NaN without a step, (n,)."""
    columns = insertion_columns(hosts)
    volts = columns[:, NAMES.index("ladder_V")] + columns[:, NAMES.index("inductive_V")]
    moved = columns[:, NAMES.index("active_share")] > 0
    return np.where(moved, volts - columns[:, NAMES.index("ion_potential_V_Li")], np.nan)


@dataclass(frozen=True, eq=False)
class _Host:
    """Amounts per formula unit of r hosts: anions (r,), cations and centres of units by element (r, k)."""

    elements: tuple[str, ...]
    anions: FloatArray
    anion_amounts: FloatArray
    cations: FloatArray
    anion_charge: FloatArray


def _chunk(hosts: Insertion) -> FloatArray:
    batch = hosts.host
    guests = [guest(str(symbol)) for symbol in hosts.ion]
    ion = np.array(
        [(g.charge, g.radius_A, g.charge / max(g.radius_A, 0.1), g.electronegativity, g.potential_V_Li) for g in guests]
    ).reshape(len(guests), 5)
    host = _host(batch)
    demand = np.where(batch.alloy.any(axis=1), 0.0, demanded_charge(batch))
    at_charge, at_discharge = demand - ion[:, 0] * hosts.charged, demand - ion[:, 0] * hosts.discharged
    electrons = ion[:, 0] * (hosts.discharged - hosts.charged)
    active, weights = _active(batch, host, at_charge, at_discharge, electrons)
    redox = _is_redox(host.elements)
    return np.column_stack([
        active,
        _amounts(hosts, host, ion[:, 0], electrons, redox),
        _anions(batch, host),
        _inert(host, weights),
        *_means(host, batch.amounts, redox),
        ion,
    ])  # fmt: skip


def _active(
    batch: CompositionBatch, host: _Host, at_charge: FloatArray, at_discharge: FloatArray, electrons: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Columns of the steps that move, and the share of the electrons that each cation gives, (r, k)."""
    own = environments(batch)
    n, k = host.cations.shape
    out = np.zeros((n, 18))
    weights = np.zeros((n, k))
    for j, name in enumerate(_OTHER_LADDERS):
        upper, lower = (climb(batch, slice(None), name, demanded) for demanded in (at_charge, at_discharge))
        out[:, 1 + j] = _potential(upper, lower, np.zeros(n))
    out[:, 0] = out[:, 1]
    for code, name in enumerate(ENVIRONMENTS):
        rows = np.flatnonzero(own == code)
        if len(rows) == 0:
            continue
        upper, lower = (climb(batch, rows, name, d[rows]) for d in (at_charge, at_discharge))
        out[rows, 0] = _potential(upper, lower, out[rows, 0])
        per_electron = 1.0 / np.maximum(electrons[rows], _LEAST)
        out[rows, 4] = (at_charge[rows] - upper.taken.sum(axis=0)) * per_electron
        out[rows, 5] = (at_discharge[rows] - lower.taken.sum(axis=0)) * per_electron
        out[rows, 6:16], weights[rows] = _of_cations(upper, lower, host.elements, batch.cation[rows], per_electron)
    is_active = weights > _ACTIVE_SHARE
    atoms = np.where(is_active, batch.cation, 0.0).sum(axis=1)
    cations = host.cations.sum(axis=1)
    out[:, 16] = _ratio(atoms, cations)
    out[:, 17] = np.where(atoms > 0, electrons / np.maximum(atoms, _LEAST), 0.0)
    return out, weights


def _potential(upper: Ladder, lower: Ladder, otherwise: FloatArray) -> FloatArray:
    """Mean potential of the steps between two fillings, V against lithium, (r,)."""
    moved = upper.taken - lower.taken
    total = moved.sum(axis=0)
    volts = np.array([step.potential_V for step in upper.steps])
    return _ratio(volts @ moved, total, otherwise.copy())


def _of_cations(
    upper: Ladder, lower: Ladder, elements: tuple[str, ...], amounts: FloatArray, per_electron: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Share, properties and states of the cations that give the electrons, (r, 10), and their shares, (r, k)."""
    of_cation = np.array([step.of_cation for step in upper.steps], dtype=bool)
    steps = [step for step in upper.steps if step.of_cation]
    belongs = np.zeros((len(elements), len(steps)))
    for s, step in enumerate(steps):
        belongs[elements.index(step.element), s] = 1.0
    high, low = upper.taken[of_cation], lower.taken[of_cation]
    moved = high - low
    shares = (belongs @ moved * per_electron).T
    charge = [divide((belongs @ taken).T, amounts) for taken in (high, low)]
    state_high, state_low = (np.nan_to_num(state) for state in charge)
    total = shares.sum(axis=1)
    by_step = moved.sum(axis=0)

    def mean(values: FloatArray) -> FloatArray:
        return _ratio((shares * values).sum(axis=1), total)

    def mean_of_steps(values: list[int]) -> FloatArray:
        return _ratio(np.array(values, dtype=np.float64) @ moved, by_step)

    column = _property("Column", elements)
    out = [
        total,
        *(mean(_property(name, elements)) for name in _ACTIVE),
        mean_of_steps([step.charge_from for step in steps]),
        mean_of_steps([step.charge_to for step in steps]),
        mean(state_high),
        mean(state_low),
        mean(column - state_high),
        mean(column - state_low),
    ]
    return np.column_stack(out), shares


def _amounts(hosts: Insertion, host: _Host, charge: FloatArray, electrons: FloatArray, redox: BoolArray) -> FloatArray:
    anions = host.anions
    redox_atoms = np.where(redox, host.cations, 0.0).sum(axis=1)
    atoms = hosts.host.amounts.sum(axis=1)
    top = _highest_charge(host.elements)
    fixed = np.where(redox, 0.0, host.cations) @ top
    held = np.maximum(redox_atoms, 0.05 * atoms)
    ions_charge = [charge * ions for ions in (hosts.charged, hosts.discharged)]
    states = [(host.anion_charge - ions - fixed) / held for ions in ions_charge]
    return np.column_stack([
        electrons / anions,
        *(ions / anions for ions in ions_charge),
        hosts.charged / anions,
        hosts.discharged / anions,
        atoms / np.maximum(electrons, _LEAST),
        host.anion_charge / anions,
        redox_atoms / anions,
        electrons / held,
        *states,
        inductive_shift_V(hosts.host, slice(None)),
    ])  # fmt: skip


def _anions(batch: CompositionBatch, host: _Host) -> FloatArray:
    n = len(batch)
    columns = {symbol: j for j, symbol in enumerate(host.elements)}
    zero = np.zeros(n)
    simple = [host.anion_amounts[:, columns[s]] if s in columns else zero for s in _ANIONS]
    centres = [host.cations[:, columns[s]] if s in columns else zero for s in _CENTRES]
    return np.column_stack([*simple, *centres]) / host.anions[:, None]


def _inert(host: _Host, weights: FloatArray) -> FloatArray:
    """Charge that the anions give to cations that keep theirs: the inductive effect of what is bound elsewhere."""
    inert = np.where(weights > _ACTIVE_SHARE, 0.0, host.cations)
    charge = inert * np.minimum(_highest_charge(host.elements), 6.0)
    total = charge.sum(axis=1)
    pauling = _property("Electronegativity", host.elements)
    cations = host.cations.sum(axis=1)
    return np.column_stack([
        total / np.maximum(host.anion_charge, _LEAST),
        _ratio(charge @ pauling, total),
        inert.sum(axis=1) / host.anions,
        _ratio(host.cations @ pauling, cations),
    ])  # fmt: skip


def _means(host: _Host, amounts: FloatArray, redox: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means and mean deviations over all atoms, and means over the redox cations, of the properties, (r, 6) each."""
    values = np.column_stack([_property(name, host.elements) for name in _PROPERTIES])
    fractions = amounts / amounts.sum(axis=1, keepdims=True)
    mean = fractions @ values
    deviation = np.empty_like(mean)
    for j in range(values.shape[1]):
        deviation[:, j] = (fractions * np.abs(values[:, j] - mean[:, j : j + 1])).sum(axis=1)
    metals = np.where(redox, host.cations, 0.0)
    total = metals.sum(axis=1, keepdims=True)
    of_metals = np.divide(metals @ values, total, out=np.zeros_like(mean), where=total > 0)
    return mean, deviation, of_metals


def _host(batch: CompositionBatch) -> _Host:
    """Divide all atoms, those of units too, into anions and the rest."""
    column = {symbol: j for j, symbol in enumerate(batch.elements)}
    anions = np.zeros((len(batch), len(batch.elements)))
    for j, species in enumerate(batch.anion_species):
        if species in ATOMIC_NUMBER:
            anions[:, column[species]] += batch.anion[:, j]
        else:
            for symbol, count in species_atoms(species).items():
                if symbol in _ALWAYS_ANIONS:
                    anions[:, column[symbol]] += count * batch.anion[:, j]
    for j, species in enumerate(batch.molecule_species):
        for symbol, count in species_atoms(species).items():
            if symbol in _ALWAYS_ANIONS:
                anions[:, column[symbol]] += count * batch.molecule[:, j]
    total = anions.sum(axis=1)
    charge = anions @ np.array([_anion_charge(symbol) for symbol in batch.elements])
    atoms = batch.amounts.sum(axis=1)
    return _Host(
        elements=batch.elements,
        # A host of metal alone has no anion; its atoms stand in, so that amounts stay finite.
        anions=np.where(total > 0, total, atoms),
        anion_amounts=anions,
        cations=np.maximum(batch.amounts - anions, 0.0),
        anion_charge=np.where(total > 0, charge, atoms),
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
