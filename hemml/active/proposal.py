"""Proposals: experiments that a campaign puts forward, with all that is needed to judge and to make them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hemml.active.plain import from_plain, to_plain
from hemml.active.synthesis.recipe import Recipe
from hemml.errors import InputError

Condition: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class PredictedValue:
    """A prediction with its interval.

    Attributes:
        value: In `unit`.
        lower: Lower end.
        upper: Upper end.
        level: Probability that the interval holds the measured value.
        unit: Unit, "" for a pure number.
    """

    value: float
    lower: float
    upper: float
    level: float
    unit: str = ""

    def __post_init__(self) -> None:
        """Check the order of the numbers."""
        if not self.lower <= self.value <= self.upper or not all(map(math.isfinite, (self.lower, self.upper))):
            raise InputError(
                f"prediction: value must be a finite number inside its interval, got {self.value:g} in {self.lower:g} "
                f"to {self.upper:g}; give lower <= value <= upper"
            )
        if not 0.0 < self.level < 1.0:
            raise InputError(f"prediction: level must be between 0 and 1, got {self.level:g}; write 0.9 for 90 %")


@dataclass(frozen=True)
class Nearest:
    """The published record nearest to a proposal in descriptor space."""

    record_id: str
    doi: str
    formula: str
    distance: float


@dataclass(frozen=True)
class Proposal:
    """One experiment to do.

    Attributes:
        id: Its name in the campaign, such as "P003".
        formula: The composition.
        rank: Its number in the design space.
        predicted: Quantity -> prediction.
        acquisition: Value of the acquisition function.
        probabilities: Such as "limits_met", "single_phase", "in_domain", 0 to 1 each.
        why: One line that says why it was chosen.
        nearest: Nearest published record; None where no bundle was used.
        descriptors: Name -> value; None where a descriptor does not apply.
        conditions: Test conditions, by column.
        recipe: What to weigh; None where there is none.
        no_recipe: Why there is no recipe; "" where there is one.
    """

    id: str
    formula: str
    rank: int
    predicted: Mapping[str, PredictedValue]
    acquisition: float
    probabilities: Mapping[str, float]
    why: str
    nearest: Nearest | None = None
    descriptors: Mapping[str, float | None] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    recipe: Recipe | None = None
    no_recipe: str = ""

    def __post_init__(self) -> None:
        """Check what would not survive being written."""
        if not self.id or not self.formula:
            raise InputError(
                f"proposal: id and formula must not be empty, got {self.id!r} and {self.formula!r}; give both"
            )
        if not isinstance(self.rank, int):
            raise InputError(f"proposal {self.id}: rank must be a Python integer, got {self.rank!r}; give int(rank)")
        for name, probability in self.probabilities.items():
            if not 0.0 <= probability <= 1.0:
                raise InputError(
                    f"proposal {self.id}: probability {name} must be from 0 to 1, got {probability:g}; give a fraction"
                )
        numbers = {"acquisition": self.acquisition, **self.descriptors, **self.conditions}
        for name, value in numbers.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(
                    f"proposal {self.id}: {name} must be finite, got {value}; give None for what does not apply"
                )
        if self.recipe is None and not self.no_recipe:
            raise InputError(f"proposal {self.id}: must have a recipe or say why not, got neither; set no_recipe")

    def to_json(self) -> dict[str, Any]:
        """Plain objects, lists, texts and numbers; numbers keep every digit."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, value: object, owner: str = "proposal") -> Proposal:
        """Read what `to_json` gave, exactly.

        Raises:
            InputError: It is no proposal; the message names the field.
        """
        return from_plain(cls, value, owner)
