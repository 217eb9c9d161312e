"""Which elements stand on which sites in published electrodes, and materials with other elements on theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hemml.composition import Material, Sublattice
from hemml.composition.writing import write_formula
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.models.bundle import Bundle
    from hemml.models.prediction import Predictor

OFTEN_ENOUGH: Final = 5
RARE: Final = 20
_SITES: Final = ("cation", "alloy")


def exchangeable(material: Material) -> tuple[Sublattice, ...]:
    """Cation and alloy sublattices whose elements can be exchanged; protons stay.

    Raises:
        InputError: There are none.
    """
    found = tuple(s for s in material.sublattices if s.kind in _SITES and s.label != "proton" and s.amounts)
    if not found:
        raise InputError(
            f"formula {material.formula!r} must hold cations or an alloy whose elements can be exchanged, got none; "
            "see how it is read with hemml describe"
        )
    return found


def kind_of_site(sublattice: Sublattice) -> str:
    """What sublattices are counted by: "cation", "alloy" or "hexacyanometallate"."""
    return sublattice.label if sublattice.label == "hexacyanometallate" else sublattice.kind


def site_counts(predictor: Predictor) -> Mapping[str, Mapping[str, int]]:
    """How many training records hold each element on each kind of site, in the bundle that has most records."""
    main = max(predictor.bundles.values(), key=_n_records)
    return _counts(tuple(main.evidence.formulas.tolist()))


def _n_records(bundle: Bundle) -> int:
    return len(bundle.evidence)


@lru_cache(maxsize=4)
def _counts(formulas: tuple[str, ...]) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, Counter[str]] = {"cation": Counter(), "alloy": Counter(), "hexacyanometallate": Counter()}
    for formula, times in Counter(formulas).items():
        material = Material.parse(formula)
        for site in {kind_of_site(s) for s in material.sublattices if s.kind in _SITES and s.label != "proton"}:
            here = (s.amounts for s in material.sublattices if s.kind in _SITES and kind_of_site(s) == site)
            for element in {element for amounts in here for element in amounts}:
                counts[site][element] += times
    return counts


def alternatives(counts: Mapping[str, int], without: Sequence[str] = ()) -> tuple[str, ...]:
    """Elements that stand on a kind of site in 5 training records or more, by atomic number."""
    often = [element for element, n in counts.items() if n >= OFTEN_ENOUGH and element not in without]
    return tuple(sorted(often, key=ATOMIC_NUMBER.__getitem__))


def with_amounts(material: Material, place: int, amounts: Mapping[str, float]) -> str | None:
    """Formula of a material with other amounts on one sublattice, None where it would be read in another way.

    Args:
        material: The material.
        place: Index among its sublattices.
        amounts: Element -> amount per formula unit.
    """
    sublattices = list(material.sublattices)
    kept = {element: amount for element, amount in amounts.items() if amount > 0}
    sublattices[place] = replace(sublattices[place], amounts=kept)
    try:
        return write_formula(sublattices, material.working_ion)
    except InputError:
        # An alkali metal alone on a cation site, say, is read as mobile: no formula says what is meant.
        return None


def swapped(amounts: Mapping[str, float], removed: str, added: str) -> dict[str, float]:
    """Amounts with all of one element replaced by another, in its place."""
    out: dict[str, float] = {}
    for element, amount in amounts.items():
        name = added if element == removed else element
        out[name] = out.get(name, 0.0) + amount
    return out


def diluted(amounts: Mapping[str, float], added: str, share: float) -> dict[str, float]:
    """Amounts with a share of all sites given to one element, taken from all others alike."""
    total = sum(amounts.values())
    out = {element: amount * (1.0 - share) for element, amount in amounts.items()}
    out[added] = out.get(added, 0.0) + share * total
    return out
