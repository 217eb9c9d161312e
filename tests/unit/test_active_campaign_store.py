"""Campaigns on disk: what may happen when, and the state that follows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from hemml.active.objective import Objective
from hemml.active.store import (
    Accepted,
    CampaignStore,
    Corrected,
    Created,
    Failed,
    Measured,
    Proposed,
    Skipped,
    StaleState,
    Status,
    Withdrawn,
    candidate_key,
    columns_to_measure,
)
from hemml.errors import DataError, HemmlError, InputError

CREATED = Created(
    "zn_spinel",
    {"template": "ZnM2O4", "step": 0.1},
    ("capacity_mAh_g", "retention_pct"),
    {"working_ion": "Zn", "role": "cathode", "capacity_c_rate": 0.1, "retention_cycles": 100},
    {"seed": 7, "acquisition": "nehvi"},
)
THREE = ("ZnMn1.5Ni0.5O4", "ZnMn1.4Ni0.6O4", "ZnMn1.3Ni0.7O4")


def proposals(*formulas: str) -> list[dict[str, object]]:
    return [{"formula": formula, "rank": rank} for rank, formula in enumerate(formulas)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CampaignStore]:
    """P001, P002 and P003 are proposed."""
    with CampaignStore.create(tmp_path / "zn.campaign", CREATED, who="Ada") as opened:
        opened.append_proposals(lambda _: proposals(*THREE))
        yield opened


def status(store: CampaignStore, experiment: str = "P001") -> Status:
    return store.state().experiments[experiment].status


def test_a_new_campaign_holds_what_it_was_given(tmp_path: Path) -> None:
    with CampaignStore.create(tmp_path / "zn.campaign", CREATED, who="Ada") as store:
        state, (first,) = store.state(), store.events()
    assert (state.sequence, state.name, state.space) == (1, "zn_spinel", CREATED.space)
    assert (state.wanted, state.conditions, state.settings) == (CREATED.wanted, CREATED.conditions, CREATED.settings)
    assert state.space_sha256 == CREATED.space_sha256 != Created("x", {"step": 0.2}, CREATED.wanted).space_sha256
    assert (first.who, first.event, first.time.tzinfo) == ("Ada", CREATED, UTC)
    assert [path.name for path in tmp_path.iterdir()] == ["zn.campaign"]


def test_proposals_get_ids_in_order_and_pend(store: CampaignStore) -> None:
    store.append_proposals(lambda state: [{"formula": "ZnMn2O4", "rank": 2**70, "why": ["best", 0.5]}])
    state = store.state()
    assert list(state.experiments) == ["P001", "P002", "P003", "P004"]
    assert [(batch.number, batch.experiments) for batch in state.batches] == [
        (1, ("P001", "P002", "P003")),
        (2, ("P004",)),
    ]
    assert state.batches[1].computed_from == 2
    assert [one.id for one in state.pending] == ["P001", "P002", "P003", "P004"]
    fourth = state.experiments["P004"]
    assert (fourth.rank, fourth.proposal["why"], fourth.status) == (2**70, ["best", 0.5], Status.PROPOSED)


def test_a_candidate_is_the_same_however_it_is_written(store: CampaignStore) -> None:
    assert candidate_key("ZnMn2O4", "Zn") == candidate_key("Zn0.5MnO2", "Zn") == candidate_key("Mn2ZnO4", "Zn")
    assert candidate_key("ZnMn2O4", "Zn") != candidate_key("ZnMn2O4", "Zn", {"temperature_C": 40.0})
    for again in ("ZnNi0.5Mn1.5O4", "Zn2Mn3NiO8"):
        with pytest.raises(InputError, match="must be a new candidate, got that of P001; leave it out, or withdraw"):
            store.append_proposals(lambda _, again=again: proposals(again))
    with pytest.raises(InputError, match="must be a new candidate, got that of P004"):
        store.append_proposals(lambda _: proposals("ZnMn2O4", "Zn1Mn2O4"))


def test_partial_results_add_up(store: CampaignStore) -> None:
    store.append([Accepted("P001")])
    assert status(store) is Status.ACCEPTED
    store.append([Measured("P001", values={"capacity_mAh_g": 213})])
    one = store.state().experiments["P001"]
    assert (one.status, one.missing, one.is_pending) == (Status.PARTLY_MEASURED, ("retention_pct",), True)
    store.append([Measured("P001", values={"retention_pct": 91, "average_voltage_V": 1.3})])
    one = store.state().experiments["P001"]
    assert (one.status, one.missing, one.is_pending) == (Status.MEASURED, (), False)
    assert {name: value.mean for name, value in one.values.items()} == {
        "capacity_mAh_g": 213,
        "retention_pct": 91,
        "average_voltage_V": 1.3,
    }


def test_repeats_are_averaged_under_equal_conditions_only(store: CampaignStore) -> None:
    store.append(
        [
            Measured("P001", values={"capacity_mAh_g": 150}, conditions={"capacity_c_rate": 1}),
            Measured("P001", values={"capacity_mAh_g": 152}, conditions={"capacity_c_rate": 1}),
        ]
    )
    value = store.state().experiments["P001"].values["capacity_mAh_g"]
    assert (value.mean, value.count, value.conditions["capacity_c_rate"]) == (151, 2, 1)
    store.append([Measured("P001", values={"capacity_mAh_g": 210}, conditions={"sample": "A"})])
    value = store.state().experiments["P001"].values["capacity_mAh_g"]
    assert (value.mean, value.count, value.conditions["capacity_c_rate"]) == (210, 1, 0.1)  # as the campaign wants it
    late = Measured("P001", values={"capacity_mAh_g": 220, "retention_pct": 80}, conditions={"retention_cycles": 500})
    store.append([late])
    value = store.state().experiments["P001"].values["capacity_mAh_g"]
    assert (value.mean, value.count) == (215, 2)  # how long it was cycled afterwards is no matter to a capacity
    assert len(store.state().measurements) == 4


def test_cells_outside_the_proposals_get_ids_of_their_own(store: CampaignStore) -> None:
    added = store.append(
        [
            Measured(formula="ZnMn2O4", values={"capacity_mAh_g": 190}),
            Measured(formula="Zn0.5MnO2", values={"retention_pct": 70}),
            Measured(formula="ZnNi0.6Mn1.4O4", values={"capacity_mAh_g": 199}),
            Failed(formula="ZnNi2O4", failure="synthesis"),
        ]
    )
    assert [one.event.experiment for one in added] == ["C001", "C001", "P002", "C002"]
    state = store.state()
    assert (state.experiments["C001"].status, state.experiments["C001"].batch) == (Status.MEASURED, None)
    assert [one.id for one in state.measured] == ["P002", "C001"]
    with pytest.raises(InputError, match="got that of C001"):
        store.append_proposals(lambda _: proposals("ZnMn2O4"))


def test_failures_are_kept_when_an_experiment_is_tried_again(store: CampaignStore) -> None:
    store.append([Failed("P001", "synthesis", "melted")])
    assert (status(store), len(store.state().pending)) == (Status.FAILED, 2)
    with pytest.raises(InputError, match=r"P001: must have been made .* got a failed synthesis; record accepted"):
        store.append([Measured("P001", values={"capacity_mAh_g": 200})])
    store.append([Accepted("P001"), Measured("P001", values={"capacity_mAh_g": 200})])
    assert status(store) is Status.PARTLY_MEASURED
    assert [(one.failure, one.note) for one in store.state().failures] == [("synthesis", "melted")]
    store.append([Failed("P001", "test")])
    assert (status(store), store.state().experiments["P001"].values["capacity_mAh_g"].mean) == (Status.FAILED, 200)


def test_skipped_candidates_are_free_again(store: CampaignStore) -> None:
    store.append([Skipped("P001", "no nickel")])
    one = store.state().experiments["P001"]
    assert (one.status, one.reason, one.is_taken) == (Status.SKIPPED, "no nickel", False)
    with pytest.raises(InputError, match=r"to be measured it must be proposed.*got skipped; record it as accepted"):
        store.append([Measured("P001", values={"capacity_mAh_g": 200})])
    store.append_proposals(lambda _: proposals(THREE[0]))
    with pytest.raises(InputError, match=r"P004 .*must not be in use, got P001 .*go on with P001, or withdraw it"):
        store.append([Accepted("P001")])
    assert status(store) is Status.SKIPPED  # nothing of the refused event stays
    store.append([Skipped("P004", "twice"), Accepted("P001")])
    assert status(store) is Status.ACCEPTED


def test_corrections_change_what_they_name(store: CampaignStore) -> None:
    values = {"capacity_mAh_g": 231, "average_voltage_V": 1.3}
    (measured,) = store.append([Measured("P001", values=values, conditions={"sample": "A"})])
    store.append([Corrected(measured.sequence, {"capacity_mAh_g": 213}, {"capacity_c_rate": 0.2}, note="mass")])
    (cell,) = store.state().measurements
    assert cell.values == {"capacity_mAh_g": 213, "average_voltage_V": 1.3}
    assert (cell.conditions["capacity_c_rate"], cell.conditions["sample"], cell.note) == (0.2, "A", "mass")
    (again,) = store.append([Corrected(measured.sequence, {"capacity_mAh_g": 214})])
    assert store.state().measurements[0].values["capacity_mAh_g"] == 214
    store.append([Withdrawn("misread", sequence=again.sequence)])
    assert store.state().measurements[0].values["capacity_mAh_g"] == 213
    (failed,) = store.append([Failed("P002", "test")])
    store.append([Corrected(failed.sequence, failure="second_phase", note="XRD")])
    assert [(one.failure, one.note) for one in store.state().failures] == [("second_phase", "XRD")]


def test_withdrawals_take_back_an_event_or_an_experiment(store: CampaignStore) -> None:
    (measured,) = store.append([Measured("P001", values={"capacity_mAh_g": 231})])
    store.append([Withdrawn("wrong cell", sequence=measured.sequence)])
    assert (status(store), store.state().measurements) == (Status.PROPOSED, ())
    store.append([Measured("P002", values={"capacity_mAh_g": 200}), Withdrawn("contaminated", "P002")])
    two = store.state().experiments["P002"]
    assert (two.status, two.reason, two.measurements) == (Status.WITHDRAWN, "contaminated", ())
    store.append_proposals(lambda _: proposals(THREE[1]))
    (own,) = store.append([Measured(formula="ZnMn2O4", values={"capacity_mAh_g": 190})])
    store.append([Withdrawn("", sequence=own.sequence)])
    assert status(store, "C001") is Status.WITHDRAWN
    (skipped,) = store.append([Skipped("P003", "no nickel")])
    store.append([Withdrawn("found some", sequence=skipped.sequence)])
    assert status(store, "P003") is Status.PROPOSED


def test_events_read_back_exactly(store: CampaignStore) -> None:
    numbers = {"capacity_mAh_g": 0.1 + 200, "average_voltage_V": 1 / 3, "retention_pct": np.float64(99.9)}
    store.append([Measured("P001", values=numbers, conditions={"is_composite": True, "notes": "Kohlenstoff ü 碳"})])
    with CampaignStore.open(store.path, read_only=True) as again:
        assert again.events() == store.events()
        assert again.state() == store.state()
        event = again.events()[-1].event
    assert isinstance(event, Measured)
    assert event.values == numbers
    assert event.conditions == {"is_composite": True, "notes": "Kohlenstoff ü 碳"}


def test_nothing_is_written_when_one_of_several_is_wrong(store: CampaignStore) -> None:
    before = store.events()
    wrong = [Accepted("P001"), Skipped("P009", "?"), Measured("P002", values={"capacity_mAh_g": 9e9})]
    with pytest.raises(
        DataError, match=r"2 of 3: unknown experiment 'P009'(.|\n)*3 of 3: P002, capacity_mAh_g"
    ) as info:
        store.append(wrong)
    assert [one.place for one in info.value.problems] == [1, 2]
    assert store.events() == before
    with CampaignStore.open(store.path) as again:
        assert again.events() == before


def test_proposals_from_an_old_state_are_refused(store: CampaignStore) -> None:
    with pytest.raises(StaleState, match="computed from its newest event 2, got event 1, it went on meanwhile"):
        store.append([Proposed(proposals("ZnMn2O4"), computed_from=1)])
    with pytest.raises(StaleState, match="its newest event must be 1, got 2"):
        store.append([Accepted("P001")], expected_sequence=1)
    seen = []

    def make(state):
        seen.append(state.sequence)
        if len(seen) == 1:  # another process
            with CampaignStore.open(store.path) as other:
                other.append([Accepted("P001")])
        return proposals("ZnMn2O4")

    with pytest.raises(StaleState):
        store.append_proposals(make)
    assert store.append_proposals(make, attempts=2).event.computed_from == 3
    assert seen == [2, 3]


def test_two_open_stores_see_each_other(store: CampaignStore) -> None:
    with CampaignStore.open(store.path) as other, CampaignStore.open(store.path, read_only=True) as reader:
        other.append([Accepted("P001")])
        store.append([Accepted("P002")])
        assert reader.state() == other.state() == store.state()
        with pytest.raises(HemmlError, match="must be open for writing, got read-only"):
            reader.append([Accepted("P003")])


def test_a_copy_is_a_whole_campaign(store: CampaignStore, tmp_path: Path) -> None:
    store.copy_to(tmp_path / "copy.campaign")
    with CampaignStore.open(tmp_path / "copy.campaign") as copy:
        assert copy.events() == store.events()
        copy.append([Accepted("P001")])
    assert len(store.events()) == 2
    with pytest.raises(InputError, match="must be a new file, got one that exists"):
        store.copy_to(tmp_path / "copy.campaign")


def test_objectives_name_the_columns_to_measure() -> None:
    texts = ["energy_density_Wh_kg:max", "cost_usd_per_kg:min", "retention_pct:at_least:80"]
    objectives = [Objective.parse(text) for text in texts]
    assert columns_to_measure(objectives) == ("capacity_mAh_g", "average_voltage_V", "retention_pct")
    assert columns_to_measure(objectives[1:2]) == ()


def test_opening_a_campaign_imports_nothing_heavy(store: CampaignStore) -> None:
    code = (
        "import sys; from hemml.active.store import CampaignStore\n"
        f"with CampaignStore.open({str(store.path)!r}) as store: assert store.state().sequence == 2\n"
        "assert not {'numpy', 'pandas', 'scipy', 'mlflow'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
