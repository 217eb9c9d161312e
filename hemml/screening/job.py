"""A screening as a plan: which candidates, in which chunks, and what tells it from every other screening."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml import __version__
from hemml.active.objective import Objective, axes, limits
from hemml.active.space import DesignSpace
from hemml.active.space.numbers import rank_array
from hemml.active.space.quantities import CHARGE_BALANCED, PREDICTED, descriptor_names
from hemml.arrays import IntArray
from hemml.columns import TARGETS
from hemml.errors import InputError, UnknownNameError
from hemml.screening.settings import Settings

if TYPE_CHECKING:
    from hemml.models.bundle import Bundle
    from hemml.models.prediction import Predictor

CHUNK_RANKS: Final = 65_536
"""Candidates of a chunk: fixed, so that no digit depends on workers, and large enough to hide Python's own time."""


@dataclass(frozen=True, eq=False)
class Job:
    """A screening.

    Attributes:
        space: The design space.
        settings: What is looked for.
        models: SHA-256 of the metadata of each bundle, which holds those of its files, by target.
        chunk_ranks: Candidates of a chunk.
    """

    space: DesignSpace
    settings: Settings
    models: Mapping[str, str]
    chunk_ranks: int = CHUNK_RANKS

    @classmethod
    def of(cls, space: DesignSpace, settings: Settings, predictor: Predictor) -> Job:
        """The screening of a space with the bundles of a predictor."""
        return cls(space, settings, {str(target): _sha256(bundle) for target, bundle in predictor.bundles.items()})

    def __post_init__(self) -> None:
        """Check that the ranking can be done."""
        objective = self.ranked_by
        if objective.is_limit:
            raise InputError(
                f"--by must name a quantity to raise, lower or bring near a value, got a limit, {objective}"
            )
        if objective.quantity not in (*PREDICTED, *descriptor_names()) or objective.quantity == CHARGE_BALANCED:
            raise UnknownNameError("quantity to rank by", objective.quantity, (*PREDICTED, *descriptor_names()))
        if self.settings.acquisition != "value" and (
            objective.quantity not in TARGETS or objective.goal not in ("max", "min")
        ):
            raise InputError(
                f"--acquisition {self.settings.acquisition} needs a quantity with an interval to raise or lower "
                f"({', '.join(TARGETS)}), got {objective}; use --acquisition value, or another --by"
            )

    @cached_property
    def ranked_by(self) -> Objective:
        """What candidates are ranked by."""
        by = self.settings.by
        if not by:
            return axes(self.space.objectives)[0]
        if ":" in by:
            return Objective.parse(by)
        known = [one for one in axes(self.space.objectives) if one.quantity == by]
        return known[0] if known else Objective(by, "max")

    @cached_property
    def axes(self) -> tuple[Objective, ...]:
        """Objectives of the space to improve on."""
        return axes(self.space.objectives)

    @cached_property
    def limits(self) -> tuple[Objective, ...]:
        """Limits of the space that predictions must keep."""
        return limits(self.space.objectives)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What must be known of a candidate beside the targets: descriptors and products of targets."""
        wanted = (self.ranked_by, *self.axes, *self.limits)
        return tuple(dict.fromkeys(one.quantity for one in wanted if one.quantity not in TARGETS))

    @property
    def candidates(self) -> int:
        """Candidates to look at."""
        limit = self.settings.limit
        return self.space.size if limit is None else min(limit, self.space.size)

    @property
    def chunks(self) -> int:
        """Chunks of `chunk_ranks` candidates."""
        return -(-self.candidates // self.chunk_ranks)

    def ranks(self, chunk: int) -> IntArray:
        """Ranks of one chunk, rising: all between its ends, or, with a limit, spread evenly over the space."""
        start, end = chunk * self.chunk_ranks, min((chunk + 1) * self.chunk_ranks, self.candidates)
        return even_ranks(self.space.size, self.candidates, start, end)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the result; plain JSON."""
        return {
            "hemml": __version__,
            "space_sha256": self.space.sha256,
            "models": dict(self.models),
            "settings": self.settings.to_json(),
            "chunk_ranks": self.chunk_ranks,
        }

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of `identity`."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()


def even_ranks(size: int, count: int, start: int, end: int) -> IntArray:
    """Numbers `start` to `end` - 1 of `count` ranks that are spread evenly over a space, rising.

    Args:
        size: Ranks run from 0 to size - 1.
        count: How many there are in all.
        start: First.
        end: Behind the last.
    """
    width, longer = divmod(size, count)
    if size < 2**63 and count < 2**31:  # the product below stays under 2^62
        i = np.arange(start, end, dtype=np.int64)
        return np.asarray(i * width + i * longer // count)
    if width == 1 and longer == 0 and size < 2**63:
        return np.arange(start, end, dtype=np.int64)
    return rank_array([i * size // count for i in range(start, end)], size)


def _sha256(bundle: Bundle) -> str:
    return hashlib.sha256(json.dumps(bundle.metadata, sort_keys=True).encode()).hexdigest()
