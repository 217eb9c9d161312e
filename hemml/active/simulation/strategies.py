"""The strategies by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from hemml.active.simulation.forest import ForestUcb
from hemml.active.simulation.strategy import Brief, Strategy, unmeasured
from hemml.active.simulation.surrogate_strategies import Greedy, Hemml
from hemml.active.surrogate.base import Measured
from hemml.arrays import IntArray
from hemml.errors import InputError, UnknownNameError

RANDOM: Final = "random"


@dataclass(frozen=True, eq=False)
class Random:
    """Any candidate, all alike."""

    brief: Brief

    def propose(self, known: Measured, size: int, rng: np.random.Generator) -> IntArray:
        """Rows of the next experiments, (size,)."""
        free = np.flatnonzero(unmeasured(len(self.brief.candidates), known))
        return rng.choice(free, size=size, replace=False)


STRATEGIES: Final[Mapping[str, Callable[[Brief], Strategy]]] = MappingProxyType(
    {"hemml": Hemml, "greedy": Greedy, "forest_ucb": ForestUcb, RANDOM: Random}
)
USE_PRIOR: Final = ("hemml", "greedy")


def check_strategies(names: Sequence[str]) -> None:
    """Refuse names that cannot be simulated.

    Raises:
        InputError: No name, or one twice.
        UnknownNameError: A name is no strategy.
    """
    if not names:
        raise InputError(f"strategies: at least one is needed, got none; choose from {', '.join(STRATEGIES)}")
    for name in names:
        if name not in STRATEGIES:
            raise UnknownNameError("strategy", name, STRATEGIES)
    if len(set(names)) < len(names):
        raise InputError(f"strategies: each once, got {', '.join(names)}; leave the repeated ones out")
