"""Published values of the Cantor alloy and limits of the mixing descriptors."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.features import FeatureSet

NAMES = ("vec", "mixing_enthalpy_kJ_mol", "radius_mismatch_pct", "omega", "lambda_J_mol_K", "mean_oxidation_state")


def alloy(**amounts: float) -> dict[str, float]:
    order = sorted(amounts, key=["Li", "Mg", "Al", "Cr", "Mn", "Fe", "Co", "Ni", "Po"].index)
    batch = CompositionBatch.from_arrays(tuple(order), alloy=np.array([[amounts[e] for e in order]]))
    return dict(zip(NAMES, FeatureSet.default(NAMES).compute(batch)[0].tolist(), strict=True))


def test_cantor_alloy_has_its_published_values() -> None:
    # Otto et al., Acta Mater. 61 (2013) 2628; Guo and Liu, Prog. Nat. Sci. 21 (2011) 433.
    values = alloy(Co=0.2, Cr=0.2, Fe=0.2, Mn=0.2, Ni=0.2)
    assert values["vec"] == pytest.approx(8.0, abs=1e-12)
    assert values["mixing_enthalpy_kJ_mol"] == pytest.approx(-4.16, abs=1e-9)
    assert values["radius_mismatch_pct"] == pytest.approx(1.12, abs=0.005)
    assert values["omega"] == pytest.approx(5.8, abs=0.05)
    assert values["lambda_J_mol_K"] == pytest.approx(8.314 * np.log(5) / values["radius_mismatch_pct"] ** 2, rel=1e-4)


def test_binary_enthalpy_is_the_tabulated_one() -> None:
    assert alloy(Co=0.5, Ni=0.5)["mixing_enthalpy_kJ_mol"] == 0.0
    assert alloy(Al=0.5, Ni=0.5)["mixing_enthalpy_kJ_mol"] == pytest.approx(-22.0, abs=1e-12)


def test_mixing_of_one_element_does_not_apply() -> None:
    values = alloy(Mg=3.0)
    assert values["mixing_enthalpy_kJ_mol"] == 0.0
    assert np.isnan(values["omega"])
    assert np.isnan(values["lambda_J_mol_K"])
    assert values["radius_mismatch_pct"] == 0.0


def test_ionic_descriptors_do_not_apply_to_alloys() -> None:
    assert np.isnan(alloy(Fe=0.5, Ni=0.5)["mean_oxidation_state"])


def test_oxides_have_no_mixing_enthalpy_and_do_not_disturb_alloys_beside_them() -> None:
    elements = ("O", "Cr", "Mn", "Fe", "Co", "Ni")
    metal, oxide = np.array([[0.0, 0.2, 0.2, 0.2, 0.2, 0.2], [0.0] * 6]), np.zeros((2, 6))
    oxide[1, 4] = 1.0
    anion = np.array([[0.0], [1.0]])
    batch = CompositionBatch.from_arrays(elements, alloy=metal, cation=oxide, anion=anion, anion_species=("O",))
    values = FeatureSet.default(NAMES).compute(batch)
    assert values[0, 1] == pytest.approx(-4.16, abs=1e-9)
    assert np.isnan(values[1, 1])
    assert values[0, 2] == pytest.approx(1.12, abs=0.005)
    assert values[1, 5] == pytest.approx(2.0, abs=1e-12)


def test_omega_equals_matminer() -> None:
    from matminer.featurizers.composition.alloy import YangSolidSolution
    from pymatgen.core import Composition

    omega, _ = YangSolidSolution(impute_nan=False).featurize(Composition("CoCrFeMnNi"))
    assert alloy(Co=0.2, Cr=0.2, Fe=0.2, Mn=0.2, Ni=0.2)["omega"] == pytest.approx(omega, rel=1e-4)
