"""From electrodes to the columns that regressors take."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from hemml.data import load_default
from hemml.elements.periodic import SYMBOLS
from hemml.errors import BundleError, InputError
from hemml.features.conditions import CAPACITY_PROTOCOL, PROTOCOLS, VOLTAGE_PROTOCOL
from hemml.models.inputs import FRACTION_PREFIX, Compositions, Inputs, batch_of

FEATURES = ("S_config_cation_R", "mixing_enthalpy_kJ_mol", "mean_oxidation_state")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return load_default().iloc[::12].reset_index(drop=True)


@pytest.fixture(scope="module")
def compositions(frame: pd.DataFrame) -> Compositions:
    return Compositions.of(batch_of(frame), FEATURES)


@pytest.fixture(scope="module")
def inputs(frame: pd.DataFrame, compositions: Compositions) -> Inputs:
    return Inputs.fit(frame, compositions, FEATURES, CAPACITY_PROTOCOL)


def test_columns_are_named_finite_and_unique(inputs: Inputs, frame: pd.DataFrame, compositions: Compositions) -> None:
    X = inputs.transform(frame, compositions)
    assert X.shape == (len(frame), len(inputs.names))
    assert np.isfinite(X).all()
    assert len(set(inputs.names)) == len(inputs.names)
    assert set(FEATURES) <= set(inputs.names)


def test_features_that_do_not_apply_become_zero(
    inputs: Inputs, frame: pd.DataFrame, compositions: Compositions
) -> None:
    column = compositions.names.index("mixing_enthalpy_kJ_mol")  # alloys only
    absent = np.isnan(compositions.values[:, column])
    assert 0 < absent.sum() < len(frame)
    X = inputs.transform(frame, compositions)
    assert (X[absent, inputs.names.index("mixing_enthalpy_kJ_mol")] == 0).all()


def test_atomic_fractions(inputs: Inputs, frame: pd.DataFrame, compositions: Compositions) -> None:
    np.testing.assert_allclose(compositions.fractions.sum(axis=1), 1.0)
    X = inputs.transform(frame, compositions)
    for element in ("O", "Na", "Mn"):
        np.testing.assert_array_equal(
            X[:, inputs.names.index(FRACTION_PREFIX + element)], compositions.fractions[:, SYMBOLS.index(element)]
        )
    lifepo4 = Compositions.of(batch_of(pd.DataFrame({"formula": ["LiFePO4"], "working_ion": ["Li"]})), ())
    assert lifepo4.fractions[0, SYMBOLS.index("O")] == pytest.approx(4 / 7)


def test_rare_elements_are_no_columns(inputs: Inputs, compositions: Compositions) -> None:
    counts = (compositions.fractions > 0).sum(axis=0)
    for symbol, count in zip(SYMBOLS, counts, strict=True):
        assert (symbol in inputs.elements) == (count >= 5)


def test_only_the_falling_condition_has_a_sign(inputs: Inputs, frame: pd.DataFrame, compositions: Compositions) -> None:
    assert sum(map(abs, inputs.monotone)) == 1
    assert inputs.monotone[inputs.names.index("log10_rate_C")] == -1
    assert set(Inputs.fit(frame, compositions, FEATURES, VOLTAGE_PROTOCOL).monotone) == {0}


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_round_trip_through_json_gives_the_same_columns(
    protocol, frame: pd.DataFrame, compositions: Compositions
) -> None:
    inputs = Inputs.fit(frame.iloc[::2], compositions[np.arange(0, len(frame), 2)], FEATURES, protocol)
    again = Inputs.from_json(json.loads(json.dumps(inputs.to_json(), allow_nan=False)))
    assert again.names == inputs.names
    assert again.monotone == inputs.monotone
    np.testing.assert_array_equal(again.transform(frame, compositions), inputs.transform(frame, compositions))


def test_columns_do_not_depend_on_other_rows(inputs: Inputs, frame: pd.DataFrame, compositions: Compositions) -> None:
    rows = np.array([7, 3, 200])
    some = inputs.transform(frame.iloc[rows].reset_index(drop=True), compositions[rows])
    np.testing.assert_array_equal(some, inputs.transform(frame, compositions)[rows])


def test_measured_targets_are_no_inputs(inputs: Inputs, frame: pd.DataFrame, compositions: Compositions) -> None:
    changed = frame.assign(capacity_mAh_g=1.0, average_voltage_V=1.0, retention_pct=1.0)
    np.testing.assert_array_equal(inputs.transform(changed, compositions), inputs.transform(frame, compositions))


def test_rows_and_compositions_must_be_as_many(inputs: Inputs, frame: pd.DataFrame, compositions: Compositions) -> None:
    with pytest.raises(InputError, match=f"rows and compositions must be as many, got 3 and {len(frame)}"):
        inputs.transform(frame.iloc[:3], compositions)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"features": "S_config_cation_R"}, "must name features, elements and conditions"),
        ({"elements": None}, "must name features, elements and conditions"),
        ({"features": ["S_config_of_tomorrow"]}, "must be features of this hemml, got 'S_config_of_tomorrow'"),
        ({"conditions": {}}, "conditions of the bundle must hold typical values"),
    ],
)
def test_damaged_json_is_refused(inputs: Inputs, damage: dict[str, object], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Inputs.from_json({**inputs.to_json(), **damage})
