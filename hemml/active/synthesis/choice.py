"""Which precursors a product may be made from by a route, and how much each is liked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hemml.active.synthesis.precursors import REAGENT, Precursor, find_precursor, precursors
from hemml.active.synthesis.routes import Route, route, routes_of
from hemml.active.synthesis.settings import RecipeSettings
from hemml.composition import Material
from hemml.errors import InputError

FERRATE_3_BELOW: Final = 3.5
"""Charge for each hexacyanoferrate below which it is taken as iron(III)."""
_ALKALI: Final = ("Li", "Na", "K")


@dataclass(frozen=True, eq=False)
class Task:
    """What has to be balanced.

    Attributes:
        material: The product.
        group: Its family, or "sulfate".
        route: How it is made.
        need: Components that are balanced -> moles per mole of product, excess included.
        free: Components that come and go.
        surplus: Components of which more may be put in.
    """

    material: Material
    group: str
    route: Route
    need: Mapping[str, float]
    free: frozenset[str]
    surplus: frozenset[str]


def permitted(task: Task, settings: RecipeSettings) -> tuple[Precursor, ...]:
    """Precursors that bring nothing foreign into the product, each once, the preferred first.

    Raises:
        InputError: The user asks for a precursor that brings something foreign, or an element has no precursor.
    """
    avoided = {find_precursor(formula).formula for formula in settings.avoid}
    chosen: dict[str, Precursor] = {}
    for one, wished in _in_order(task, settings):
        foreign = one.components.keys() - task.need.keys() - task.free
        if foreign and wished in task.need:
            raise InputError(
                f"synthesis.precursors: {one.formula} must bring only what {task.material.formula} holds or what "
                f"leaves by route {task.route.name}, got {', '.join(sorted(foreign))} besides; choose another "
                "precursor or route"
            )
        unwanted = one.formula in avoided or (not wished and _wrong_ferrate(one, task))
        if not foreign and not unwanted and one.formula not in chosen:
            chosen[one.formula] = one
    found = tuple(chosen.values())
    missing = [name for name in task.need if not any(name in one.components for one in found)]
    if missing:
        raise InputError(_missing(missing, task))
    return tuple(as_labelled(one, settings) for one in found)


def costs(options: Collection[Precursor], need: Mapping[str, float]) -> list[float]:
    """How little each is liked per mole: its place among those of its element times the atoms that it brings."""
    places: Counter[str] = Counter()
    values = []
    for one in options:
        places[one.element] += 1
        values.append(places[one.element] * sum(one.components.get(name, 0.0) for name in need))
    return values


def ferrate_charge(material: Material) -> float | None:
    """Negative charge of each hexacyanometallate if the metals on nitrogen have two; None where there is none."""
    metals = sum(sum(s.amounts.values()) for s in material.of_kind("cation") if s.label == "hexacyanometallate")
    if not metals:
        return None
    others = sum(sum(s.amounts.values()) for s in material.of_kind("cation") if s.label != "hexacyanometallate")
    mobile = {symbol: amount for s in material.of_kind("mobile") for symbol, amount in s.amounts.items()}
    return (2.0 * others + sum((1.0 if m in _ALKALI else 2.0) * a for m, a in mobile.items())) / metals


def as_labelled(one: Precursor, settings: RecipeSettings) -> Precursor:
    """The substance with the purity that the user reads on its label."""
    labels = {find_precursor(formula).formula: fraction for formula, fraction in settings.purity.items()}
    return one.with_purity(labels[one.formula]) if one.formula in labels else one


def _in_order(task: Task, settings: RecipeSettings) -> Iterator[tuple[Precursor, str]]:
    """Precursors in the order of preference, with the element that the user wishes each for, "" for hemml's own."""
    for element, formula in settings.preferred():
        yield find_precursor(formula, element), element
    for formula in task.route.prefer.get(task.group, ()):
        yield find_precursor(formula), ""
    for one in precursors():
        if task.route.name in one.routes and one.kind != REAGENT:
            yield one, ""


def _wrong_ferrate(one: Precursor, task: Task) -> bool:
    charge = ferrate_charge(task.material)
    if "Fe(CN)6" not in one.components or charge is None:
        return False
    alkali = sum(one.components.get(symbol, 0.0) for symbol in _ALKALI)
    return alkali != (3.0 if charge < FERRATE_3_BELOW else 4.0)


def _missing(names: Collection[str], task: Task) -> str:
    def brings(name: str, wanted: str) -> bool:
        return wanted in route(name).free or any(one.element == wanted and name in one.routes for one in precursors())

    others = [
        name
        for name in routes_of(task.group)
        if name != task.route.name and all(brings(name, wanted) for wanted in names)
    ]
    first = next(iter(names))
    example = f"{first}: FORMULA"
    other = f", or set `route` to one that has it: {', '.join(others)}" if others else ""
    return (
        f"recipe for {task.material.formula} by route {task.route.name}: every element must have a precursor, got none "
        f"for {', '.join(names)}; add one to `precursors` of the space's synthesis block ({example}){other}"
    )
