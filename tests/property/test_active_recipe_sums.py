"""What is put in, less the excess, is what the product holds, whatever the composition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.active.space import DesignSpace
from hemml.active.synthesis import Recipe, RecipeSettings, make_recipe, route, routes_of
from hemml.composition import parse_amounts

SPACES = sorted((Path(__file__).parents[2] / "configs" / "spaces").glob("*.yaml"))
FREE = {"O", "H", "C", "N"}


def shares(n: int, total: float = 1.0) -> st.SearchStrategy[list[float]]:
    """n amounts in steps of 0.01 that add up to a total."""
    return st.lists(st.integers(1, 20), min_size=n, max_size=n).map(
        lambda parts: [round(total * part / sum(parts), 6) for part in parts]
    )


def mix(elements: list[str], amounts: list[float]) -> str:
    return "".join(f"{symbol}{amount:.6f}" for symbol, amount in zip(elements, amounts, strict=True))


def put_in(recipe: Recipe) -> dict[str, float]:
    """mmol of each element, from the masses on the sheet."""
    totals: dict[str, float] = {}
    for one in recipe.precursors:
        for symbol, amount in parse_amounts(one.formula).items():
            mmol = one.mass_mg * one.purity / one.molar_mass_g_mol
            totals[symbol] = totals.get(symbol, 0.0) + amount * mmol
    return totals


def check(recipe: Recipe, free: set[str]) -> None:
    held = parse_amounts(recipe.formula)
    mmol = recipe.product_mg / recipe.molar_mass_g_mol
    given_in = put_in(recipe)
    assert all(one.mass_mg > 0 for one in recipe.precursors)
    for symbol, amount in held.items():
        if symbol not in free:
            wanted = amount * mmol * (1.0 + recipe.excess_pct.get(symbol, 0.0) / 100.0)
            rest = given_in.get(symbol, 0.0) - recipe.surplus_mmol.get(symbol, 0.0)
            assert rest == pytest.approx(wanted, rel=1e-9, abs=1e-9), symbol
    assert given_in.keys() - held.keys() <= free | recipe.surplus_mmol.keys()


METALS = ["Mn", "Fe", "Co", "Ni", "Cu", "Ti", "Mg", "Al", "Zn", "Sn", "Nb", "Cr", "V", "Mo", "Zr", "Sb"]
some = st.permutations(METALS).map(lambda order: order[:5])


@settings(max_examples=40, deadline=None)
@given(some, shares(5), st.integers(60, 120), st.sampled_from(["solid_state", "co_precipitation", "sol_gel"]))
def test_layered_oxides(elements, amounts, sodium, way):
    formula = f"Na{sodium / 100}[{mix(elements, amounts)}]O2"
    check(make_recipe(formula, "layered_oxide", RecipeSettings(route=way)), FREE | {"S", "Cl"})


@settings(max_examples=30, deadline=None)
@given(some, shares(5, 0.7), st.integers(0, 30))
def test_oxyfluorides(elements, amounts, fluorine):
    x = fluorine / 100
    formula = f"Li1.3[{mix(elements, amounts)}]O{2 - x:.2f}" + (f"F{x:.2f}" if x else "")
    check(make_recipe(formula, "disordered_rocksalt"), FREE)


@settings(max_examples=30, deadline=None)
@given(shares(5), st.integers(0, 300), st.integers(50, 100), st.sampled_from(["Na", "K"]))
def test_prussian_blues(amounts, alkali, filled, symbol):
    head = f"{symbol}{alkali / 100}" if alkali else ""
    formula = f"{head}[{mix(['Mn', 'Fe', 'Co', 'Ni', 'Cu'], amounts)}][Fe(CN)6]{filled / 100}·1.5H2O"
    recipe = make_recipe(formula, "prussian_blue")
    check(recipe, {"O", "H", "S", "Cl"})  # carbon and nitrogen come as cyanide, exactly


@settings(max_examples=30, deadline=None)
@given(shares(3, 2.0), st.integers(250, 400), st.booleans())
def test_polyanions(amounts, sodium, with_fluorine):
    tail = "(PO4)2F3" if with_fluorine else "(PO4)3"
    formula = f"Na{sodium / 100}[{mix(['V', 'Fe', 'Mn'], amounts)}]{tail}"
    check(make_recipe(formula, "polyanion"), FREE)


@settings(max_examples=30, deadline=None)
@given(some, shares(5), st.sampled_from(["alloy", "sulfide"]), st.integers(5, 99))
def test_closed_vessels(elements, amounts, family, purity):
    formula = mix(elements, amounts) if family == "alloy" else f"[{mix(elements, amounts)}]S1.5"
    recipe = make_recipe(formula, family, RecipeSettings(purity={elements[0]: purity / 100}))
    check(recipe, set())


@pytest.mark.parametrize("file", SPACES, ids=lambda file: file.stem)
def test_candidates_of_the_example_spaces_can_be_weighed(file):
    space = DesignSpace.load(file)
    how = space.synthesis
    assert how is not None
    wanted = RecipeSettings.from_parts(how.route, how.batch_mg, how.precursors, how.options)
    for formula in space.formulas(space.sample(8, np.random.default_rng(0))):
        recipe = make_recipe(formula, space.spec.family, wanted)
        assert recipe.route in routes_of(recipe.family)
        check(recipe, set(route(recipe.route).free))
