"""Checks that look at several cells of one row together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from hemml.columns import TARGETS, Column
from hemml.data.problems import Problem, Severity
from hemml.data.schema import TableKind

_FULL_CELL: Final = re.compile(r"\b(?:full[- ]cell|pouch[- ]cell)\b(?! not)", re.IGNORECASE)


def check_row(
    line: int,
    row: Mapping[Column, str | float],
    present: Collection[Column],
    columns: Collection[Column],
    kind: TableKind,
) -> Iterator[Problem]:
    """Find what does not fit together in a row.

    Args:
        line: Line of the file, for the problems.
        row: The cells that could be read.
        present: The columns whose cell is not empty, readable or not.
        columns: The columns of the table that are checked.
        kind: What the table is for.
    """
    yield from _voltages(line, row)
    yield from _cycles(line, row, present)
    if kind.measured and kind.sourced:
        yield from _source(line, present, columns)
    if kind.measured:
        yield from _full_cell(line, row)
        if not any(target in present for target in TARGETS) and any(target in columns for target in TARGETS):
            targets = ", ".join(TARGETS)
            yield Problem(line, "", "", "must hold at least one measured value", f"fill one of: {targets}")


def _voltages(line: int, row: Mapping[Column, str | float]) -> Iterator[Problem]:
    low, high, mean = (row.get(column) for column in (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX, Column.VOLTAGE))
    if isinstance(low, float) and isinstance(high, float) and low >= high:
        reason = f"must be below voltage_max_V, which is {high:g}"
        yield Problem(line, Column.VOLTAGE_MIN, f"{low:g}", reason, "swap or correct the limits of the window")
    elif isinstance(mean, float) and (
        (isinstance(low, float) and mean < low) or (isinstance(high, float) and mean > high)
    ):
        yield Problem(
            line,
            Column.VOLTAGE,
            f"{mean:g}",
            "lies outside the test window of its row",
            "check that all three are against the same electrode",
            Severity.WARNING,
        )


def _cycles(line: int, row: Mapping[Column, str | float], present: Collection[Column]) -> Iterator[Problem]:
    if Column.RETENTION in present and Column.RETENTION_CYCLES not in present:
        value = row.get(Column.RETENTION, "")
        yield Problem(
            line,
            Column.RETENTION,
            f"{value:g}" if isinstance(value, float) else "",
            "must have its cycle number",
            "fill retention_cycles",
        )
    late = row.get(Column.CAPACITY_KIND)
    if late == "after_cycles" and Column.CAPACITY_AFTER_CYCLES not in present:
        yield Problem(
            line,
            Column.CAPACITY_KIND,
            "after_cycles",
            "should have its cycle number",
            "fill capacity_after_cycles where the source states it",
            Severity.WARNING,
        )
    if isinstance(late, str) and late != "after_cycles" and Column.CAPACITY_AFTER_CYCLES in present:
        reason = "must be after_cycles where capacity_after_cycles is filled"
        yield Problem(line, Column.CAPACITY_KIND, late, reason, "write after_cycles, or clear capacity_after_cycles")


def _source(line: int, present: Collection[Column], columns: Collection[Column]) -> Iterator[Problem]:
    if Column.DOI in present or Column.URL in present or not {Column.DOI, Column.URL} & set(columns):
        return  # without both columns the table as a whole already has that problem
    remedy = "give doi or url; own measurements may use any identifier as url, such as own:notebook-12"
    if Column.TITLE in present:
        reason = "only the title names the source; a doi or page is missing"
        yield Problem(line, Column.DOI, "", reason, remedy, Severity.WARNING)
    else:
        yield Problem(line, Column.DOI, "", "a source must be named, got neither doi nor url", remedy)


def _full_cell(line: int, row: Mapping[Column, str | float]) -> Iterator[Problem]:
    for column in (Column.NOTES, Column.SAMPLE):
        text = str(row.get(column, ""))
        if _FULL_CELL.search(text) and not row.get(Column.IS_FULL_CELL):
            yield Problem(
                line,
                column,
                text,
                "speaks of a full cell, but is_full_cell is not 1",
                "set is_full_cell to 1 if the numbers are a full cell's, to keep them out of half-cell models",
                Severity.WARNING,
            )
            return
