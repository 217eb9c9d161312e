"""Several batches as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemml.arrays import FloatArray
from hemml.composition.batch import CompositionBatch
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import InputError


def join(batches: Sequence[CompositionBatch]) -> CompositionBatch:
    """The materials of several batches in one, in order; elements, species and sublattices are those of all together.

    Raises:
        InputError: There are no batches.
    """
    if not batches:
        raise InputError("batches to join must be at least one, got none; give one or more")
    if len(batches) == 1:
        return batches[0]
    elements = tuple(sorted({name for batch in batches for name in batch.elements}, key=ATOMIC_NUMBER.__getitem__))
    anions = tuple(dict.fromkeys(name for batch in batches for name in batch.anion_species))
    molecules = tuple(dict.fromkeys(name for batch in batches for name in batch.molecule_species))
    sites = max(batch.cation_sites.shape[1] for batch in batches)
    rows = np.cumsum([0, *(len(batch) for batch in batches)])
    n = int(rows[-1])
    cation_sites = np.zeros((n, sites, len(elements)))
    cation_vacancy = np.zeros((n, sites))
    mobile, alloy = np.zeros((n, len(elements))), np.zeros((n, len(elements)))
    anion, molecule = np.zeros((n, len(anions))), np.zeros((n, len(molecules)))
    for batch, start, end in zip(batches, rows[:-1], rows[1:], strict=True):
        part, s = slice(start, end), batch.cation_sites.shape[1]
        columns = [elements.index(name) for name in batch.elements]
        cation_sites[part, :s, columns] = batch.cation_sites
        cation_vacancy[part, :s] = batch.cation_vacancy
        mobile[part, columns] = batch.mobile
        alloy[part, columns] = batch.alloy
        anion[part, [anions.index(name) for name in batch.anion_species]] = batch.anion
        molecule[part, [molecules.index(name) for name in batch.molecule_species]] = batch.molecule

    def behind(name: str) -> FloatArray:
        return np.concatenate([getattr(batch, name) for batch in batches])

    return CompositionBatch(
        elements,
        cation_sites,
        mobile,
        alloy,
        anions,
        anion,
        molecules,
        molecule,
        cation_vacancy,
        behind("mobile_vacancy"),
        behind("anion_vacancy"),
        np.concatenate([batch.working_ion for batch in batches]),
    )
