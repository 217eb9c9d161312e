"""What a screening looks for, and under which rules."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from hemml.errors import InputError, UnknownNameError

ACQUISITIONS: Final = ("value", "lower", "upper", "probability", "improvement")
WITH_BEST: Final = ("probability", "improvement")
"""Those that compare with a value to beat."""


@dataclass(frozen=True)
class Settings:
    """What a screening looks for; the same settings on the same space and bundles give the same rows.

    Attributes:
        top: Candidates to keep.
        by: Quantity to rank by, `QUANTITY` (to raise) or `QUANTITY:GOAL[:VALUE]`; "": the first objective of the space.
        acquisition: "value" (the prediction), "lower" (the end of the interval that is certain to be reached), "upper"
            (the end that is possible), "probability" (of beating `best`) or "improvement" (on `best`, expected).
        best: Value to beat, in the quantity's unit.
        pareto: Whether to keep the Pareto set of the space's objectives too.
        apart: Least share of atoms by which any two kept candidates differ; 0: they may be neighbours.
        inside_domain: Whether to keep only candidates inside the domain of the bundles.
        limit: Candidates to look at, spread evenly by rank; None: all.
        level: Level of the intervals.
        assume: Whether typical values may stand in for rates and cycle numbers that the space does not state.
    """

    top: int = 1000
    by: str = ""
    acquisition: str = "value"
    best: float | None = None
    pareto: bool = False
    apart: float = 0.0
    inside_domain: bool = False
    limit: int | None = None
    level: float = 0.9
    assume: bool = False

    def __post_init__(self) -> None:
        """Check each value and that they fit together."""
        if self.top < 1:
            raise InputError(f"--top must be at least 1, got {self.top}; ask for one candidate or more")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit must be at least 1, got {self.limit}; leave it out for the whole space")
        if self.acquisition not in ACQUISITIONS:
            raise UnknownNameError("acquisition", self.acquisition, ACQUISITIONS)
        if not 0 < self.level < 1:
            raise InputError(f"--level must be between 0 and 1, got {self.level}; write 0.9, say")
        if not 0 <= self.apart < 1:
            raise InputError(f"--apart must be a share of atoms from 0 to below 1, got {self.apart:g}; write 0.1, say")
        if self.acquisition in WITH_BEST:
            if self.best is None or not math.isfinite(self.best):
                raise InputError(f"--acquisition {self.acquisition} needs --best, the value to beat, got {self.best}")
        elif self.best is not None:
            raise InputError(
                f"--best is for --acquisition {' or '.join(WITH_BEST)}, got it with {self.acquisition}; leave it out"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, about: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**about)
