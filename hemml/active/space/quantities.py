"""The quantities that constraints and costs may name, and their values for a batch of compositions."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.space.operations import Kind
from hemml.arrays import FloatArray
from hemml.columns import ENERGY_DENSITY, TARGETS
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import InputError, UnknownNameError
from hemml.features import Feature, FeatureSet, Group, default_groups

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.base import Columns
    from hemml.features.redox_ladder import RedoxStates

CHARGE_BALANCED: Final = "charge_balanced"
PREDICTED: Final = (*TARGETS, ENERGY_DENSITY)
FRACTION_PREFIX: Final = "cation_fraction_"
AMOUNT_PREFIX: Final = "amount_"

# Published formulas are rounded to two or three digits; a real imbalance is far larger.
_UNBALANCED_E: Final = 0.01
_STRAIN: Final = "charge_strain"


def _strain(_batch: CompositionBatch, states: RedoxStates, _wanted: AbstractSet[str]) -> Columns:
    """Electrons per formula unit that charge balance takes from where a stable material has none to give.

    The charge that no step of the redox ladder supplies, what it takes from the anions, and what cations lack to their
    lowest oxidation state, which would be metal.
    """
    strain = np.abs(states.residual_charge)
    for ladder in states.ladders:
        for step, taken, capacity in zip(ladder.steps, ladder.taken, ladder.capacity, strict=True):
            if not step.of_cation:
                strain[ladder.rows] += taken
            elif step.charge_from == 0:
                strain[ladder.rows] += capacity - taken
    return {_STRAIN: strain}


_BALANCE: Final = Group(
    "balance",
    (
        Feature(
            _STRAIN, "Charge out of balance", "e per formula unit",
            "|residual charge| + electrons taken from anions + electrons missing to the lowest oxidation states",
            "hemml redox ladder", "balance",
        ),
    ),
    _strain,
)  # fmt: skip


@cache
def descriptor_names() -> tuple[str, ...]:
    """The composition features of hemml."""
    return FeatureSet.default().names


def element_of(name: str) -> str | None:
    """The element of `cation_fraction_Mn` or `amount_Mn`; None for other names."""
    for prefix in (FRACTION_PREFIX, AMOUNT_PREFIX):
        if name.startswith(prefix) and name.removeprefix(prefix) in ATOMIC_NUMBER:
            return name.removeprefix(prefix)
    return None


def kind_of(name: str, owner: str = "expression") -> Kind:
    """Whether a quantity is a number or a truth value.

    Raises:
        InputError: It is predicted, so that a limit on it is an objective and no constraint.
        UnknownNameError: There is none of that name; the message lists close names.
    """
    if name == CHARGE_BALANCED:
        return "truth"
    if name in PREDICTED:
        raise InputError(
            f"{owner}: must name what follows from the composition alone, got the predicted {name}; "
            f"write it as an objective, such as {name}:at_least:VALUE"
        )
    if name not in descriptor_names() and element_of(name) is None:
        forms = (f"{FRACTION_PREFIX}Mn", f"{AMOUNT_PREFIX}Mn")
        raise UnknownNameError(f"quantity of {owner}", name, (*descriptor_names(), CHARGE_BALANCED, *forms))
    return "number"


def columns_of(names: Iterable[str], batch: CompositionBatch) -> dict[str, FloatArray]:
    """Values (n,) of quantities, NaN where one does not apply; of `charge_balanced` 1 for true and 0 for false.

    Args:
        names: Any composition feature, `charge_balanced`, `cation_fraction_X` (atoms of X over all atoms on cation or
            alloy sublattices) or `amount_X` (atoms of X per formula unit, wherever they are).
        batch: n compositions.

    Raises:
        InputError: A quantity is predicted.
        UnknownNameError: A name is unknown.
    """
    names = tuple(dict.fromkeys(names))
    for name in names:
        kind_of(name)
    out: dict[str, FloatArray] = {name: _of_element(name, batch) for name in names if element_of(name)}
    features = [_STRAIN if name == CHARGE_BALANCED else name for name in names if name not in out]
    if features:
        out |= dict(zip(features, _feature_set(tuple(features)).compute(batch).T, strict=True))
    if CHARGE_BALANCED in names:
        out[CHARGE_BALANCED] = (out.pop(_STRAIN) <= _UNBALANCED_E).astype(np.float64)
    return {name: out[name] for name in names}


def needs_ladder(name: str) -> bool:
    """Whether a quantity needs oxidation states, which cost several times what follows from the amounts alone."""
    if element_of(name):
        return False
    return any(group.of_ladder for group in _feature_set((_STRAIN if name == CHARGE_BALANCED else name,)).groups)


@lru_cache(maxsize=256)
def _feature_set(names: tuple[str, ...]) -> FeatureSet:
    return FeatureSet((*default_groups(), _BALANCE), names)


def _of_element(name: str, batch: CompositionBatch) -> FloatArray:
    element = element_of(name)
    if element not in batch.elements:
        return np.zeros(len(batch))
    j = batch.elements.index(element)
    if name.startswith(AMOUNT_PREFIX):
        return batch.amounts[:, j]
    sites = batch.cation + batch.alloy
    total = sites.sum(axis=1)
    fraction: FloatArray = np.divide(sites[:, j], total, out=np.full(len(batch), np.nan), where=total > 0)
    return fraction
