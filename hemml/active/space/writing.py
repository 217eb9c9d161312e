"""Formulas of a template's candidates, written so that they read as the sublattices that they were made from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemml.active.space.part import Part
from hemml.arrays import FloatArray, IntArray
from hemml.composition import UNITS

_DIGITS = 12  # as many as it takes to read back the same amounts within rounding


def write_formulas(parts: Sequence[Part], amounts: Sequence[FloatArray], digits: Sequence[IntArray]) -> list[str]:
    """Formulas of n candidates.

    Cation sublattices stand in brackets: with fractions where they have two or more whole sites per formula unit,
    `(Mn0.4Fe0.6)2`, with amounts otherwise, `[Mn0.4Fe0.4]`.

    Args:
        parts: The p sublattices in the order of writing.
        amounts: Amounts per formula unit of the species of each, p arrays (n, k).
        digits: Numbers that are the same where these amounts are, 2p arrays (n,): mixture and amount of each part.
    """
    columns = []
    for i, part in enumerate(parts):
        order = sorted(range(len(part.species)), key=lambda j, part=part: _place(part, j))  # type: ignore[misc]
        species = [part.species[j] for j in order]
        # Each text is made once for all rows that share it.
        first, inverse = _groups(amounts[i].sum(axis=1), digits[2 * i])
        texts = [_piece(part.kind, species, row) for row in amounts[i][first][:, order].tolist()]
        columns.append([texts[k] for k in inverse.tolist()])
    return ["".join(pieces) for pieces in zip(*columns, strict=True)]


def _groups(totals: FloatArray, mixtures: IntArray) -> tuple[IntArray, IntArray]:
    """First row of each combination of amount and mixture, and the combination of each row."""
    _, amount = np.unique(np.round(totals, _DIGITS), return_inverse=True)
    _, mixture = np.unique(mixtures, return_inverse=True)
    pairs = mixture.astype(np.int64) * (int(amount.max(initial=0)) + 1) + amount
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    return first, inverse


def _place(part: Part, j: int) -> tuple[int, int]:
    """Cyanide directly behind its metal, then oxygen: a chalcogen in front of it would read as a cation."""
    name = part.species[j]
    rank = {"CN": 0, "O": 1}.get(name, 2) if part.kind == "anion" else 0
    return rank, j


def _piece(kind: str, species: Sequence[str], amounts: Sequence[float]) -> str:
    if kind != "cation":
        return "".join(_item(name, amount) for name, amount in zip(species, amounts, strict=True) if amount > 0)
    present = [(name, amount) for name, amount in zip(species, amounts, strict=True) if amount > 0]
    total = round(sum(amounts), _DIGITS)
    if total == int(total) and total >= 2 and len(present) > 1:
        return f"({''.join(_item(name, amount / total) for name, amount in present)}){int(total)}"
    return f"[{''.join(_item(name, amount) for name, amount in present)}]" if present else ""


def _item(name: str, amount: float) -> str:
    text = f"{amount:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return (f"({name})" if name in UNITS else name) + ("" if text == "1" else text)
