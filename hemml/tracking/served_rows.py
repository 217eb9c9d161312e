"""Rows as the served model takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.columns import CONDITION_COLUMNS, Column
from hemml.data import CONDITIONS, RULES, Problem, typed, validate
from hemml.data.problems import errors_of, plural, shorten
from hemml.data.schema import ValueType
from hemml.errors import DataError, InputError
from hemml.features.usable_rows import unusable_rows

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictions, Predictor

LEVEL: Final = 0.9
# A client who misspells a condition must not get a prediction under assumed ones.
_KIND: Final = replace(CONDITIONS, name="list of rows to predict", extra_columns=False)
_FORMS: Final = {ValueType.NUMBER: "number", ValueType.INTEGER: "number", ValueType.FLAG: "true or false"}
INPUTS: Final[Mapping[str, str]] = MappingProxyType(
    {str(c): f"{_FORMS.get(RULES[c].type, 'text')} {c.unit}".rstrip() for c in (Column.FORMULA, *CONDITION_COLUMNS)}
)
"""Names that a row may hold, each with the form and unit of its value; only the formula is required."""


def output_types(targets: Sequence[Column]) -> dict[str, str]:
    """Names of a prediction and their MLflow types, as far as possible those of the file of `hemml predict`."""
    intervals = {f"{target}_{end}": "double" for target in targets for end in ("predicted", "lower", "upper")}
    return {
        **intervals,
        "level": "double",
        "in_domain": "boolean",
        "unusual": "any",
        "nearest_record": "string",
        "nearest_doi": "string",
        "assumed_conditions": "any",
    }


def predict_rows(predictor: Predictor, rows: object, level: float = LEVEL) -> pd.DataFrame:
    """Predict rows as they come from MLflow: all of them, or none if one cannot be used.

    Args:
        predictor: Holds the bundles.
        rows: n rows as a table, as a list of mappings, or as a mapping of lists, with formula and any of `INPUTS`.
            None, NaN and "" mean that a condition is not stated; other columns of the data set are not looked at.
        level: Wanted coverage of the intervals.

    Returns:
        (n, ...) with the columns of `output_types` and the index of `rows`.

    Raises:
        DataError: Rows cannot be used; `problems` lists everything that is wrong, rows counted from 1.
        InputError: There are no rows, or the level is no probability or too high for the calibration.
    """
    import pandas as pd

    if not 0 < level < 1:
        percent = f"; write {level / 100:g} for {level:g} %" if 1 < level < 100 else ""
        raise InputError(f"params.level must be above 0 and below 1, got {level:g}{percent}")
    table = _table(rows)
    if not len(table):
        raise InputError('rows to predict must be at least one, got none; send one such as {"formula": "NaMnO2"}')
    text, problems = _read(table)
    if problems:
        raise DataError(_summary(problems), problems)
    usable = typed(text)
    found = predictor.predict(usable, level)
    return pd.DataFrame(_columns(found, predictor.targets), index=table.index)


def _table(rows: Any) -> pd.DataFrame:
    """The rows as a table with one column a name."""
    import pandas as pd

    table: pd.DataFrame = rows
    if isinstance(rows, Mapping) and all(np.ndim(value) == 0 for value in rows.values()):
        table = pd.DataFrame([rows])
    elif not isinstance(rows, pd.DataFrame):
        try:
            table = pd.DataFrame(rows)
        except (TypeError, ValueError, AttributeError) as err:
            raise InputError(
                f"rows to predict must be a list of objects, got {type(rows).__name__} ({err}); "
                'send {"dataframe_records": [{"formula": "NaMnO2"}]}'
            ) from err
    table = table.rename(columns=str).map(_scalar)
    twice = table.columns[table.columns.duplicated()].tolist()
    if twice:
        raise InputError(f"every column must be there once, got {str(twice[0])!r} twice; leave one out")
    return table


def _read(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """The cells of conditions as text, and everything that keeps the rows from being predicted."""
    import pandas as pd

    names = [str(name) for name in table.columns if name in INPUTS or name not in RULES]
    cells = [[_cell(cell, name) for cell in table[name]] for name in names]
    text = pd.DataFrame(dict(zip(names, cells, strict=True)), dtype=object)
    found = errors_of(validate(text, lines=range(1, len(text) + 1), kind=_KIND))
    found += [
        Problem(row, name, str(cell), "must be text, a number, true, false or null", "send a single value")
        for name in names
        if name in INPUTS
        for row, cell in enumerate(table[name], start=1)
        if isinstance(cell, list | tuple | dict | np.ndarray)
    ]
    text = text[[name for name in names if name in INPUTS]]
    if Column.FORMULA in text:
        wrong = {problem.row for problem in found}
        readable = [row for row in range(len(text)) if row + 1 not in wrong]
        unusable = unusable_rows(typed(text.iloc[readable].reset_index(drop=True)))
        found += [_problem(readable[place], text, err) for place, err in unusable.items()]
    return text, sorted(found, key=lambda problem: problem.row or 0)


def _scalar(cell: Any) -> Any:
    """A value that MLflow wrapped as an array without dimensions, as it was sent."""
    return cell.item() if isinstance(cell, np.ndarray) and cell.ndim == 0 else cell


def _cell(cell: object, name: str) -> str:
    """A value as it would stand in a file."""
    import pandas as pd

    if cell is None or cell is pd.NA:
        return ""
    if isinstance(cell, bool | np.bool_):
        # true is no number, though Python takes it for 1
        return str(int(cell)) if INPUTS.get(name) == _FORMS[ValueType.FLAG] else str(bool(cell))
    if isinstance(cell, int | float | np.number):
        value = float(cell)
        return "" if np.isnan(value) else repr(int(value)) if value.is_integer() else repr(value)
    return str(cell)


def _problem(row: int, text: pd.DataFrame, err: InputError) -> Problem:
    reason, _, remedy = str(err).partition("; ")
    return Problem(row + 1, Column.FORMULA, str(text[Column.FORMULA].iloc[row]), reason, remedy or "leave it out")


def _summary(problems: Sequence[Problem]) -> str:
    """Every problem with row, column, value, reason and remedy."""
    lines = [f"nothing was predicted, {plural(len(problems), 'problem')} (rows count from 1):"]
    for problem in problems:
        where = "every row" if problem.row is None else f"row {problem.row}"
        value = f" = {shorten(problem.value)!r}" if problem.value else ""
        lines.append(f"{where}, {problem.column}{value}: {problem.reason}; {problem.remedy}")
    if any(problem.column not in RULES for problem in problems):
        lines.append(f"a row may hold: {', '.join(INPUTS)}")
    return "\n".join(lines)


def _columns(found: Predictions, targets: Sequence[Column]) -> dict[str, object]:
    nearest = [records[0] for records in found.nearest]
    intervals = [part[target] for target in targets for part in (found.values, found.lower, found.upper)]
    columns = (
        *intervals,
        np.full(len(nearest), found.level),
        found.in_domain,
        [list(texts) for texts in found.unusual],
        [record.record_id for record in nearest],
        [record.doi for record in nearest],
        [{str(name): _plain(value) for name, value in assumed.items()} for assumed in found.assumed],
    )
    return dict(zip(output_types(targets), columns, strict=True))


def _plain(value: Any) -> object:
    return value.item() if isinstance(value, np.generic) else value
