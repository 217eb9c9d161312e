from __future__ import annotations

import pytest

from hemml.composition import parse_amounts, parse_formula


@pytest.mark.parametrize(
    ("formula", "amounts"),
    [
        ("LiFePO4", {"Li": 1, "Fe": 1, "P": 1, "O": 4}),
        (
            "Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2",
            {"Na": 0.9, "Ni": 0.2, "Fe": 0.2, "Mn": 0.2, "Cu": 0.2, "Ti": 0.2, "O": 2},
        ),
        ("(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O", {"Co": 0.2, "Cu": 0.2, "Mg": 0.2, "Ni": 0.2, "Zn": 0.2, "O": 1}),
        ("{[(Na)2]3}4O", {"Na": 24, "O": 1}),
        ("Na2/3Ni1/3Mn2/3O2", {"Na": 2 / 3, "Ni": 1 / 3, "Mn": 2 / 3, "O": 2}),
        ("Na(Ni1/3Mn1/3Fe1/3)O2", {"Na": 1, "Ni": 1 / 3, "Mn": 1 / 3, "Fe": 1 / 3, "O": 2}),
        ("Na0.5/2O", {"Na": 0.25, "O": 1}),
        ("Na.67MnO2", {"Na": 0.67, "Mn": 1, "O": 2}),
        ("Na₀.₆₇MnO₂", {"Na": 0.67, "Mn": 1, "O": 2}),
        ("Na2⁄3MnO2", {"Na": 2 / 3, "Mn": 1, "O": 2}),
        ("  NaCl \n", {"Na": 1, "Cl": 1}),
        ("Na0.67 Mn1 O2", {"Na": 0.67, "Mn": 1, "O": 2}),
        ("Li1.2Mn0.6□0.2O2", {"Li": 1.2, "Mn": 0.6, "O": 2}),
        ("Li1.2Mn0.6[]0.2O2", {"Li": 1.2, "Mn": 0.6, "O": 2}),
        ("Li1.2(Mn0.6Vac0.2)O2", {"Li": 1.2, "Mn": 0.6, "O": 2}),
        ("VAcO4", {"V": 1, "Ac": 1, "O": 4}),
        ("0.5Li2MnO3·0.5LiMnO2", {"Li": 1.5, "Mn": 1, "O": 2.5}),
        ("CoCo2O4", {"Co": 3, "O": 4}),
    ],
)
def test_amounts(formula, amounts):
    assert parse_amounts(formula) == pytest.approx(amounts, rel=1e-12)


WET = {"K": 1.6, "Mn": 1, "Fe": 0.94, "C": 5.64, "N": 5.64, "H": 3, "O": 1.5}


@pytest.mark.parametrize("dot", ["·", ".", "*", "•", "⋅", "∙", " · "])
def test_every_dot_of_a_hydrate_means_the_same(dot):
    assert parse_amounts(f"K1.6Mn[Fe(CN)6]0.94{dot.strip() if dot == '.' else dot}1.5H2O") == pytest.approx(WET)


@pytest.mark.parametrize(
    ("formula", "amounts"),
    [
        ("Na2SO4.10H2O", {"Na": 2, "S": 1, "O": 14, "H": 20}),
        ("CuSO4.5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
        ("MnO2.H2O", {"Mn": 1, "O": 3, "H": 2}),
        ("MnO2.0.5H2O", {"Mn": 1, "O": 2.5, "H": 1}),
        ("MnO2.1/2H2O", {"Mn": 1, "O": 2.5, "H": 1}),
        ("V2O5.1.6H2O", {"V": 2, "O": 6.6, "H": 3.2}),
        ("[Fe(CN)6]0.94.2H2O", {"Fe": 0.94, "C": 5.64, "N": 5.64, "H": 4, "O": 2}),
        ("Mn1.94.2H2O", {"Mn": 1.94, "H": 4, "O": 2}),
        ("MnO1.98.2H2O", {"Mn": 1, "H": 4, "O": 3.98}),
        ("Fe2(SO4)3.9H2O", {"Fe": 2, "S": 3, "O": 21, "H": 18}),
        ("MnO2·(H2O)2", {"Mn": 1, "O": 4, "H": 4}),
    ],
)
def test_full_stop_before_water_separates(formula, amounts):
    assert parse_amounts(formula) == pytest.approx(amounts)


@pytest.mark.parametrize(
    ("formula", "amounts"),
    [
        ("Na0.67MnO2.05", {"Na": 0.67, "Mn": 1, "O": 2.05}),
        ("Na0.67Mn0.33H2O", {"Na": 0.67, "Mn": 0.33, "H": 2, "O": 1}),
        ("Na1.5H2O", {"Na": 1.5, "H": 2, "O": 1}),
        ("MnO2.05H2O", {"Mn": 1, "O": 3.05, "H": 2}),
        ("MnO2.05(H2O)2", {"Mn": 1, "O": 4.05, "H": 4}),
        ("FeF2.5(H2O)", {"Fe": 1, "F": 2.5, "H": 2, "O": 1}),
    ],
)
def test_full_stop_elsewhere_is_a_decimal_point(formula, amounts):
    assert parse_amounts(formula) == pytest.approx(amounts)


def test_a_reading_that_others_make_differently_is_noted():
    assert "separates 10 H2O" in parse_formula("Na2SO4.10H2O").notes[0]
    assert parse_formula("Na2SO4·10H2O").notes == ()


def test_brackets_survive_in_the_tree():
    formula = parse_formula("Na[Ni0.5Mn0.5]O2")
    assert [node.symbol for node in formula.nodes] == ["Na", "()", "O"]
    assert [node.symbol for node in formula.nodes[1].items] == ["Ni", "Mn"]


def test_length_and_depth_up_to_the_limits_are_read():
    assert parse_amounts("(" * 16 + "Na" + ")" * 16) == {"Na": 1.0}
    assert parse_amounts("Na" * 250) == {"Na": 250.0}
