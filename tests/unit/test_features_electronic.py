"""Electronic descriptors of materials whose ions are well known."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.features import FeatureSet
from hemml.features.electronic import ELECTRONIC, donor_atom

NAMES = tuple(feature.name for feature in ELECTRONIC.features)


def of(formula: str, ion: str | None = None) -> dict[str, float]:
    batch = CompositionBatch.from_formulas([formula], ion)
    return dict(zip(NAMES, FeatureSet.default(NAMES).compute(batch)[0].tolist(), strict=True))


def test_lithium_cobalt_oxide_is_low_spin_d6() -> None:
    values = of("LiCoO2", "Li")
    assert values["mean_oxidation_state"] == pytest.approx(3.0)
    assert values["d_electrons_mean"] == pytest.approx(6.0)
    assert values["d_open_fraction"] == pytest.approx(1.0)
    assert values["jahn_teller_fraction"] == 0.0


def test_spinel_manganese_is_half_jahn_teller() -> None:
    values = of("LiMn2O4", "Li")
    assert values["mean_oxidation_state"] == pytest.approx(3.5)
    assert values["oxidation_state_spread"] == pytest.approx(0.5)
    assert values["jahn_teller_fraction"] == pytest.approx(0.5)
    assert values["d_electrons_mean"] == pytest.approx(3.5)


def test_rock_salt_of_five_divalent_cations() -> None:
    values = of("(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O")
    assert values["mean_oxidation_state"] == pytest.approx(2.0)
    assert values["oxidation_state_spread"] == pytest.approx(0.0, abs=1e-12)
    assert values["jahn_teller_fraction"] == pytest.approx(0.2)  # Cu2+
    assert values["inactive_fraction"] == pytest.approx(0.4)  # Mg2+, Zn2+
    assert values["d0_fraction"] == pytest.approx(0.2)
    assert values["d10_fraction"] == pytest.approx(0.2)
    assert values["d_electrons_mean"] == pytest.approx((7 + 9 + 0 + 8 + 10) / 5)
    chi = np.array([1.88, 1.90, 1.31, 1.91, 1.65])
    assert values["electronegativity_spread_pauling"] == pytest.approx(chi.std(), abs=1e-12)
    assert values["electronegativity_difference_pauling"] == pytest.approx(3.44 - chi.mean(), abs=1e-12)


def test_high_valence_ions_pin() -> None:
    assert of("Na2/3[Ni1/3Mn1/3Ti1/3]O2", "Na")["pinning_fraction"] == pytest.approx(1 / 3)
    assert of("TiO2", "Na")["pinning_fraction"] == pytest.approx(1.0)


def test_polyanion_counts_by_the_atom_that_binds() -> None:
    values = of("LiFePO4", "Li")
    assert values["electronegativity_difference_pauling"] == pytest.approx(3.44 - 1.83, abs=1e-12)
    assert [donor_atom(s) for s in ("O", "PO4", "P2O7", "C2O4", "CN", "OH", "F", "Cl")] == [
        "O", "O", "O", "O", "N", "O", "F", "Cl",
    ]  # fmt: skip


def test_one_cation_has_no_spread() -> None:
    values = of("MnS")
    assert values["electronegativity_spread_pauling"] == 0.0
    assert values["electronegativity_spread_allen"] == 0.0


def test_fractions_of_d_shells_add_up_to_one() -> None:
    values = of("Na0.9[Ni0.2Fe0.2Mn0.2Zn0.2Ti0.2]O2", "Na")
    total = values["d0_fraction"] + values["d10_fraction"] + values["d_open_fraction"]
    assert total == pytest.approx(1.0, abs=1e-12)
