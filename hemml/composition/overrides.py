"""Moving species between sublattices at the user's word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hemml.composition.sublattices import Sublattice
from hemml.errors import InputError, UnknownNameError


def move_species(
    sublattices: tuple[Sublattice, ...], rules: tuple[str, ...], wanted: Mapping[str, str | Iterable[str] | None]
) -> tuple[tuple[Sublattice, ...], tuple[str, ...]]:
    """Move all of a species to the largest sublattice of the wanted kind, which is made if there is none.

    Args:
        sublattices: As the rules gave them.
        rules: Sentences so far.
        wanted: Kind of sublattice -> species.

    Raises:
        UnknownNameError: A species is not in the material.
        InputError: A species is wanted in two places.
    """
    amounts = [dict(sublattice.amounts) for sublattice in sublattices]
    targets: dict[str, str] = {}
    for kind, given in wanted.items():
        for species in (given,) if isinstance(given, str) else tuple(given or ()):
            if targets.get(species, kind) != kind:
                raise InputError(
                    f"{species!r} must go to one sublattice; got both {targets[species]!r} and {kind!r}; name it once"
                )
            targets[species] = kind
    new: dict[str, dict[str, float]] = {}
    for species, kind in targets.items():
        if not any(species in mapping for mapping in amounts):
            raise UnknownNameError(f"species for {kind}", species, {s for mapping in amounts for s in mapping})
        total = sum(mapping.pop(species, 0.0) for mapping in amounts)
        home = _largest(sublattices, kind)
        place = new.setdefault(kind, {}) if home is None else amounts[home]
        place[species] = place.get(species, 0.0) + total
    changed = [
        Sublattice(sublattice.kind, sublattice.label, mapping, sublattice.vacancy)
        for sublattice, mapping in zip(sublattices, amounts, strict=True)
        if mapping or sublattice.vacancy
    ]
    changed += [Sublattice(kind, kind, mapping) for kind, mapping in new.items()]
    sentences = [f"{species} was put on the {kind} sublattice by argument." for species, kind in targets.items()]
    return tuple(changed), (*rules, *sentences)


def _largest(sublattices: tuple[Sublattice, ...], kind: str) -> int | None:
    candidates = [
        (not s.label.startswith(kind), -s.sites, i) for i, s in enumerate(sublattices) if s.kind == kind
    ]  # an ordinary site before the hexacyanometallate or a proton's
    return min(candidates)[2] if candidates and not min(candidates)[0] else None
