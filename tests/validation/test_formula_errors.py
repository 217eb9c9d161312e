from __future__ import annotations

import re

import pytest

from hemml.composition import CompositionBatch, Material, parse_formula
from hemml.errors import FormulaError, InputError, UnknownNameError

BAD = [
    ("", 1, "an empty text", "a formula such as 'LiFePO4'"),
    ("  ", 1, "only spaces", "a formula"),
    ("Xx2O3", 1, "'Xx'", "an element symbol"),
    ("Mn2Oo3", 4, "'Oo'", "an element symbol"),
    ("D2O", 1, "'D'", "an element symbol"),
    ("Na(", 4, "the end of the formula", "an element symbol"),
    ("Na(MnO2", 8, "the end of the formula", "')' for the bracket opened at position 3"),
    ("Na(Mn]O2", 6, "']'", "')' for the bracket opened at position 3"),
    ("NaCl)", 5, "')'", "none is open"),
    (")(", 1, "')'", "an element symbol or an opening bracket"),
    ("()", 2, "')'", "an element symbol"),
    ("NaCl0", 5, "the amount '0'", "an amount above 0"),
    ("Na(MnO2)0.00", 9, "the amount '0.00'", "an amount above 0"),
    ("0NaCl·H2O", 1, "the amount '0'", "an amount above 0"),
    ("Fe-2O3", 3, "'-2'", "an amount above 0 without sign"),
    ("Fe3+", 4, "'+'", "charges are not part of a formula"),
    ("NaxMnO2", 3, "'x'", "x must be a number"),
    ("NaₓMnO2", 3, "'ₓ'", "ₓ must be a number"),
    ("OxF", 2, "'x'", "x must be a number"),
    ("NaMnO2-x", 7, "'-'", "x must be a number"),
    ("NaMnO2-δ", 7, "'-'", "δ must be a number"),
    ("Li1+xMn2-xO4", 4, "'+'", "x must be a number"),
    ("MnO2·xH2O", 6, "'x'", "x must be a number"),
    ("MnO2.nH2O", 6, "'n'", "n must be a number"),
    ("xH2O", 1, "'x'", "x must be a number"),
    ("fe2o3", 1, "'fe'", "with a capital letter, such as 'Fe'"),
    ("naCl", 1, "'naCl'", "such as 'Na'"),
    ("Na1e400Cl", 3, "'1e400'", "without exponent"),
    ("Na1e5", 3, "'1e5'", "without exponent"),
    ("Na2.5e-3Cl", 3, "'2.5e-3'", "without exponent"),
    ("Na20000", 3, "the amount '20000'", "an amount from 1e-06 to 10000"),
    ("Na0.0000001", 3, "the amount '0.0000001'", "an amount from 1e-06 to 10000"),
    ("Na" + "9" * 400, 3, "the amount a number of 400 characters", "an amount from"),
    ("Na2/0O", 3, "'2/0'", "denominator is not zero"),
    ("Na0/2O", 3, "the amount '0/2'", "an amount above 0"),
    ("Na1/O", 4, "'/'", "a number on both sides"),
    ("LiFePO4/C", 8, "'/'", "without coating or composite"),
    ("Na1.2.3O", 6, "'.3'", "one decimal point"),
    ("MnO2.", 5, "'.'", "one decimal point"),
    ("Na,Cl", 3, "','", "a decimal point"),
    ("Na5%Cl", 4, "'%'", "not per cent"),
    ("Na 2Cl", 4, "'2'", "directly behind its element"),
    ("2NaCl", 1, "the number 2", "an element symbol or a bracket"),
    ("2", 2, "the end of the formula", "an element symbol"),
    ("Na·", 4, "the end of the formula", "an element symbol"),
    ("·NaCl", 1, "'·'", "an element symbol"),
    ("(MnO2·H2O)2", 6, "'·'", "')' before '·'"),
    ("Na\x00Cl", 3, "(U+0000)", "an element symbol, a number or a bracket"),
    ("Na\x1bCl", 3, "(U+001B)", "an element symbol"),
    ("Na\nCl", 3, "(U+000A)", "an element symbol"),
    ("Na\u200bCl", 3, "zero width space (U+200B)", "an element symbol"),
    ("Na\ud800", 3, "(U+D800)", "an element symbol"),
    ("Vac", 1, "vacancies only", "at least one element"),
    ("(" * 17 + "Na" + ")" * 17, 17, "too many brackets", "at most 16 levels"),
    ("(((Na9999)9999)9999)", 1, "9.997e+11 Na per formula unit", "amounts from 1e-06 to 1e+06"),
    ("A" * 10_000, 501, "10000 characters", "at most 500 characters"),
    ("(" * 10_000, 501, "10000 characters", "at most 500 characters"),
    (None, 1, "a value of type NoneType", "text such as"),
    (b"NaCl", 1, "a value of type bytes", "text such as"),
    (3.5, 1, "a value of type float", "text such as"),
]


@pytest.mark.parametrize(("formula", "position", "found", "expected"), BAD, ids=lambda value: repr(value)[:30])
def test_error_names_position_found_and_expected(formula, position, found, expected):
    with pytest.raises(FormulaError, match=re.escape(found)) as caught:
        parse_formula(formula)
    message = str(caught.value)
    assert f"position {position}: expected" in message
    assert expected in message
    assert caught.value.position == position - 1
    assert len(message) < 400
    assert message.encode("utf-8")


def test_long_formula_is_cut_in_the_message():
    with pytest.raises(FormulaError, match=r"A\.\.\.', position 501"):
        parse_formula("A" * 10_000)


@pytest.mark.parametrize("ion", ["Xx", "zn", "Be", "Zn2+"])
def test_unknown_working_ion(ion):
    with pytest.raises(UnknownNameError, match=f"unknown working ion {re.escape(repr(ion))}"):
        Material.parse("ZnMn2O4", ion)


def test_working_ion_that_is_no_text():
    with pytest.raises(InputError, match=r"working ion must be one of Li, Na, .* got nan"):
        Material.parse("ZnMn2O4", float("nan"))


def test_vacancy_without_a_sublattice_to_hold_it():
    with pytest.raises(FormulaError, match="vacancies in compounds only"):
        Material.parse("FeCo□0.1")
    with pytest.raises(FormulaError, match="a vacancy beside H2O"):
        Material.parse("MnO2(H2O)0.5□0.5")


def test_override_of_a_species_that_is_not_there():
    with pytest.raises(UnknownNameError, match="unknown species for mobile 'Mg'"):
        Material.parse("ZnMn2O4", mobile="Mg")


def test_override_to_two_places():
    with pytest.raises(InputError, match="'Zn' must go to one sublattice; got both 'mobile' and 'cation'"):
        Material.parse("ZnMn2O4", mobile="Zn", cation=["Zn"])


def test_batch_names_the_row_of_a_bad_formula():
    with pytest.raises(FormulaError, match=r"row 1: formula 'NaxMnO2', position 3") as caught:
        CompositionBatch.from_formulas(["NaCl", "NaxMnO2"])
    assert caught.value.position == 2


def test_batch_names_the_row_of_a_bad_ion():
    with pytest.raises(UnknownNameError, match="row 1: unknown working ion 'Xx'"):
        CompositionBatch.from_formulas(["NaCl", "KCl"], ["Na", "Xx"])
    with pytest.raises(InputError, match="one name or 2, one a formula; got 1"):
        CompositionBatch.from_formulas(["NaCl", "KCl"], ["Na"])


def test_batch_of_nothing_or_of_one_text():
    with pytest.raises(InputError, match="at least one material; got none"):
        CompositionBatch.from_formulas([])
    with pytest.raises(InputError, match="got the text 'NaCl'; put it in a list"):
        CompositionBatch.from_formulas("NaCl")
