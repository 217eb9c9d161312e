"""Expressions over quantities: arithmetic, logic, chains, and what does not apply."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.active.space import Constraint, Cost, columns_of
from hemml.active.space.expression import parse_expression
from hemml.composition import CompositionBatch

COLUMNS = {"a": np.array([1.0, 2.0, 3.0, np.nan]), "b": np.array([3.0, 2.0, 1.0, 1.0]), "t": np.array([1.0, 0, 1, 0])}


def evaluate(text: str) -> list[float]:
    expression = parse_expression(text, "constraint", lambda name: "truth" if name == "t" else "number")
    return np.broadcast_to(expression.evaluate(COLUMNS), (4,)).tolist()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("6 / 3 / 2", 1),
        ("10 - 4 - 3", 3),
        ("- - 1", 1),
        ("abs(-2) + sqrt(9) + log10(100)", 7),
        ("min(3, 1, 2) + max(3, 1)", 4),
        (".5 + 1.e1 + 1E-1", 10.6),
    ],
)
def test_arithmetic(text: str, value: float) -> None:
    assert evaluate(text)[0] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("a < b", [1, 0, 0, 0.5]),
        ("a <= b", [1, 1, 0, 0.5]),
        ("a == 2", [0, 1, 0, 0.5]),
        ("a != 2", [1, 0, 1, 0.5]),
        ("1 < a <= 3", [0, 1, 1, 0.5]),
        ("3 > a > 1", [0, 1, 0, 0.5]),
        ("not a < b", [0, 1, 1, 0.5]),
        ("a < b or b <= 1", [1, 0, 1, 1]),
        ("a < b and b <= 1", [0, 0, 0, 0.5]),
        ("a < b and b > 1", [1, 0, 0, 0]),
        ("t and a >= 2", [0, 0, 1, 0]),
        ("t or a >= 2", [1, 1, 1, 0.5]),
        ("not t or not (a > 0)", [0, 1, 0, 1]),
        ("not not t", [1, 0, 1, 0]),
        ("1 / (a - 1) > 0", [0.5, 1, 1, 0.5]),
        ("0.1 + 0.2 <= 0.3", [1, 1, 1, 1]),
        ("0.1 + 0.2 == 0.3", [1, 1, 1, 1]),
        ("0.1 + 0.2 > 0.3", [0, 0, 0, 0]),
    ],
)
def test_logic(text: str, truth: list[float]) -> None:
    assert evaluate(text) == truth


def test_a_constraint_that_does_not_apply_does_not_hold() -> None:
    batch = CompositionBatch.from_formulas(["(Mg0.5Ni0.5)O", "Zn0.5Cu0.5"], "Zn")
    constraint = Constraint("mixing_enthalpy_kJ_mol <= 10")
    assert constraint.names == ("mixing_enthalpy_kJ_mol",)
    assert constraint.holds(columns_of(constraint.names, batch)).tolist() == [False, True]
    opposite = Constraint("not mixing_enthalpy_kJ_mol <= 10")
    assert opposite.holds(columns_of(opposite.names, batch)).tolist() == [False, False]


def test_quantities() -> None:
    batch = CompositionBatch.from_formulas(["Zn0.9(Mn0.5Fe0.5)2O4", "ZnMn2O4", "[Zn]O4", "Zn0.5Cu0.5"], "Zn")
    found = columns_of(["cation_fraction_Mn", "amount_Zn", "charge_balanced", "n_components", "amount_Ag"], batch)
    assert list(found) == ["cation_fraction_Mn", "amount_Zn", "charge_balanced", "n_components", "amount_Ag"]
    assert found["cation_fraction_Mn"][:2].tolist() == [0.5, 1.0]
    assert found["cation_fraction_Mn"][3] == 0.0
    assert found["amount_Zn"].tolist() == [0.9, 1.0, 1.0, 0.5]
    assert found["charge_balanced"].tolist() == [1.0, 1.0, 0.0, 1.0]
    assert found["n_components"][0] == 2.0
    assert found["amount_Ag"].tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("formula", "ion", "balanced"),
    [
        ("LiFePO4", "Li", True),
        ("Na0.67Ni0.33Mn0.67O2", "Na", True),  # rounded to two digits
        ("LiMn2O4", "Li", True),
        ("K1.6Mn[Fe(CN)6]0.94", "K", True),
        ("MgO4", "Zn", False),  # more oxygen than the metal can balance
        ("[Mn0.5Fe0.5]2O", "Zn", False),  # metal would be left as metal
    ],
)
def test_charge_balance(formula: str, ion: str, balanced: bool) -> None:
    batch = CompositionBatch.from_formulas([formula], ion)
    assert bool(columns_of(["charge_balanced"], batch)["charge_balanced"][0]) is balanced


def test_cost() -> None:
    cost = Cost("1 + 2 * amount_Zn")
    batch = CompositionBatch.from_formulas(["ZnMn2O4", "Zn0.5Mn2O4"], "Zn")
    assert cost.of(columns_of(cost.names, batch), 2).tolist() == [3.0, 2.0]
    assert Cost("2").of({}, 3).tolist() == [2.0, 2.0, 2.0]
