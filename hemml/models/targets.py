"""The three targets: the scale on which each is learned, its test conditions and its range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.features.conditions import CAPACITY_PROTOCOL, RETENTION_PROTOCOL, VOLTAGE_PROTOCOL, Protocol

_RETENTION_CEILING_PCT: Final = 101.0


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Attributes:
        column: Its column in the data set.
        protocol: Columns of its test conditions.
        to_scale: Measured values to the scale that models learn on, increasing.
        from_scale: Back.
        low: Smallest value that a prediction may take.
        high: Largest value that a prediction may take.
    """

    column: Column
    protocol: Protocol
    to_scale: Callable[[FloatArray], FloatArray]
    from_scale: Callable[[FloatArray], FloatArray]
    low: float
    high: float

    def restore(self, scaled: FloatArray) -> FloatArray:
        """Values in the target's unit, within its range, from values on the learning scale."""
        return np.clip(self.from_scale(scaled), self.low, self.high)


def _same(values: FloatArray) -> FloatArray:
    return values


def _loss_root(retention_pct: FloatArray) -> FloatArray:
    return -np.sqrt(np.maximum(_RETENTION_CEILING_PCT - retention_pct, 0.0))


def _from_loss_root(scaled: FloatArray) -> FloatArray:
    return _RETENTION_CEILING_PCT - np.minimum(scaled, 0.0) ** 2


TARGETS: Final[Mapping[Column, Target]] = {
    target.column: target
    for target in (
        Target(Column.CAPACITY, CAPACITY_PROTOCOL, np.log, np.exp, 1.0, 4500.0),
        Target(Column.VOLTAGE, VOLTAGE_PROTOCOL, _same, _same, -1.0, 6.0),
        # The root of the loss spreads the crowded end near 100 % and keeps predictions between 0 and 100 %.
        Target(Column.RETENTION, RETENTION_PROTOCOL, _loss_root, _from_loss_root, 0.0, 100.0),
    )
}
