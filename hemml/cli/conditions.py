"""Test conditions from the command line, as columns of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from hemml.columns import Column
from hemml.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Texts: TypeAlias = dict[Column, str]

OPTIONS: Final[Mapping[Column, str]] = {
    Column.WORKING_ION: "--ion",
    Column.ROLE: "--role",
    Column.FAMILY: "--family",
    Column.CAPACITY_CURRENT: "--current",
    Column.CAPACITY_C_RATE: "--c-rate",
    Column.VOLTAGE_MIN: "--window LOW",
    Column.VOLTAGE_MAX: "--window HIGH",
    Column.RETENTION_CYCLES: "--cycles",
    Column.TEMPERATURE: "--temperature",
    Column.ELECTROLYTE: "--electrolyte",
    Column.IS_COMPOSITE: "--composite",
    Column.NOTES: "--notes",
}
# Columns that say the same thing in two ways, or only together: a row that fills one of them has stated it.
_TOGETHER: Final = (
    (Column.CAPACITY_CURRENT, Column.CAPACITY_C_RATE),
    (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX),
)


def check_conditions(texts: Mapping[Column, str]) -> Texts:
    """The conditions that were given, checked by the rules of their columns.

    Args:
        texts: Text of each option as typed; "" where it was not given.

    Raises:
        InputError: One or more cannot be used; the message names the options and says what to write.
    """
    import pandas as pd

    from hemml.data import TableKind, validate
    from hemml.data.problems import errors_of

    given = {column: text.strip() for column, text in texts.items() if text.strip()}
    if Column.CAPACITY_CURRENT in given and Column.CAPACITY_C_RATE in given:
        raise InputError(
            f"--current and --c-rate both state the rate, got {given[Column.CAPACITY_CURRENT]!r} and "
            f"{given[Column.CAPACITY_C_RATE]!r}; give one of them"
        )
    kind = TableKind("list of options", required=(), measured=False, extra_columns=True)
    frame = pd.DataFrame([list(given.values())], columns=[str(column) for column in given], dtype=object)
    problems = errors_of(validate(frame, kind=kind)) if given else []
    order = [str(column) for column in OPTIONS]
    problems.sort(key=lambda problem: order.index(problem.column))
    if problems:
        raise InputError("\n".join(_as_option(p.column, p.value, p.reason, p.remedy) for p in problems))
    return given


def _as_option(column: str, value: str, reason: str, remedy: str) -> str:
    """A problem of a cell, told with the names of the options."""
    text = f"{column} {value!r}: {reason}; {remedy}"
    text = text.replace(", or leave the cell empty", ", or leave it out").replace("the column's unit", "its unit")
    for name, option in OPTIONS.items():
        text = re.sub(rf"\b{name}\b", option, text)
    return text


def fill_conditions(frame: pd.DataFrame, conditions: Mapping[Column, str]) -> pd.DataFrame:
    """A copy of a table of text in which conditions stand where a row does not state them.

    Args:
        frame: (n, columns) text, "" where empty.
        conditions: As `check_conditions` returns them.
    """
    stated = {column: _stated(frame, column) for column in conditions}
    filled = frame.copy()
    for column, text in conditions.items():
        cells = list(filled[column]) if column in filled.columns else [""] * len(filled)
        filled[column.value] = [cell if has else text for cell, has in zip(cells, stated[column], strict=True)]
    return filled


def _stated(frame: pd.DataFrame, column: Column) -> list[bool]:
    together = next((group for group in _TOGETHER if column in group), (column,))
    present = [frame[name] for name in together if name in frame.columns]
    if not present:
        return [False] * len(frame)
    return [any(cell.strip() for cell in cells) for cells in zip(*present, strict=True)]
