"""Intervals from out-of-paper residuals, calibrated apart for each role and working ion that has rows enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.models.training_rows import TrainingRows
from hemml.uncertainty import ConformalIntervals

if TYPE_CHECKING:
    import pandas as pd

# Zinc cathodes err more than sodium's: one width for all ions would cover too few of them.
MIN_ROWS: Final = 50


def categories(frame: pd.DataFrame) -> list[str]:
    """Category of each of n rows: role and working ion."""
    return (frame[Column.ROLE] + " " + frame[Column.WORKING_ION]).tolist()


def calibrate(rows: TrainingRows, out_of_paper: FloatArray) -> ConformalIntervals:
    """Intervals on the learning scale.

    Args:
        rows: n measured rows.
        out_of_paper: Predictions on the learning scale, each by a model that had not seen the row's paper, shape (n,).
    """
    return ConformalIntervals.fit(rows.scaled - out_of_paper, categories=categories(rows.frame), min_rows=MIN_ROWS)
