"""A choice of features, computed group by group and chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.errors import InputError, UnknownNameError
from hemml.features.base import Feature, FeatureGroup

if TYPE_CHECKING:
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
        plan = self._plan()
        # Column after column in memory: the groups compute whole columns, and tables of columns take it as it is.
        out = np.empty((len(self.names), len(batch))).T
        with _one_thread(len(batch)):
            for start in range(0, len(batch), chunk_rows):
                rows = slice(start, start + chunk_rows)
                self._compute_chunk(batch[rows], plan, out[rows])
        return out

    def describe(self) -> list[dict[str, str]]:
        """Name, label, unit, formula, reference, group and scope of each feature."""
        return [asdict(feature) for feature in self.features]

    def _plan(self) -> list[tuple[FeatureGroup, IntArray | slice, IntArray | slice]]:
        """For each group its columns to take and where they go; slices where nothing is reordered."""
        position = {name: column for column, name in enumerate(self.names)}
        plan: list[tuple[FeatureGroup, IntArray | slice, IntArray | slice]] = []
        for group in self.groups:
            names = [feature.name for feature in group.features]
            source = np.array([i for i, name in enumerate(names) if name in position], dtype=np.int64)
            target = np.array([position[names[i]] for i in source], dtype=np.int64)
            whole = len(source) == len(names) and bool((np.diff(target) == 1).all())
            first = int(target[0])
            plan.append((group, slice(None), slice(first, first + len(names))) if whole else (group, source, target))
        return plan

    @staticmethod
    def _compute_chunk(
        batch: CompositionBatch, plan: list[tuple[FeatureGroup, IntArray | slice, IntArray | slice]], out: FloatArray
    ) -> None:
        from hemml.features.redox_ladder import assign

        states = assign(batch)
        for group, source, target in plan:
            out[:, target] = group.compute(batch, states)[:, source]


def _one_thread(rows: int) -> AbstractContextManager[object]:
    """Keep the linear algebra library to one thread: for products this small its threads only wait for each other."""
    if rows < CHUNK_ROWS // 4:
        return nullcontext()
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits


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
