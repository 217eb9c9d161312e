"""Converting a table by a column map: rows that hemml's checks accept, and the others with the reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hemml.columns import Column
from hemml.data.problems import Problem, Severity, errors_of
from hemml.data.reading import RawTable
from hemml.data.schema import RULES
from hemml.data.sources.column_map import Block, ColumnMap
from hemml.data.validation import validate
from hemml.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Reject:
    """A row that cannot be used.

    Attributes:
        line: Line of the source file on which it starts.
        cells: Its cells as read; empty where their number differs from the header's.
        reason: Why, and what to do where something can be done.
        group: The reason without the row's own values, for counts.
    """

    line: int
    cells: tuple[str, ...]
    reason: str
    group: str


@dataclass(frozen=True, eq=False)
class Conversion:
    """What a conversion gives.

    Attributes:
        frame: Text of the usable rows with hemml's columns, in their order.
        lines: Line of the source file of each usable row.
        header: Columns of the source table.
        rejects: The other rows in the order of their lines.
        warnings: What the checks warn of in usable rows; the lines are the source file's.
    """

    frame: pd.DataFrame
    lines: tuple[int, ...]
    header: tuple[str, ...]
    rejects: tuple[Reject, ...]
    warnings: tuple[Problem, ...]

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many rows were left out for which reason, the most frequent first."""
        return dict(Counter(reject.group for reject in self.rejects).most_common())


def convert_table(raw: RawTable, by: ColumnMap, name: str = "table") -> Conversion:
    """Turn a table of any origin into one with hemml's columns.

    Args:
        raw: The table as `hemml.data.read_table` reads it.
        by: Where its values stand and which rows count.
        name: How messages call the table.

    Returns:
        Rows that pass `hemml.data.validate`, and the others with what is wrong with them.

    Raises:
        DataError: A column that the map reads is absent, or no row can be used.
    """
    import pandas as pd

    header = tuple(str(column) for column in raw.frame.columns)
    _check_columns(header, by, name)
    rows: list[dict[Column, str]] = []
    lines: list[int] = []
    rejects = [Reject(problem.row or 0, (), problem.reason, "cells differ in number") for problem in raw.problems]
    cells_of: dict[int, tuple[str, ...]] = {}
    for line, cells in zip(raw.lines, raw.frame.itertuples(index=False, name=None), strict=True):
        cells_of[line] = tuple(str(cell) for cell in cells)
        row = dict(zip(header, (cell.strip() for cell in cells_of[line]), strict=True))
        found = _convert_row(row, by)
        if isinstance(found, str):
            rejects.append(
                Reject(line, cells_of[line], f"left out by the map: {found}", f"left out by the map: {found}")
            )
        else:
            rows.append(found)
            lines.append(line)
    columns = [column for column in RULES if any(row.get(column) for row in rows)]
    table = [[row.get(column, "") for column in columns] for row in rows]
    frame = pd.DataFrame(table, columns=[str(column) for column in columns], dtype=object)
    problems = validate(frame, lines=lines) if rows else []
    wrong: dict[int, list[Problem]] = {}
    for problem in errors_of(problems):
        if problem.row is not None:
            wrong.setdefault(problem.row, []).append(problem)
    rejects += [_reject(line, cells_of[line], found) for line, found in wrong.items()]
    rejects.sort(key=lambda reject: reject.line)
    use = [line not in wrong for line in lines]
    if not any(use):
        shown = "; ".join(f"{reason} ({count})" for reason, count in _reasons(rejects)[:3])
        raise DataError(
            f"{name}: must hold a row that the map can use, got none of {len(raw.lines)}: {shown}; correct map or table"
        )
    kept = tuple(line for line in lines if line not in wrong)
    warnings = [p for p in problems if p.severity is Severity.WARNING and p.row not in wrong]
    return Conversion(frame[use].reset_index(drop=True), kept, header, tuple(rejects), tuple(warnings))


def _check_columns(header: Sequence[str], by: ColumnMap, name: str) -> None:
    missing = [column for column in by.reads if column not in header]
    if missing:
        close = get_close_matches(missing[0], header, n=2, cutoff=0.6)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"it has: {', '.join(header)}"
        raise DataError(
            f"{name}: must have the columns that the map reads, got none called {', '.join(map(repr, missing))}; {hint}"
        )


def _convert_row(row: Mapping[str, str], by: ColumnMap) -> dict[Column, str] | str:
    """The row with hemml's columns, or why the map leaves it out."""
    for test in by.where:
        if not test.holds(row[test.column]):
            return str(test)
    blocks: list[Block] = [by]
    if by.cases:
        fitting = [case for case in by.cases if all(test.holds(row[test.column]) for test in case.where)]
        if not fitting:
            return "none of its cases fits the row"
        blocks.append(fitting[0])
    out: dict[Column, str] = {}
    for block in blocks:
        out |= block.constants
        out |= {column: how.read(row[how.source]) for column, how in block.columns.items()}
    return out


def _reject(line: int, cells: tuple[str, ...], problems: Sequence[Problem]) -> Reject:
    texts = [str(problem).removeprefix(f"line {line}").lstrip(",: ") for problem in problems]
    first = problems[0]
    group = f"{first.column}: {first.reason}" if first.column else first.reason
    return Reject(line, cells, "; ".join(texts), re.sub(r"line \d+", "an earlier line", group))


def _reasons(rejects: Sequence[Reject]) -> list[tuple[str, int]]:
    return Counter(reject.group for reject in rejects).most_common()
