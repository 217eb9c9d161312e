"""The redox ladder against known oxidation states and capacities, charge balance and invariances."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.composition import CompositionBatch
from hemml.data import load_default
from hemml.elements.redox_table import ENVIRONMENTS, ions_per_atom, redox_steps, working_ions
from hemml.errors import UnknownNameError
from hemml.features import FeatureSet
from hemml.features.redox import REDOX
from hemml.features.redox_ladder import assign, demanded_charge, environments, metal_potential_V_Li

NAMES = [feature.name for feature in REDOX.features]


def batch_of(*formulas: str, ion: str | None = "Li") -> CompositionBatch:
    return CompositionBatch.from_formulas(formulas, ion)


def oxidation_states(formula: str, ion: str | None) -> dict[str, float]:
    found = assign(batch_of(formula, ion=ion))
    return {e: q for e, q in zip(found.elements, found.cation_state[0].tolist(), strict=True) if q == q}


def redox(formula: str, ion: str | None) -> dict[str, float]:
    batch = batch_of(formula, ion=ion)
    return dict(zip(NAMES, REDOX.compute(batch, assign(batch))[0].tolist(), strict=True))


@pytest.fixture(scope="module")
def dataset() -> CompositionBatch:
    frame = load_default().drop_duplicates(["formula", "working_ion"])
    return CompositionBatch.from_formulas(frame["formula"].tolist(), frame["working_ion"].tolist())


@pytest.mark.parametrize(
    ("formula", "ion", "expected"),
    [
        ("LiCoO2", "Li", {"Co": 3}),
        ("LiFePO4", "Li", {"Fe": 2}),
        ("FePO4", "Li", {"Fe": 3}),
        ("NaNi1/3Fe1/3Mn1/3O2", "Na", {"Ni": 2, "Fe": 3, "Mn": 4}),
        ("Na3V2(PO4)3", "Na", {"V": 3}),
        ("V2O5", "Zn", {"V": 5}),
        ("Zn0.25V2O5·H2O", "Zn", {"V": 4.75}),
        ("NH4V4O10", "NH4", {"V": 4.75}),
        ("(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O", "Li", {"Co": 2, "Cu": 2, "Mg": 2, "Ni": 2, "Zn": 2}),
        ("LiMn2O4", "Li", {"Mn": 3.5}),
        ("ZnMn2O4", "Zn", {"Mn": 3}),
        ("LiNi0.5Mn1.5O4", "Li", {"Ni": 2, "Mn": 4}),
        ("Li4Ti5O12", "Li", {"Ti": 4}),
        ("FeS2", "Na", {"Fe": 2}),  # S is oxidised to S2 2-, not iron to Fe4+
        ("Na2Mn[Fe(CN)6]", "Na", {"Mn": 2, "Fe": 2}),
        ("Fe[Fe(CN)6]", "Na", {"Fe": 3}),
        ("CuV2O6", "Zn", {"Cu": 2, "V": 5}),
        ("MnV2O6", "Zn", {"Mn": 2, "V": 5}),
        ("CoMoO4", "Li", {"Co": 2}),
        ("MoS2", "Li", {"Mo": 4}),
    ],
)
def test_known_oxidation_states(formula: str, ion: str, expected: dict[str, float]) -> None:
    assert oxidation_states(formula, ion) == pytest.approx(expected, abs=1e-9)
    assert assign(batch_of(formula, ion=ion)).residual_charge[0] == 0.0


@pytest.mark.parametrize(
    ("formula", "ion", "feature", "expected_mAh_g"),
    [
        ("LiFePO4", "Li", "theoretical_capacity_mAh_g", 169.9),
        ("LiCoO2", "Li", "theoretical_capacity_mAh_g", 273.8),
        ("LiMn2O4", "Li", "theoretical_capacity_mAh_g", 148.2),
        ("Na3V2(PO4)3", "Na", "theoretical_capacity_mAh_g", 117.6),  # V3+/V4+, not the three sodium ions
        ("Na2Mn[Fe(CN)6]", "Na", "theoretical_capacity_mAh_g", 171.3),
        ("NaTi2(PO4)3", "Na", "discharge_capacity_mAh_g", 132.8),
        ("MnO2", "Zn", "theoretical_capacity_mAh_g", 308.3),
        ("V2O5", "Zn", "theoretical_capacity_mAh_g", 589.4),
        ("Zn", "Zn", "theoretical_capacity_mAh_g", 819.5),
        ("Mg", "Mg", "theoretical_capacity_mAh_g", 2205.4),
        ("Al", "Al", "theoretical_capacity_mAh_g", 2980.0),
        ("Si", "Li", "theoretical_capacity_mAh_g", 3578.6),  # Li15Si4
        ("Sn", "Li", "theoretical_capacity_mAh_g", 959.5),  # Li17Sn4
        ("Sn", "Na", "theoretical_capacity_mAh_g", 846.7),  # Na15Sn4
        ("Sb", "K", "theoretical_capacity_mAh_g", 660.4),  # K3Sb
        ("P", "Na", "theoretical_capacity_mAh_g", 2595.9),  # Na3P
        ("Co3O4", "Li", "conversion_capacity_mAh_g", 890.4),
        ("Fe2O3", "Li", "conversion_capacity_mAh_g", 1007.0),
        ("MoS2", "Li", "conversion_capacity_mAh_g", 669.7),
        ("SnS2", "Na", "conversion_capacity_mAh_g", 1136.0),  # 4 e of conversion and 3.75 of alloying
    ],
)
def test_published_theoretical_capacities(formula: str, ion: str, feature: str, expected_mAh_g: float) -> None:
    assert redox(formula, ion)[feature] == pytest.approx(expected_mAh_g, abs=0.06)


@pytest.mark.parametrize(
    ("formula", "ion", "feature", "published_V"),
    [
        ("LiFePO4", "Li", "redox_potential_V", 3.45),
        ("NaFePO4", "Na", "redox_potential_V", 3.0),
        ("LiCoO2", "Li", "redox_potential_V", 3.9),
        ("Li4Ti5O12", "Li", "discharge_potential_V", 1.55),
        ("NaTi2(PO4)3", "Na", "discharge_potential_V", 2.1),
        ("ZnMn2O4", "Zn", "redox_potential_V", 1.35),
        ("LiFe(SO4)F", "Li", "redox_potential_V", 3.9),
    ],
)
def test_published_potentials(formula: str, ion: str, feature: str, published_V: float) -> None:
    assert redox(formula, ion)[feature] == pytest.approx(published_V, abs=0.2)


def test_charge_and_atoms_are_conserved_on_every_formula_of_the_data_set(dataset: CompositionBatch) -> None:
    states = assign(dataset)
    on_cations = states.ion_amounts @ states.ion_charges
    from_anions = np.zeros(len(dataset))
    for ladder in states.ladders:
        of_anion = [not step.of_cation for step in ladder.steps]
        from_anions[ladder.rows] = ladder.taken[of_anion].sum(axis=0)
    np.testing.assert_allclose(
        np.where(dataset.alloy.any(axis=1), 0.0, demanded_charge(dataset)),
        on_cations + from_anions + states.residual_charge,
        atol=1e-8,
    )
    for j, element in enumerate(states.elements):
        pairs = [i for i, name in enumerate(states.ion_elements) if name == element]
        if pairs:
            np.testing.assert_allclose(states.ion_amounts[:, pairs].sum(axis=1), states.amounts[:, j], atol=1e-12)
    by_state = np.nansum(states.cation_state * states.amounts, axis=1)
    np.testing.assert_allclose(by_state, on_cations, atol=1e-9)


def test_nearly_every_formula_of_the_data_set_is_balanced(dataset: CompositionBatch) -> None:
    assert (assign(dataset).residual_charge == 0).mean() > 0.99


def test_every_element_of_the_data_set_has_steps(dataset: CompositionBatch) -> None:
    on_cation_sites = dataset.cation.any(axis=0)
    for environment in ENVIRONMENTS:
        known = {step.element for step in redox_steps(environment) if step.of_cation}
        missing = [e for e, used in zip(dataset.elements, on_cation_sites, strict=True) if used and e not in known]
        assert missing == []


@pytest.mark.parametrize(
    ("formula", "residual"),
    [("NaF", 0.0), ("Na9FeO2", -5.0), ("MgO9", 7.0)],  # MgO9: Mg2+ 2, half of 18 from O2- to O-, 7 left
)
def test_residual_charge_is_reported(formula: str, residual: float) -> None:
    assert assign(batch_of(formula, ion="Na")).residual_charge[0] == pytest.approx(residual)


def test_alloys_stay_at_zero() -> None:
    batch = batch_of("CoCrFeMnNi", "Sn4Sb", "Zn", ion="Li")
    states = assign(batch)
    assert (states.residual_charge == 0).all()
    assert np.isnan(states.cation_state).all()
    assert REDOX.compute(batch, states)[:, NAMES.index("conversion_capacity_mAh_g")].tolist() == pytest.approx(
        REDOX.compute(batch, states)[:, NAMES.index("alloying_capacity_mAh_g")].tolist()
    )


def test_each_element_climbs_without_gaps_to_higher_potentials() -> None:
    for environment in ENVIRONMENTS:
        chains = defaultdict(list)
        for step in redox_steps(environment):
            chains[step.element, step.of_cation].append(step)
        for (element, of_cation), steps in chains.items():
            where = f"{element} in {environment}"
            by_charge = sorted(steps, key=lambda step: step.charge_from)
            assert by_charge == steps, f"{where}: potentials must rise with the charge"
            assert len({step.potential_V for step in steps}) == len(steps), where
            assert all(a.charge_to == b.charge_from for a, b in pairwise(steps)), where
            assert steps[0].charge_from == 0 if of_cation else steps[0].charge_from < 0, where
            assert all(step.electrons > 0 for step in steps), where


def test_no_insertion_host_survives_the_reduction_to_the_metal() -> None:
    steps = {step for environment in ENVIRONMENTS for step in redox_steps(environment)}
    assert not [step for step in steps if step.insertion and step.charge_from == 0]
    assert any(step.insertion for step in steps)


def test_insertion_and_conversion_are_kept_apart() -> None:
    found = redox("V2O5", "Li")
    assert found["discharge_capacity_mAh_g"] == pytest.approx(589.4, abs=0.1)  # V5+ to V3+
    assert found["conversion_capacity_mAh_g"] == pytest.approx(589.4 * 5 / 2, abs=0.2)  # to the metal
    assert found["conversion_potential_V"] < found["discharge_potential_V"]
    assert redox("Co3O4", "Li")["discharge_capacity_mAh_g"] == 0.0  # no ion sites in the host
    assert np.isnan(redox("Co3O4", "Li")["discharge_potential_V"])


def test_unknown_environment_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown redox environment 'oxides'; did you mean 'oxide'"):
        redox_steps("oxides")


def test_environments_of_anions() -> None:
    formulas = ["LiCoO2", "LiFePO4", "Na3V2(PO4)2O2F", "Na2Mn[Fe(CN)6]", "FeS2", "MnO1.9S0.1", "Ni(OH)2", "TiO0.5S1.5"]
    found = [ENVIRONMENTS[i] for i in environments(batch_of(*formulas, ion="Na"))]
    assert found == [
        "oxide",
        "polyanion",
        "polyanion",
        "cyanide",
        "chalcogenide",
        "oxide",
        "oxide",
        "chalcogenide",
    ]


def test_sulfate_raises_and_silicate_lowers_the_potential_of_the_same_step() -> None:
    sulfate, phosphate, silicate = (
        redox(formula, "Na")["charge_potential_V"] for formula in ("Na2Fe2(SO4)3", "NaFePO4", "Na2FeSiO4")
    )
    assert sulfate > phosphate > silicate


@settings(max_examples=60, deadline=None)
@given(
    sodium=st.lists(st.integers(0, 20), min_size=2, max_size=6, unique=True),
    metals=st.lists(
        st.sampled_from(["Mn", "Fe", "Ni", "Co", "Ti", "Cu", "V", "Cr"]), min_size=1, max_size=5, unique=True
    ),
)
def test_more_sodium_lowers_the_mean_state(sodium: list[int], metals: list[str]) -> None:
    inside = "".join(f"{metal}{1 / len(metals):.6f}" for metal in metals)
    batch = batch_of(*(f"Na{x / 20 + 0.01:g}[{inside}]O2" for x in sorted(sodium)), ion="Na")
    states = assign(batch)
    mean = states.ion_amounts @ states.ion_charges / states.amounts.sum(axis=1)
    assert (np.diff(mean) <= 1e-9).all()
    assert (np.diff(np.where(np.isnan(states.cation_state), 0.0, states.cation_state), axis=0) <= 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(
    amounts=st.dictionaries(
        st.sampled_from(["Li", "Mg", "Al", "Ti", "V", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Nb"]),
        st.integers(1, 20),
        min_size=1,
        max_size=6,
    ),
    oxygen=st.integers(1, 40),
    scale=st.sampled_from([0.1, 0.3, 1 / 3, 3.0, 12.0]),
    order=st.randoms(use_true_random=False),
)
def test_scale_and_order_of_the_formula_do_not_matter(
    amounts: dict[str, int], oxygen: int, scale: float, order
) -> None:
    shuffled = list(amounts.items())
    order.shuffle(shuffled)

    def formula(items, factor: float) -> str:
        inside = "".join(f"{element}{amount * factor / 20:.12g}" for element, amount in items)
        return f"({inside})O{oxygen * factor / 20:.12g}"

    batch = batch_of(formula(amounts.items(), 1.0), formula(shuffled, scale), ion="Zn")
    states = assign(batch)
    np.testing.assert_allclose(states.cation_state[0], states.cation_state[1], atol=1e-7)
    np.testing.assert_allclose(states.residual_charge[0] * scale, states.residual_charge[1], atol=1e-7)
    first, second = REDOX.compute(batch, states)
    np.testing.assert_allclose(first, second, rtol=1e-7, atol=1e-5)


@pytest.mark.parametrize("ion", ["Na", "Zn", "Al"])
def test_rounding_does_not_decide_between_windows(ion: str) -> None:
    # 2.4 + 3 x 0.4 + 4 x 2.6 - 2 x 7 is not 0 in floating point: Mn4+ keeps a trace of Mn3+, which must not count.
    formula = "Na2.4Al0.4Mn2.6O7"
    whole = "Na12Al2Mn13O35"
    assert redox(formula, ion) == pytest.approx(redox(whole, ion), nan_ok=True, abs=1e-6)


def test_company_in_the_batch_does_not_matter(dataset: CompositionBatch) -> None:
    features = FeatureSet.default(NAMES)
    together = features.compute(dataset)
    rows = np.arange(0, len(dataset), 37)
    parted = np.vstack([features.compute(dataset[i : i + 1]) for i in rows.tolist()])
    np.testing.assert_allclose(together[rows], parted, rtol=1e-12, atol=1e-9)
    backwards = features.compute(dataset[::-1])[::-1]
    np.testing.assert_allclose(together, backwards, rtol=1e-12, atol=1e-9)


def test_ion_amounts_are_never_negative_and_features_finite_or_not_applicable(dataset: CompositionBatch) -> None:
    states = assign(dataset)
    assert (states.ion_amounts >= 0).all()
    values = REDOX.compute(dataset, states)
    assert not np.isinf(values).any()
    always = [name for name, feature in zip(NAMES, REDOX.features, strict=True) if feature.scope == "all"]
    columns = [NAMES.index(name) for name in always]
    assert (values[:, columns] >= 0).all()  # NaN would fail, too


def test_potentials_shift_by_the_potential_of_the_ions_metal() -> None:
    lithium = redox("V2O5", "Li")["conversion_potential_V"]
    for ion in working_ions():
        shifted = redox("V2O5", ion)["conversion_potential_V"]
        assert shifted == pytest.approx(lithium - metal_potential_V_Li(ion)), ion
    assert metal_potential_V_Li("Li") == 0.0
    assert metal_potential_V_Li("Na") == pytest.approx(0.33)
    assert metal_potential_V_Li("Zn") == pytest.approx(2.28)


def test_windows_of_ions() -> None:
    # Mn3+/Mn4+ at 3.55 V against lithium lies in both windows, Ni2+/Ni3+/Ni4+ at 5.1 V in that of no sodium cell.
    assert redox("MnO2", "Zn")["discharge_capacity_mAh_g"] == pytest.approx(
        redox("MnO2", "Li")["discharge_capacity_mAh_g"]
    )
    assert redox("NaNiPO4", "Na")["charge_capacity_mAh_g"] == 0.0
    # Without a step in the window the theoretical capacity still is that of the ions.
    assert redox("NaCoPO4", "Na")["theoretical_capacity_mAh_g"] == pytest.approx(151.5, abs=0.1)


def test_ions_that_do_not_alloy_store_nothing_in_a_metal() -> None:
    assert dict(ions_per_atom("H")) == {}
    assert redox("Sn", "H")["alloying_capacity_mAh_g"] == 0.0
    assert ions_per_atom("Li")["Si"] == 3.75


def test_no_working_ion_is_taken_as_lithium_without_alloying() -> None:
    found, lithium = redox("TiO2", None), redox("TiO2", "Li")
    assert found["discharge_potential_V"] == lithium["discharge_potential_V"]
    assert redox("SnO2", None)["alloying_capacity_mAh_g"] == 0.0
