"""Radii, their mismatch and the tolerance factor against tabulated values and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.elements import ionic_radius
from hemml.features import FeatureSet

NAMES = ("radius_mismatch_pct", "mean_radius_angstrom", "tolerance_factor")


def sizes(batch: CompositionBatch) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, FeatureSet.default(NAMES).compute(batch).T, strict=True))


@pytest.mark.parametrize(
    ("element", "charge", "coordination", "radius"),
    [
        ("Mn", 2, 6, 0.83), ("Mn", 3, 6, 0.645), ("Mn", 4, 6, 0.53), ("Co", 3, 6, 0.545), ("Fe", 2, 6, 0.78),
        ("Ni", 3, 6, 0.56), ("O", -2, 6, 1.40), ("Sr", 2, 12, 1.44), ("Zn", 2, 4, 0.60), ("P", 5, 4, 0.17),
    ],
)  # fmt: skip
def test_shannon_radii(element: str, charge: int, coordination: int, radius: float) -> None:
    assert ionic_radius(element, charge, coordination) == radius


def test_missing_coordination_takes_the_nearest() -> None:
    assert ionic_radius("Ti", 3, 12) == ionic_radius("Ti", 3, 6) == 0.67


def test_missing_charge_lies_between_its_neighbours() -> None:
    # Shannon has Sb3+ and Sb5+ but no Sb4+.
    assert ionic_radius("Sb", 4) == pytest.approx((0.76 + 0.60) / 2, abs=1e-12)


def test_proton_has_no_size() -> None:
    assert ionic_radius("H", 1, 6) == 0.0


def test_rock_salt_mismatch_from_shannon_radii() -> None:
    # Rost et al., Nat. Commun. 6 (2015) 8485: Mg 0.72, Co 0.745, Ni 0.69, Cu 0.73, Zn 0.74 angstrom.
    radii = np.array([0.72, 0.745, 0.69, 0.73, 0.74])
    values = sizes(CompositionBatch.from_formulas(["(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O"]))
    assert values["mean_radius_angstrom"][0] == pytest.approx(radii.mean(), abs=1e-12)
    assert values["radius_mismatch_pct"][0] == pytest.approx(100 * radii.std() / radii.mean(), abs=1e-10)
    assert np.isnan(values["tolerance_factor"][0])


def test_one_cation_has_no_mismatch_even_in_two_states() -> None:
    assert sizes(CompositionBatch.from_formulas(["LiMn2O4"], "Li"))["radius_mismatch_pct"][0] == 0.0


def test_strontium_titanate_is_a_perovskite_of_tolerance_one() -> None:
    sites = np.zeros((1, 2, 3))
    sites[0, 0, 2] = sites[0, 1, 1] = 1.0
    batch = CompositionBatch.from_arrays(
        ("O", "Ti", "Sr"), cation_sites=sites, anion=np.array([[3.0]]), anion_species=("O",)
    )
    expected = (1.44 + 1.40) / (np.sqrt(2) * (0.605 + 1.40))
    assert sizes(batch)["tolerance_factor"][0] == pytest.approx(expected, abs=1e-12)


def test_tolerance_factor_needs_three_anions_a_site() -> None:
    sites = np.zeros((1, 2, 3))
    sites[0, 0, 2] = sites[0, 1, 1] = 1.0
    batch = CompositionBatch.from_arrays(
        ("O", "Ti", "Sr"), cation_sites=sites, anion=np.array([[4.0]]), anion_species=("O",)
    )
    assert np.isnan(sizes(batch)["tolerance_factor"][0])


def test_materials_without_cations_have_no_size() -> None:
    batch = CompositionBatch.from_arrays(("Li",), mobile=np.ones((1, 1)))
    assert np.isnan(sizes(batch)["mean_radius_angstrom"][0])


def test_protons_are_left_out() -> None:
    values = sizes(CompositionBatch.from_formulas(["H2V3O8", "V3O8"], "Zn"))
    assert values["radius_mismatch_pct"][0] == 0.0
    assert values["mean_radius_angstrom"][0] > 0.5
