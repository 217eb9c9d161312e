"""A cell is never outside of the window in which it is cycled, so neither is its average voltage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column

if TYPE_CHECKING:
    import pandas as pd


def window_of(frame: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends of the stated windows of n rows, NaN where there is none, each (n,)."""
    low, high = (frame[column].to_numpy(dtype=np.float64) for column in (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX))
    return low, high


def within_window(frame: pd.DataFrame, volts: FloatArray) -> FloatArray:
    """Voltages of n rows moved to the nearer end of the stated window where they lie outside, (n,).

    Args:
        frame: n rows with the columns of a test window; NaN where it is not stated, which bounds nothing.
        volts: Voltages against the metal of the working ion, (n,).
    """
    low, high = window_of(frame)
    # fmax and fmin take the number where the other is NaN
    return np.asarray(np.fmin(np.fmax(volts, low), high))
