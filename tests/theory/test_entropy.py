"""Configurational entropy against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.features import FeatureSet, entropy_class

NAMES = ("S_config_cation_R", "S_config_anion_R", "S_config_total_R", "n_components", "S_vacancy_R")


def entropies(batch: CompositionBatch) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, FeatureSet.default(NAMES).compute(batch).T, strict=True))


def of(formula: str, ion: str | None = None) -> dict[str, float]:
    return {name: float(v[0]) for name, v in entropies(CompositionBatch.from_formulas([formula], ion)).items()}


@pytest.mark.parametrize("count", range(1, 11))
def test_equimolar_cations_give_ln_n(count: int) -> None:
    elements = ("O", "Mg", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn")
    cation = np.zeros((1, 11))
    cation[0, 1 : 1 + count] = 1.0 / count
    batch = CompositionBatch.from_arrays(elements, cation=cation, anion=np.ones((1, 1)), anion_species=("O",))
    values = entropies(batch)
    assert values["S_config_cation_R"][0] == pytest.approx(np.log(count), abs=1e-12)
    assert values["n_components"][0] == count
    assert values["S_config_total_R"][0] == pytest.approx(np.log(count), abs=1e-12)


def test_one_element_has_exactly_no_entropy() -> None:
    values = of("CoO")
    assert values["S_config_cation_R"] == 0.0
    assert values["S_config_total_R"] == 0.0
    assert values["n_components"] == 1


def test_rock_salt_of_five_cations() -> None:
    values = of("(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O")
    assert values["S_config_cation_R"] == pytest.approx(1.609, abs=5e-4)
    assert values["S_config_anion_R"] == 0.0


def test_mixed_anions_follow_equation_one() -> None:
    # Wang et al. 2019, Lix(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)OFx: the anions mix as well.
    batch = CompositionBatch.from_arrays(
        ("O", "F", "Co", "Ni"),
        cation=np.array([[0.0, 0.0, 0.25, 0.75]]),
        anion=np.array([[0.6, 0.4]]),
        anion_species=("O", "F"),
    )
    values = entropies(batch)
    cation = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    anion = -(0.6 * np.log(0.6) + 0.4 * np.log(0.4))
    assert values["S_config_cation_R"][0] == pytest.approx(cation, abs=1e-12)
    assert values["S_config_anion_R"][0] == pytest.approx(anion, abs=1e-12)
    assert values["S_config_total_R"][0] == pytest.approx(cation + anion, abs=1e-12)


def test_mobile_ions_add_nothing() -> None:
    with_sodium = of("Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2", "Na")
    assert with_sodium["S_config_cation_R"] == pytest.approx(np.log(5), abs=1e-12)


def test_a_pure_second_sublattice_adds_nothing_and_a_mixed_one_its_share() -> None:
    sites = np.zeros((2, 2, 8))
    sites[:, 1, 1:6] = 0.2  # B site: five elements
    sites[0, 0, 6] = 1.0  # A site: pure
    sites[1, 0, 6:8] = 0.8, 0.2  # A site: mixed
    elements = ("O", "Cr", "Mn", "Fe", "Co", "Ni", "Sr", "La")
    batch = CompositionBatch.from_arrays(elements, cation_sites=sites, anion=np.full((2, 1), 3.0), anion_species=("O",))
    pure, mixed = entropies(batch)["S_config_cation_R"]
    assert pure == pytest.approx(np.log(5), abs=1e-12)
    assert mixed == pytest.approx(np.log(5) - 0.8 * np.log(0.8) - 0.2 * np.log(0.2), abs=1e-12)
    assert entropies(batch)["n_components"].tolist() == [5, 5]


def test_a_smaller_sublattice_counts_by_its_sites() -> None:
    sites = np.zeros((1, 2, 5))
    sites[0, 0, 1:3] = 1.0  # two sites, equimolar pair
    sites[0, 1, 3:5] = 0.5  # one site, equimolar pair
    batch = CompositionBatch.from_arrays(
        ("O", "Mn", "Fe", "Co", "Ni"), cation_sites=sites, anion=np.full((1, 1), 4.0), anion_species=("O",)
    )
    assert entropies(batch)["S_config_cation_R"][0] == pytest.approx(1.5 * np.log(2), abs=1e-12)


def test_alloys_mix_on_the_alloy_sublattice() -> None:
    batch = CompositionBatch.from_arrays(("Cr", "Mn", "Fe", "Co", "Ni"), alloy=np.full((1, 5), 0.2))
    assert entropies(batch)["S_config_cation_R"][0] == pytest.approx(np.log(5), abs=1e-12)


def test_written_vacancies_count_apart() -> None:
    values = of("Na0.5□0.5CoO2", "Na")
    assert values["S_config_cation_R"] == 0.0
    assert values["S_vacancy_R"] == pytest.approx(np.log(2), abs=1e-12)


@pytest.mark.parametrize(
    ("entropy", "expected"),
    [(0.0, "low"), (0.99, "low"), (1.0, "medium"), (np.log(4), "medium"), (1.5, "high"), (np.log(5), "high")],
)
def test_entropy_class_bounds(entropy: float, expected: str) -> None:
    assert entropy_class(np.array([entropy]))[0] == expected
