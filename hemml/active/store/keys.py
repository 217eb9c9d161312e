"""When two candidates are the same."""

from __future__ import annotations

from collections.abc import Mapping

from hemml.active.store.events import Condition
from hemml.active.store.json_values import canonical


def candidate_key(formula: str, working_ion: str | None, conditions: Mapping[str, Condition] | None = None) -> str:
    """Text that is equal for equal compositions under equal conditions, however the formula is written.

    Species are compared on each sublattice, per atom of the formula, to six digits.

    Args:
        formula: Any that hemml reads.
        working_ion: Of the campaign; None or "": found by rule.
        conditions: Those that differ from the campaign's.

    Raises:
        FormulaError: The formula cannot be read.
        UnknownNameError: The working ion is unknown.
    """
    from hemml.composition import Material  # imports NumPy

    material = Material.parse(formula, working_ion)
    atoms = sum(material.amounts.values())
    parts = []
    for sublattice in material.sublattices:
        amounts = {**sublattice.amounts, "[]": sublattice.vacancy}
        shares = [f"{species}{amount / atoms:.6f}" for species, amount in sorted(amounts.items()) if amount > 0]
        parts.append(f"{sublattice.kind} {' '.join(shares)}")
    return "; ".join(sorted(parts)) + (f"; {canonical(dict(conditions))}" if conditions else "")
