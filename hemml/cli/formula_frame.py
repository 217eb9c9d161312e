"""Formulas from the command line as a typed table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hemml.columns import Column
from hemml.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def formula_frame(formulas: Sequence[str], conditions: Mapping[Column, str]) -> pd.DataFrame:
    """The formulas as a typed table with the same conditions in every row.

    Args:
        formulas: n formulas.
        conditions: As `hemml.cli.conditions.check_conditions` returns them.

    Raises:
        InputError: A formula cannot be read, or cannot be described.
    """
    import pandas as pd

    from hemml.cli.conditions import fill_conditions
    from hemml.composition import parse_formula
    from hemml.data import typed
    from hemml.features.usable_rows import unusable_rows

    if len(formulas) == 1:
        parse_formula(formulas[0])  # a single wrong formula is shown with its place
    frame = typed(fill_conditions(pd.DataFrame({Column.FORMULA.value: list(formulas)}, dtype=object), conditions))
    troubles = unusable_rows(frame)
    if troubles:
        raise InputError("\n".join(str(err) for err in troubles.values()))
    return frame
