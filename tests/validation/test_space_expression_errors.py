"""Expressions that cannot be used, and what the messages say."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.active.space import Constraint, Cost, columns_of
from hemml.composition import CompositionBatch
from hemml.errors import InputError, UnknownNameError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"constraint '', position 1: expected a number, a name or '\(', got the end"),
        ("vec >=", r"position 7: expected a number, a name or '\(', got the end"),
        ("vec = 3", r"position 5: expected '==' for equality, got '='"),
        ("vec ≥ 3", r"position 5: expected '>=', got '≥'"),
        ("vec > 1 & vec < 2", r"position 9: expected 'and', got '&'"),
        ("vec > 1 vec < 2", r"position 9: expected an operator or the end, got 'vec'"),
        ("(vec > 1", r"position 9: expected an operator or '\)', got the end"),
        ("vec > 1)", r"position 8: expected an operator or the end, got '\)'"),
        ("vec and vec > 1", r"position 1: expected a condition such as .*, got a number"),
        ("vec + (vec > 1) > 2", r"expected a number, got a condition"),
        ("charge_balanced == 1", r"position 1: expected a number, got a condition"),
        ("vec", r"constraint 'vec': must be a condition, got a number; compare it"),
        ("exp(vec) > 1", r"position 1: expected one of the functions abs, sqrt, log10, min, max, got 'exp'"),
        ("min(vec) > 1", r"position 1: expected 2 to 20 values in min\(\), got 1"),
        ("abs(vec, vec) > 1", r"expected one value in abs\(\), got 2"),
        ("abs > 1", r"position 4: expected '\('"),
        ("__import__('os').system('true') > 1", r"position 12: expected a number, name or operator"),
        ("vec.real > 1", r"position 4: expected a number, name or operator, got '\.'"),
        ("vec[0] > 1", r"position 4: .*got '\['"),
        ("lambda: 1", r"position 7: expected a number, name or operator, got ':'"),
        ("(" * 60 + "vec" + ")" * 60 + " > 1", r"position 51: expected at most 50 levels"),
        ("-" * 60 + "vec > 1", r"expected at most 50 levels"),
        ("not " * 60 + "charge_balanced", r"expected at most 50 levels"),
        ("vec > 1 or " * 50 + "vec > 1", r"must have at most 500 characters, got"),
        ("capacity_mAh_g >= 100", r"got the predicted capacity_mAh_g; write it as an objective.*at_least"),
        ("energy_density_Wh_kg >= 100", r"got the predicted energy_density_Wh_kg"),
    ],
)
def test_a_constraint_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Constraint(text)


def test_close_names_are_listed() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown quantity of constraint .*did you mean 'S_config_cation_R'"):
        Constraint("S_config_cations_R >= 1.5")
    with pytest.raises(UnknownNameError, match=r"unknown quantity .*'cation_fraction_Xx'"):
        Constraint("cation_fraction_Xx <= 0.5")


def test_a_constraint_must_be_text() -> None:
    with pytest.raises(InputError, match=r"must be text such as .*, got int"):
        Constraint(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vec > 1", r"cost 'vec > 1': must be a number, got a condition"),
        ("1 + retention_pct", r"got the predicted retention_pct"),
        ("1 +", r"cost '1 \+', position 4: expected a number"),
    ],
)
def test_a_cost_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Cost(text)


def test_a_cost_must_be_positive() -> None:
    batch = CompositionBatch.from_formulas(["ZnMn2O4", "MnO2"], "Zn")
    cost = Cost("amount_Zn")
    with pytest.raises(InputError, match=r"must be positive for every candidate, got 0 for candidate 1"):
        cost.of(columns_of(cost.names, batch), 2)
    with pytest.raises(InputError, match=r"must be positive for every candidate, got nan"):
        Cost("mixing_enthalpy_kJ_mol").of({"mixing_enthalpy_kJ_mol": np.array([np.nan])}, 1)
