"""Materials to matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

import numpy as np

from hemml.arrays import FloatArray, StrArray
from hemml.composition.material import Material
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import InputError


class BatchParts(TypedDict):
    """The fields of a `CompositionBatch`."""

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


class _Cells:
    """Numbers to be written into a matrix, with row, sublattice and species."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.sites: list[int] = []
        self.names: list[str] = []
        self.values: list[float] = []

    def fill(self, n_rows: int, n_sites: int, columns: Sequence[str]) -> FloatArray:
        out = np.zeros((n_rows, n_sites, len(columns)))
        index = {name: j for j, name in enumerate(columns)}
        if self.rows:
            out[self.rows, self.sites, [index[name] for name in self.names]] = self.values
        return out


def lay_out(materials: Iterable[Material]) -> BatchParts:
    """Write n materials into matrices; elements by atomic number, species in the order of first appearance.

    Materials are taken one by one, so that an iterator need not keep them.
    """
    kinds = ("cation", "mobile", "alloy", "anion", "molecule")
    cells = {kind: _Cells() for kind in kinds}
    vacancies = {kind: _Cells() for kind in kinds}
    symbols: set[str] = set()
    working_ions: list[str] = []
    n = 0
    for row, material in enumerate(materials):
        n = row + 1
        symbols.update(material.amounts)
        working_ions.append(material.working_ion or "")
        site = 0
        for sublattice in material.sublattices:
            kind = sublattice.kind
            target, at = cells[kind], site if kind == "cation" else 0
            for species, amount in sublattice.amounts.items():
                target.rows.append(row)
                target.sites.append(at)
                target.names.append(species)
                target.values.append(amount)
            if sublattice.vacancy:
                target = vacancies[kind]
                target.rows.append(row)
                target.sites.append(at)
                target.names.append("")
                target.values.append(sublattice.vacancy)
            site += kind == "cation"
    if n == 0:
        raise InputError("a batch must have at least one material; got none")
    n_sites = 1 + max([*cells["cation"].sites, *vacancies["cation"].sites], default=-1)
    elements = tuple(sorted(symbols, key=ATOMIC_NUMBER.__getitem__))
    anion_species = tuple(dict.fromkeys(cells["anion"].names))
    molecule_species = tuple(dict.fromkeys(cells["molecule"].names))
    return {
        "elements": elements,
        "cation_sites": cells["cation"].fill(n, n_sites, elements),
        "mobile": cells["mobile"].fill(n, 1, elements)[:, 0],
        "alloy": cells["alloy"].fill(n, 1, elements)[:, 0],
        "anion_species": anion_species,
        "anion": cells["anion"].fill(n, 1, anion_species)[:, 0],
        "molecule_species": molecule_species,
        "molecule": cells["molecule"].fill(n, 1, molecule_species)[:, 0],
        "cation_vacancy": vacancies["cation"].fill(n, n_sites, ("",))[:, :, 0],
        "mobile_vacancy": vacancies["mobile"].fill(n, 1, ("",))[:, 0, 0],
        "anion_vacancy": vacancies["anion"].fill(n, 1, ("",))[:, 0, 0],
        "working_ion": np.array(working_ions, dtype="<U3"),
    }
