"""One line that says why a candidate was chosen, from numbers alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hemml.active.objective import Objective
from hemml.active.proposal import PredictedValue
from hemml.errors import InputError

KINDS: Final = ("start", "hypervolume", "probability", "improvement", "bound", "sample", "exploration")
_EVEN: Final = 0.15
"""Relative difference of the two halves of an interval up to which it is written with one number."""
_LIKELY: Final = 0.995


@dataclass(frozen=True)
class Gain:
    """What the acquisition expects.

    Attributes:
        kind: "start" (promising while no experiment has all results), "hypervolume" (amount in % of what there is, None
            while there is none), "probability" (0 to 1, of improving on all that is measured), "improvement" (expected,
            in `unit`), "bound" (upper confidence bound, in `unit`), "sample" (best in a random draw) or "exploration"
            (standard deviation, in `unit`).
        amount: Its size; None where there is none to state.
        unit: Unit of the amount.
    """

    kind: str
    amount: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        """Check the kind."""
        if self.kind not in KINDS:
            raise InputError(f"gain: kind must be one of {', '.join(KINDS)}, got {self.kind!r}; choose one")

    def __str__(self) -> str:
        size = "" if self.amount is None else f"{self.amount:.3g}{_unit(self.unit)}"
        if self.kind == "start":
            return "most promising so far"
        if self.kind == "hypervolume":
            return (
                f"expected to add {self.amount:.2g} % hypervolume"
                if self.amount is not None
                else "expected to open the Pareto front"
            )
        if self.kind == "probability":
            return "may improve on what is measured" + (
                f" ({100 * self.amount:.0f} %)" if self.amount is not None else ""
            )
        if self.kind == "improvement":
            return f"expected to improve on the best by {size}" if size else "expected to improve on the best"
        if self.kind == "bound":
            return f"could reach {size}" if size else "highest confidence bound"
        if self.kind == "sample":
            return "best in a random draw from what is believed"
        return f"least known: standard deviation {size}" if size else "least known"


def why(
    gain: Gain,
    objectives: Sequence[Objective],
    predicted: Mapping[str, PredictedValue],
    labels: Mapping[str, str],
    best: Mapping[str, float],
    *,
    elements: Collection[str] = (),
    measured_elements: Collection[str] = (),
    probabilities: Mapping[str, float] | None = None,
) -> str:
    """Such as "expected to add 3.1 % hypervolume: capacity 312 ± 60 mAh/g (best so far 290), 4 of 5 elements measured".

    Args:
        gain: What the acquisition expects.
        objectives: Of the campaign, in their order.
        predicted: Quantity -> prediction; quantities without one are left out.
        labels: Quantity -> words for it; its name where there are none.
        best: Quantity -> best value measured so far.
        elements: Cations of the candidate.
        measured_elements: Cations of what was measured before; empty: not said.
        probabilities: Those below 0.995 are named.
    """
    said = [
        _value(labels.get(one.quantity, one.quantity), one, predicted[one.quantity], best.get(one.quantity))
        for one in objectives
        if one.quantity in predicted
    ]
    if elements and measured_elements:
        known = sum(symbol in measured_elements for symbol in elements)
        said.append(f"{known} of {len(elements)} elements measured before")
    for name, probability in (probabilities or {}).items():
        if probability < _LIKELY:
            said.append(f"{name.replace('_', ' ')} {100 * probability:.0f} %")
    return f"{gain}: {', '.join(said)}" if said else str(gain)


def interval_text(predicted: PredictedValue) -> str:
    """Such as "312 ± 60 mAh/g", or "312 (240 to 420) mAh/g" when the halves of the interval differ."""
    value, below, above = predicted.value, predicted.value - predicted.lower, predicted.upper - predicted.value
    half = (below + above) / 2.0
    digits = decimals(half)
    if abs(above - below) <= _EVEN * 2.0 * half:
        return f"{value:.{digits}f} ± {half:.{digits}f}{_unit(predicted.unit)}"
    return f"{value:.{digits}f} ({predicted.lower:.{digits}f} to {predicted.upper:.{digits}f}){_unit(predicted.unit)}"


def _value(label: str, objective: Objective, predicted: PredictedValue, best: float | None) -> str:
    text = f"{label} {interval_text(predicted)}"
    digits = decimals((predicted.upper - predicted.lower) / 2.0)
    if objective.is_limit or objective.goal == "target":
        words = {"target": "wanted", "at_least": "at least", "at_most": "at most"}[objective.goal]
        return f"{text} ({words} {objective.value:g})"
    return text if best is None else f"{text} (best so far {best:.{digits}f})"


def decimals(width: float) -> int:
    """Decimals that leave about two digits of a width."""
    if width <= 0:
        return 3
    digits = 0
    while width < 10.0 and digits < 6:
        width *= 10.0
        digits += 1
    return digits


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
