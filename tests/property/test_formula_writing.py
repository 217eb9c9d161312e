"""What is written from sublattices reads as the same sublattices."""

from __future__ import annotations

import pytest

from hemml.composition import Material, Sublattice
from hemml.composition.writing import same_sublattices, write_formula
from hemml.data import load_default
from hemml.errors import InputError


def test_published_formulas_come_back():
    rows = load_default().drop_duplicates(["formula", "working_ion"])
    failed = []
    for formula, ion in zip(rows["formula"], rows["working_ion"], strict=True):
        material = Material.parse(formula, ion)
        try:
            text = write_formula(material.sublattices, ion)
        except InputError:
            failed.append(formula)
            continue
        again = Material.parse(text, ion)
        assert same_sublattices(again.sublattices, material.sublattices)
        assert again.molar_mass_g_mol == pytest.approx(material.molar_mass_g_mol, rel=1e-4)
    # A carbonitride next to carbide formers is told from a cyanide by its loose metal alone.
    assert failed == ["Ti3CN"]


@pytest.mark.parametrize(
    ("formula", "ion", "text"),
    [
        ("Na0.9Ni0.5Mn0.5O2", "Na", "Na0.9[Ni0.5Mn0.5]O2"),
        ("ZnMn2O4", "Zn", "Zn[Mn2]O4"),
        ("K1.6Mn[Fe(CN)6]0.9□0.1·1.5H2O", "K", "K1.6[Mn][Fe0.9□0.1](CN)5.4(H2O)1.5"),
        ("Na3V2(PO4)2F3", "Na", "Na3[V2]F3(PO4)2"),
        ("SnSb", "Na", "SnSb"),
    ],
)
def test_form(formula, ion, text):
    assert write_formula(Material.parse(formula, ion).sublattices, ion) == text


def test_what_no_formula_says_is_refused():
    lithium = Sublattice("cation", "cation", {"Li": 1.0})
    with pytest.raises(InputError, match=r"sublattices must be what the formula '\[Li\]O' reads as"):
        write_formula([lithium, Sublattice("anion", "anion", {"O": 1.0})], "Li")
