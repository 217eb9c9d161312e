"""Tables of syntheses: compositions, and whether each formed a single phase."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, StrArray
from hemml.composition import CompositionBatch, Material
from hemml.composition.sites import NONMETALS
from hemml.data import Problem, read_table, sha256_of
from hemml.data.problems import summarise
from hemml.errors import DataError, InputError
from hemml.models.single_phase_columns import ALLOY, IONIC, columns_of, is_alloy

FORMULA: Final = "formula"
OUTCOME: Final = "single_phase"
_MIN_GROUPS: Final = 20
_BRACKET: Final = re.compile(r"\(((?:[A-Z][a-z]?\d*\.?\d*)+)\)")
_ELEMENT: Final = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")


@dataclass(frozen=True, eq=False)
class Syntheses:
    """n syntheses of one kind of material.

    Attributes:
        batch: What was made.
        single: Whether a single phase formed, (n,).
        groups: Element set of each, (n,).
        left_out: Line of the file -> why hemml cannot describe what stands there.
        table: File name.
        sha256: Of the file.
    """

    batch: CompositionBatch
    single: BoolArray
    groups: StrArray
    left_out: Mapping[int, str]
    table: str
    sha256: str

    def __len__(self) -> int:
        return len(self.single)

    @classmethod
    def read(cls, path: Path, kind: str, columns: tuple[str, ...]) -> Syntheses:
        """Read a CSV file with the columns formula and single_phase (1 or 0); others are ignored.

        Rows that hemml cannot describe, or that are of another kind, are left out and listed.

        Args:
            path: The file.
            kind: "ionic" (oxides) or "alloy".
            columns: What a row must be describable by, as `parse_column` reads it.

        Raises:
            DataError: It cannot be read, lacks a column, or an outcome is neither 1 nor 0 (all of them are listed), or
                too little is left.
        """
        raw = read_table(path)
        if missing := [name for name in (FORMULA, OUTCOME) if name not in raw.frame.columns]:
            raise DataError(
                f"table {path}: must have the columns {FORMULA} and {OUTCOME}, got none called {' or '.join(missing)}; "
                "rename the columns"
            )
        cells = list(zip(raw.lines, raw.frame[FORMULA], raw.frame[OUTCOME], strict=True))
        problems = [*raw.problems, *_wrong(cells)]
        if problems:
            problems.sort(key=lambda problem: problem.row or 0)
            raise DataError(summarise(str(path), problems, shown=len(problems)), problems)
        known: dict[int, Material] = {}
        left_out: dict[int, str] = {}
        for line, formula, _ in cells:
            try:
                known[line] = _material(formula, kind)
            except InputError as err:
                left_out[line] = str(err)
        left_out |= _without_data(list(known), known, columns)
        materials = [material for line, material in known.items() if line not in left_out]
        single = [outcome == "1" for line, _, outcome in cells if line not in left_out]
        groups = np.array(["-".join(sorted(material.amounts)) for material in materials], dtype=np.str_)
        found = Counter(single)
        if len(set(groups.tolist())) < _MIN_GROUPS or not (found[True] and found[False]):
            raise DataError(
                f"table {path}: must hold {_MIN_GROUPS} element sets or more and both outcomes among the rows that "
                f"hemml can describe, got {len(set(groups.tolist()))} sets, {found[True]} single and {found[False]} "
                f"mixed, {len(left_out)} rows left out; use more rows"
            )
        batch = CompositionBatch.from_materials(materials)
        return cls(batch, np.array(single), groups, left_out, path.name, sha256_of(path))


def site_shares(formula: str) -> str:
    """A formula with the metals in each bracket written as shares of it: `(FeCoNi)3O4` means a third of each.

    Tables of high-entropy oxides write equal shares without numbers; taken literally the metals would outnumber oxygen.
    Metals of amount 0 are left out. Brackets that hold a nonmetal, and brackets of one element, stay as they are.
    """

    def shares(bracket: re.Match[str]) -> str:
        parts = [(symbol, float(amount or 1)) for symbol, amount in _ELEMENT.findall(bracket[1])]
        total = sum(amount for _, amount in parts)
        if len(parts) < 2 or total <= 0 or any(symbol in NONMETALS for symbol, _ in parts):
            return bracket[0]
        return f"({''.join(f'{symbol}{amount / total:.10f}' for symbol, amount in parts if amount)})"

    return _BRACKET.sub(shares, formula)


def _material(formula: str, kind: str) -> Material:
    material = Material.parse(site_shares(formula) if kind == IONIC else formula)
    batch = CompositionBatch.from_materials([material])
    if kind == ALLOY and not is_alloy(batch)[0]:
        raise InputError(f"formula {formula!r}: must be an alloy of metals, got a compound; leave it out")
    if kind == IONIC and ("O" not in batch.anion_species or not batch.cation.any()):
        raise InputError(f"formula {formula!r}: must be an oxide of a metal, got something else; leave it out")
    return material


def _without_data(lines: list[int], known: Mapping[int, Material], columns: tuple[str, ...]) -> dict[int, str]:
    """Lines whose columns cannot be computed; halving finds a few among many with little work."""
    if not lines:
        return {}
    try:
        columns_of(CompositionBatch.from_materials([known[line] for line in lines]), columns)
    except InputError as err:
        if len(lines) == 1:
            return {lines[0]: str(err)}
        half = len(lines) // 2
        return _without_data(lines[:half], known, columns) | _without_data(lines[half:], known, columns)
    return {}


def _wrong(cells: list[tuple[int, str, str]]) -> list[Problem]:
    found = []
    for line, formula, outcome in cells:
        if not formula.strip():
            found.append(Problem(line, FORMULA, formula, "must be a formula, got nothing", "write it or drop the row"))
        if outcome not in ("0", "1"):
            found.append(
                Problem(line, OUTCOME, outcome, "must be 1 for a single phase or 0 for several", "write one of the two")
            )
    return found
