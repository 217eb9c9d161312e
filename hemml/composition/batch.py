"""Many materials in matrix form: what all descriptors are computed from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray, row_products
from hemml.composition.array_checks import checked_parts, is_zero_view
from hemml.composition.layout import lay_out
from hemml.composition.material import Material
from hemml.composition.units import species_atoms
from hemml.elements.periodic import MASS_OF
from hemml.errors import InputError


@dataclass(frozen=True, eq=False)
class CompositionBatch:
    """n materials, k elements, s cation sublattices, a anion species, m molecule species; amounts per formula unit.

    Arrays may be read-only views that do not own memory.

    Attributes:
        elements: The k symbols by atomic number, those in units and molecules included.
        cation_sites: Atoms on each cation sublattice, zero where a material has fewer, shape (n, s, k).
        mobile: Mobile atoms, shape (n, k).
        alloy: Atoms on alloy sublattices, shape (n, k).
        anion_species: Element symbols and labels of units.
        anion: Anions, shape (n, a).
        molecule_species: Labels such as "H2O" and "NH4".
        molecule: Molecules, shape (n, m).
        cation_vacancy: Vacancies on each cation sublattice, shape (n, s).
        mobile_vacancy: Vacancies among the mobile ions, shape (n,).
        anion_vacancy: Vacancies among the anions, shape (n,).
        working_ion: Names, "" where there is none, shape (n,).
    """

    elements: tuple[str, ...]
    cation_sites: FloatArray
    mobile: FloatArray
    alloy: FloatArray
    anion_species: tuple[str, ...]
    anion: FloatArray
    molecule_species: tuple[str, ...]
    molecule: FloatArray
    cation_vacancy: FloatArray
    mobile_vacancy: FloatArray
    anion_vacancy: FloatArray
    working_ion: StrArray

    def __len__(self) -> int:
        return len(self.working_ion)

    def __getitem__(
        self, rows: slice | int | IntArray | BoolArray | Sequence[int] | Sequence[bool]
    ) -> CompositionBatch:
        """Select materials; elements, species and number of sublattices stay as they are."""
        index: slice | IntArray | BoolArray
        if isinstance(rows, int | np.integer):
            if not -len(self) <= rows < len(self):
                raise IndexError(f"row {rows} of a batch of {len(self)}")
            index = np.array([rows], dtype=np.int64)
        else:
            index = rows if isinstance(rows, slice) else np.asarray(rows)
        if not isinstance(index, slice) and index.dtype == np.bool_:
            index = np.flatnonzero(index) if len(index) == len(self) else index
        return CompositionBatch(
            self.elements,
            _rows(self.cation_sites, index),
            _rows(self.mobile, index),
            _rows(self.alloy, index),
            self.anion_species,
            _rows(self.anion, index),
            self.molecule_species,
            _rows(self.molecule, index),
            _rows(self.cation_vacancy, index),
            _rows(self.mobile_vacancy, index),
            _rows(self.anion_vacancy, index),
            _rows(self.working_ion, index),
        )

    @cached_property
    def cation(self) -> FloatArray:
        """Atoms on all cation sublattices together, shape (n, k)."""
        if self.cation_sites.shape[1] == 1:
            return self.cation_sites[:, 0, :]
        total: FloatArray = self.cation_sites.sum(axis=1)
        return total

    @cached_property
    def amounts(self) -> FloatArray:
        """All atoms, units and molecules taken apart, shape (n, k)."""
        total = self.cation.copy(order="K")
        for part in (self.mobile, self.alloy):
            if not is_zero_view(part):
                total += part
        for species, amounts in ((self.anion_species, self.anion), (self.molecule_species, self.molecule)):
            for j, name in enumerate(species):
                for symbol, count in species_atoms(name).items():
                    total[:, self.elements.index(symbol)] += count * amounts[:, j]
        total.flags.writeable = False
        return total

    @cached_property
    def molar_mass_g_mol(self) -> FloatArray:
        """Mass of one mole of formula units, g/mol, shape (n,)."""
        return row_products(self.amounts, np.array([MASS_OF[symbol] for symbol in self.elements]))

    @classmethod
    def from_formulas(
        cls, formulas: Sequence[str], working_ions: Sequence[str | None] | str | None = None
    ) -> CompositionBatch:
        """Read formulas.

        Args:
            formulas: n formulas.
            working_ions: One name for all, or n names; None or "": found in the formula.

        Raises:
            FormulaError: A formula cannot be read; the message names its row, counted from 0.
            InputError: The numbers of formulas and working ions differ, or an ion is unknown.
        """
        if isinstance(formulas, str):
            raise InputError(
                f"formulas must be a sequence of formulas; got the text {formulas[:40]!r}; put it in a list"
            )
        formulas = list(formulas)
        ions = (
            [working_ions] * len(formulas) if working_ions is None or isinstance(working_ions, str) else [*working_ions]
        )
        if len(ions) != len(formulas):
            raise InputError(f"working_ions must be one name or {len(formulas)}, one a formula; got {len(ions)}")
        return cls(**lay_out(_read(formulas, ions)))

    @classmethod
    def from_materials(cls, materials: Sequence[Material]) -> CompositionBatch:
        """Lay materials out in matrices.

        Raises:
            InputError: There are no materials.
        """
        return cls(**lay_out(materials))

    @classmethod
    def from_arrays(
        cls,
        elements: Sequence[str],
        *,
        cation: FloatArray | None = None,
        cation_sites: FloatArray | None = None,
        mobile: FloatArray | None = None,
        alloy: FloatArray | None = None,
        anion: FloatArray | None = None,
        anion_species: Sequence[str] = (),
        molecule: FloatArray | None = None,
        molecule_species: Sequence[str] = (),
        cation_vacancy: FloatArray | None = None,
        mobile_vacancy: FloatArray | None = None,
        anion_vacancy: FloatArray | None = None,
        working_ion: Sequence[str | None] | str | None = None,
    ) -> CompositionBatch:
        """Take amounts as they are, with as little copying as possible; parts that are left out are zero.

        Args:
            elements: k symbols, the columns of `cation`, `mobile` and `alloy` in any order.
            cation: Atoms on the one cation sublattice, shape (n, k).
            cation_sites: Or atoms on each of several, shape (n, s, k).
            mobile: Shape (n, k).
            alloy: Shape (n, k).
            anion: Shape (n, a).
            anion_species: The a anions: element symbols and labels of `UNITS`; need not be among `elements`.
            molecule: Shape (n, m).
            molecule_species: The m molecules, such as "H2O".
            cation_vacancy: Shape (n, s).
            mobile_vacancy: Shape (n,).
            anion_vacancy: Shape (n,).
            working_ion: One name for all, n names, or None.

        Raises:
            InputError: Shapes do not fit, an amount is negative or not finite, a row is empty; the row is named.
            UnknownNameError: An element, species or working ion is unknown.
        """
        return cls(
            **checked_parts(
                elements,
                cation=cation,
                cation_sites=cation_sites,
                mobile=mobile,
                alloy=alloy,
                anion=anion,
                anion_species=anion_species,
                molecule=molecule,
                molecule_species=molecule_species,
                cation_vacancy=cation_vacancy,
                mobile_vacancy=mobile_vacancy,
                anion_vacancy=anion_vacancy,
                working_ion=working_ion,
            )
        )


_Array = TypeVar("_Array", FloatArray, StrArray)


def _rows(array: _Array, index: slice | IntArray | BoolArray) -> _Array:
    """Rows of an array; what is the same in all rows stays one value, and columns in memory stay columns."""
    if isinstance(index, slice) or index.dtype == np.bool_ or not len(array):
        return array[index]
    if array.strides[0] == 0:
        checked = np.broadcast_to(np.int8(0), len(array))[index]
        return np.broadcast_to(array[:1], (len(checked), *array.shape[1:]))
    if array.ndim > 1 and array.strides[0] == array.itemsize:
        return np.moveaxis(np.take(np.moveaxis(array, 0, -1), index, axis=-1), -1, 0)
    return array[index]


def _read(formulas: Sequence[str], ions: Sequence[str | None]) -> Iterator[Material]:
    for row, (formula, ion) in enumerate(zip(formulas, ions, strict=True)):
        try:
            yield Material.parse(formula, ion)
        except InputError as err:
            err.args = (f"row {row}: {err}",)
            raise
