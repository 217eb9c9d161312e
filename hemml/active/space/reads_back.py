"""Whether the formulas of a template read as the sublattices that they were made from."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from hemml.active.space.numbers import rank_array, stratified
from hemml.active.space.template import Template
from hemml.arrays import IntArray
from hemml.composition import Material
from hemml.errors import ConfigError

_SPREAD: Final = 48
_CORNERS: Final = 64
_TOLERANCE: Final = 1e-9


def check_reading(template: Template, owner: str) -> None:
    """Read back formulas spread over a template, and those with its smallest and largest amounts.

    Raises:
        ConfigError: One reads as other sublattices; the message shows it.
    """
    ranks = _looked_at(template)
    amounts = template.amounts(ranks)
    for row, formula in enumerate(template.formulas(ranks)):
        expected = [
            (part.kind, {s: a for s, a in zip(part.species, amount[row].tolist(), strict=True) if a > 0})
            for part, amount in zip(template.parts, amounts, strict=True)
        ]
        material = Material.parse(formula, template.working_ion)
        read = [(sublattice.kind, dict(sublattice.amounts)) for sublattice in material.sublattices]
        for kind in ("mobile", "cation", "anion", "alloy", "molecule"):
            wanted = [held for one, held in expected if one == kind and held]
            found = [held for one, held in read if one == kind]
            if kind != "cation":
                wanted = [{s: a for held in wanted for s, a in held.items()}] if wanted else []
            if not _same(wanted, found):
                raise ConfigError(
                    f"{owner}: its formulas must read as its sublattices, but {formula} has {_shown(found)} "
                    f"as {kind} where {_shown(wanted)} is meant; write the sublattices in another order or of another "
                    "kind (hemml describe shows the rules)"
                )


def _looked_at(template: Template) -> IntArray:
    """Ranks spread evenly, and the first and last value of every digit in combination."""
    size, radices = template.size, template.radices
    spread = stratified(size, min(size, _SPREAD), np.random.default_rng(0))
    ends = [sorted({0, radix - 1}) for radix in radices]
    corners = []
    for digits in product(*ends):
        rank = 0
        for digit, radix in zip(digits, radices, strict=True):
            rank = rank * radix + digit
        corners.append(rank)
        if len(corners) == _CORNERS:
            break
    return rank_array(list(dict.fromkeys([*spread.tolist(), *corners])), size)


def _same(wanted: list[dict[str, float]], found: list[dict[str, float]]) -> bool:
    return len(wanted) == len(found) and all(
        a.keys() == b.keys() and all(abs(a[s] - b[s]) <= _TOLERANCE * max(1.0, a[s]) for s in a)
        for a, b in zip(wanted, found, strict=True)
    )


def _shown(sublattices: list[dict[str, float]]) -> str:
    return " and ".join("+".join(held) for held in sublattices) or "nothing"
