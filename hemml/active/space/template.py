"""Spaces drawn as a template: every combination of the mixtures and amounts of its sublattices, numbered in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from hemml.active.space import neighbours
from hemml.active.space.matching import ranks_of
from hemml.active.space.numbers import split
from hemml.active.space.part import Part, part_of
from hemml.active.space.spec import SublatticeSpec
from hemml.active.space.writing import write_formulas
from hemml.arrays import FloatArray, IntArray
from hemml.composition import CompositionBatch, species_atoms
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Template:
    """The lattice of a template.

    A rank is a number with two digits for each sublattice: its mixture and its amount; the last counts fastest.

    Attributes:
        parts: The p sublattices in the order of writing.
        working_ion: Ion that all candidates store.
        conditions: Their test conditions, one row with the columns of `hemml.data.typed`.
    """

    parts: tuple[Part, ...]
    working_ion: str
    conditions: pd.DataFrame

    @property
    def radices(self) -> tuple[int, ...]:
        """Largest value plus one of each of the 2p digits."""
        return tuple(radix for part in self.parts for radix in part.radices)

    @property
    def size(self) -> int:
        """Exact number of candidates."""
        return prod(self.radices)

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Every element that a candidate can hold, by atomic number."""
        atoms = {symbol for part in self.parts for species in part.species for symbol in species_atoms(species)}
        return tuple(sorted(atoms, key=ATOMIC_NUMBER.__getitem__))

    def amounts(self, ranks: IntArray) -> list[FloatArray]:
        """Amounts per formula unit of the species of each part, p arrays (n, k)."""
        return self._amounts(split(ranks, self.radices))

    def _amounts(self, digits: Sequence[IntArray]) -> list[FloatArray]:
        totals = self.totals(digits[1::2])
        out = []
        for part, mixture, total in zip(self.parts, digits[::2], totals, strict=True):
            if part.mixture is None:
                out.append(total[:, None] * part.shares)
            else:
                out.append(part.mixture.unrank(mixture) * (total / part.mixture.steps)[:, None])
        return out

    def totals(self, digits: Sequence[IntArray]) -> list[FloatArray]:
        """Sites per formula unit of each part, p arrays (n,), from its amount digit."""
        own = {
            part.name: np.broadcast_to(part.amounts, digit.shape) if len(part.amounts) == 1 else part.amounts[digit]
            for part, digit in zip(self.parts, digits, strict=True)
        }
        return [
            own[part.name] if part.rest_of is None else np.round(part.total - own[part.rest_of], 12)
            for part in self.parts
        ]

    def batch(self, ranks: IntArray) -> CompositionBatch:
        """Compositions of n ranks, built from arrays alone, column after column in memory.

        The parts were checked when the template was made, so that nothing can be wrong with a row.
        """
        n, amounts = len(ranks), self.amounts(ranks)
        cations = [i for i, part in enumerate(self.parts) if part.kind == "cation"]
        anions, anion = self._species("anion", amounts, n)
        molecules, molecule = self._species("molecule", amounts, n)
        sites = np.zeros((len(cations), len(self.elements), n))
        for i, out in zip(cations, sites, strict=True):
            self._add_atoms(i, amounts[i], out)
        mobile, alloy = (
            self._atoms([i for i, part in enumerate(self.parts) if part.kind == kind], amounts, n)
            for kind in ("mobile", "alloy")
        )
        return CompositionBatch(
            elements=self.elements,
            cation_sites=_fixed(sites.transpose(2, 0, 1)),
            mobile=_fixed(mobile.T),
            alloy=_fixed(alloy.T),
            anion_species=anions,
            anion=_fixed(anion.T),
            molecule_species=molecules,
            molecule=_fixed(molecule.T),
            cation_vacancy=np.broadcast_to(0.0, (n, len(cations))),
            mobile_vacancy=np.broadcast_to(0.0, (n,)),
            anion_vacancy=np.broadcast_to(0.0, (n,)),
            working_ion=np.broadcast_to(np.array(self.working_ion, dtype="<U3"), (n,)),
        )

    def _atoms(self, chosen: Sequence[int], amounts: Sequence[FloatArray], n: int) -> FloatArray:
        """Atoms of each element on the chosen parts, (k, n); zeros that take no memory without one."""
        if not chosen:
            return np.broadcast_to(0.0, (len(self.elements), n))
        out = np.zeros((len(self.elements), n))
        for i in chosen:
            self._add_atoms(i, amounts[i], out)
        return out

    def _add_atoms(self, i: int, amounts: FloatArray, out: FloatArray) -> None:
        """Add the amounts (n, s) of the species of part i to atoms (k, n)."""
        for species, amount in zip(self.parts[i].species, amounts.T, strict=True):
            out[self.elements.index(species)] += amount

    def _species(self, kind: str, amounts: Sequence[FloatArray], n: int) -> tuple[tuple[str, ...], FloatArray]:
        """Anions or molecules of all parts of that kind, added up by species, (a, n)."""
        chosen = [i for i, part in enumerate(self.parts) if part.kind == kind]
        names = tuple(dict.fromkeys(name for i in chosen for name in self.parts[i].species))
        if not names:
            return (), np.broadcast_to(0.0, (0, n))
        out = np.zeros((len(names), n))
        for i in chosen:
            for j, name in enumerate(self.parts[i].species):
                out[names.index(name)] += amounts[i][:, j]
        return names, out

    def formulas(self, ranks: IntArray) -> list[str]:
        """Formulas of n ranks."""
        digits = split(ranks, self.radices)
        return write_formulas(self.parts, self._amounts(digits), digits)

    def conditions_of(self, ranks: IntArray) -> pd.DataFrame:
        """Test conditions of n ranks: the same row n times."""
        import pandas as pd

        rows = self.conditions.iloc[np.zeros(len(ranks), dtype=np.int64)]
        rows.index = pd.RangeIndex(len(ranks))
        return rows

    def neighbours(self, ranks: IntArray) -> IntArray:
        """Ranks one step away from any of n ranks; see `hemml.active.space.neighbours`."""
        return neighbours.around(self.parts, split(ranks, self.radices), self.radices)

    def rank_of(self, batch: CompositionBatch) -> IntArray:
        """Ranks of n compositions, -1 where a composition is not one of the candidates."""
        return ranks_of(self.parts, batch, self.radices)


def _fixed(array: FloatArray) -> FloatArray:
    """The array as a view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


def parts_of(specs: Sequence[SublatticeSpec], owner: str) -> tuple[Part, ...]:
    """Check the sublattices of a space, each alone and together.

    Raises:
        ConfigError: They contradict each other.
        UnknownNameError: A species, or the sublattice that `minus` names, is unknown.
    """
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{owner}: sublattices must have different names, got {name} twice; rename one")
    parts = tuple(part_of(spec, owner) for spec in specs)
    _check_kinds(parts, owner)
    plain = {part.name: part for part in parts if part.rest_of is None}
    for part in parts:
        if part.rest_of is None:
            continue
        if part.rest_of not in plain:
            others = [name for name in plain if name != part.name]
            raise UnknownNameError(f"sublattice in {owner}, sublattice {part.name}, amount.minus", part.rest_of, others)
        largest = float(plain[part.rest_of].amounts.max())
        if part.total - largest <= 0:
            raise ConfigError(
                f"{owner}, sublattice {part.name}: amount.total must be above the largest amount of {part.rest_of}, "
                f"{largest:g}; got {part.total:g}; raise it"
            )
    return parts


def _check_kinds(parts: Sequence[Part], owner: str) -> None:
    kinds = {part.kind for part in parts}
    if "alloy" in kinds and kinds - {"alloy"}:
        raise ConfigError(
            f"{owner}: an alloy has no other sublattices, got {', '.join(sorted(kinds - {'alloy'}))}; remove them"
        )
    # Anions of two sublattices share one in a formula: a species in both would give one candidate several ranks.
    for kind in kinds - {"cation"}:
        species = [name for part in parts if part.kind == kind for name in part.species]
        for name in species:
            if species.count(name) > 1:
                raise ConfigError(f"{owner}: {name} must stand in one {kind} sublattice, got two; put them together")
