"""Spaces given as a table of candidates, one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.space.conditions import cell_text
from hemml.active.space.spec import CONDITION_NAMES, TOP_LEVEL, Cell
from hemml.arrays import FloatArray, IntArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final = (Column.FORMULA, *TOP_LEVEL, *CONDITION_NAMES)
_KEY_DIGITS: Final = 5


@dataclass(frozen=True, eq=False)
class CandidateTable:
    """n candidates; their rank is their row, counted from 0.

    Attributes:
        rows: Formulas and conditions, with the columns of `hemml.data.typed`.
        all: Their compositions.
    """

    rows: pd.DataFrame
    all: CompositionBatch

    @property
    def size(self) -> int:
        """Number of candidates."""
        return len(self.rows)

    @property
    def elements(self) -> tuple[str, ...]:
        """Every element that a candidate can hold, by atomic number."""
        return self.all.elements

    def batch(self, ranks: IntArray) -> CompositionBatch:
        """Compositions of n ranks."""
        return self.all[ranks]

    def formulas(self, ranks: IntArray) -> list[str]:
        """Formulas of n ranks as given."""
        return [str(formula) for formula in self.rows[Column.FORMULA.value].to_numpy()[ranks]]

    def conditions_of(self, ranks: IntArray) -> pd.DataFrame:
        """Test conditions of n ranks."""
        return self.rows.iloc[ranks].reset_index(drop=True)

    def neighbours(self, ranks: IntArray) -> IntArray:
        """None: a table has no lattice."""
        return ranks[:0]

    def rank_of(self, batch: CompositionBatch) -> IntArray:
        """Ranks of n compositions, the first where a composition stands in several rows, -1 where it is in none."""
        return np.array([self._first.get(key, -1) for key in _keys(batch)], dtype=np.int64)

    @cached_property
    def _first(self) -> dict[tuple[object, ...], int]:
        first: dict[tuple[object, ...], int] = {}
        for rank, key in enumerate(_keys(self.all)):
            first.setdefault(key, rank)
        return first


def read_candidates(path: Path) -> tuple[dict[str, tuple[str, ...]], tuple[int, ...]]:
    """Read a CSV file of candidates as text: column -> n cells, and the line on which each row starts.

    Raises:
        DataError: It cannot be read.
    """
    from hemml.data import read_table
    from hemml.data.problems import summarise

    raw = read_table(path)
    if raw.problems:
        raise DataError(summarise(str(path), raw.problems), raw.problems)
    cells = {name: tuple(str(cell).strip() for cell in raw.frame[name]) for name in raw.frame.columns}
    return cells, raw.lines


def candidate_table(
    cells: Mapping[str, tuple[str, ...]],
    defaults: Mapping[str, Cell | None],
    owner: str,
    lines: Sequence[int] | None = None,
) -> CandidateTable:
    """Check a table of candidates and lay it out.

    Args:
        cells: Column -> n cells as text.
        defaults: Conditions of rows that leave them empty; None: there is none.
        owner: What messages call the table.
        lines: Line of the file on which each row starts, (n,); by default the header is line 1.

    Raises:
        DataError: Columns or cells cannot be used, formulas cannot be read, or candidates stand twice; all of these
            problems are named at once.
    """
    import pandas as pd

    from hemml.data import Problem, TableKind, typed, validate
    from hemml.data.problems import errors_of, summarise

    lengths = {len(column) for column in cells.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise DataError(f"{owner}: must have at least one candidate and columns of equal length; add rows")
    n = lengths.pop()
    filled = {name: list(column) for name, column in cells.items()}
    for name, cell in defaults.items():
        if cell is not None:
            filled[name] = [text or cell_text(cell) for text in filled.get(name, [""] * n)]
    frame = pd.DataFrame(filled, dtype=object)
    lines = list(lines or range(2, n + 2))
    required = (Column.FORMULA, Column.WORKING_ION, Column.ROLE)
    kind = TableKind("table of candidates", required, measured=False, extra_columns=False)
    problems = [
        Problem(None, name, "", "must be formula or a test condition", "delete the column; results are observed later")
        for name in cells
        if name in set(Column) and name not in _COLUMNS
    ]
    problems += errors_of(validate(frame, lines=lines, kind=kind))
    unread = {problem.row for problem in problems if problem.column in (Column.FORMULA, Column.WORKING_ION)}
    good = [row for row in range(n) if lines[row] not in unread and None not in unread]
    batch = None
    if good:
        batch = CompositionBatch.from_formulas(
            [filled[Column.FORMULA][row] for row in good], [filled[Column.WORKING_ION][row] for row in good]
        )
        rest = [tuple(filled[name][row] for name in _COLUMNS[2:] if name in filled) for row in good]
        problems += [
            Problem(lines[good[row]], Column.FORMULA, filled[Column.FORMULA][good[row]],
                    f"is the same candidate as line {lines[good[first]]}", "delete one of them")
            for row, first in _repeated([(*key, *more) for key, more in zip(_keys(batch), rest, strict=True)])
        ]  # fmt: skip
    if problems or batch is None:
        problems.sort(key=lambda problem: problem.row or 0)
        raise DataError(summarise(owner, problems), problems)
    ready = typed(frame)
    ready[Column.RECORD_ID.value] = ""
    return CandidateTable(ready, batch)


def _repeated(keys: Sequence[tuple[object, ...]]) -> list[tuple[int, int]]:
    """Each row that repeats an earlier one, with that one."""
    first: dict[tuple[object, ...], int] = {}
    return [(row, first[key]) for row, key in enumerate(keys) if first.setdefault(key, row) != row]


def _keys(batch: CompositionBatch) -> list[tuple[object, ...]]:
    """What makes two compositions the same: working ion and amounts on every sublattice, to five digits."""
    plain = (
        (batch.mobile, batch.elements),
        (batch.alloy, batch.elements),
        (batch.anion, batch.anion_species),
        (batch.molecule, batch.molecule_species),
    )
    vacancies = np.column_stack([batch.mobile_vacancy, batch.anion_vacancy]).round(_KEY_DIGITS).tolist()
    out: list[tuple[object, ...]] = []
    for row, ion in enumerate(batch.working_ion.tolist()):
        sites = zip(batch.cation_sites[row], batch.cation_vacancy[row].round(_KEY_DIGITS).tolist(), strict=True)
        cations = sorted((_held(amounts, batch.elements), vacancy) for amounts, vacancy in sites)
        kinds = tuple(_held(amounts[row], names) for amounts, names in plain)
        out.append((ion, tuple(site for site in cations if site != ((), 0.0)), kinds, tuple(vacancies[row])))
    return out


def _held(amounts: FloatArray, names: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    present = np.flatnonzero(amounts).tolist()
    return tuple(sorted((names[j], round(float(amounts[j]), _KEY_DIGITS)) for j in present))
