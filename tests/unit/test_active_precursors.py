"""The table of precursors: formulas, masses, and that every element can be weighed."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest
from pymatgen.core import Composition

from hemml.active.synthesis import find_precursor, precursors, route, route_names
from hemml.active.synthesis.hazards import hazard_words
from hemml.active.synthesis.precursors import REAGENT, Precursor
from hemml.active.synthesis.routes import _table
from hemml.columns import FAMILIES
from hemml.composition import parse_amounts
from hemml.errors import FormulaError, InputError

METALS = tuple(
    "Li Na K Mg Ca Zn Al Ti V Cr Mn Fe Co Ni Cu Zr Nb Mo W Sn Sb Ta La Sr Ba Y Ga In Ge Si Bi Ag Ce Pr Nd Sm Gd".split()  # noqa: SIM905 - reads better
)
SOLUBLE = {"nitrate", "sulfate", "chloride", "acetate", "ammonium salt", "alkoxide", "hydroxide"}
TABLE = precursors()


def pymatgen_mass(formula: str) -> float:
    """Molar mass by pymatgen, hydrates taken apart."""
    total = 0.0
    for part in formula.split("·"):
        number = re.match(r"\d+(\.\d+)?", part)
        total += float(number[0] if number else 1) * Composition(part[number.end() if number else 0 :]).weight
    return total


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.formula)
def test_molar_mass_is_pymatgens_and_the_element_is_in_the_formula(one):
    assert one.molar_mass_g_mol == pytest.approx(pymatgen_mass(one.formula), rel=2e-4)
    assert one.kind == REAGENT or one.element in one.components


def test_masses_are_computed_and_never_typed():
    header = next(
        line
        for line in files("hemml.active.synthesis").joinpath("precursors.csv").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    assert next(csv.reader([header])) == [
        "name", "formula", "element", "kind", "purity", "routes", "note", "hazards", "source"
    ]  # fmt: skip


def test_every_row_has_a_source_known_hazards_known_routes_and_a_name_of_its_own():
    for one in TABLE:
        assert set(one.source.split()) <= {"CRC", "CLP", "SDS"}, one
        assert one.source, one
        assert set(one.hazards) <= hazard_words().keys(), one
        assert set(one.routes) <= set(route_names()), one
        assert one.kind == REAGENT or one.routes, one
    assert len({one.name for one in TABLE}) == len(TABLE)
    assert len({one.formula for one in TABLE if one.kind != REAGENT}) == sum(one.kind != REAGENT for one in TABLE)


@pytest.mark.parametrize("symbol", METALS)
def test_every_metal_has_a_solid_and_a_soluble_source(symbol):
    kinds = {one.kind for one in TABLE if one.element == symbol}
    assert kinds & {"oxide", "metal", "carbonate"}
    assert kinds & SOLUBLE or symbol == "Ge"  # germanium dioxide itself dissolves
    assert any(one.element == symbol and "sol_gel" in one.routes for one in TABLE)


def test_nickel_and_cobalt_salts_are_marked_as_carcinogens_and_no_chromate_is_offered():
    salts = [one for one in TABLE if one.element in ("Ni", "Co") and one.kind in ("nitrate", "sulfate", "chloride")]
    assert len(salts) == 6
    assert all("H350i" in one.hazards for one in salts)
    assert not any(re.search(r"CrO[34]|Cr2O7", one.formula) for one in TABLE)


@pytest.mark.parametrize(
    "text", ["Ni(NO3)2·6H2O", "Ni(NO3)2.6H2O", "Ni(NO₃)₂*6H2O", "NiN2O12H12", "nickel(II) nitrate hexahydrate"]
)
def test_a_precursor_is_found_in_any_notation(text):
    assert find_precursor(text).formula == "Ni(NO3)2·6H2O"


def test_hydrates_are_another_substance():
    assert find_precursor("Ni(NO3)2").kind == "other"
    assert find_precursor("Ni(NO3)2", "Ni").note.startswith("not in hemml's table")
    with pytest.raises(FormulaError, match="nickel salt"):
        find_precursor("nickel salt")


def test_hexacyanometallates_are_counted_whole():
    assert find_precursor("Na4Fe(CN)6·10H2O").components == {"Na": 4, "Fe(CN)6": 1, "H": 20, "O": 10}


@pytest.mark.parametrize("purity", [0.0, 99.0, -0.1])
def test_purity_must_be_a_fraction(purity):
    with pytest.raises(InputError, match="precursor NiO: purity must be a mass fraction"):
        Precursor("x", "NiO", "Ni", "oxide", purity)


def test_every_family_has_its_routes_and_every_condition_its_doi():
    groups = _table()["groups"]
    assert set(groups) == {*FAMILIES, "sulfate"}
    for name in route_names():
        way = route(name)
        assert "other" in way.conditions
        assert set(way.conditions) <= {*groups, "other"}
        for conditions in way.conditions.values():
            assert conditions.source
            assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in conditions.source)
        for formulas in way.prefer.values():
            assert all(name in find_precursor(formula).routes for formula in formulas), name
        for one in way.reagents:
            assert any(row.name == one.name and row.kind == REAGENT for row in TABLE)
    for names in groups.values():
        assert set(names) <= set(route_names())


def test_formulas_of_the_table_are_read_as_written():
    for one in TABLE:
        assert one.atoms == parse_amounts(one.formula)
