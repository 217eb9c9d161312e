"""Rows as an MLflow model takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import CONDITION_COLUMNS, Column
from hemml.data import CONDITIONS, RULES, typed, validate
from hemml.data.problems import errors_of, summarise
from hemml.data.schema import ValueType
from hemml.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictor

SERVED_BUNDLE: Final = "bundle"
LEVEL: Final = 0.9
_TYPES: Final = {ValueType.NUMBER: "double", ValueType.INTEGER: "double", ValueType.FLAG: "boolean"}
INPUTS: Final[Mapping[Column, str]] = MappingProxyType(
    {c: _TYPES.get(RULES[c].type, "string") for c in (Column.FORMULA, *CONDITION_COLUMNS)}
)
"""Input columns and their MLflow types; whole numbers are double too, since only double can hold "not stated"."""


def output_types(target: Column) -> dict[str, str]:
    """Output columns and their MLflow types, named as in the file that `hemml predict` writes."""
    return {
        f"{target}_predicted": "double",
        f"{target}_lower": "double",
        f"{target}_upper": "double",
        "in_domain": "boolean",
        "nearest_record": "string",
        "nearest_doi": "string",
    }


def predict_rows(predictor: Predictor, rows: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Predict rows as they come from MLflow.

    Args:
        predictor: Holds one bundle.
        rows: (n, columns) with formula and any of `INPUTS`; None, NaN and "" mean that a condition is not stated.
        level: Wanted coverage of the intervals.

    Returns:
        (n, 6) with the columns of `output_types` and the index of `rows`.

    Raises:
        DataError: A cell cannot be used; `problems` lists all of them, rows counted from 1.
        InputError: A row cannot be predicted, or the level is too high for the calibration.
    """
    import pandas as pd

    known = [str(column) for column in INPUTS if column in rows.columns]
    text = pd.DataFrame({name: [_text(cell) for cell in rows[name]] for name in known}, dtype=object)
    problems = validate(text, lines=range(1, len(text) + 1), kind=CONDITIONS)
    if errors_of(problems):
        raise DataError(summarise("rows to predict", problems), problems)
    found = predictor.predict(typed(text), level)
    (target,) = predictor.targets
    nearest = [records[0] for records in found.nearest]
    columns = (
        found.values[target],
        found.lower[target],
        found.upper[target],
        found.in_domain,
        [record.record_id for record in nearest],
        [record.doi for record in nearest],
    )
    return pd.DataFrame(dict(zip(output_types(target), columns, strict=True)), index=rows.index)


def _text(cell: object) -> str:
    """A cell as it would stand in a file."""
    import pandas as pd

    if cell is None or cell is pd.NA:
        return ""
    if isinstance(cell, bool | np.bool_):
        return str(int(cell))
    if isinstance(cell, int | float | np.number):
        value = float(cell)
        return "" if np.isnan(value) else repr(int(value)) if value.is_integer() else repr(value)
    return str(cell)
