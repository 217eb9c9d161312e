"""Test conditions of a space as a typed table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hemml.active.space.spec import Cell
from hemml.columns import Column
from hemml.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd


def conditions_frame(conditions: Mapping[str, Cell | None], owner: str) -> pd.DataFrame:
    """One row with the columns of `hemml.data.typed`, the formula left empty.

    Args:
        conditions: Column -> value; None is left out.
        owner: What messages call the space.

    Raises:
        ConfigError: A value does not fit its column; all of them are named.
    """
    import pandas as pd

    from hemml.data import CONDITIONS, Severity, typed, validate

    texts = {name: cell_text(cell) for name, cell in conditions.items() if cell is not None}
    # The rules want a formula in every row; any will do.
    frame = pd.DataFrame(
        {Column.FORMULA.value: ["MnO2"]} | {name: [text] for name, text in texts.items()}, dtype=object
    )
    problems = [problem for problem in validate(frame, kind=CONDITIONS) if problem.severity is Severity.ERROR]
    if problems:
        shown = "; ".join(f"conditions.{one.column} = {one.value!r}: {one.reason}; {one.remedy}" for one in problems)
        raise ConfigError(f"{owner}: {shown}")
    ready = typed(frame)
    ready[Column.FORMULA.value] = ""
    ready[Column.RECORD_ID.value] = ""
    return ready


def cell_text(cell: Cell) -> str:
    """A value as it would stand in a table."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    return f"{cell:.12g}" if isinstance(cell, int | float) else cell
