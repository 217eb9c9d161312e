"""Checking a table as it was read: every problem at once, each with its line, reason and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from hemml.columns import TARGETS, Column
from hemml.data.duplicates import find_duplicates
from hemml.data.numbers import Trouble, read_number
from hemml.data.problems import Problem, Severity
from hemml.data.rows import check_row
from hemml.data.schema import RECORDS, RULES, ColumnRule, TableKind, ValueType
from hemml.data.words import check_choice, check_flag, check_source
from hemml.errors import FormulaError

if TYPE_CHECKING:
    import pandas as pd

Row: TypeAlias = dict[Column, str | float]

_UNIT_TAIL: Final = re.compile(r"_(?:m?ah?_k?g|m?v|pct|percent|%|k|c|degc)$", re.IGNORECASE)


def validate(frame: pd.DataFrame, *, lines: Sequence[int] | None = None, kind: TableKind = RECORDS) -> list[Problem]:
    """Find every problem of a table.

    Args:
        frame: (n, columns) text of every cell as read, "" where empty.
        lines: (n,) line of the file on which each row starts; by default the header is line 1 and rows follow.
        kind: What the table is for: which columns it needs, and whether columns that hemml does not know are errors.

    Returns:
        Problems in the order of the lines, those of the whole table first. The table can be used if none of them
        is an error.
    """
    lines = range(2, len(frame) + 2) if lines is None else lines
    known = [column for column in RULES if column in frame.columns]
    if not kind.measured:
        known = [column for column in known if column not in TARGETS]
    problems = list(_check_columns([str(name) for name in frame.columns], kind))
    cells = [[str(cell).strip() for cell in frame[column]] for column in known]
    for place, line in enumerate(lines):
        row: Row = {}
        for column, texts in zip(known, cells, strict=True):
            found = _check_cell(texts[place], RULES[column], kind)
            if isinstance(found, Trouble):
                problems.append(Problem(line, column, texts[place], found.reason, found.remedy))
            elif found != "":
                row[column] = found
        if trouble := _check_formula(str(row.get(Column.FORMULA, "")), str(row.get(Column.WORKING_ION, ""))):
            problems.append(Problem(line, Column.FORMULA, str(row[Column.FORMULA]), trouble.reason, trouble.remedy))
        present = {column for column, texts in zip(known, cells, strict=True) if texts[place]}
        problems += check_row(line, row, present, frozenset(known), kind)
    if kind.measured:
        problems += find_duplicates(frame, lines)
    return sorted(problems, key=lambda problem: problem.row or 0)


def _check_cell(text: str, rule: ColumnRule, kind: TableKind) -> str | float | Trouble:
    """The value of a cell ("" where empty), or what is wrong with it."""
    if not text:
        if rule.column in kind.required:
            return Trouble("must be filled in every row, got an empty cell", f"give {rule.meaning.lower()}")
        return ""
    if rule.type in (ValueType.NUMBER, ValueType.INTEGER):
        return read_number(text, rule)
    if rule.type is ValueType.CHOICE:
        return check_choice(text, rule) or text
    if rule.type is ValueType.FLAG:
        return check_flag(text) or float(text)
    return check_source(text, rule.column) or text


@lru_cache(maxsize=65536)
def _check_formula(formula: str, working_ion: str) -> Trouble | None:
    from hemml.composition import Material

    if not formula:
        return None
    try:
        Material.parse(formula, working_ion or None)
    except FormulaError as err:
        return Trouble(str(err), "correct the formula")
    return None


def _check_columns(names: Sequence[str], kind: TableKind) -> Iterator[Problem]:
    for column in kind.required:
        if column not in names:
            reason = f"column must be present in a {kind.name}"
            yield Problem(None, column, "", reason, f"add it: {RULES[column].meaning.lower()}")
    if kind.measured:
        if not any(target in names for target in TARGETS):
            targets = ", ".join(TARGETS)
            yield Problem(None, "", "", "at least one measured column must be present", f"add one of: {targets}")
        if kind.sourced and Column.DOI not in names and Column.URL not in names:
            remedy = "add doi or url; own measurements may use any identifier as url, such as own:notebook-12"
            yield Problem(None, Column.DOI, "", "a source must be named for every row", remedy)
    for name in names:
        if name not in RULES:
            yield from _unknown_column(name, kind)


def _unknown_column(name: str, kind: TableKind) -> Iterator[Problem]:
    folded = {column.lower(): column for column in RULES}
    key = re.sub(r"[\s\-()/]+", "_", name.strip().lower()).strip("_")
    close = [folded[word] for word in get_close_matches(key, folded, n=2, cutoff=0.75)]
    stem = _UNIT_TAIL.sub("", key)
    same_quantity = [column for column in RULES if column.unit and _UNIT_TAIL.sub("", column.lower()) == stem]
    close = (same_quantity or close) if key not in folded else [folded[key]]
    if kind.extra_columns and not close:
        return
    remedy = "rename or delete it; remarks go into notes"
    if close:
        unit = f" (values in {close[0].unit})" if close[0].unit else ""
        more = "; 1 Ah/kg is 1 mAh/g" if close[0] is Column.CAPACITY else ""
        remedy = f"did you mean {' or '.join(repr(str(column)) for column in close)}{unit}{more}? If not, delete it"
    severity = Severity.WARNING if kind.extra_columns else Severity.ERROR
    shown = name if name.isprintable() else ascii(name)
    yield Problem(None, shown, "", "is not a column that hemml knows", remedy, severity)
