"""The scale on which measured values are learned: standard deviations from their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray

_LEAST: Final = 1e-9
# Of one value, or equal ones, nothing is known of the spread: a third of it is usual among electrodes.
_SPREAD_OF_ONE: Final = 1 / 3


@dataclass(frozen=True)
class OutputScale:
    """z = (value - centre) / width.

    Attributes:
        centre: Mean of the measured values.
        width: Their standard deviation.
    """

    centre: float
    width: float

    @classmethod
    def of(cls, values: FloatArray) -> OutputScale:
        """Scale of k measured values; 0 and 1 where there is none."""
        if len(values) == 0:
            return cls(0.0, 1.0)
        centre, width = float(values.mean()), float(values.std())
        if width <= _LEAST * max(float(np.abs(values).max()), _LEAST):
            width = _SPREAD_OF_ONE * abs(centre) or 1.0
        return cls(centre, width)

    def apply(self, values: FloatArray) -> FloatArray:
        """Values to standardised ones, any shape."""
        return (values - self.centre) / self.width

    def invert(self, scaled: FloatArray) -> FloatArray:
        """Standardised values back to values, any shape."""
        return self.centre + self.width * scaled
