"""A choice of features, computed group by group and chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.errors import InputError, UnknownNameError
from hemml.features.base import Feature, FeatureGroup

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    from hemml.composition import CompositionBatch

# Large enough to hide Python's own time, small enough for a chunk's arrays to stay in the processor's cache.
CHUNK_ROWS: Final = 4096


@dataclass(frozen=True)
class FeatureSet:
    """Features of several groups under one order of columns.

    Attributes:
        groups: Groups to compute, in order; their feature names must differ.
        names: Features to keep, in the order of the columns; all of them by default.
    """

    groups: tuple[FeatureGroup, ...]
    names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check the names and leave out the groups that nobody asked for."""
        available = [feature.name for group in self.groups for feature in group.features]
        twice = sorted(name for name, count in Counter(available).items() if count > 1)
        if twice:
            raise InputError(f"feature names must be unique, got {', '.join(twice)} twice; rename one of each pair")
        names = tuple(self.names) or tuple(available)
        wanted = set(names)
        if unknown := sorted(wanted - set(available)):
            raise UnknownNameError("feature", unknown[0], available)
        if len(wanted) < len(names):
            raise InputError(f"features must be chosen once, got {', '.join(names)}; remove the repeated ones")
        kept = tuple(group for group in self.groups if wanted & {feature.name for feature in group.features})
        object.__setattr__(self, "groups", kept)
        object.__setattr__(self, "names", names)

    @classmethod
    def default(cls, names: Iterable[str] = ()) -> FeatureSet:
        """All composition features of hemml, or those of them that are named.

        Raises:
            UnknownNameError: A name is no feature; the message lists close names.
        """
        return cls(default_groups(), tuple(names))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Metadata of the m features, in the order of the columns."""
        by_name = {feature.name: feature for group in self.groups for feature in group.features}
        return tuple(by_name[name] for name in self.names)

    def subset(self, names: Sequence[str]) -> FeatureSet:
        """The named features only; groups without any of them are not computed.

        Raises:
            UnknownNameError: A name is not in this set; the message lists close names.
        """
        if unknown := sorted(set(names) - set(self.names)):
            raise UnknownNameError("feature", unknown[0], self.names)
        if not names:
            raise InputError("a subset must keep at least one feature, got none; name the features to keep")
        return FeatureSet(self.groups, tuple(names))

    def compute(self, batch: CompositionBatch, chunk_rows: int = CHUNK_ROWS) -> FloatArray:
        """Values of the features, shape (n, m); NaN means that a feature does not apply to that material.

        Args:
            batch: n compositions.
            chunk_rows: Rows worked on at a time; the result does not depend on it.

        Raises:
            InputError: Element data that a feature needs is missing.
        """
        if chunk_rows < 1:
            raise InputError(f"chunk_rows must be at least 1, got {chunk_rows}; leave it out for {CHUNK_ROWS}")
        from hemml.features.redox_ladder import assign

        # Column after column in memory: the groups compute whole columns, and tables of columns take it as it is.
        out = np.empty((len(self.names), len(batch)))
        with _one_thread(len(batch)):
            for start in range(0, len(batch), chunk_rows):
                rows = slice(start, start + chunk_rows)
                part = batch[rows]
                states = assign(part)
                for group, places in self._plan:
                    columns = group.columns(part, states, places.keys())
                    for name, place in places.items():
                        out[place, rows] = columns[name]
        return out.T

    def describe(self) -> list[dict[str, str]]:
        """Name, label, unit, formula, reference, group and scope of each feature."""
        return [asdict(feature) for feature in self.features]

    @cached_property
    def _plan(self) -> list[tuple[FeatureGroup, dict[str, int]]]:
        """For each group its features to compute and their columns."""
        position = {name: column for column, name in enumerate(self.names)}
        names = [(group, [feature.name for feature in group.features]) for group in self.groups]
        return [(group, {name: position[name] for name in own if name in position}) for group, own in names]


def _one_thread(rows: int) -> AbstractContextManager[object]:
    """Keep the linear algebra library to one thread: for products this small its threads only wait for each other."""
    if rows < CHUNK_ROWS // 4:
        return nullcontext()
    limits: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limits


@cache
def _libraries() -> ThreadpoolController:
    """The libraries in memory, looked for once: numpy's own is there from the start, and looking takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def default_groups() -> tuple[FeatureGroup, ...]:
    """The groups of composition features, in the order of their columns."""
    from hemml.features.electronic import ELECTRONIC
    from hemml.features.entropy import ENTROPY
    from hemml.features.mixing import MIXING
    from hemml.features.redox import REDOX
    from hemml.features.size import SIZE
    from hemml.features.statistics import STATISTICS_ATOMS, STATISTICS_CATION
    from hemml.features.supply import SUPPLY

    return (ENTROPY, SIZE, ELECTRONIC, REDOX, MIXING, SUPPLY, STATISTICS_CATION, STATISTICS_ATOMS)
