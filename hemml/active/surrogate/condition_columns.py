"""Test conditions of a pool as plain numbers: what differs between its rows, nothing that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import CONDITION_COLUMNS, Column

if TYPE_CHECKING:
    import pandas as pd

_LOGARITHMIC: Final = frozenset({
    Column.CAPACITY_CURRENT,
    Column.CAPACITY_C_RATE,
    Column.CAPACITY_AFTER_CYCLES,
    Column.RETENTION_CURRENT,
    Column.RETENTION_C_RATE,
    Column.RETENTION_CYCLES,
})  # fmt: skip
_TEXT: Final = (Column.WORKING_ION, Column.FAMILY, Column.CAPACITY_KIND)
_LEFT_OUT: Final = (*_TEXT, Column.ROLE, Column.NOTES, Column.ELECTROLYTE)
_LEAST: Final = 1e-3


def condition_columns(conditions: pd.DataFrame) -> FloatArray:
    """Numbers of the condition columns that are there, (n, m), m may be 0; NaN where a row does not state one.

    Rates and cycle numbers are logarithms; a text (ion, family, kind of capacity) is one column of 0 and 1 for each
    value; where some rows state a number and others do not, a column says which.
    """
    columns: list[FloatArray] = []
    for name in CONDITION_COLUMNS:
        if name not in conditions or name in _LEFT_OUT:
            continue
        values = conditions[name].to_numpy(dtype=np.float64, na_value=np.nan)
        stated = np.isfinite(values)
        columns.append(np.log10(np.maximum(values, _LEAST)) if name in _LOGARITHMIC else values)
        columns.append(stated.astype(np.float64))
    for name in _TEXT:
        if name in conditions:
            words = conditions[name].fillna("").astype(str).to_numpy(dtype=np.str_)
            columns.extend((words == word).astype(np.float64) for word in np.unique(words))
    kept = [column for column in columns if len(np.unique(column[np.isfinite(column)])) > 1]
    return np.column_stack(kept) if kept else np.zeros((len(conditions), 0))
