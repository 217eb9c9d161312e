"""Capacity and potential that the redox features lead one to expect in a role."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.data import load_default
from hemml.features import FeatureSet
from hemml.features.expected import ALLOYING_POTENTIAL_V, EXPECTED, expected
from hemml.features.redox import REDOX

NAMES = tuple(feature.name for feature in REDOX.features)


def expect(formula: str, ion: str, role: str) -> tuple[float, float]:
    values = FeatureSet.default(NAMES).compute(CompositionBatch.from_formulas([formula], ion))
    log10_capacity, potential = expected(values, NAMES, np.array([role == "cathode"]))[0]
    return 10**log10_capacity, potential


@pytest.mark.parametrize(
    ("formula", "ion", "role", "capacity_mAh_g", "potential_V"),
    [
        ("LiFePO4", "Li", "cathode", 169.9, 3.4),
        ("LiCoO2", "Li", "cathode", 273.8, 3.95),
        ("Co3O4", "Li", "anode", 890.4, 1.5),  # conversion at 2.15 V, less polarisation, at most 1.5 V
        ("Si", "Li", "anode", 3578.6, ALLOYING_POTENTIAL_V),
        ("SnS2", "Na", "anode", 1136.0, ALLOYING_POTENTIAL_V),
        ("Li4Ti5O12", "Li", "anode", None, 1.55),  # an insertion host
        ("MnO2", "Zn", "cathode", 308.3, 1.27),
    ],
)
def test_closed_cases(formula: str, ion: str, role: str, capacity_mAh_g: float | None, potential_V: float) -> None:
    capacity, potential = expect(formula, ion, role)
    if capacity_mAh_g is not None:
        assert capacity == pytest.approx(capacity_mAh_g, abs=0.1)
    assert potential == pytest.approx(potential_V, abs=1e-9)


def test_role_decides_between_insertion_and_conversion() -> None:
    as_cathode, as_anode = (expect("V2O5", "Li", role) for role in ("cathode", "anode"))
    assert as_cathode[0] == pytest.approx(589.4, abs=0.1)
    assert as_anode[0] == pytest.approx(1473.6, abs=0.1)
    assert as_anode[1] < as_cathode[1]


def test_an_anode_without_conversion_falls_back_on_insertion() -> None:
    values = np.array([[200.0, 0.0, 0.0, 3.0, np.nan, np.nan]])
    names = (
        "theoretical_capacity_mAh_g",
        "conversion_capacity_mAh_g",
        "alloying_capacity_mAh_g",
        "redox_potential_V",
        "discharge_potential_V",
        "conversion_potential_V",
    )
    log10_capacity, potential = expected(values, names, np.array([False]))[0]
    assert 10**log10_capacity == pytest.approx(200.0)
    assert potential == ALLOYING_POTENTIAL_V


@pytest.mark.parametrize("is_cathode", [True, False])
def test_never_nan_on_the_data_set(is_cathode: bool) -> None:
    records = load_default()
    batch = CompositionBatch.from_formulas(records["formula"].tolist(), records["working_ion"].tolist())
    found = expected(FeatureSet.default(NAMES).compute(batch), NAMES, np.full(len(batch), is_cathode))
    assert found.shape == (len(records), len(EXPECTED))
    assert np.isfinite(found).all()
    assert (found[:, 0] >= np.log10(20.0)).all()
    assert (found[:, 0] <= np.log10(4000.0)).all()


def test_expected_potential_ranks_cathodes_as_measured() -> None:
    records = load_default()
    rows = records[records["average_voltage_V"].notna() & ~records["is_full_cell"]]
    batch = CompositionBatch.from_formulas(rows["formula"].tolist(), rows["working_ion"].tolist())
    is_cathode = (rows["role"] == "cathode").to_numpy()
    found = expected(FeatureSet.default(NAMES).compute(batch), NAMES, is_cathode)[:, 1]
    measured = rows["average_voltage_V"].to_numpy()
    assert np.corrcoef(found, measured)[0, 1] > 0.8
    assert np.median(np.abs(found - measured)) < 0.35
