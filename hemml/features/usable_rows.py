"""Which rows hemml can describe at all, found before any model is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hemml.columns import Column
from hemml.composition import CompositionBatch, Material
from hemml.errors import InputError
from hemml.features.feature_set import FeatureSet

if TYPE_CHECKING:
    import pandas as pd


def unusable_rows(frame: pd.DataFrame) -> dict[int, InputError]:
    """Position -> why no prediction is possible: an unreadable formula, or missing element data.

    Args:
        frame: n rows as `hemml.data.typed` returns them.
    """
    found: dict[int, InputError] = {}
    materials: dict[int, Material] = {}
    for row, (formula, ion) in enumerate(zip(frame[Column.FORMULA], frame[Column.WORKING_ION], strict=True)):
        try:
            materials[row] = Material.parse(formula, ion or None)
        except InputError as err:
            found[row] = err
    found |= _without_data(list(materials), materials)
    return found


def _without_data(rows: Sequence[int], materials: dict[int, Material]) -> dict[int, InputError]:
    """Rows whose features cannot be computed; halving finds a few among many with little work."""
    if not rows:
        return {}
    try:
        FeatureSet.default().compute(CompositionBatch.from_materials([materials[row] for row in rows]))
    except InputError as err:
        if len(rows) == 1:
            return {rows[0]: err}
        middle = len(rows) // 2
        return _without_data(rows[:middle], materials) | _without_data(rows[middle:], materials)
    return {}
