from __future__ import annotations

import pytest

from hemml.composition import UNITS, Material, species_atoms, unit


def sublattices(formula, ion=None, **overrides):
    return {s.label: dict(s.amounts) for s in Material.parse(formula, ion, **overrides).sublattices}


def check_sites(formula, ion, **expected):
    found = sublattices(formula, ion)
    assert found.keys() == expected.keys()
    for label, amounts in expected.items():
        assert found[label] == pytest.approx(amounts), label


@pytest.mark.parametrize(
    ("formula", "anions"),
    [
        ("LiFePO4", {"PO4": 1}),
        ("Li3V2(PO4)3", {"PO4": 3}),
        ("Na3V2P3O12", {"PO4": 3}),
        ("Na2FeP2O7", {"P2O7": 1}),
        ("Na3V(PO3)3N", {"PO3": 3, "N": 1}),
        ("Na2Fe2P2O7SO4", {"P2O7": 1, "SO4": 1}),
        ("Na2.66FePO4CO3", {"PO4": 1, "CO3": 1}),
        ("CoC2O4", {"C2O4": 1}),
        ("K2Fe(C2O4)2", {"C2O4": 2}),
        ("Na2FeSiO4", {"SiO4": 1}),
        ("Zn3B2O6", {"BO3": 2}),
        ("CoMoO4", {"MoO4": 1}),
        ("Fe2(MoO4)3", {"MoO4": 3}),
        ("CoWO4", {"WO4": 1}),
        ("NiOOH", {"O": 1, "OH": 1}),
        ("FeO(OH)", {"O": 1, "OH": 1}),
        ("NiO2H", {"O": 1, "OH": 1}),
        ("Ni(OH)2", {"OH": 2}),
        ("VOPO4", {"O": 1, "PO4": 1}),
        ("NaVPO4F", {"PO4": 1, "F": 1}),
        ("Na3.1V2P2.9Si0.1O12", {"PO4": 2.9, "SiO4": 0.1}),
        ("MoO3", {"O": 3}),
        ("LiMn2O4", {"O": 4}),
        ("LiNi0.5Si0.5O2", {"O": 2}),
    ],
)
def test_units_are_kept_whole(formula, anions):
    assert sublattices(formula)["anion"] == pytest.approx(anions)


@pytest.mark.parametrize(
    ("formula", "molecules"),
    [
        ("MnO2H2O", {"H2O": 1}),
        ("FePO4(H2O)2", {"H2O": 2}),
        ("NH4V4O10", {"NH4": 1}),
        ("(NH4)0.37V2O5(H2O)0.15", {"NH4": 0.37, "H2O": 0.15}),
        ("(C6H6N(CH3)3)1.08V8O20", {"C9H15N": 1.08}),
        ("Ni(NH3)6Cl2", {"H3N": 6}),
    ],
)
def test_molecules_are_kept_whole(formula, molecules):
    assert sublattices(formula)["molecule"] == pytest.approx(molecules)


def test_substituted_phosphate_keeps_atoms_and_charge():
    anion = sublattices("Na2.88VAl(PO3.96F0.04)3")["anion"]
    assert anion == pytest.approx({"PO4": 2.88, "PO3": 0.12, "F": 0.12})
    charge = -anion["F"] + sum(UNITS[s].charge * a for s, a in anion.items() if s in UNITS)
    assert charge == pytest.approx(3 * (5 - 2 * 3.96 - 0.04))


@pytest.mark.parametrize(
    ("formula", "cation", "carbon_site"),
    [
        ("K2Ni0.36Co0.64Fe(CN)6", {"Ni": 0.36, "Co": 0.64}, {"Fe": 1}),
        ("Na2Mn(Fe(CN)6)0.94(H2O)2", {"Mn": 1}, {"Fe": 0.94}),
        ("K1.6Mn[Fe(CN)6]0.94·1.5H2O", {"Mn": 1}, {"Fe": 0.94}),
        ("Na0.69Fe2(CN)6", {"Fe": 1}, {"Fe": 1}),
        ("Fe4(Fe(CN)6)3", {"Fe": 4}, {"Fe": 3}),
        ("CuCrFe(CN)6", {"Cu": 1, "Cr": 1}, {"Fe": 1}),
        ("Na1.94Mn(Fe0.99(CN)6)0.95", {"Mn": 1}, {"Fe": 0.9405}),
        ("Na2Mn[Fe0.5Mn0.5](CN)6", {"Mn": 1}, {"Fe": 0.5, "Mn": 0.5}),
        ("FeNi(CN)4", {"Fe": 1}, {"Ni": 1}),
        ("Mn(Fe(CN)5NO)", {"Mn": 1}, {"Fe": 1}),
        ("K3Cr(CN)6", None, {"Cr": 1}),
    ],
)
def test_prussian_blue_has_a_carbon_coordinated_site(formula, cation, carbon_site):
    found = sublattices(formula)
    assert found["hexacyanometallate"] == pytest.approx(carbon_site)
    assert found.get("cation") == (None if cation is None else pytest.approx(cation))


def test_simple_cyanides_and_carbonitrides_are_no_prussian_blues():
    check_sites("Zn(CN)2", None, cation={"Zn": 1}, anion={"CN": 2})
    check_sites("Ti3CN", "Na", cation={"Ti": 3}, anion={"C": 1, "N": 1})


@pytest.mark.parametrize(
    ("formula", "cation", "anion"),
    [
        ("Na3PS4", {"P": 1}, {"S": 4}),
        ("Li3PO3.5N0.5", {"P": 1}, {"O": 3.5, "N": 0.5}),
        ("FePSe3", {"Fe": 1, "P": 1}, {"Se": 3}),
        ("NiSeO3", {"Ni": 1, "Se": 1}, {"O": 3}),
        ("Na2Ni2TeO6", {"Ni": 2, "Te": 1}, {"O": 6}),
        ("LiMn2O3.98S0.02", {"Mn": 2}, {"O": 3.98, "S": 0.02}),
        ("ZnO0.4S0.6", {"Zn": 1}, {"O": 0.4, "S": 0.6}),
        ("LiFeP", {"Fe": 1}, {"P": 1}),
        ("SiP", {"Si": 1}, {"P": 1}),
        ("TiB2", {"Ti": 1}, {"B": 2}),
        ("WTe2", {"W": 1}, {"Te": 2}),
        ("Na0.637B0.038MnO2", {"B": 0.038, "Mn": 1}, {"O": 2}),
        ("Ti3C2F", {"Ti": 3}, {"C": 2, "F": 1}),
        ("P2S5", {"P": 2}, {"S": 5}),
        ("CF0.9", {"C": 1}, {"F": 0.9}),
        ("MoS1.2Se0.8", {"Mo": 1}, {"S": 1.2, "Se": 0.8}),
        ("FeAsS", {"Fe": 1}, {"As": 1, "S": 1}),
    ],
)
def test_anions_and_centres(formula, cation, anion):
    found = sublattices(formula)
    assert found["cation"] == pytest.approx(cation)
    assert found["anion"] == pytest.approx(anion)


def test_protons_do_not_mix_with_metals():
    check_sites("H2V3O8", "Zn", cation={"V": 3}, proton={"H": 2}, anion={"O": 8})
    check_sites("H2V3O8", "H", mobile={"H": 2}, cation={"V": 3}, anion={"O": 8})
    check_sites("Fe(HPO4)2", "Na", cation={"Fe": 1}, proton={"H": 2}, anion={"PO4": 2})
    check_sites("MgH2", "Li", cation={"Mg": 1}, anion={"H": 2})


@pytest.mark.parametrize(
    "formula",
    ["Bi", "SnSb", "Si", "P", "S", "Na3Bi", "LiAl", "CoCrFeMnNi", "(FeCoNi)0.9Al0.1", "Cu68.6Sb23.0Sn3.2Zn0.3P4.9"],
)
def test_alloys_and_elements_have_one_sublattice(formula):
    material = Material.parse(formula, "Na")
    assert [s.kind for s in material.sublattices] == ["alloy"]
    assert dict(material.sublattices[0].amounts) == pytest.approx(dict(material.amounts))


@pytest.mark.parametrize(
    ("formula", "ion", "found_ion", "mobile"),
    [
        ("LiCoO2", None, "Li", {"Li": 1}),
        ("Na(Li0.2Mn0.8)O2", None, "Na", {"Na": 1}),
        ("Li(Li0.2Mn0.6Ni0.2)O2", "Li", "Li", {"Li": 1}),
        ("Na0.67Li0.1Mn0.9O2", "Na", "Na", {"Na": 0.67}),
        ("K0.56Na0.11MnO2", None, "K", {"K": 0.56}),
        ("(LiMn0.8Fe0.2PO4)6Li3V2(PO4)3", "Li", "Li", {"Li": 9}),
        ("ZnMn2O4", "Zn", "Zn", {"Zn": 1}),
        ("ZnMn2O4", None, None, None),
        ("Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4", "Zn", "Zn", {"Zn": 0.5}),
        ("(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O", "Zn", "Zn", None),
        ("MgMn2O4", None, "Mg", {"Mg": 1}),
        ("CaV6O16", None, "Ca", {"Ca": 1}),
        ("La0.8Ca0.2(Cr0.5Mn0.5)O3", None, None, None),
        ("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O", None, None, None),
        ("MgO", None, None, None),
        ("(Na0.9K0.1)MnO2", "Na", "Na", {"Na": 0.9}),
        ("K0.5V2O5", "Zn", "Zn", {"K": 0.5}),
        ("FePO4", "Na", "Na", None),
        ("(NH4)2V6O16", "NH4", "NH4", None),
        ("LiMn2O4", "", "Li", {"Li": 1}),
    ],
)
def test_mobile_species_and_working_ion(formula, ion, found_ion, mobile):
    material = Material.parse(formula, ion)
    assert material.working_ion == found_ion
    assert sublattices(formula, ion).get("mobile") == mobile


def test_second_alkali_is_a_cation_of_the_host():
    assert sublattices("Na0.67Li0.1Mn0.9O2", "Na")["cation"] == {"Li": 0.1, "Mn": 0.9}


def test_separate_brackets_are_separate_sublattices():
    check_sites(
        "(Mn0.05Fe0.48Co0.47)(Cr0.61Mn0.52Fe0.11Co0.09Ni0.68)O4",
        "Li",
        cation_1={"Mn": 0.05, "Fe": 0.48, "Co": 0.47},
        cation_2={"Cr": 0.61, "Mn": 0.52, "Fe": 0.11, "Co": 0.09, "Ni": 0.68},
        anion={"O": 4},
    )


@pytest.mark.parametrize(
    ("formula", "first", "second"),
    [
        ("La0.8Sr0.2(Cr0.2Mn0.2Fe0.2Co0.2Ni0.2)O3", {"La", "Sr"}, {"Cr", "Mn", "Fe", "Co", "Ni"}),
        ("(Ni0.2Fe0.2Mn0.2Cu0.2Zn0.2)Co2Se4", {"Ni", "Fe", "Mn", "Cu", "Zn"}, {"Co"}),
        ("Na3.5Mn(Fe0.25V0.25Cr0.25Ti0.25)(PO4)3", {"Mn"}, {"Fe", "V", "Cr", "Ti"}),
    ],
)
def test_loose_metals_beside_a_bracket_have_their_own_site(formula, first, second):
    found = sublattices(formula)
    assert (set(found["cation_1"]), set(found["cation_2"])) == (first, second)


@pytest.mark.parametrize(
    ("formula", "metals"),
    [
        ("Na(Ni0.2Fe0.4Mn0.4)0.96Co0.04B0.02O2", {"Ni", "Fe", "Mn", "Co", "B"}),
        ("NaLi0.05(Ni0.25Fe0.25Mn0.5)0.95O2", {"Li", "Ni", "Fe", "Mn"}),
        ("Na1.05(Ni0.33Fe0.33Mn0.33)0.83Ti0.05Cu0.12O2", {"Ni", "Fe", "Mn", "Ti", "Cu"}),
        ("Na3V1.9(Cr0.2Mo0.2Al0.2Zr0.2Ni0.2)0.1(PO4)3", {"V", "Cr", "Mo", "Al", "Zr", "Ni"}),
        ("Li(Mn0.6Fe0.4)0.97(Mg0.01Co0.01Ni0.01)PO4", {"Mn", "Fe", "Mg", "Co", "Ni"}),
        ("Na0.67(Li0.1(Mn0.7Ni0.2Co0.1)0.9)O2", {"Li", "Mn", "Ni", "Co"}),
    ],
)
def test_dopants_join_the_large_sublattice(formula, metals):
    material = Material.parse(formula)
    (cation,) = material.of_kind("cation")
    assert cation.label == "cation"
    assert set(cation.amounts) == metals
    assert any("dopant" in rule for rule in material.rules) == ("(Li0.1(" not in formula)


@pytest.mark.parametrize(
    ("formula", "label", "vacancy"),
    [
        ("Li1.2Mn0.6□0.2O2", "cation", 0.2),
        ("Li(Mn0.9□0.1)2O4", "cation", 0.2),
        ("Na0.67□0.33MnO2", "mobile", 0.33),
        ("(Na0.7□0.3)MnO2", "mobile", 0.3),
        ("NaMnO1.9□0.1", "anion", 0.1),
        ("□0.1Mn0.9O2", "cation", 0.1),
        ("Na1.4Mn[Fe(CN)6]0.94□0.06", "hexacyanometallate", 0.06),
        ("Na1.4Mn[Fe0.94□0.06(CN)6]", "hexacyanometallate", 0.06),
    ],
)
def test_vacancies_belong_to_their_neighbours_sublattice(formula, label, vacancy):
    material = Material.parse(formula)
    assert {s.label: s.vacancy for s in material.sublattices if s.vacancy} == pytest.approx({label: vacancy})


def test_fractions_count_vacant_sites():
    (cation,) = Material.parse("Li(Mn0.9Ni0.9□0.2)O4").of_kind("cation")
    assert cation.sites == pytest.approx(2.0)
    assert cation.fractions == pytest.approx({"Mn": 0.45, "Ni": 0.45})


def test_every_rule_leaves_a_sentence():
    rules = Material.parse("K1.6Mn[Fe(CN)6]0.94.1.5H2O").rules
    for words in ("Kept whole as units: CN, H2O", "separates 1.5 H2O", "Prussian blue: Fe", "Anion sublattice: CN"):
        assert any(words in rule for rule in rules), words
    assert all(rule.endswith(".") for rule in rules)


def test_overrides_move_species():
    found = sublattices("Zn0.5Mn2O4", "Li", mobile="Zn")
    assert (found["mobile"], found["cation"]) == ({"Zn": 0.5}, {"Mn": 2})
    found = sublattices("K0.5V2O5", "Zn", cation=["K"])
    assert "mobile" not in found
    assert found["cation"] == {"V": 2, "K": 0.5}
    assert sublattices("Na3Bi", "Na", mobile="Na") == {"alloy": {"Bi": 1}, "mobile": {"Na": 3}}
    assert sublattices("Na3PS4", anion="P")["anion"] == {"S": 4, "P": 1}
    rules = Material.parse("K0.5V2O5", "Zn", cation="K").rules
    assert rules[-1] == "K was put on the cation sublattice by argument."


def test_molar_mass_of_lithium_iron_phosphate():
    # 157.757 g/mol: sum of the IUPAC standard atomic weights.
    assert Material.parse("LiFePO4").molar_mass_g_mol == pytest.approx(157.757, abs=0.002)


def test_species_are_taken_apart():
    assert species_atoms("P2O7") == {"P": 2, "O": 7}
    assert species_atoms("Fe") == {"Fe": 1}
    assert unit("C9H15N").charge == 0
    assert unit("NH4") is UNITS["NH4"]
