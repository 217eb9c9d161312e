"""`--above TARGET=VALUE`: the probability that a measurement exceeds a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hemml.columns import TARGETS, Column
from hemml.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from hemml.arrays import FloatArray
    from hemml.models.prediction import Predictions, Predictor

_NAMES: Final = {
    **{str(target): target for target in TARGETS},
    "capacity": Column.CAPACITY,
    "voltage": Column.VOLTAGE,
    "retention": Column.RETENTION,
}
Threshold = tuple[Column, float]


def parse_thresholds(texts: Sequence[str]) -> tuple[Threshold, ...]:
    """Targets and values of `TARGET=VALUE`, each once, in the order given.

    Raises:
        InputError: A text is not of that form, or its value is no number.
        UnknownNameError: A target is not known; the message lists close names.
    """
    found: dict[Threshold, None] = {}
    for text in texts:
        name, sign, number = (part.strip() for part in text.partition("="))
        if not sign or not name or not number:
            raise InputError(f"--above must be TARGET=VALUE, got {text!r}; write --above capacity=200, say")
        if name not in _NAMES:
            raise UnknownNameError("target of --above", name, _NAMES)
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            target = _NAMES[name]
            raise InputError(f"--above {name}: the value must be a number in {target.unit}, got {number!r}")
        found[_NAMES[name], value] = None
    return tuple(found)


def chances(
    predictor: Predictor, predictions: Predictions, thresholds: Sequence[Threshold]
) -> dict[Threshold, FloatArray]:
    """Probability that a measurement of each of n rows exceeds each threshold, each (n,).

    Raises:
        UnknownNameError: The models do not predict a target.
    """
    return {(target, value): predictor.probability_above(predictions, target, value) for target, value in thresholds}


def threshold_column(threshold: Threshold) -> str:
    """Name of the column that holds such probabilities, as `capacity_mAh_g_above_200`."""
    target, value = threshold
    return f"{target}_above_{value:.10g}"
