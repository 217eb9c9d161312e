"""Checked tables as pandas frames."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import StrArray
from hemml.columns import Column
from hemml.data.duplicates import key_facts
from hemml.data.problems import errors_of, summarise
from hemml.data.reading import read_table
from hemml.data.resources import resource_path
from hemml.data.schema import RECORDS, RULES, TableKind, ValueType
from hemml.data.validation import validate
from hemml.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_DATASET: Final = "hem_electrodes.csv"


def load_table(path: Path | str, kind: TableKind = RECORDS) -> pd.DataFrame:
    """Read and check a table.

    Args:
        path: A comma-separated UTF-8 file.
        kind: What the table is for; by default one of measured electrodes.

    Returns:
        A frame with every column of `Column` first, in that order, then columns hemml does not know. Numbers are
        float64 with NaN where the source states none, `year` is Int64, flags are bool, text is "" where empty.
        Rows without `record_id` get one made from their facts.

    Raises:
        DataError: The file cannot be read, or has errors; `problems` then holds all of them.
    """
    raw = read_table(path)
    problems = [*raw.problems, *validate(raw.frame, lines=raw.lines, kind=kind)]
    if errors_of(problems):
        raise DataError(summarise(str(path), problems), problems)
    return typed(raw.frame)


def load_default() -> pd.DataFrame:
    """The data set that comes with hemml, checked: (3186, 34)."""
    return load_table(resource_path("datasets", DEFAULT_DATASET))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn a frame of text that has passed `validate` into numbers, flags and text.

    Columns that are absent are added: empty, or the rule's default (flags are 0, `formula_quality` is exact).
    """
    import pandas as pd

    ready: dict[str, object] = {}
    for column, rule in RULES.items():
        if column in frame.columns:
            cells = [str(cell).strip() or rule.default for cell in frame[column]]
        else:
            cells = [rule.default] * len(frame)
        if rule.type is ValueType.FLAG:
            ready[column.value] = np.array([float(cell) == 1.0 for cell in cells], dtype=bool)
        elif rule.type in (ValueType.NUMBER, ValueType.INTEGER):
            ready[column.value] = np.array([float(cell) if cell else np.nan for cell in cells], dtype=float)
        else:
            ready[column.value] = np.array(cells, dtype=object)
    extra = {name: frame[name].to_numpy() for name in frame.columns if name not in ready}
    result = pd.DataFrame({**ready, **extra})
    result[Column.YEAR.value] = result[Column.YEAR.value].astype("Int64")
    given = result[Column.RECORD_ID.value].to_numpy(dtype=object)
    result[Column.RECORD_ID.value] = np.where(given == "", record_ids(frame), given)
    return result


def record_ids(frame: pd.DataFrame) -> StrArray:
    """Ids made from each row's facts: the same facts give the same id, whatever the order of rows or columns.

    Returns:
        (n,) text such as `row-5f3a0c9d21`.
    """
    return np.array([f"row-{hashlib.sha256(repr(facts).encode()).hexdigest()[:10]}" for facts in key_facts(frame)])


def sha256_of(path: Path | str) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
