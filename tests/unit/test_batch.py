from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hemml.composition import CompositionBatch, Material
from hemml.errors import FormulaError, InputError, UnknownNameError

FORMULAS = [
    "Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2",
    "La0.8Sr0.2(Cr0.2Mn0.2Fe0.2Co0.2Ni0.2)O3",
    "K1.6Mn[Fe(CN)6]0.94□0.06·1.5H2O",
    "Na3V2(PO4)2F3",
    "Na3Bi",
    "(NH4)2V6O16",
    "(C6H6N(CH3)3)1.08V8O20",
    "Na0.67□0.33MnO1.9□0.1",
]


@pytest.fixture(scope="module")
def batch():
    return CompositionBatch.from_formulas(FORMULAS)


def column(batch, array, symbol):
    return array[:, batch.elements.index(symbol)]


def test_elements_are_those_that_occur_by_atomic_number(batch):
    expected = "H, C, N, O, F, Na, P, K, Ti, V, Cr, Mn, Fe, Co, Ni, Cu, Sr, La, Bi"
    assert ", ".join(batch.elements) == expected


def test_amounts_are_those_of_the_materials(batch):
    for row, formula in enumerate(FORMULAS):
        expected = Material.parse(formula).amounts
        found = {s: a for s, a in zip(batch.elements, batch.amounts[row], strict=True) if a}
        assert found == pytest.approx(dict(expected), rel=1e-12)


def test_molar_mass(batch):
    expected = [Material.parse(formula).molar_mass_g_mol for formula in FORMULAS]
    np.testing.assert_allclose(batch.molar_mass_g_mol, expected, rtol=1e-12)


def test_places(batch):
    assert batch.cation_sites.shape == (8, 2, 19)
    assert column(batch, batch.cation_sites[:, 0], "La")[1] == pytest.approx(0.8)
    assert column(batch, batch.cation_sites[:, 1], "Cr")[1] == pytest.approx(0.2)
    assert column(batch, batch.cation, "Fe") == pytest.approx([0.2, 0.2, 0.94, 0, 0, 0, 0, 0])
    assert column(batch, batch.mobile, "Na") == pytest.approx([0.9, 0, 0, 3, 0, 0, 0, 0.67])
    assert column(batch, batch.alloy, "Na") == pytest.approx([0, 0, 0, 0, 3, 0, 0, 0])
    assert set(batch.anion_species) == {"O", "CN", "PO4", "F"}
    assert batch.anion[2, batch.anion_species.index("CN")] == pytest.approx(5.64)
    assert set(batch.molecule_species) == {"H2O", "NH4", "C9H15N"}
    assert batch.cation_vacancy[2] == pytest.approx([0, 0.06])
    assert batch.mobile_vacancy == pytest.approx([0, 0, 0, 0, 0, 0, 0, 0.33])
    assert batch.anion_vacancy == pytest.approx([0, 0, 0, 0, 0, 0, 0, 0.1])
    assert batch.working_ion.tolist() == ["Na", "", "K", "Na", "", "", "", "Na"]


def test_working_ions_one_for_all_or_one_each():
    assert CompositionBatch.from_formulas(["ZnMn2O4", "VO2"], "Zn").working_ion.tolist() == ["Zn", "Zn"]
    assert CompositionBatch.from_formulas(["ZnMn2O4", "LiVO2"], ["Zn", None]).working_ion.tolist() == ["Zn", "Li"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (slice(2, 5), [2, 3, 4]),
        (np.array([4, 0, 4]), [4, 0, 4]),
        ([1, 3], [1, 3]),
        (np.arange(8) % 2 == 0, [0, 2, 4, 6]),
        ([True] + [False] * 7, [0]),
        (3, [3]),
        (-1, [7]),
        (slice(0, 0), []),
    ],
)
def test_selection(batch, rows, expected):
    part = batch[rows]
    assert len(part) == len(expected)
    for field in dataclasses.fields(batch):
        whole = getattr(batch, field.name)
        if isinstance(whole, np.ndarray):
            np.testing.assert_array_equal(getattr(part, field.name), whole[expected])
        else:
            assert getattr(part, field.name) == whole
    np.testing.assert_allclose(part.amounts, batch.amounts[expected])


def test_row_outside_the_batch(batch):
    with pytest.raises(IndexError, match="row 8 of a batch of 8"):
        batch[8]


def test_from_arrays_equals_from_formulas():
    metals = ("Mn", "Co", "Ni")
    parsed = CompositionBatch.from_formulas(["Na0.9(Ni0.5Mn0.3Co0.2)O2(H2O)0.1", "Na0.7(Ni0.1Mn0.9)O1.9F0.1"], "Na")
    built = CompositionBatch.from_arrays(
        (*metals, "Na"),
        cation=np.array([[0.3, 0.2, 0.5, 0], [0.9, 0, 0.1, 0]]),
        mobile=np.array([[0, 0, 0, 0.9], [0, 0, 0, 0.7]]),
        anion=np.array([[2.0, 0.0], [1.9, 0.1]]),
        anion_species=("O", "F"),
        molecule=np.array([[0.1], [0.0]]),
        molecule_species=("H2O",),
        working_ion="Na",
    )
    for field in dataclasses.fields(parsed):
        np.testing.assert_array_equal(getattr(built, field.name), getattr(parsed, field.name), err_msg=field.name)
    np.testing.assert_allclose(built.molar_mass_g_mol, parsed.molar_mass_g_mol)


def test_from_arrays_shares_memory_and_leaves_the_array_alone():
    cation = np.random.default_rng(0).random((1000, 3))
    batch = CompositionBatch.from_arrays(("V", "Mn", "Fe"), cation=cation)
    assert np.shares_memory(batch.cation, cation)
    assert cation.flags.writeable
    assert not batch.cation_sites.flags.writeable
    assert batch.alloy.strides == (0, 0)


def test_from_arrays_takes_broadcast_anions_and_several_sites():
    batch = CompositionBatch.from_arrays(
        ["La", "Mn"],
        cation_sites=np.array([[[1.0, 0.0], [0.0, 1.0]]] * 3),
        anion=np.broadcast_to(3.0, (3, 1)),
        anion_species=["O"],
        cation_vacancy=np.full((3, 2), 0.1),
        working_ion=["Li", None, ""],
    )
    assert batch.elements == ("O", "Mn", "La")
    np.testing.assert_array_equal(batch.amounts, [[3, 1, 1]] * 3)
    assert batch.cation_vacancy.shape == (3, 2)
    assert batch.working_ion.tolist() == ["Li", "", ""]


TWO = np.ones((2, 2))


@pytest.mark.parametrize(
    ("error", "match", "arguments"),
    [
        (UnknownNameError, "unknown name in elements 'Xx'", {"elements": ("Xx", "Fe"), "cation": TWO}),
        (InputError, "elements must name each column once; got 'Fe' twice", {"elements": ("Fe", "Fe"), "cation": TWO}),
        (InputError, "elements must be a sequence of names; got the text 'Fe'", {"elements": "Fe", "cation": TWO}),
        (InputError, r"cation must have shape \(2, 2\).* got \(2, 3\)", {"cation": np.ones((2, 3))}),
        (InputError, r"cation must have 2 dimensions; got shape \(2,\)", {"cation": np.ones(2)}),
        (InputError, r"mobile must have shape \(2, 2\).* got \(3, 2\)", {"cation": TWO, "mobile": np.ones((3, 2))}),
        (InputError, r"anion must have shape \(2, 0\).* got \(2, 1\)", {"cation": TWO, "anion": np.ones((2, 1))}),
        (
            InputError,
            "cation, row 1: amounts must be finite and not negative; got -0.1",
            {"cation": [[1, 1], [-0.1, 1]]},
        ),
        (InputError, "cation, row 0: .* got nan", {"cation": [[1, np.nan], [1, 1]]}),
        (InputError, "alloy, row 1: .* got inf", {"alloy": [[1, 1], [1, np.inf]]}),
        (InputError, "row 1 must hold at least one atom; got zeros only", {"cation": [[1, 1], [0, 0]]}),
        (InputError, "cation must be an array of numbers; got list", {"cation": [["a", "b"]]}),
        (InputError, "as cation or as cation_sites; got both", {"cation": TWO, "cation_sites": np.ones((2, 1, 2))}),
        (InputError, "at least one of cation, cation_sites, mobile, alloy, anion", {}),
        (UnknownNameError, "unknown name in anion_species 'PO5'", {"cation": TWO, "anion_species": ("PO5",)}),
        (FormulaError, "formula 'Qq', position 1", {"cation": TWO, "molecule_species": ("Qq",)}),
        (UnknownNameError, "unknown working ion 'Xx'", {"cation": TWO, "working_ion": ["Li", "Xx"]}),
        (InputError, "working_ion must be one name or 2, one a row; got 1", {"cation": TWO, "working_ion": ["Li"]}),
        (InputError, r"cation_vacancy must have shape \(2, 1\)", {"cation": TWO, "cation_vacancy": np.ones((2, 2))}),
    ],
)
def test_from_arrays_refuses(error, match, arguments):
    with pytest.raises(error, match=match):
        CompositionBatch.from_arrays(**{"elements": ("Fe", "Co"), **arguments})
