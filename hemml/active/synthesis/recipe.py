"""A recipe: what to weigh, what to add, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hemml.active.plain import from_plain, to_plain


@dataclass(frozen=True)
class Weighing:
    """One line of the weighing table.

    Attributes:
        name: Name of the substance.
        formula: Its formula, water of hydration included.
        role: What it brings: elements or hexacyanometallates, "reagent" for what ends up in no product.
        amount_mmol: Pure substance, mmol.
        molar_mass_g_mol: Of the formula, g/mol.
        purity: Mass fraction that the mass is corrected for.
        mass_mg: To be weighed, mg, not rounded.
        hazards: GHS statements.
        note: What heat and air do to it.
    """

    name: str
    formula: str
    role: str
    amount_mmol: float
    molar_mass_g_mol: float
    purity: float
    mass_mg: float
    hazards: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Recipe:
    """How to make a composition; conditions are starting points, not a validated procedure.

    Attributes:
        formula: The product.
        family: Family that the route was chosen for.
        route: Name of the route.
        title: What people call it.
        batch_mg: Product wanted, mg.
        product_mg: Product that the precursors give when nothing is lost, mg: `batch_mg` over the expected yield.
        molar_mass_g_mol: Of the product.
        precursors: What the product is made of.
        reagents: What is added and ends up in no product.
        excess_pct: Excess put in, % of the product's amount, by element.
        surplus_mmol: What stays in the solution beyond the product, by element.
        exchange: What comes and goes, and so is not balanced.
        conditions: Typical ones for the family.
        sources: DOIs of papers that describe the method.
        steps: What to do, in order.
        notes: What to know of this recipe.
    """

    formula: str
    family: str
    route: str
    title: str
    batch_mg: float
    product_mg: float
    molar_mass_g_mol: float
    precursors: tuple[Weighing, ...]
    reagents: tuple[Weighing, ...]
    excess_pct: Mapping[str, float]
    surplus_mmol: Mapping[str, float]
    exchange: str
    conditions: str
    sources: tuple[str, ...]
    steps: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def total_mg(self) -> float:
        """All precursors together as weighed, mg; reagents apart."""
        return sum(one.mass_mg for one in self.precursors)

    @property
    def hazards(self) -> tuple[str, ...]:
        """GHS statements of all that is weighed, each once, in order."""
        return tuple(sorted({code for one in (*self.precursors, *self.reagents) for code in one.hazards}))

    def to_json(self) -> dict[str, Any]:
        """Plain objects, lists, texts and numbers."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, value: object, owner: str = "recipe") -> Recipe:
        """Read what `to_json` gave, exactly.

        Raises:
            InputError: It is no recipe; the message names the field.
        """
        return from_plain(cls, value, owner)
