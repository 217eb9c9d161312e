"""What a surrogate is: it predicts the utilities of candidates jointly, from what has been measured so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.errors import InputError


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of k of the candidates.

    Attributes:
        rows: Their positions among the candidates given to the surrogate, (k,); a row may occur more than once.
        values: What was measured of q objectives, in the quantities' units, (q, k); NaN where it was not measured.
            Pending rows are NaN throughout.

    Raises:
        InputError: The shapes do not fit, a position is negative, or a value is infinite.
    """

    rows: IntArray
    values: FloatArray

    def __post_init__(self) -> None:
        """Check the shapes."""
        if self.rows.ndim != 1 or self.values.ndim != 2 or self.values.shape[1] != len(self.rows):
            raise InputError(
                "measured: values must be (objectives, rows) with one column for each of the rows, "
                f"got rows {self.rows.shape} and values {self.values.shape}; pass one column a row"
            )
        if len(self.rows) and self.rows.min() < 0:
            raise InputError(f"measured: rows must be positions from 0, got {self.rows.min()}; pass positions")
        if np.isinf(self.values).any():
            raise InputError("measured: values must be finite or NaN, got an infinite one; leave it out as NaN")


class Surrogate(Protocol):
    """Predicts the utilities (`Objective.utility`, larger is better) of q objectives for n candidates."""

    def marginals(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utility, without measurement noise, each (q, n)."""
        ...

    def samples(self, rows: IntArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Joint samples of the true utilities, (count, q, len(rows)); rows may be measured or pending ones too."""
        ...

    @property
    def description(self) -> str:
        """One sentence: which model was chosen, and by which log score."""
        ...
