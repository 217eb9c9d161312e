"""Routes of synthesis from the table `routes.yaml`, and which one suits a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from hemml.columns import FAMILIES
from hemml.composition import Material
from hemml.errors import InputError, UnknownNameError

CYANIDE_ROUTE: Final = "cyanide_precipitation"
SULFATE: Final = "sulfate"
_OTHER: Final = "other"


@dataclass(frozen=True)
class Reagent:
    """What is added and ends up in no product.

    Attributes:
        name: As in the table of precursors.
        ratio: Moles per mole of `per`.
        per: "metal", "dissolved", "charge" or an element.
        only: Groups that need it; empty: all.
        needs: Formula of a precursor that must be weighed; "": none.
        alkali: Element that the product must hold; "": any.
        unless_alkali: Element that the product must not hold; "": none.
    """

    name: str
    ratio: float
    per: str
    only: tuple[str, ...] = ()
    needs: str = ""
    alkali: str = ""
    unless_alkali: str = ""


@dataclass(frozen=True)
class Step:
    """A step; left out unless `needs` (a field of the text) has something to say."""

    text: str
    needs: str = ""


@dataclass(frozen=True)
class Conditions:
    """Typical conditions, and the DOIs of papers that describe the method."""

    text: str
    source: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Route:
    """A way to make a material; every field is explained at the head of `routes.yaml`."""

    name: str
    title: str
    free: frozenset[str]
    surplus: frozenset[str]
    exchange: str
    excess_pct: Mapping[str, float]
    mild: tuple[str, ...]
    prefer: Mapping[str, tuple[str, ...]]
    reagents: tuple[Reagent, ...]
    steps: tuple[Step, ...]
    conditions: Mapping[str, Conditions]

    @property
    def is_open(self) -> bool:
        """Whether oxygen comes and goes."""
        return "O" in self.free

    def conditions_for(self, group: str) -> Conditions:
        """Typical conditions for a group of materials."""
        return self.conditions.get(group, self.conditions[_OTHER])


def route(name: str) -> Route:
    """A route by its name.

    Raises:
        UnknownNameError: There is no such route.
    """
    if name not in _routes():
        raise UnknownNameError("route", name, _routes())
    return _routes()[name]


def route_names() -> tuple[str, ...]:
    """Names of all routes."""
    return tuple(_routes())


def routes_of(group: str) -> tuple[str, ...]:
    """Names of the routes that suit a group, the default first; empty where hemml knows none.

    Raises:
        UnknownNameError: It is neither one of `hemml.columns.FAMILIES` nor "sulfate".
    """
    groups = _table()["groups"]
    if group not in groups:
        raise UnknownNameError("family", group, FAMILIES)
    return tuple(groups[group])


def group_of(material: Material, family: str) -> str:
    """What conditions and defaults are chosen by: the family, or "sulfate" for polyanions that heat would break.

    Raises:
        UnknownNameError: The family is not one of `hemml.columns.FAMILIES`.
    """
    if family not in FAMILIES:
        raise UnknownNameError("family", family, FAMILIES)
    sulfate = any("SO4" in site.amounts for site in material.of_kind("anion"))
    return SULFATE if family == "polyanion" and sulfate else family


def choose_route(group: str, wanted: str | None = None) -> Route:
    """The wanted route, or the default of the group.

    For Prussian blues `co_precipitation` means the precipitation with a hexacyanometallate.

    Raises:
        UnknownNameError: The group or the route is unknown.
        InputError: hemml knows no route for it.
    """
    suited = routes_of(group)
    if wanted is not None:
        chosen = route(wanted)
        return route(CYANIDE_ROUTE) if chosen.name == "co_precipitation" and CYANIDE_ROUTE in suited else chosen
    if not suited:
        raise InputError(
            f"recipe: family {group!r} must have a route from precursors, got none (such materials are made from "
            f"another solid); name one of {', '.join(route_names())} as `route`, or work without recipe"
        )
    return route(suited[0])


@cache
def _table() -> Mapping[str, Any]:
    import yaml

    text = files("hemml.active.synthesis").joinpath("routes.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table


@cache
def _routes() -> Mapping[str, Route]:
    return {name: _read(name, raw) for name, raw in _table().items() if name != "groups"}


def _read(name: str, raw: Mapping[str, Any]) -> Route:
    return Route(
        name=name,
        title=raw["title"],
        free=frozenset(raw["free"]),
        surplus=frozenset(raw.get("surplus", ())),
        exchange=raw["exchange"],
        excess_pct={symbol: float(percent) for symbol, percent in raw.get("excess_pct", {}).items()},
        mild=tuple(raw.get("mild", ())),
        prefer={group: tuple(formulas) for group, formulas in raw.get("prefer", {}).items()},
        reagents=tuple(Reagent(**{**one, "only": tuple(one.get("only", ()))}) for one in raw.get("reagents", ())),
        steps=tuple(Step(**one) for one in raw["steps"]),
        conditions={
            group: Conditions(one["text"], tuple(one["source"].split())) for group, one in raw["conditions"].items()
        },
    )
