"""From compositions back to ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Final

import numpy as np

from hemml.active.space.numbers import join, rank_array
from hemml.active.space.part import Part
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import CompositionBatch

# Written amounts have four digits or more; a step is never below 0.005 of a sublattice.
_TOLERANCE: Final = 2e-4


def ranks_of(parts: Sequence[Part], batch: CompositionBatch, radices: Sequence[int]) -> IntArray:
    """Ranks (n,) of n compositions, -1 where one is not a candidate of the template.

    Args:
        parts: The p sublattices; cation sublattices in the same order as in the batch.
        batch: n compositions.
        radices: Of the 2p digits.
    """
    amounts = [_amounts(parts, i, batch) for i in range(len(parts))]
    totals = {part.name: amount.sum(axis=1) for part, amount in zip(parts, amounts, strict=True)}
    valid = _nothing_else(parts, totals, batch)
    digits: list[IntArray] = []
    for part, amount in zip(parts, amounts, strict=True):
        total, digit, fits = _amount_digit(part, totals)
        valid &= fits
        mixed, fits = _mixture_digit(part, amount, total)
        valid &= fits
        digits += [mixed, digit]
    size = prod(radices)
    out = rank_array([-1] * len(batch), size)
    if valid.any():
        out[valid] = join([digit[valid] for digit in digits], radices)
    return out


def _amounts(parts: Sequence[Part], i: int, batch: CompositionBatch) -> FloatArray:
    """Amounts of the species of one part in the batch, (n, k)."""
    part = parts[i]
    if part.kind in ("anion", "molecule"):
        names = batch.anion_species if part.kind == "anion" else batch.molecule_species
        array = batch.anion if part.kind == "anion" else batch.molecule
    else:
        names = batch.elements
        if part.kind == "cation":
            site = sum(one.kind == "cation" for one in parts[:i])
            sites = batch.cation_sites
            array = sites[:, site] if site < sites.shape[1] else np.zeros((len(batch), len(names)))
        else:
            array = batch.mobile if part.kind == "mobile" else batch.alloy
    out = np.zeros((len(batch), len(part.species)))
    for j, name in enumerate(part.species):
        if name in names:
            out[:, j] = array[:, names.index(name)]
    return out


def _nothing_else(parts: Sequence[Part], totals: Mapping[str, FloatArray], batch: CompositionBatch) -> BoolArray:
    """Whether the parts hold all that the batch does, (n,)."""
    held = {
        "cation": batch.cation,
        "mobile": batch.mobile,
        "alloy": batch.alloy,
        "anion": batch.anion,
        "molecule": batch.molecule,
    }
    valid = ~(batch.cation_vacancy.any(axis=1) | (batch.mobile_vacancy > 0) | (batch.anion_vacancy > 0))
    for kind, array in held.items():
        explained = sum((totals[part.name] for part in parts if part.kind == kind), np.zeros(len(batch)))
        valid &= np.abs(array.sum(axis=1) - explained) <= _TOLERANCE
    return np.asarray(valid, dtype=np.bool_)


def _amount_digit(part: Part, totals: Mapping[str, FloatArray]) -> tuple[FloatArray, IntArray, BoolArray]:
    """Exact amount, its digit, and whether there is one, (n,) each."""
    given = totals[part.name]
    if part.rest_of is not None:
        expected = part.total - totals[part.rest_of]
        return expected, np.zeros(len(given), dtype=np.int64), np.abs(given - expected) <= _TOLERANCE
    digit = np.abs(given[:, None] - part.amounts).argmin(axis=1)
    return part.amounts[digit], digit, np.abs(given - part.amounts[digit]) <= _TOLERANCE


def _mixture_digit(part: Part, amount: FloatArray, total: FloatArray) -> tuple[IntArray, BoolArray]:
    """Number of the mixture, and whether there is one, (n,) each."""
    if part.mixture is None:
        fits = (np.abs(amount - total[:, None] * part.shares) <= _TOLERANCE).all(axis=1)
        return np.zeros(len(total), dtype=np.int64), np.asarray(fits, dtype=np.bool_)
    steps = amount / np.where(total > 0, total, 1.0)[:, None] * part.mixture.steps
    whole = np.rint(steps).astype(np.int64)
    near = (np.abs(steps - whole) * total[:, None] <= _TOLERANCE * part.mixture.steps).all(axis=1)
    digit = part.mixture.rank(whole)
    return digit, np.asarray(near & np.asarray(digit >= 0), dtype=np.bool_)
