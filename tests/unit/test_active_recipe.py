"""Recipes against masses worked out by hand with pymatgen's molar masses."""

from __future__ import annotations

import re

import pytest
from pymatgen.core import Composition

from hemml.active.synthesis import Recipe, RecipeSettings, make_recipe, recipe_or_reason
from hemml.composition import Material
from hemml.errors import ConfigError, FormulaError, InputError, UnknownNameError


def weight(formula: str) -> float:
    total = 0.0
    for part in formula.split("·"):
        number = re.match(r"\d+", part)
        total += int(number[0] if number else 1) * Composition(part[number.end() if number else 0 :]).weight
    return total


def masses(recipe: Recipe) -> dict[str, float]:
    return {one.formula: one.mass_mg for one in recipe.precursors}


def by_hand(product: str, batch_mg: float, moles: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Precursor -> mg, from precursor -> (moles per mole of product, purity)."""
    mmol = batch_mg / Composition(product).weight
    return {formula: mmol * n * weight(formula) / purity for formula, (n, purity) in moles.items()}


CASES = [
    ("LiCoO2", "layered_oxide", {}, "LiCoO2", {"Li2CO3": (1.05 / 2, 0.99), "Co3O4": (1 / 3, 0.99)}),
    (
        "NaNi1/3Fe1/3Mn1/3O2",
        "layered_oxide",
        {},
        "Na3NiFeMnO6",
        {"Na2CO3": (3.15 / 2, 0.995), "NiO": (1, 0.99), "Fe2O3": (0.5, 0.99), "Mn2O3": (0.5, 0.99)},
    ),
    (
        "Zn(Mn0.5Co0.5Ni0.5Fe0.5)O4",
        "spinel",
        {"route": "sol_gel"},
        "ZnMn0.5Co0.5Ni0.5Fe0.5O4",
        {
            "Zn(NO3)2·6H2O": (1, 0.99),
            "Mn(NO3)2·4H2O": (0.5, 0.97),
            "Co(NO3)2·6H2O": (0.5, 0.99),
            "Ni(NO3)2·6H2O": (0.5, 0.99),
            "Fe(NO3)3·9H2O": (0.5, 0.98),
        },
    ),
    (
        "Na3V2(PO4)3",
        "polyanion",
        {},
        "Na3V2P3O12",
        {"Na2CO3": (3.15 / 2, 0.995), "NH4VO3": (2, 0.99), "NH4H2PO4": (3, 0.99)},
    ),
    (
        "Na1.7(Mn0.2Fe0.2Co0.2Ni0.2Cu0.2)[Fe(CN)6]0.95·2H2O",
        "prussian_blue",
        {"route": "co_precipitation"},
        "Na1.7Mn0.2Fe1.15Co0.2Ni0.2Cu0.2C5.7N5.7H4O2",
        {
            "MnSO4·1H2O": (0.2, 0.99),
            "FeSO4·7H2O": (0.2, 0.99),
            "CoSO4·7H2O": (0.2, 0.99),
            "NiSO4·6H2O": (0.2, 0.99),
            "CuSO4·5H2O": (0.2, 0.99),
            "Na4Fe(CN)6·10H2O": (0.95, 0.99),
        },
    ),
    ("CoCrFeMnNi", "alloy", {}, "CoCrFeMnNi", {m: (1, 0.995 if m in ("Co", "Ni") else 0.99) for m in
                                             ("Co", "Cr", "Fe", "Mn", "Ni")}),
    (
        "Li1.3Mn0.4Ti0.3O1.7F0.3",
        "disordered_rocksalt",
        {"excess_pct": {"Li": 10}},
        "Li1.3Mn0.4Ti0.3O1.7F0.3",
        {"LiF": (0.3, 0.99), "Li2CO3": ((1.43 - 0.3) / 2, 0.99), "Mn2O3": (0.2, 0.99), "TiO2": (0.3, 0.99)},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "family", "settings", "product", "moles"), CASES, ids=lambda one: str(one)[:24])
def test_masses_are_those_worked_out_by_hand(formula, family, settings, product, moles):
    recipe = make_recipe(formula, family, RecipeSettings(batch_mg=500.0, **settings))
    expected = {key.replace("·1H2O", "·H2O"): mg for key, mg in by_hand(product, 500.0, moles).items()}
    assert masses(recipe) == pytest.approx(expected, rel=2e-4)
    assert recipe.total_mg == pytest.approx(sum(expected.values()), rel=2e-4)


def test_licoo2_in_round_numbers():
    """1 g of LiCoO2 is 10.217 mmol: 5.364 mmol Li2CO3 (5 % excess) and 3.406 mmol Co3O4, both 99 %."""
    recipe = make_recipe("LiCoO2")
    assert recipe.route == "solid_state"
    assert recipe.excess_pct == {"Li": 5.0}
    assert {f: round(mg, 1) for f, mg in masses(recipe).items()} == {"Li2CO3": 400.4, "Co3O4": 828.4}


def test_purity_yield_and_excess_scale_as_they_should():
    plain = masses(make_recipe("LiCoO2", settings=RecipeSettings(excess_pct={"Li": 0})))
    other = RecipeSettings(excess_pct={"Li": 8}, purity={"cobalt(II,III) oxide": 0.9}, yield_fraction=0.8)
    changed = make_recipe("LiCoO2", settings=other)
    assert masses(changed)["Li2CO3"] == pytest.approx(plain["Li2CO3"] * 1.08 / 0.8)
    assert masses(changed)["Co3O4"] == pytest.approx(plain["Co3O4"] * (0.99 / 0.9) / 0.8)
    assert changed.product_mg == pytest.approx(1250.0)
    assert changed.batch_mg == 1000.0


def test_a_users_precursor_is_taken_before_hemmls_and_hydration_counts():
    settings = RecipeSettings.from_mapping({"route": "sol_gel", "precursors": {"Ni": "Ni(CH3COO)2.4H2O"}})
    recipe = make_recipe("Zn(Ni0.5Mn1.5)O4", "spinel", settings)
    mmol = 1000.0 / recipe.molar_mass_g_mol
    assert masses(recipe)["Ni(CH3COO)2·4H2O"] == pytest.approx(0.5 * mmol * 248.84 / 0.99, rel=1e-3)
    unknown = RecipeSettings(precursors={"Ni": "Ni(HCOO)2·2H2O"}, route="sol_gel")
    recipe = make_recipe("ZnNi0.5Mn1.5O4", "spinel", unknown)
    assert any("Not in hemml's table: Ni(HCOO)2·2H2O" in note for note in recipe.notes)
    without = RecipeSettings(avoid=("Mn2O3", "manganese(IV) oxide"), route="solid_state")
    assert "MnCO3" in masses(make_recipe("ZnMn2O4", "spinel", without))


def test_reagents_follow_the_charge_and_the_metals():
    recipe = make_recipe("LiNi0.8Co0.1Mn0.1O2", None, RecipeSettings(route="co_precipitation"))
    mmol = 1000.0 / recipe.molar_mass_g_mol
    added = {one.name: one for one in recipe.reagents}
    assert added["sodium hydroxide pellets"].amount_mmol == pytest.approx(2.0 * mmol)  # two for each sulfate
    assert added["ammonia solution 28 %"].amount_mmol == pytest.approx(mmol)
    assert added["ammonia solution 28 %"].mass_mg == pytest.approx(mmol * 17.0305 / 0.28, rel=1e-4)
    assert not any("nothing" in step for step in recipe.steps)
    gel = make_recipe("ZnMn2O4", "spinel", RecipeSettings(ratios={"citric acid": 2.0}))
    assert gel.reagents[0].amount_mmol == pytest.approx(6.0 * 1000.0 / gel.molar_mass_g_mol)


def test_prussian_blues_get_the_hexacyanoferrate_of_their_charge_and_alkali():
    def used(formula: str) -> set[str]:
        return set(masses(make_recipe(formula)))

    assert "Na4Fe(CN)6·10H2O" in used("Na1.6Mn[Fe(CN)6]0.9")
    assert "K4Fe(CN)6·3H2O" in used("K1.6Mn[Fe(CN)6]0.94·1.5H2O")
    assert "K3Fe(CN)6" in used("Zn3[Fe(CN)6]2")
    assert "Na3Fe(CN)6" in used("Na0.1Mn[Fe(CN)6]")
    assert "K3Co(CN)6" in used("K0.2Mn[Co(CN)6]0.7")


def test_the_user_may_choose_the_hexacyanoferrate():
    wish = RecipeSettings(precursors={"Fe(CN)6": "potassium hexacyanoferrate(III)"})
    recipe = make_recipe("K1.6Mn[Fe(CN)6]0.94", settings=wish)
    assert "K3Fe(CN)6" in masses(recipe)
    assert not any("Hexacyanoferrate" in note for note in recipe.notes)


def test_alkali_beyond_the_product_is_said_and_missing_alkali_is_added():
    recipe = make_recipe("Na1.6Mn[Fe(CN)6]0.9")
    assert recipe.surplus_mmol["Na"] == pytest.approx(2.0 * 1000.0 / recipe.molar_mass_g_mol)
    rich = make_recipe("Na5Mn[Fe(CN)6]")
    assert "NaCl" in masses(rich)
    assert not rich.surplus_mmol


def test_closed_vessels_balance_oxygen_too():
    recipe = make_recipe("Li2MnO2F", "disordered_rocksalt", RecipeSettings(route="ball_milling"))
    assert set(masses(recipe)) == {"Li2O", "Mn2O3", "LiF"}
    pure = sum(one.mass_mg * one.purity for one in recipe.precursors)
    assert pure == pytest.approx(1000.0, rel=1e-9)


def test_sulfates_are_not_burned():
    recipe = make_recipe("Na2Fe2(SO4)3")
    assert (recipe.route, recipe.excess_pct) == ("solid_state", {})
    assert set(masses(recipe)) == {"Na2SO4", "FeSO4·7H2O"}
    assert "350" in recipe.conditions


def test_fine_masses_are_pointed_out():
    recipe = make_recipe("LiNi0.99W0.01O2", None, RecipeSettings(batch_mg=100.0))
    assert any("WO3: rounding to 0.1 mg is an error of 1 % or more" in note for note in recipe.notes)


def test_json_round_trip_is_exact():
    recipe = make_recipe("Na1.7(Mn0.2Fe0.2Co0.2Ni0.2Cu0.2)[Fe(CN)6]0.95·2H2O")
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("formula", "family", "settings", "message"),
    [
        ("UO2", None, {}, r"UO2 by route solid_state: every element must have a precursor, got none for U; add one"),
        ("Ti3C2", "mxene", {}, r"family 'mxene' must have a route from precursors, got none"),
        (
            "ZnMn2O4",
            "spinel",
            {"route": "arc_melting"},
            r"got none for Zn, O; add one .* set `route` to one that has it",
        ),
        ("Na2Mn[Mn(CN)6]", None, {}, r"got none for Mn\(CN\)6; add one to `precursors`"),
        ("K2Mn[Fe(CN)5]", None, {}, r"cyanide must be 6 for each metal on its carbon side, got 5 for 1"),
        ("LiNiO2", "layered_oxide", {"route": "ball_milling"}, r"the vessel is closed.*add a precursor for"),
        ("Li2FeC2O4", "other", {}, r"carbon and nitrogen of the product must be cyanide .* got C besides"),
        (
            "LiCoO2",
            None,
            {"precursors": {"Co": "CoSO4·7H2O"}},
            r"CoSO4·7H2O must bring only what LiCoO2 holds .* got S",
        ),
        ("LiCoO2", None, {"excess_pct": {"O": 5}}, r"by route solid_state O is not balanced, so it has no excess"),
    ],
)
def test_what_cannot_be_weighed_is_said_with_a_remedy(formula, family, settings, message):
    with pytest.raises(InputError, match=message):
        make_recipe(formula, family, RecipeSettings(**settings))
    recipe, reason = recipe_or_reason(formula, family, RecipeSettings(**settings))
    assert recipe is None
    assert re.search(message, reason)


def test_other_wrong_input():
    with pytest.raises(UnknownNameError, match="unknown family 'spinal'; did you mean 'spinel'"):
        make_recipe("ZnMn2O4", "spinal")
    with pytest.raises(FormulaError, match="Zz"):
        make_recipe("ZzMn2O4")
    with pytest.raises(UnknownNameError, match="unknown reagent of route sol_gel 'citric'; did you mean 'citric acid'"):
        make_recipe("ZnMn2O4", "spinel", RecipeSettings(route="sol_gel", ratios={"citric": 1.0}))


@pytest.mark.parametrize(
    ("block", "error", "message"),
    [
        ({"route": "sol-gel"}, UnknownNameError, "unknown route 'sol-gel'; did you mean 'sol_gel'"),
        ({"routes": "sol_gel"}, UnknownNameError, "unknown key of synthesis 'routes'; did you mean 'route'"),
        ({"batch_mg": 0}, ConfigError, "synthesis.batch_mg must be mg of product, got 0"),
        ({"batch_mg": "1 g"}, ConfigError, "synthesis.batch_mg must be mg of product, got '1 g'"),
        ({"yield_fraction": 80}, ConfigError, "synthesis.yield_fraction must be a fraction"),
        ({"excess_pct": {"Na": -1}}, ConfigError, "synthesis.excess_pct.Na must be percent"),
        ({"excess_pct": 5}, ConfigError, "synthesis.excess_pct must be a mapping"),
        ({"excess_pct": {"Nq": 1}}, UnknownNameError, "unknown element in synthesis.excess_pct 'Nq'"),
        ({"purity": {"NiO": 99}}, ConfigError, "synthesis.purity.NiO must be a mass fraction"),
        ({"precursors": {"Ni": "CoO"}}, ConfigError, "synthesis.precursors.Ni must be substances that bring Ni"),
        ({"avoid": "NiO"}, ConfigError, "synthesis.avoid must be a list"),
        ({"ratios": {"citric acid": -1}}, ConfigError, "synthesis.ratios.citric acid must be moles per mole"),
        ([], ConfigError, "synthesis must be a mapping"),
    ],
)
def test_settings_say_what_is_wrong(block, error, message):
    with pytest.raises(error, match=re.escape(message)):
        RecipeSettings.from_mapping(block)


def test_settings_from_a_flat_block_are_those_of_a_nested_one():
    options = {"excess_Na_pct": 8, "purity_Na2CO3": 0.98, "ratio_citric acid": 2, "yield_fraction": 0.9}
    flat = RecipeSettings.from_parts("sol_gel", 500.0, {"Ni": "NiO"}, options)
    assert flat == RecipeSettings(
        "sol_gel", 500.0, 0.9, {"Na": 8}, {"Na2CO3": 0.98}, {"Ni": "NiO"}, ratios={"citric acid": 2}
    )
    with pytest.raises(UnknownNameError, match="unknown option of synthesis 'excess_Na'; did you mean 'excess_Na_pct'"):
        RecipeSettings.from_parts("sol_gel", 500.0, {}, {"excess_Na": 8})


def test_a_material_may_be_given_and_the_formula_is_kept():
    assert make_recipe(Material.parse("LiCoO2", "Li")).formula == "LiCoO2"
