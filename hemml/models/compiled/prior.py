"""The voltage prior for very many cathodes: its columns one by one, its trees as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.arrays import FloatArray
from hemml.composition import CompositionBatch
from hemml.features.base import Columns
from hemml.features.insertion_columns import NAMES, host_columns
from hemml.models.compiled.kernels import Compiled
from hemml.models.compiled.table import Table
from hemml.models.compiled.wrapped import compiled
from hemml.models.voltage_prior import VoltagePrior

_POTENTIAL = NAMES.index("ion_potential_V_Li")


@dataclass(frozen=True, eq=False)
class CompiledPrior:
    """A voltage prior laid out for very many rows.

    Attributes:
        prior: The prior.
        members: Its regressors, laid out.
    """

    prior: VoltagePrior
    members: tuple[Compiled, ...]

    @classmethod
    def of(cls, prior: VoltagePrior) -> CompiledPrior:
        """Lay a prior out."""
        return cls(prior, tuple(compiled(member) for member in prior.members.values()))

    def computed(self, batch: CompositionBatch, known: Columns | None = None) -> FloatArray:
        """Computed voltage of n cathodes as made, (n,): what `VoltagePrior.computed` gives, NaN where it gives none.

        Args:
            batch: n cathodes.
            known: Features of them that are computed already, among them `hemml.features.insertion.CAPACITIES`; else
                these are computed.
        """
        out = np.full(len(batch), np.nan)
        hosts, rows = self.prior.hosts(batch, known)
        if len(rows):
            columns = host_columns(hosts)
            table = Table.of(columns, len(rows))
            total = np.zeros(len(rows))
            for member in self.members:
                total += member.predict(table)
            out[rows] = total / len(self.members) - columns[_POTENTIAL]
        return out
