"""Radius of every element of a batch: of its ions at their oxidation states, or of the metal in alloys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hemml.arrays import FloatArray
from hemml.elements.ions import ionic_radii
from hemml.elements.tables import property_array
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates


def cation_radii(
    batch: CompositionBatch, states: RedoxStates, elements: Sequence[str], coordination: int | None = None
) -> FloatArray:
    """Mean ionic radius of elements over their ions, shape (k, n), in angstrom, 0 where they are no cations.

    Args:
        batch: n compositions.
        states: Their oxidation states.
        elements: The k elements wanted.
        coordination: Neighbours; without it 6, or 4 for small ions (`hemml.elements.ions.TETRAHEDRAL`).

    Raises:
        InputError: A cation has no assigned ion or no tabulated radius.
    """
    ions = np.ascontiguousarray(states.ion_amounts.T)
    wanted = np.array([name in elements for name in states.ion_elements], dtype=bool)
    used = np.flatnonzero(ions.any(axis=1) & wanted)
    names = tuple(states.ion_elements[i] for i in used)
    radii = ionic_radii(names, tuple(int(states.ion_charges[i]) for i in used), coordination)
    owner = np.zeros((len(elements), len(names)))
    for i, name in enumerate(names):
        owner[elements.index(name), i] = 1.0
    amount = owner @ ions[used]
    _require_ions(batch, elements, amount)
    radius: FloatArray = ((owner * radii) @ ions[used]) / np.where(amount > 0, amount, 1.0)
    return radius


def _require_ions(batch: CompositionBatch, elements: Sequence[str], amount: FloatArray) -> None:
    columns = [batch.elements.index(element) for element in elements]
    without = np.count_nonzero((batch.cation[:, columns].T > 0) & (amount <= 0), axis=1)
    if without.any():
        names = ", ".join(element for element, missing in zip(elements, without, strict=True) if missing)
        raise InputError(
            f"cations must have oxidation states, got none for {names}; add redox steps for them to "
            "hemml/elements/tables/redox_steps.csv or leave these materials out"
        )


def site_radii(batch: CompositionBatch, states: RedoxStates, elements: Sequence[str]) -> FloatArray:
    """Radius of elements on their mixing site, shape (k, n), in angstrom: ionic, in alloys metallic.

    Raises:
        InputError: A cation has no oxidation state or radius, or an element of an alloy no metallic radius.
    """
    radii = cation_radii(batch, states, elements)
    if batch.alloy.any():
        columns = [batch.elements.index(element) for element in elements]
        in_alloys = np.count_nonzero(batch.alloy[:, columns], axis=0) > 0
        metallic_A = property_array("metallic_radius_pm", elements, in_alloys) / 100.0
        radii = np.where(batch.alloy.any(axis=1), metallic_A[:, None], radii)
    return radii
