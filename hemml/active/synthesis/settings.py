"""What a user may set for recipes: the `synthesis` block of a design space."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from hemml.active.synthesis.precursors import find_precursor
from hemml.active.synthesis.routes import route
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import ConfigError, UnknownNameError

_OPTION: Final = re.compile(r"excess_(?P<excess>\w+)_pct|purity_(?P<purity>.+)|ratio_(?P<ratio>.+)|yield_fraction")
_OPTIONS: Final = ("excess_Na_pct", "purity_Na2CO3", "ratio_citric acid", "yield_fraction")


@dataclass(frozen=True)
class RecipeSettings:
    """Settings of a recipe.

    Attributes:
        route: Name of the route; None: the default of the family.
        batch_mg: Product wanted, mg.
        yield_fraction: Part of the product that is expected to reach the bottle; more is weighed accordingly.
        excess_pct: Excess of an element in % of the product's amount; replaces the default of the route for it.
        purity: Formula or name of a precursor -> mass fraction on the label of the lot.
        precursors: Element (or "Fe(CN)6") -> formula or name, or several, to take for it before those of hemml's table.
        avoid: Formulas or names of precursors not to use.
        ratios: Name of a reagent -> moles per mole of what it is counted on.
    """

    route: str | None = None
    batch_mg: float = 1000.0
    yield_fraction: float = 1.0
    excess_pct: Mapping[str, float] = field(default_factory=dict)
    purity: Mapping[str, float] = field(default_factory=dict)
    precursors: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    avoid: tuple[str, ...] = ()
    ratios: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value."""
        if self.route is not None:
            if not isinstance(self.route, str):
                raise ConfigError(
                    f"synthesis.route must be the name of a route, got {self.route!r}; write sol_gel, say"
                )
            route(self.route)
        _within("batch_mg", self.batch_mg, 1.0, 1e7, "mg of product")
        _within("yield_fraction", self.yield_fraction, 0.01, 1.0, "a fraction from 0.01 to 1")
        for symbol, percent in _mapping("excess_pct", self.excess_pct).items():
            _element("excess_pct", symbol)
            _within(f"excess_pct.{symbol}", percent, 0.0, 100.0, "percent from 0 to 100")
        for formula, fraction in _mapping("purity", self.purity).items():
            find_precursor(formula)
            _within(f"purity.{formula}", fraction, 1e-3, 1.0, "a mass fraction from 0.001 to 1 (0.99 for 99 %)")
        for symbol, formulas in _mapping("precursors", self.precursors).items():
            if symbol.removesuffix("(CN)6") not in ATOMIC_NUMBER:
                _element("precursors", symbol)
            for formula in (formulas,) if isinstance(formulas, str) else formulas:
                if not isinstance(formula, str) or symbol not in find_precursor(formula).components:
                    raise ConfigError(
                        f"synthesis.precursors.{symbol} must be substances that bring {symbol}, got {formula!r}; "
                        "write Ni: Ni(CH3COO)2·4H2O, say"
                    )
        if isinstance(self.avoid, str):
            raise ConfigError(f"synthesis.avoid must be a list of formulas, got {self.avoid!r}; write [{self.avoid}]")
        for formula in self.avoid:
            find_precursor(formula)
        for name, ratio in _mapping("ratios", self.ratios).items():
            _within(f"ratios.{name}", ratio, 0.0, 100.0, "moles per mole, 0 to 100")

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any] | None) -> RecipeSettings:
        """Read a `synthesis` block.

        Raises:
            ConfigError: It is no mapping, or a value cannot be used.
            UnknownNameError: A key, route or element is unknown.
            FormulaError: A formula cannot be read.
        """
        if raw is None:
            return cls()
        block = dict(_mapping("", raw))
        names = [one.name for one in fields(cls)]
        for key in block:
            if key not in names:
                raise UnknownNameError("key of synthesis", key, names)
        if isinstance(block.get("avoid"), list):
            block["avoid"] = tuple(block["avoid"])
        if isinstance(block.get("precursors"), Mapping):
            block["precursors"] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in block["precursors"].items()
            }
        return cls(**block)

    @classmethod
    def from_parts(
        cls, route: str | None, batch_mg: float, precursors: Mapping[str, str], options: Mapping[str, Any]
    ) -> RecipeSettings:
        """Read a `synthesis` block in which everything else stands flat under `options`.

        Args:
            route: Name of the route.
            batch_mg: Product wanted, mg.
            precursors: Element -> formula or name.
            options: `excess_<element>_pct`, `purity_<formula>`, `ratio_<reagent>`, `yield_fraction`.

        Raises:
            ConfigError: A value cannot be used.
            UnknownNameError: An option, route or element is unknown.
        """
        block: dict[str, Any] = {"route": route, "batch_mg": batch_mg, "precursors": dict(precursors)}
        for key, value in options.items():
            found = _OPTION.fullmatch(key)
            if found is None:
                raise UnknownNameError("option of synthesis", key, _OPTIONS)
            if found["excess"]:
                block.setdefault("excess_pct", {})[found["excess"]] = value
            elif found["purity"]:
                block.setdefault("purity", {})[found["purity"]] = value
            elif found["ratio"]:
                block.setdefault("ratios", {})[found["ratio"]] = value
            else:
                block["yield_fraction"] = value
        return cls.from_mapping(block)

    def preferred(self) -> tuple[tuple[str, str], ...]:
        """(element, formula) of the user's own precursors in their order."""
        return tuple(
            (symbol, formula)
            for symbol, formulas in self.precursors.items()
            for formula in ((formulas,) if isinstance(formulas, str) else formulas)
        )


def _mapping(key: str, value: object) -> Mapping[str, Any]:
    owner = f"synthesis.{key}" if key else "synthesis"
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ConfigError(f"{owner} must be a mapping with text as keys, got {value!r}; write `name: value` lines")
    return value


def _within(key: str, value: object, low: float, high: float, meaning: str) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise ConfigError(f"synthesis.{key} must be {meaning}, got {value!r}; give a number from {low:g} to {high:g}")


def _element(key: str, symbol: str) -> None:
    if symbol not in ATOMIC_NUMBER:
        raise UnknownNameError(f"element in synthesis.{key}", symbol, ATOMIC_NUMBER)
