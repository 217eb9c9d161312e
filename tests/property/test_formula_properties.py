"""Formulas against pymatgen, invariances of notation, and text that must never cause anything but a clear error."""

from __future__ import annotations

import csv
import itertools
import re
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition, Element

from hemml.composition import CompositionBatch, Material, parse_amounts, species_atoms
from hemml.elements.periodic import ATOMIC_MASS_U, PAULING, SYMBOLS
from hemml.errors import FormulaError, InputError

DATA = Path(__file__).parents[2] / "datasets" / "hem_electrodes.csv"


def data_set() -> list[tuple[str, str]]:
    with DATA.open(encoding="utf-8", newline="") as file:
        return sorted({(row["formula"], row["working_ion"]) for row in csv.DictReader(file)})


def pymatgen_amounts(formula: str) -> dict[str, float]:
    return {str(element): amount for element, amount in Composition(formula).items()}


def assert_same(found: dict[str, float], expected: dict[str, float]) -> None:
    assert found.keys() == expected.keys()
    for symbol, amount in expected.items():
        assert abs(found[symbol] - amount) <= 1e-9 * max(1.0, abs(amount)), symbol


def sublattice_atoms(material: Material) -> dict[str, float]:
    total: dict[str, float] = {}
    for sublattice in material.sublattices:
        for species, amount in sublattice.amounts.items():
            assert amount > 0
            for symbol, count in species_atoms(species).items():
                total[symbol] = total.get(symbol, 0.0) + count * amount
    return total


def test_periodic_table_equals_pymatgen():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pymatgen warns of the noble gases' missing electronegativity
        for z, (symbol, mass, pauling) in enumerate(zip(SYMBOLS, ATOMIC_MASS_U, PAULING, strict=True), start=1):
            element = Element.from_Z(z)
            assert (symbol, mass) == (element.symbol, float(element.atomic_mass))
            assert pauling == element.X if pauling is not None else np.isnan(element.X)


def test_every_formula_of_the_data_set_equals_pymatgen_and_its_sublattices():
    rows = data_set()
    for formula, ion in rows:
        material = Material.parse(formula, ion)
        assert_same(dict(material.amounts), pymatgen_amounts(formula))
        assert_same(sublattice_atoms(material), dict(material.amounts))
        assert material.working_ion == ion
        kinds = [s.kind for s in material.sublattices]
        assert all(kinds.count(kind) <= 1 for kind in ("mobile", "anion", "alloy", "molecule")), formula
    batch = CompositionBatch.from_formulas([f for f, _ in rows], [ion for _, ion in rows])
    expected = [Composition(formula).weight for formula, _ in rows]
    np.testing.assert_allclose(batch.molar_mass_g_mol, expected, rtol=1e-12)


metals = st.sampled_from(
    ["Li", "Na", "K", "Mg", "Zn", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Al", "Nb", "Sb", "Si"]
)
symbols = st.sampled_from(SYMBOLS)
numbers = st.one_of(
    st.just(""),
    st.integers(1, 40).map(str),
    st.integers(1, 4000).map(lambda n: f"{n / 1000:g}"),
)
atoms = st.tuples(symbols, numbers).map("".join)
groups = st.recursive(
    st.lists(atoms, min_size=1, max_size=4).map("".join),
    lambda inner: st.tuples(atoms, st.sampled_from(["()", "[]", "{}"]), inner, numbers).map(
        lambda parts: f"{parts[0]}{parts[1][0]}{parts[2]}{parts[1][1]}{parts[3]}"
    ),
    max_leaves=4,
)


@given(groups)
def test_generated_formulas_equal_pymatgen(formula):
    # D and T never occur among the symbols; pymatgen reads all of these.
    assert_same(parse_amounts(formula), pymatgen_amounts(formula))


@given(groups)
def test_sublattices_hold_exactly_the_atoms_of_the_formula(formula):
    material = Material.parse(formula)
    assert_same(sublattice_atoms(material), dict(material.amounts))
    batch = CompositionBatch.from_materials([material])
    assert_same(
        dict(zip(batch.elements, batch.amounts[0].tolist(), strict=True)),
        {s: material.amounts[s] for s in batch.elements},
    )


parts = st.lists(st.tuples(metals, st.integers(1, 999)), min_size=1, max_size=7, unique_by=lambda part: part[0])


def write(items, form):
    return "".join(f"{symbol}{form(n)}" for symbol, n in items)


def decimal(n: int) -> str:
    return f"{n / 1000:.3f}"


def fraction(n: int) -> str:
    return str(Fraction(n, 1000))


def subscript(n: int) -> str:
    return decimal(n).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


@given(parts, st.permutations(range(7)))
def test_order_of_elements_does_not_matter(items, order):
    shuffled = [items[i] for i in order if i < len(items)]
    first = Material.parse(f"({write(items, decimal)})O2", "Zn")
    second = Material.parse(f"({write(shuffled, decimal)})O2", "Zn")
    assert first.amounts == second.amounts
    assert {s.label: dict(s.amounts) for s in first.sublattices} == {
        s.label: dict(s.amounts) for s in second.sublattices
    }


@given(parts, st.integers(2, 9))
def test_amounts_scale(items, factor):
    once = parse_amounts(write(items, decimal))
    assert parse_amounts(f"({write(items, decimal)}){factor}") == pytest.approx(
        {s: factor * a for s, a in once.items()}
    )
    assert parse_amounts(write([(s, n * factor) for s, n in items], decimal)) == pytest.approx(
        {s: factor * a for s, a in once.items()}
    )


@given(parts)
def test_notation_does_not_matter(items):
    expected = {s.label: dict(s.amounts) for s in Material.parse(f"({write(items, decimal)})O2", "Zn").sublattices}
    for form, brackets in itertools.product((decimal, fraction, subscript), ("()", "[]", "{}")):
        formula = f"{brackets[0]}{write(items, form)}{brackets[1]}O2"
        found = {s.label: dict(s.amounts) for s in Material.parse(formula, "Zn").sublattices}
        assert found.keys() == expected.keys()
        for label, amounts in expected.items():
            assert found[label] == pytest.approx(amounts)


@given(parts, st.integers(1, 30), st.sampled_from(["·", "*", "•", "⋅", "."]))
def test_water_is_added_whatever_the_dot(items, water, dot):
    host = write([*items, ("O", 2000)], lambda n: n // 1000 or decimal(n))
    amounts = parse_amounts(host)
    expected = {**amounts, "H": 2 * water, "O": amounts["O"] + water}
    assert parse_amounts(f"{host}{dot}{water}H2O") == pytest.approx(expected)


ALPHABET = "NaClOFePHCxX0123456789./()[]{}·.*□Vac -+eE,₂ₓ\x00\n½é"


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=60), st.text(ALPHABET, max_size=40), groups.map(lambda g: g + "·"), groups))
def test_any_text_is_read_or_refused_with_a_position(text):
    try:
        material = Material.parse(text)
    except FormulaError as caught:
        error = caught
    else:
        assert_same(sublattice_atoms(material), dict(material.amounts))
        return
    assert 0 <= error.position <= max(len(text), 1)
    assert re.search(r"position \d+: expected .+, found .+", str(error), re.DOTALL)


TOKENS = [
    "Na",
    "Zn",
    "Mn",
    "Fe",
    "P",
    "S",
    "Si",
    "B",
    "C",
    "N",
    "O",
    "H",
    "F",
    "Te",
    "(",
    ")",
    "[",
    "]",
    "□",
    "CN",
    "(CN)6",
]
TOKENS += ["PO4", "H2O", "NH4", "OH", "2", "3", "4", "0.5", "12", "·", "1/3", "3.96", "0.04", ".10H2O", "[]"]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=14).map("".join), st.sampled_from([None, "Zn", "Na", "H", "NH4", "Al"])
)
def test_chemical_nonsense_is_divided_or_refused(text, ion):
    try:
        material = Material.parse(text, ion)
    except FormulaError:
        return
    assert_same(sublattice_atoms(material), dict(material.amounts))
    batch = CompositionBatch.from_materials([material])
    assert batch.molar_mass_g_mol[0] == pytest.approx(material.molar_mass_g_mol)


@given(st.one_of(st.none(), st.integers(), st.floats(), st.binary(), st.lists(st.text(max_size=3), max_size=3)))
def test_anything_but_text_is_refused(value):
    with pytest.raises(InputError, match="expected text such as"):
        parse_amounts(value)
