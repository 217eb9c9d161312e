"""Contributions, swaps, lines and element effects with the models that come with hemml."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hemml.columns import TARGETS, Column
from hemml.data import load_default, typed
from hemml.elements.periodic import SYMBOLS
from hemml.errors import InputError, UnknownNameError
from hemml.explanation import (
    IDEAS,
    contributions,
    element_effects,
    idea_of,
    line_table,
    periodic_table_figure,
    swap_table,
)
from hemml.explanation.ideas import OTHER
from hemml.explanation.periodic_figure import place_of
from hemml.models.prediction import Predictor
from hemml.uncertainty.pair_differences import PairDifferences

SPINEL = "Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4"


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="module")
def predictor(shipped: Predictor) -> Predictor:
    """The shipped models with a made-up calibration of differences: 40 papers with errors 0.01, 0.02, ... 0.40."""
    pairs = PairDifferences(np.arange(1, 41) / 100, np.ones(40), 40, one_paper=True, n_direction=9, direction=0.75)
    return Predictor(
        {
            target: replace(bundle, metadata={**bundle.metadata, "pair_differences": pairs.to_json()})
            for target, bundle in shipped.bundles.items()
        }
    )


def rows(*formulas: str, ion: str = "Zn", **conditions: str) -> pd.DataFrame:
    return typed(pd.DataFrame({"formula": list(formulas), "working_ion": ion, **conditions}, dtype=object))


def test_every_column_of_the_shipped_models_has_an_idea(shipped):
    for bundle in shipped.bundles.values():
        without = [name for name in bundle.ensemble.inputs.names if idea_of(name) is OTHER]
        assert without == []
    assert len({idea.name for idea in IDEAS}) == len({idea.label for idea in IDEAS}) == len(IDEAS)


def test_columns_stand_for_the_ideas_that_they_are_named_after():
    expected = {
        "S_config_cation_R": "entropy",
        "radius_mismatch_pct": "size",
        "vec": "electronic",
        "redox_potential_V": "redox",
        "expected_log10_capacity": "redox",
        "x_Mn": "elements",
        "atoms_mean_Row": "statistics",
        "log10_rate_C": "test",
        "kind_initial": "test",
        "family_spinel": "cell",
        "ion_Zn": "cell",
        "ion_charge": "cell",
        "is_comparator": "record",
        "prior_voltage_V": "prior",
        "something new": "other",
    }
    assert {column: idea_of(column).name for column in expected} == expected


def test_base_and_contributions_make_the_prediction(shipped):
    frame = pd.concat([rows(SPINEL), rows("Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2", "SnSb", ion="Na")], ignore_index=True)
    predicted = shipped.predict(frame)
    for target, found in contributions(shipped, frame).items():
        total = found.base + found.values.sum(axis=1)
        np.testing.assert_allclose(total, found.scaled, atol=2e-6)
        np.testing.assert_allclose(shipped.bundles[target].target.restore(total), predicted.values[target], rtol=1e-5)
        for row in range(len(frame)):
            steps = found.steps(row)
            assert steps[-1].after == pytest.approx(predicted.values[target][row], rel=1e-5)
            assert [step.after for step in steps[:-1]] == [step.before for step in steps[1:]]
            sizes = [abs(step.scaled) for step in steps]
            assert sizes == sorted(sizes, reverse=True)


def test_a_step_of_capacity_is_a_factor(shipped):
    found = contributions(shipped, rows(SPINEL))[Column.CAPACITY]
    for step in found.steps(0):
        assert step.change_pct == pytest.approx(100 * np.expm1(step.scaled))


def test_what_stands_between_regressors_and_prediction_is_a_contribution(shipped, monkeypatch):
    original = Predictor.predict

    def corrected(self, frame, level=0.9):
        made = original(self, frame, level)
        return replace(made, values={**made.values, Column.VOLTAGE: made.values[Column.VOLTAGE] + 0.25})

    monkeypatch.setattr(Predictor, "predict", corrected)
    found = contributions(shipped, rows(SPINEL))[Column.VOLTAGE]
    assert found.ideas[-1].name == "correction"
    assert found.values[0, -1] == pytest.approx(0.25, abs=1e-6)
    assert found.base + found.values.sum() == pytest.approx(found.scaled[0])


def test_order_of_elements_changes_nothing(predictor):
    turned = rows("Zn0.5(Cu0.1Ni0.1Co0.2Fe0.2Mn0.4)2O4")
    for one, other in zip(
        contributions(predictor, rows(SPINEL)).values(), contributions(predictor, turned).values(), strict=True
    ):
        np.testing.assert_allclose(one.values, other.values, atol=1e-9)
    keys = ["removed", "added"]
    first, second = (
        swap_table(predictor, frame).sort_values(keys, ignore_index=True) for frame in (rows(SPINEL), turned)
    )
    numbers = [name for name in first.columns if name.endswith(("_value", "_change"))]
    assert first[keys].equals(second[keys])
    np.testing.assert_allclose(first[numbers], second[numbers], rtol=1e-9, atol=1e-9)


def test_swaps_are_the_predictions_of_the_swapped_formulas(predictor):
    table = swap_table(predictor, rows(SPINEL))
    assert set(table["removed"]) == {"Mn", "Fe", "Co", "Ni", "Cu"}
    one = table[(table["removed"] == "Cu") & (table["added"] == "Cr")].iloc[0]
    assert one["formula"] == "Zn0.5[Mn0.8Fe0.4Co0.4Ni0.2Cr0.2]O4"
    predicted = predictor.predict(rows(SPINEL, one["formula"]))
    for target in TARGETS:
        before, after = predicted.values[target]
        assert one[f"{target}_value"] == pytest.approx(after)
        change = 100 * (after / before - 1) if target is Column.CAPACITY else after - before
        assert one[f"{target}_change"] == pytest.approx(change)
        assert one[f"{target}_lower"] < change < one[f"{target}_upper"]
        assert (one[f"{target}_chance_of_rise"] > 0.5) == (change > 0)


def test_the_interval_of_a_change_is_that_of_the_calibration(predictor):
    row = swap_table(predictor, rows(SPINEL), level=0.5).iloc[0]
    change, half = np.log1p(row["capacity_mAh_g_change"] / 100), 0.21  # the 21st of 40 errors holds for level 0.5
    assert row["capacity_mAh_g_upper"] == pytest.approx(100 * np.expm1(change + half))
    assert row["capacity_mAh_g_lower"] == pytest.approx(100 * np.expm1(change - half))
    assert row["average_voltage_V_upper"] - row["average_voltage_V_lower"] == pytest.approx(0.42)


def test_models_without_calibration_of_differences_give_no_intervals(shipped):
    bare = Predictor({t: replace(b, metadata={"has_skill": True}) for t, b in shipped.bundles.items()})
    table = swap_table(bare, rows(SPINEL))
    assert table["capacity_mAh_g_lower"].isna().all()
    assert table["capacity_mAh_g_change"].notna().all()


def test_a_swap_that_the_ladder_cannot_balance_is_marked(predictor):
    table = swap_table(predictor, rows("LiCoO2", ion="Li"))
    marked = dict(zip(table["added"], table["charge_balanced"], strict=True))
    assert {symbol: marked[symbol] for symbol in ("Mn", "Fe", "Ni", "Al", "Cr")} == dict.fromkeys(
        ("Mn", "Fe", "Ni", "Al", "Cr"), True
    )
    # Magnesium and zinc would need oxygen to be oxidised, zirconium to be partly metal.
    assert {symbol: marked[symbol] for symbol in ("Mg", "Zn", "Zr")} == dict.fromkeys(("Mg", "Zn", "Zr"), False)
    assert (table["rare"] == (table["n_records"] < 20)).all()


def test_alloys_are_swapped_for_what_stands_in_alloys(predictor):
    table = swap_table(predictor, rows("SnSb", ion="Na"))
    assert set(table["sublattice"]) == {"alloy"}
    assert "Bi" in set(table["added"])
    assert "Na" not in set(table["removed"])


def test_two_cation_sublattices_are_swapped_apart(predictor):
    table = swap_table(predictor, rows("La0.8Sr0.2(Cr0.2Mn0.2Fe0.2Co0.2Ni0.2)O3", ion="Li"))
    assert set(table["sublattice"]) == {"cation_1", "cation_2"}
    assert set(table.loc[table["sublattice"] == "cation_1", "removed"]) == {"La", "Sr"}


def test_a_line_runs_from_one_end_to_the_other(predictor):
    ends = ("NaNiO2", "NaNi0.4Mn0.4Ti0.2O2")
    table = line_table(predictor, rows(ends[0], ion="Na", role="cathode", family="layered_oxide"), ends[1], steps=5)
    np.testing.assert_allclose(table["share"], [0, 0.25, 0.5, 0.75, 1])
    assert table["formula"].iloc[2] == "Na[Ni0.7Mn0.2Ti0.1]O2"
    predicted = predictor.predict(rows(*table["formula"], ion="Na", role="cathode", family="layered_oxide"))
    for target in TARGETS:
        np.testing.assert_allclose(table[f"{target}_value"], predicted.values[target])
        np.testing.assert_allclose(table[f"{target}_upper"], predicted.upper[target])


def test_a_line_between_vacancies_units_and_molecules(predictor):
    table = line_table(predictor, rows("KMn[Fe(CN)6]·2H2O", ion="K"), "K2Mn[Fe(CN)6]0.9□0.1", steps=3)
    assert table["formula"].iloc[1] == "K1.5[Mn][Fe0.95□0.05](CN)5.7(H2O)"


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("NaMnO2", "LiCoO2", "must hold the same mobile ion, got Na in 'NaMnO2' and Li in 'LiCoO2'"),
        ("NaMnO2", "SnSb", "must have the same sublattices, got anion, cation in 'NaMnO2' and alloy in 'SnSb'"),
    ],
)
def test_ends_that_have_no_line_are_refused(predictor, start, end, message):
    with pytest.raises(InputError, match=message):
        line_table(predictor, rows(start, ion="Na"), end)


def test_arguments_out_of_range_are_refused(predictor):
    with pytest.raises(InputError, match="steps of a line must be 2 to 1001, got 1"):
        line_table(predictor, rows("NaMnO2", ion="Na"), "NaFeO2", steps=1)
    with pytest.raises(InputError, match="rows to explain by swaps must be one, got 2"):
        swap_table(predictor, rows(SPINEL, "ZnMn2O4"))
    with pytest.raises(InputError, match=r"must hold cations or an alloy whose elements can be exchanged, got none"):
        swap_table(predictor, rows("C6H4O2", ion="Na"))
    with pytest.raises(InputError, match=r"level 0.99 of a change needs pairs of 99 papers or more, got 40"):
        swap_table(predictor, rows(SPINEL), level=0.99)
    with pytest.raises(UnknownNameError, match="unknown working ion 'Xx'"):
        element_effects(predictor, ions=("Xx",))
    with pytest.raises(UnknownNameError, match="unknown target 'capacity'; did you mean 'capacity_mAh_g'"):
        element_effects(predictor, targets=("capacity",))
    with pytest.raises(InputError, match="share must be above 0 and below 1, got 1"):
        element_effects(predictor, share=1.0)
    with pytest.raises(InputError, match="n_hosts must be 20 or more, got 3"):
        element_effects(predictor, n_hosts=3)
    with pytest.raises(InputError, match="hosts must be 20 or more of one ion and role, got fewer for Al"):
        element_effects(predictor, ions=("Al",))


@pytest.fixture(scope="module")
def effects(predictor: Predictor) -> pd.DataFrame:
    return element_effects(predictor, ions=("Zn",), n_hosts=20, targets=(Column.CAPACITY, Column.RETENTION))


def test_effects_are_averages_over_hosts(effects, predictor):
    assert set(effects["target"]) == {"capacity_mAh_g", "retention_pct"}
    assert set(effects["ion"]) == {"Zn"}
    assert "Zn" not in set(effects["element"])
    known = effects[effects["n_hosts"] >= 5]
    assert (known["lower"] <= known["effect"]).all()
    assert (known["effect"] <= known["upper"]).all()
    assert effects.loc[effects["n_hosts"] < 5, "effect"].isna().all()
    assert set(effects.loc[effects["target"] == "capacity_mAh_g", "unit"]) == {"%"}
    own = dict(zip(effects["element"], effects["n_own"], strict=True))
    assert own["Mn"] > 20 > own["La"]
    again = element_effects(predictor, ions=("Zn",), n_hosts=20, targets=(Column.CAPACITY, Column.RETENTION))
    pd.testing.assert_frame_equal(effects, again)


def test_one_host_many_times_has_the_effect_of_that_host(predictor):
    hosts = load_default()
    hosts = hosts[(hosts["working_ion"] == "Na") & (hosts["role"] == "cathode")].head(20).copy()
    # Twenty spellings of one material: the sodium content differs in a digit that no descriptor feels.
    hosts["formula"] = [f"Na0.9{i:02d}Ni0.5Mn0.5O2" for i in range(20)]
    hosts["family"] = "layered_oxide"
    found = element_effects(predictor, hosts, ions=("Na",), roles=("cathode",), targets=(Column.VOLTAGE,))
    titanium = found[found["element"] == "Ti"].iloc[0]
    frame = rows("Na0.91Ni0.5Mn0.5O2", "Na0.91[Ni0.4Mn0.4Ti0.2]O2", ion="Na", role="cathode", family="layered_oxide")
    before, after = predictor.predict(frame).values[Column.VOLTAGE]
    assert titanium["effect"] == pytest.approx(after - before, abs=0.03)
    assert titanium["n_hosts"] == 20


def test_places_in_the_periodic_table():
    places = {symbol: place_of(symbol) for symbol in SYMBOLS[:83]}
    assert len(set(places.values())) == 83
    assert places["H"] == (1, 1)
    assert places["He"] == (18, 1)
    assert places["Al"] == (13, 3)
    assert places["Sc"] == (3, 4)
    assert places["Zn"] == (12, 4)
    assert places["Hf"] == (4, 6)
    assert places["Bi"] == (15, 6)
    assert places["La"][1] == places["Lu"][1] > 7


def test_picture_shows_each_effect_with_its_sign(effects):
    figure = periodic_table_figure(effects, Column.CAPACITY, "Zn")
    texts = [text.get_text() for text in figure.axes[0].texts]
    known = effects[(effects["target"] == "capacity_mAh_g") & effects["effect"].notna()]
    assert len(texts) == 83 + len(known) + 1
    for symbol in known["element"]:
        assert symbol in texts or f"{symbol}*" in texts
    few = known.loc[known["n_own"] < 5, "element"]
    assert len(few) > 3
    assert {f"{symbol}*" for symbol in few} == {text for text in texts if text.endswith("*")}
    assert "Mn" in texts
    assert sum(text.startswith("−") for text in texts) == sum(np.round(known["effect"], 1) < 0)
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 83 - len(known)


def test_picture_of_nothing_is_refused(effects):
    with pytest.raises(InputError, match="effects must hold capacity for Na, got none"):
        periodic_table_figure(effects, Column.CAPACITY, "Na")
    with pytest.raises(InputError, match="effects must hold average voltage for Zn, got none"):
        periodic_table_figure(effects, Column.VOLTAGE, "Zn")
    with pytest.raises(UnknownNameError, match="unknown target 'capacity'"):
        periodic_table_figure(effects, "capacity", "Zn")
