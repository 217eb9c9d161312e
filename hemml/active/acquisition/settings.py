"""What the user may set about the choice of the next experiments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from hemml.errors import ConfigError, UnknownNameError

NAMES: Final = ("auto", "ei", "exploration", "nehvi", "thompson", "ucb")


@dataclass(frozen=True)
class AcquisitionSettings:
    """How the next experiments are chosen.

    Attributes:
        name: "ei" (noisy expected improvement, one axis), "nehvi" (noisy expected hypervolume improvement), "ucb"
            (upper confidence bound; several axes: random weights), "thompson" (a joint sample each), "exploration"
            (largest reduction of the joint variance), or "auto": ei for one axis, nehvi for several.
        beta: Standard deviations above the mean, of "ucb" and of the shortlist.
        samples: Joint samples drawn from the surrogate.
        shortlist: Candidates that joint samples are drawn for; the others are left out by their marginals.
        random_share: Part of the shortlist taken at random, whatever the marginals say.
        directions: Random directions per joint sample where there are four axes or more.
    """

    name: str = "auto"
    beta: float = 2.0
    samples: int = 128
    shortlist: int = 1024
    random_share: float = 0.1
    directions: int = 32

    def __post_init__(self) -> None:
        """Check every value."""
        if self.name not in NAMES:
            raise UnknownNameError("acquisition", self.name, NAMES)
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise ConfigError(f"acquisition beta: must be a finite number of 0 or more, got {self.beta}; 2 is usual")
        for field, least in (("samples", 2), ("shortlist", 1), ("directions", 1)):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigError(
                    f"acquisition {field}: must be a whole number of {least} or more, got {value!r}; correct it"
                )
        if not 0 <= self.random_share <= 1:
            raise ConfigError(f"acquisition random_share: must be from 0 to 1, got {self.random_share}; 0.1 is usual")

    def resolved(self, axes: int) -> str:
        """The acquisition's name for so many axes.

        Raises:
            ConfigError: Expected improvement is asked for several axes.
        """
        if self.name == "auto":
            return "ei" if axes == 1 else "nehvi"
        if self.name == "ei" and axes > 1:
            raise ConfigError(f"acquisition ei: must have one objective to improve on, got {axes}; use nehvi or auto")
        return self.name
