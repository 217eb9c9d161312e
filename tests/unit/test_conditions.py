"""Test conditions as numbers."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hemml.columns import FAMILIES, WORKING_IONS, Column
from hemml.data import load_default, typed
from hemml.errors import BundleError
from hemml.features.conditions import (
    CAPACITY_PROTOCOL,
    PROTOCOLS,
    RETENTION_PROTOCOL,
    VOLTAGE_PROTOCOL,
    Conditions,
    Protocol,
    is_aqueous,
)

ROW = {"formula": "NaMnO2", "role": "cathode", "working_ion": "Na", "family": "layered_oxide"}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([{**ROW, **row} for row in rows]).astype(object)
    return typed(frame.where(frame.notna(), "").astype(str))


def one(conditions: Conditions, **row: Any) -> dict[str, float]:
    return dict(zip(conditions.names, conditions.transform(table(row))[0].tolist(), strict=True))


@pytest.fixture(scope="module")
def training() -> pd.DataFrame:
    """Six layered oxides of 100 mAh/g, six polyanions of 200 (both Na), six anodes of 500 (Na), two for Zn of 300."""
    rows: list[dict[str, Any]] = []
    for family, role, ion, capacity, rate, window, n in (
        ("layered_oxide", "cathode", "Na", 100, 1, (2.0, 4.0), 6),
        ("polyanion", "cathode", "Na", 200, 2, (1.5, 4.3), 6),
        ("sulfide", "anode", "Na", 500, 0.1, (0.01, 3.0), 6),
        ("vanadium_oxide", "cathode", "Zn", 300, 5, (0.2, 1.6), 2),
    ):
        rows += [
            {
                "family": family,
                "role": role,
                "working_ion": ion,
                "capacity_mAh_g": capacity,
                "capacity_c_rate": rate,
                "voltage_min_V": window[0],
                "voltage_max_V": window[1],
                "retention_pct": 90,
                "retention_cycles": 99 if role == "cathode" else 9,
            }
        ] * n
    return table(*rows)


@pytest.fixture(scope="module")
def conditions(training: pd.DataFrame) -> Conditions:
    return Conditions.fit(training, CAPACITY_PROTOCOL)


@pytest.fixture(scope="module")
def cycling(training: pd.DataFrame) -> Conditions:
    return Conditions.fit(training, RETENTION_PROTOCOL)


def test_rate_is_joined_from_c_and_current(conditions: Conditions) -> None:
    assert one(conditions, capacity_c_rate=0.5)["log10_rate_C"] == pytest.approx(np.log10(0.5))
    # 50 mA/g of a layered oxide, typically 100 mAh/g
    assert one(conditions, capacity_current_mA_g=50)["log10_rate_C"] == pytest.approx(np.log10(0.5))
    assert one(conditions, capacity_current_mA_g=50, family="polyanion")["log10_rate_C"] == pytest.approx(
        np.log10(0.25)
    )
    both = one(conditions, capacity_current_mA_g=500, capacity_c_rate=2)
    assert both["log10_rate_C"] == pytest.approx(np.log10(2.0))
    assert both["rate_stated"] == 1.0


def test_rate_does_not_look_at_the_measured_capacity(conditions: Conditions) -> None:
    with_capacity = one(conditions, capacity_current_mA_g=50, capacity_mAh_g=1000)
    assert with_capacity == one(conditions, capacity_current_mA_g=50)


def test_retention_takes_the_rate_of_the_capacity_where_its_own_is_not_stated(cycling: Conditions) -> None:
    own = {"retention_pct": 90, "retention_cycles": 100}
    assert one(cycling, **own, retention_c_rate=2, capacity_c_rate=0.1)["log10_rate_C"] == pytest.approx(np.log10(2))
    borrowed = one(cycling, **own, capacity_c_rate=0.1)
    assert borrowed["log10_rate_C"] == pytest.approx(-1.0)
    assert borrowed["rate_stated"] == 1.0
    # One own current outweighs any of the capacity.
    mixed = one(cycling, **own, retention_current_mA_g=100, capacity_c_rate=0.1)
    assert mixed["log10_rate_C"] == pytest.approx(0.0)


def test_cycles(conditions: Conditions, cycling: Conditions) -> None:
    assert one(conditions)["log10_cycles"] == 0.0
    late = one(conditions, capacity_kind="after_cycles", capacity_after_cycles=99)
    assert late["log10_cycles"] == pytest.approx(2.0)
    assert one(cycling, retention_cycles=999)["log10_cycles"] == pytest.approx(3.0)
    assert one(cycling)["log10_cycles"] == pytest.approx(2.0)
    assert one(cycling)["cycles_stated"] == 0.0


@pytest.mark.parametrize(
    ("row", "rate_C", "high_V"),
    [
        ({"family": "polyanion"}, 2.0, 4.3),  # role, ion and family are known
        ({"family": "spinel"}, 1.5, 4.15),  # role and ion: median of 6 at 1 C and 6 at 2 C
        ({"working_ion": "K"}, 1.5, 4.0),  # role alone: 14 rows, two of them of zinc
        ({"working_ion": "Zn", "family": "vanadium_oxide"}, 1.5, 4.0),  # two rows are too few
        ({"role": "anode", "working_ion": "Li", "family": "alloy"}, 0.1, 3.0),
    ],
)
def test_typical_values_fall_back_from_family_to_ion_to_role(
    conditions: Conditions, row: dict[str, str], rate_C: float, high_V: float
) -> None:
    found = one(conditions, **row)
    if rate_C == 1.5:
        assert found["log10_rate_C"] == pytest.approx(np.median([np.log10(1), np.log10(2)]), abs=0.16)
    else:
        assert found["log10_rate_C"] == pytest.approx(np.log10(rate_C))
    assert found["voltage_max_V"] == pytest.approx(high_V, abs=0.3)
    assert found["rate_stated"] == found["window_stated"] == 0.0


def test_typical_values_exactly(conditions: Conditions) -> None:
    rates = conditions.typical["log10_rate_C"]
    assert rates["cathode/Na/polyanion"] == pytest.approx(np.log10(2))
    assert rates["cathode/Na"] == pytest.approx(np.log10(2) / 2)
    assert rates["cathode"] == pytest.approx(np.log10(2))
    assert "cathode/Zn" not in rates
    assert set(rates) == {"", "cathode", "anode", "cathode/Na", "anode/Na"} | {
        "cathode/Na/layered_oxide",
        "cathode/Na/polyanion",
        "anode/Na/sulfide",
    }


def test_what_is_assumed_is_named(conditions: Conditions, cycling: Conditions) -> None:
    nothing, rate, low, all_given = conditions.assumed(
        table(
            {},
            {"capacity_current_mA_g": 10},
            {"capacity_c_rate": 1, "voltage_min_V": 1.0},
            {"capacity_c_rate": 1, "voltage_min_V": 1.0, "voltage_max_V": 3.0},
        )
    )
    assert nothing == {"capacity_c_rate": 1.0, "voltage_min_V": 2.0, "voltage_max_V": 4.0}
    assert rate == {"voltage_min_V": 2.0, "voltage_max_V": 4.0}
    assert low == {"voltage_max_V": 4.0}
    assert all_given == {}
    assert cycling.assumed(table({"role": "anode", "family": "sulfide"})) == [
        {"retention_c_rate": 0.1, "retention_cycles": 9.0, "voltage_min_V": 0.01, "voltage_max_V": 3.0}
    ]


def test_categories_and_flags(conditions: Conditions) -> None:
    found = one(
        conditions, working_ion="Zn", family="spinel", is_composite=1, formula_quality="host", capacity_kind="initial"
    )
    assert [found[f"ion_{ion}"] for ion in WORKING_IONS] == [float(ion == "Zn") for ion in WORKING_IONS]
    assert [found[f"family_{name}"] for name in FAMILIES] == [float(name == "spinel") for name in FAMILIES]
    assert (found["is_composite"], found["is_host"], found["is_nominal"]) == (1.0, 1.0, 0.0)
    assert (found["kind_initial"], found["kind_reversible"]) == (1.0, 0.0)
    assert found["ion_charge"] == 2.0
    assert found["temperature_C"] == 25.0
    assert one(conditions, temperature_C=60)["temperature_C"] == 60.0


@pytest.mark.parametrize(
    ("electrolyte", "ion", "aqueous"),
    [
        ("", "Zn", True),
        ("", "Na", False),
        ("", "NH4", True),
        ("3 M Zn(CF3SO3)2", "Zn", True),
        ("2 M ZnSO4 + 0.1 M MnSO4", "Zn", True),
        ("1 M NaClO4 in water", "Na", True),
        ("17 m NaClO4, aqueous", "Na", True),
        ("non-aqueous", "Zn", False),
        ("Zn(OTf)2 in acetonitrile", "Zn", False),
        ("1 M LiPF6 in EC:DMC", "Li", False),
        ("1 M NaPF6 in diglyme", "Na", False),
    ],
)
def test_aqueous_by_electrolyte_or_by_ion(electrolyte: str, ion: str, aqueous: bool) -> None:
    assert is_aqueous(table({"electrolyte": electrolyte, "working_ion": ion})).tolist() == [aqueous]


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_the_data_set_gives_finite_numbers_under_every_name(protocol: Protocol) -> None:
    records = load_default()
    conditions = Conditions.fit(records.iloc[::2], protocol)
    values = conditions.transform(records)
    assert values.shape == (len(records), len(conditions.names))
    assert np.isfinite(values).all()
    assert len(set(conditions.names)) == len(conditions.names)
    assert conditions.names == tuple(feature.name for feature in conditions.features)
    assert protocol.falling is None or protocol.falling in conditions.names


def test_untested_protocol_keeps_role_ion_and_family_alone(training: pd.DataFrame) -> None:
    names = Conditions.fit(training, VOLTAGE_PROTOCOL).names
    assert not [name for name in names if "rate" in name or "cycles" in name or name.startswith(("window", "voltage"))]
    assert {"is_cathode", "ion_Zn", "family_spinel", "ion_potential_V_SHE"} <= set(names)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_round_trip_through_json(protocol: Protocol, training: pd.DataFrame) -> None:
    conditions = Conditions.fit(training, protocol)
    again = Conditions.from_json(json.loads(json.dumps(conditions.to_json(), allow_nan=False)))
    assert again == conditions
    np.testing.assert_array_equal(again.transform(training), conditions.transform(training))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"typical": None}, "conditions of the bundle must hold typical values of nominal_capacity_mAh_g"),
        ({"typical": {"log10_rate_C": {"": 0.0}}}, "conditions of the bundle must hold typical values of"),
        ({"protocol": "voltag"}, "conditions of the bundle must be what hemml wrote, got KeyError"),
        ({"protocol": None}, "train it again"),
    ],
)
def test_damaged_json_is_refused(conditions: Conditions, damage: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Conditions.from_json({**conditions.to_json(), **damage})


@pytest.mark.parametrize(
    ("table", "message"), [({"": "much"}, "got ValueError"), ({}, "a typical log10_cycles of all")]
)
def test_damaged_typical_values_are_refused(conditions: Conditions, table: dict[str, Any], message: str) -> None:
    typical = {**conditions.typical, "log10_cycles": table}
    with pytest.raises(BundleError, match=message):
        Conditions.from_json({"protocol": "capacity", "typical": typical})


def test_a_table_without_capacities_leaves_currents_unread() -> None:
    voltages = table(*({"average_voltage_V": 3.0, "capacity_current_mA_g": 10} for _ in range(3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        conditions = Conditions.fit(voltages, CAPACITY_PROTOCOL)
        found = one(conditions, capacity_current_mA_g=10)
    assert found["rate_stated"] == 0.0
    assert np.isfinite(list(found.values())).all()


def test_input_frame_is_left_as_it_was(conditions: Conditions, training: pd.DataFrame) -> None:
    before = training.copy(deep=True)
    conditions.transform(training)
    conditions.assumed(training)
    pd.testing.assert_frame_equal(training, before)


def test_order_of_rows_does_not_matter(conditions: Conditions, training: pd.DataFrame) -> None:
    shuffled = training.sample(frac=1.0, random_state=3)
    assert Conditions.fit(shuffled, CAPACITY_PROTOCOL) == conditions
    np.testing.assert_array_equal(
        conditions.transform(shuffled), conditions.transform(training)[shuffled.index.to_numpy()]
    )


def test_columns_of_protocols_are_of_the_data_set() -> None:
    for protocol in PROTOCOLS.values():
        assert {protocol.current, protocol.c_rate} <= set(Column)


@pytest.mark.parametrize(
    ("text", "treated"),
    [
        ({}, (0, 0, 0)),
        ({"notes": "N-doped carbon-coated"}, (1, 1, 1)),
        ({"sample": "Na3V2(PO4)3@C"}, (1, 0, 0)),
        ({"sample": "NVP/C nanosheets", "notes": "Mg-substituted"}, (1, 0, 1)),
        ({"sample": "Na0.67MnO2@CeO2", "notes": "Ni/Co ratio 1; 1 M NaPF6 in propylene carbonate"}, (0, 0, 0)),
        ({"notes": "rGO wrapped, Coating of Al2O3"}, (1, 1, 0)),
    ],
)
def test_treatment_is_read_from_sample_and_notes(
    cycling: Conditions, text: dict[str, str], treated: tuple[int, int, int]
) -> None:
    found = one(cycling, **text)
    assert (found["has_carbon"], found["is_coated"], found["is_doped"]) == treated


def test_only_retention_looks_at_the_treatment(conditions: Conditions, cycling: Conditions) -> None:
    assert "has_carbon" not in conditions.names
    assert cycling.names[-3:] == ("has_carbon", "is_coated", "is_doped")
