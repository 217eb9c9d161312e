"""How long a search goes on, and from which seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from hemml.errors import InputError

LEAST_POPULATION: Final = 8
LEAST_GENERATIONS: Final = 5


@dataclass(frozen=True)
class EvolveSettings:
    """Settings of a search; the same ones on the same screening give the same candidates, to the digit.

    Attributes:
        evaluations: Candidates to look at in all, those that miss a constraint included.
        population: Candidates that are carried along, and as many new ones in each generation.
        patience: Generations without a new member of its Pareto set after which a search ends, and another begins from
            new candidates; what the first looked at is remembered.
        seed: Of everything random.
    """

    evaluations: int = 20_000
    population: int = 100
    patience: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        """Check each value and that they fit together."""
        if self.population < LEAST_POPULATION:
            raise InputError(f"population must be at least {LEAST_POPULATION}, got {self.population}; write 100, say")
        if self.patience < 1:
            raise InputError(f"patience must be at least 1 generation, got {self.patience}; write 20, say")
        if self.seed < 0:
            raise InputError(f"--seed must be 0 or more, got {self.seed}; write 0, say")
        least = LEAST_GENERATIONS * self.population
        if self.evaluations < least:
            raise InputError(
                f"--evaluations must be at least {least} ({LEAST_GENERATIONS} generations of {self.population}), got "
                f"{self.evaluations}; raise it"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
