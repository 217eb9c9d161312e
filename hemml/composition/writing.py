"""From sublattices back to a formula that reads as the same sublattices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hemml.composition.formula import VACANCY
from hemml.composition.material import Material
from hemml.composition.sublattices import Sublattice
from hemml.composition.units import UNITS
from hemml.errors import InputError

_CARBON_SITE: Final = "hexacyanometallate"
_TOLERANCE: Final = 1e-5


def write_formula(sublattices: Sequence[Sublattice], working_ion: str | None) -> str:
    """A formula that `Material.parse` divides into the given sublattices.

    Mobile ions come first, each cation sublattice stands in brackets, then anions, then molecules. Amounts are written
    to six digits.

    Args:
        sublattices: As `Material.sublattices`.
        working_ion: The ion with which the formula will be read, None to have it found.

    Raises:
        InputError: The rules for reading formulas would divide it in another way.
    """
    front: list[str] = []
    middle: list[str] = []
    back: list[str] = []
    for sublattice in sublattices:
        kind = sublattice.kind
        if kind == "cation" and sublattice.label != "proton":
            text = f"[{_species(sublattice)}]"
            (back if sublattice.label == _CARBON_SITE else middle).append(text)
        elif kind in ("mobile", "alloy"):
            front.append(_species(sublattice))
        elif kind == "cation":
            middle.append(_species(sublattice))
    # Cyanide goes directly behind the site that its carbon end binds.
    tail = [_species(s) for s in sublattices if s.kind in ("anion", "molecule")]
    cyanide = [text for text in tail if text.startswith("(CN)")]
    text = "".join([*front, *middle, *back, *cyanide, *(t for t in tail if t not in cyanide)])
    read = Material.parse(text, working_ion)
    if not same_sublattices(read.sublattices, sublattices):
        raise InputError(
            f"sublattices must be what the formula {text!r} reads as, got others; write the formula by hand and check "
            "it with hemml describe"
        )
    return text


def same_sublattices(a: Sequence[Sublattice], b: Sequence[Sublattice]) -> bool:
    """Whether two divisions hold the same amounts on sublattices of the same kinds, to five digits, in any order."""
    first, second = _sorted(a), _sorted(b)
    return len(first) == len(second) and all(
        x.kind == y.kind and _close(x.amounts, y.amounts) and abs(x.vacancy - y.vacancy) <= _TOLERANCE
        for x, y in zip(first, second, strict=True)
    )


def _sorted(sublattices: Sequence[Sublattice]) -> list[Sublattice]:
    return sorted(sublattices, key=lambda s: (s.kind, s.label == _CARBON_SITE, sorted(s.amounts)))


def _close(a: Mapping[str, float], b: Mapping[str, float]) -> bool:
    return a.keys() == b.keys() and all(abs(a[s] - b[s]) <= _TOLERANCE * max(1.0, abs(a[s])) for s in a)


def _species(sublattice: Sublattice) -> str:
    parts = [
        (f"({species})" if species in UNITS or not species.isalpha() else species) + _amount(amount)
        for species, amount in sublattice.amounts.items()
    ]
    # Cyanide first: what stands behind it must not part it from its metal.
    parts.sort(key=lambda part: not part.startswith("(CN)"))
    if sublattice.vacancy:
        parts.append(VACANCY + _amount(sublattice.vacancy))
    return "".join(parts)


def _amount(amount: float) -> str:
    text = f"{amount:.6g}"
    if "e" in text:
        text = f"{amount:.9f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text
