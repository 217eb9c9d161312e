"""The material family of a composition by rule, for users who do not name it."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.composition import CompositionBatch

Names: TypeAlias = np.ndarray[tuple[int], np.dtype[np.object_]]

_OXO: Final = ("PO4", "P2O7", "PO3", "SO4", "SiO4", "BO3", "CO3", "C2O4", "MoO4", "WO4")
_MULTIVALENT: Final = ("Zn", "Mg", "Ca", "Al")
# Families that are hosts of an anode when no ion is in them.
_EMPTY_HOSTS: Final = ("spinel", "rocksalt", "sulfide", "selenide", "mxene", "other", "perovskite")


def infer_family(batch: CompositionBatch) -> Names:
    """Name one of `hemml.columns.FAMILIES` for each of n compositions, shape (n,).

    The rules look at anions, at the cation to anion ratio and at what dominates the cations; "other" where none fits.
    """
    n = len(batch)
    out = np.full(n, "other", dtype=object)
    anions = {species: batch.anion[:, j] for j, species in enumerate(batch.anion_species)}
    zero = np.zeros(n)
    simple = {name: anions.get(name, zero) for name in ("O", "S", "Se", "Te", "F", "P", "C", "N")}
    oxo: FloatArray = np.sum([anions.get(name, zero) for name in _OXO], axis=0)
    cation = batch.cation.sum(axis=1)
    mobile = batch.mobile.sum(axis=1)
    oxygen = np.where(simple["O"] > 0, simple["O"], np.nan)

    def share(symbol: str) -> FloatArray:
        if symbol not in batch.elements:
            return zero
        return batch.cation[:, batch.elements.index(symbol)] / np.where(cation > 0, cation, 1.0)

    rules: list[tuple[str, BoolArray]] = [
        ("alloy", np.asarray(batch.alloy.any(axis=1))),
        ("prussian_blue", anions.get("CN", zero) > 0),
        ("olivine", (_close(mobile, oxo) & _close(cation, oxo) & (anions.get("PO4", zero) == oxo) & (oxo > 0)
                     & (simple["O"] + simple["F"] == 0))),
        ("polyanion", oxo > 0),
        ("phosphide", (simple["P"] > 0) & (simple["O"] == 0)),
        ("selenide", (simple["Se"] + simple["Te"] > simple["S"]) & (simple["O"] == 0)),
        ("sulfide", simple["S"] > 0),
        ("oxyfluoride", (simple["F"] > 0.3 * simple["O"]) & (simple["O"] > 0)),
        ("fluoride", (simple["F"] > 0) & (simple["O"] == 0)),
        ("mxene", (simple["C"] > 0) & (simple["O"] == 0)),
        # AB2O4 with a small ion; with sodium the same ratio is a layered oxide.
        ("spinel", np.isin(batch.working_ion, ("Li", *_MULTIVALENT)) & _close(2.0 * mobile, cation, 0.1)
         & _close(oxygen, 2.0 * cation)),
        ("vanadium_oxide", (share("V") > 0.5) & (simple["O"] > 0) & (simple["O"] / np.maximum(cation, 1e-9) > 1.9)),
        ("tunnel_oxide", _close(mobile * 2.0, oxygen * 0.44, 0.03)),
        ("layered_oxide", (mobile > 0) & _close(oxygen, 2.0 * cation, 0.12)
         & (mobile >= 0.35 * cation) & (mobile <= 1.25 * cation) & ~np.isin(batch.working_ion, _MULTIVALENT)),
        ("manganese_oxide", (share("Mn") > 0.5) & _close(oxygen, 2.0 * cation, 0.12)),
        ("spinel", _close(4.0 * (cation + mobile), 3.0 * oxygen, 0.05)),
        ("spinel", (mobile > 0) & _close(oxygen, 2.0 * cation, 0.05)),
        ("rocksalt", (mobile == 0) & _close(cation, oxygen, 0.05)),
        # Lithium-rich layered oxides: ions in the metal layer too.
        ("layered_oxide", (mobile > 0) & _close(cation + mobile, oxygen, 0.05)),
        ("perovskite", _close(3.0 * (cation + mobile), 2.0 * oxygen, 0.03) & (share("La") + share("Sr") > 0.2)),
    ]  # fmt: skip
    undecided = np.ones(n, dtype=bool)
    for name, applies in rules:
        chosen = undecided & applies
        out[chosen] = name
        undecided &= ~chosen
    return out


def infer_role(families: Names, batch: CompositionBatch) -> Names:
    """Name the usual role of n compositions, shape (n,): anode for alloys, phosphides and hosts without an ion to give.

    Electrodes of multivalent and proton cells are cathodes, alloys apart: their anode is the metal.

    Args:
        families: Family of each composition, (n,).
        batch: The n compositions with their working ions.
    """
    names = families.astype(np.str_)
    is_alloy = batch.alloy.any(axis=1)
    empty_host = ~batch.mobile.any(axis=1) & np.isin(names, _EMPTY_HOSTS)
    anode = (np.isin(names, ("alloy", "phosphide")) | empty_host) & ~np.isin(
        batch.working_ion, (*_MULTIVALENT, "NH4", "H")
    )
    return np.where(is_alloy | anode, "anode", "cathode").astype(object)


def _close(a: FloatArray, b: FloatArray, tolerance: float = 0.05) -> BoolArray:
    return np.asarray(np.abs(a - b) <= tolerance * np.maximum(np.abs(b), 1e-9))
