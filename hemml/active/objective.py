"""What a campaign strives for: quantities to raise, to lower, to bring near a value, or to keep within a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.errors import InputError

GOALS: Final = ("max", "min", "target", "at_least", "at_most")
LIMITS: Final = ("at_least", "at_most")


@dataclass(frozen=True)
class Objective:
    """One aim.

    Attributes:
        quantity: A target, a descriptor, or `energy_density_Wh_kg`.
        goal: "max", "min", "target" (near `value`), "at_least" or "at_most" (a limit: weighted by its probability).
        value: Of the goals target, at_least and at_most, in the quantity's unit; None for max and min.
    """

    quantity: str
    goal: str
    value: float | None = None

    def __post_init__(self) -> None:
        """Check that goal and value fit together."""
        owner = f"objective {self.quantity}"
        if self.goal not in GOALS:
            raise InputError(f"{owner}: goal must be one of {', '.join(GOALS)}, got {self.goal!r}; choose one")
        if self.goal in ("max", "min"):
            if self.value is not None:
                raise InputError(f"{owner}: goal {self.goal} takes no value, got {self.value:g}; leave it out")
        elif self.value is None or not math.isfinite(self.value):
            raise InputError(f"{owner}: goal {self.goal} needs a finite value, got {self.value}; give one")

    @property
    def is_limit(self) -> bool:
        """Whether it is a limit to keep rather than an axis to improve on."""
        return self.goal in LIMITS

    def utility(self, values: FloatArray) -> FloatArray:
        """Larger is better; values of any shape, and the same shape back. For a limit the margin by which it is met."""
        if self.goal == "max":
            return values
        if self.goal == "min":
            return -values
        assert self.value is not None  # noqa: S101 - checked on construction
        if self.goal == "target":
            return -np.abs(values - self.value)
        return values - self.value if self.goal == "at_least" else self.value - values

    def __str__(self) -> str:
        """As on the command line: `capacity_mAh_g:max`, `average_voltage_V:target:1.3`."""
        return f"{self.quantity}:{self.goal}" + ("" if self.value is None else f":{self.value:.10g}")

    @classmethod
    def parse(cls, text: str) -> Objective:
        """Read `QUANTITY:GOAL` or `QUANTITY:GOAL:VALUE`.

        Raises:
            InputError: The text is not of that form.
        """
        parts = [part.strip() for part in text.split(":")]
        if len(parts) not in (2, 3) or not all(parts):
            raise InputError(
                f"objective must be QUANTITY:GOAL or QUANTITY:GOAL:VALUE, got {text!r}; write capacity_mAh_g:max, say"
            )
        try:
            value = float(parts[2]) if len(parts) == 3 else None
        except ValueError as err:
            raise InputError(f"objective {text!r}: the value must be a number, got {parts[2]!r}") from err
        return cls(parts[0], parts[1], value)


def axes(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Those to improve on."""
    return tuple(objective for objective in objectives if not objective.is_limit)


def limits(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Those to keep within."""
    return tuple(objective for objective in objectives if objective.is_limit)
