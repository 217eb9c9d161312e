"""One sublattice of a template: which shares and which amounts it can have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.active.space.lattice import Mixture
from hemml.active.space.spec import Range, Rest, Share, SublatticeSpec
from hemml.arrays import FloatArray
from hemml.composition import UNITS
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import ConfigError, UnknownNameError

_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Part:
    """A sublattice.

    Attributes:
        name: Its name in the file.
        kind: "cation", "anion", "mobile", "alloy" or "molecule".
        species: The k species.
        mixture: How they share the sites; None where the shares are always the same.
        shares: The fixed shares, (k,); unused where there is a mixture.
        amounts: Sites per formula unit that are possible, rising, (v,).
        rest_of: Name of the sublattice whose amount, taken from `total`, leaves this one's; then `amounts` is unused.
        total: Amount of both together.
    """

    name: str
    kind: str
    species: tuple[str, ...]
    mixture: Mixture | None
    shares: FloatArray
    amounts: FloatArray
    rest_of: str | None = None
    total: float = 0.0

    @property
    def radices(self) -> tuple[int, int]:
        """Number of mixtures and of amounts."""
        return (1 if self.mixture is None else self.mixture.size, 1 if self.rest_of else len(self.amounts))


def part_of(spec: SublatticeSpec, owner: str) -> Part:
    """Check a sublattice and lay it out.

    Raises:
        ConfigError: Bounds, step, components or amount contradict each other.
        UnknownNameError: A species is unknown.
    """
    owner = f"{owner}, sublattice {spec.name}"
    if spec.fixed is not None:
        species = tuple(spec.fixed)
        _check_species(species, spec.kind, owner)
        amounts = np.array(list(spec.fixed.values()))
        return Part(spec.name, spec.kind, species, None, amounts / amounts.sum(), amounts.sum(keepdims=True))
    shares = spec.elements or ()
    species = tuple(share.species for share in shares)
    _check_species(species, spec.kind, owner)
    mixture = None if len(shares) == 1 else _mixture(spec, shares, owner)
    if isinstance(spec.amount, Rest):
        rest, total = spec.amount.minus, spec.amount.total
        return Part(spec.name, spec.kind, species, mixture, np.ones(1), np.zeros(1), rest, total)
    amounts = _amounts(spec.amount, owner) if isinstance(spec.amount, Range) else np.array([float(spec.amount or 0)])
    if mixture is not None and amounts.min() == 0:
        raise ConfigError(f"{owner}: amount.min of a mixed sublattice must be above 0, got 0; raise it by a step")
    return Part(spec.name, spec.kind, species, mixture, np.ones(1), amounts)


def _check_species(species: tuple[str, ...], kind: str, owner: str) -> None:
    units = kind in ("anion", "molecule")
    known = (*ATOMIC_NUMBER, *UNITS) if units else tuple(ATOMIC_NUMBER)
    for name in species:
        if name not in known:
            raise UnknownNameError(f"species or element of {owner}", name, known)
    for name in species:
        if species.count(name) > 1:
            raise ConfigError(f"{owner}: elements must be named once, got {name} twice; remove one")


def _amounts(given: Range, owner: str) -> FloatArray:
    steps = round((given.max - given.min) / given.step)
    if given.max <= given.min:
        raise ConfigError(
            f"{owner}: amount.max must be above amount.min, got {given.max:g} and {given.min:g}; write one number for "
            "a fixed amount"
        )
    if abs(given.min + steps * given.step - given.max) > _ROUNDING * given.step or steps < 1:
        raise ConfigError(
            f"{owner}: amount.step must divide the range from {given.min:g} to {given.max:g} into whole steps, got "
            f"{given.step:g}; write {(given.max - given.min) / max(steps, 1):.6g}, say"
        )
    return np.round(given.min + np.arange(steps + 1) * given.step, 12)


def _mixture(spec: SublatticeSpec, shares: tuple[Share, ...], owner: str) -> Mixture:
    steps = round(1 / spec.step)
    if abs(steps * spec.step - 1) > _ROUNDING or steps < 2:
        raise ConfigError(
            f"{owner}: step must divide 1 into at least two whole steps, got {spec.step:g}; write "
            f"{1 / max(steps, 2):.6g}, say"
        )
    low, high = [], []
    for share in shares:
        if share.min > share.max:
            raise ConfigError(
                f"{owner}: {share.species}.min must not be above its max, got {share.min:g} and {share.max:g}; swap "
                "or correct them"
            )
        low.append(_in_steps(share.min, steps, f"{owner}: {share.species}.min"))
        high.append(_in_steps(share.max, steps, f"{owner}: {share.species}.max"))
    smallest = 1 if spec.smallest is None else max(1, _in_steps(spec.smallest, steps, f"{owner}: smallest"))
    fewest, most = spec.components or (1, len(shares))
    if fewest > most or most > len(shares):
        raise ConfigError(
            f"{owner}: components must be two rising numbers up to {len(shares)}, the number of its elements, got "
            f"[{fewest}, {most}]; correct them or add elements"
        )
    mixture = Mixture(steps, tuple(low), tuple(high), (fewest, most), smallest)
    if mixture.size == 0:
        raise ConfigError(f"{owner}: {_why_empty(mixture, spec.step)}")
    return mixture


def _in_steps(fraction: float, steps: int, owner: str) -> int:
    whole = round(fraction * steps)
    if abs(whole - fraction * steps) > _ROUNDING * steps:
        raise ConfigError(
            f"{owner} must be a multiple of step, which is {1 / steps:.6g}; got {fraction:g}; write {whole / steps:.6g}"
        )
    return whole


def _why_empty(mixture: Mixture, step: float) -> str:
    """What contradicts what where no mixture is possible."""
    low = [max(least, mixture.smallest) if least else 0 for least in mixture.low]
    required = sum(1 for least in low if least)
    fewest, most = mixture.components
    if sum(low) > mixture.steps:
        return f"the least fractions must not add up to more than 1, got {sum(low) * step:.6g}; lower min"
    if sum(sorted(mixture.high)[-most:]) < mixture.steps:
        got = sum(sorted(mixture.high)[-most:]) * step
        return f"the greatest fractions of {most} elements must reach 1, got {got:.6g}; raise max or components"
    if required > most:
        return f"components must allow the {required} elements with a min above 0, got at most {most}; raise components"
    absent = sum(1 for most_steps in mixture.high if most_steps < mixture.smallest)
    return (
        f"bounds, components and smallest must leave at least one mixture, got none: {fewest} to {most} of "
        f"{len(low) - absent} elements, each 0 or {mixture.smallest * step:.6g} and more, must add up to 1; widen them"
    )
