"""Events that cannot be: refused with what, must be, got, do this."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from hemml.active.store import (
    Accepted,
    CampaignFileError,
    CampaignStore,
    Corrected,
    Created,
    Event,
    Failed,
    Measured,
    Proposed,
    Skipped,
    Withdrawn,
)
from hemml.errors import HemmlError, InputError

CREATED = Created("zn", {"step": 0.1}, ("capacity_mAh_g",), {"working_ion": "Zn", "role": "cathode"})
CAPACITY = {"capacity_mAh_g": 200}


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignStore]:
    """Events 1 created, 2 proposed (P001 to P004), 3 P002 measured, 4 P003 failed, 5 P004 withdrawn, 6 corrected."""
    formulas = ["ZnMn1.5Ni0.5O4", "ZnMn1.4Ni0.6O4", "ZnMn1.3Ni0.7O4", "ZnMn1.2Ni0.8O4"]
    with CampaignStore.create(tmp_path_factory.mktemp("errors") / "zn.campaign", CREATED) as opened:
        opened.append_proposals(lambda _: [{"formula": formula, "rank": None} for formula in formulas])
        opened.append([Measured("P002", values=CAPACITY), Failed("P003", "second_phase"), Withdrawn("no", "P004")])
        opened.append([Corrected(3, {"capacity_mAh_g": 201})])
        yield opened


@pytest.fixture
def store(unchanged: CampaignStore, tmp_path: Path) -> Iterator[CampaignStore]:
    """A copy to write to."""
    unchanged.copy_to(tmp_path / "copy.campaign")
    with CampaignStore.open(tmp_path / "copy.campaign") as opened:
        yield opened


def proposed(**proposal: object) -> Proposed:
    return Proposed([proposal], computed_from=6)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (CREATED, "created must be its first event and the only one, got created as event 7; make a new campaign"),
        (Event(), "event must be one of hemml's, got Event"),
        (Accepted("p001"), "unknown experiment 'p001'; did you mean 'P001'"),
        (Accepted("P002"), r"P002 .*to be accepted it must be proposed, skipped, failed, got measured; withdraw"),
        (Skipped("P003", "x"), r"to be skipped it must be proposed, accepted, got failed"),
        (Accepted("P004"), r"got withdrawn; propose the candidate again, or give its formula without an id"),
        (Measured("P001"), "P001: must hold at least one measured value, got none; give one of capacity_mAh_g"),
        (Measured(values=CAPACITY), "must name an experiment or a formula, got neither; give its id, such as P001"),
        (Measured("P001", values={"capacity": 200}), "did you mean 'capacity_mAh_g', in mAh/g"),
        (Measured("P001", values={"capacity_Ah_kg": 200}), "did you mean 'capacity_mAh_g', in mAh/g"),
        (Measured("P001", values={"energy_density_Wh_kg": 200}), "give those two"),
        (Measured("P001", values={"capacity_mAh_g": 0.2}), "looks like Ah/g, must be 1 to 4500 mAh/g; write 200"),
        (Measured("P001", values={"capacity_mAh_g": -1}), "must be 1 to 4500 mAh/g"),
        (Measured("P001", values={"average_voltage_V": 1300}), "looks like mV, must be -1 to 6 V; write 1.3"),
        (Measured("P001", values={"retention_pct": 0.9}), "looks like a fraction, must be percent; write 90"),
        (Measured("P001", values={"retention_pct": 90}), "must have its cycle number; fill retention_cycles"),
        (Measured("P001", values=CAPACITY, conditions={"c_rate": 1}), "unknown test condition 'c_rate'; did you mean"),
        (Measured("P001", values=CAPACITY, conditions={"role": "kathode"}), "did you mean 'cathode'"),
        (
            Measured("P001", values=CAPACITY, conditions={"voltage_min_V": 2, "voltage_max_V": 1}),
            "voltage_min_V = '2': must be below voltage_max_V, which is 1",
        ),
        (Measured("P001", "ZnMn2O4", CAPACITY), r"formula must be 'ZnMn1.5Ni0.5O4', got 'ZnMn2O4'; correct one"),
        (Measured(formula="ZnMn2Oq", values=CAPACITY), "position 6"),
        (Failed("P001", "explosion"), "unknown kind of failure 'explosion'"),
        (Corrected(9, CAPACITY), "event 9: must be one of the events 1 to 6, got another"),
        (Corrected(2, CAPACITY), "only measured and failed can be corrected, got proposed; withdraw it instead"),
        (Corrected(6, CAPACITY), "must refer to what was measured, got a correction; correct event 3"),
        (Corrected(3), "must change something, got nothing"),
        (Corrected(3, failure="test"), "a measurement is no failure, got 'test'"),
        (Corrected(3, {"capacity_mAh_g": 5000}), "must be 1 to 4500 mAh/g"),
        (Corrected(4, CAPACITY), "a failure has no values, got some"),
        (Corrected(4), "must change something, got nothing; give failure or note"),
        (Withdrawn("x"), "must name an experiment or the number of an event, got neither"),
        (Withdrawn("x", "P001", 3), "got both; name one of them"),
        (Withdrawn("x", sequence=1), "a created event cannot be withdrawn; record again what holds"),
        (Withdrawn("x", sequence=2), "a proposed event cannot be withdrawn; withdraw its experiments one by one"),
        (Withdrawn("x", sequence=5), "a withdrawn event cannot be withdrawn; record again what holds"),
        (Withdrawn("x", "P004"), "to be withdrawn it must be .*got withdrawn"),
        (Proposed([], computed_from=6), "batch: must hold at least one proposal, got none"),
        (proposed(rank=1), "proposal: formula must be text, got None"),
        (proposed(formula="ZnMn2O4", rank=1.5), "proposal 'ZnMn2O4': rank must be a whole number or None, got 1.5"),
        (proposed(formula="ZnMn2O4", id="P009"), "id and key must be left to the store"),
        (proposed(formula="ZnMn2O4", conditions=[1]), "conditions must be a mapping of columns"),
        (proposed(formula="ZnMn2O4", conditions={"temperature": 3}), "unknown test condition 'temperature'"),
        (proposed(formula="Mn?"), "formula 'Mn\\?'"),
    ],
)
def test_refused_and_nothing_written(unchanged: CampaignStore, event: Event, message: str) -> None:
    before = unchanged.events()
    with pytest.raises(InputError, match=message):
        unchanged.append([event])
    assert unchanged.events() == before


def test_a_withdrawn_event_is_not_corrected_or_withdrawn_again(store: CampaignStore) -> None:
    store.append([Withdrawn("x", sequence=3)])
    for event in (Corrected(3, CAPACITY), Withdrawn("x", sequence=3)):
        with pytest.raises(InputError, match="must not be withdrawn, got a withdrawn event; record again what holds"):
            store.append([event])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "the name must be text, got an empty one"),
        ({"wanted": ()}, "at least one column must be measured, got objectives that formulas alone decide"),
        ({"wanted": ("capacity",)}, "unknown measured column 'capacity'; did you mean 'capacity_mAh_g'"),
        ({"conditions": {"working_ion": "zinc"}}, "working_ion = 'zinc': must be one of.*write 'Zn'"),
        ({"space_sha256": "00"}, "the space must have the SHA-256 00, got"),
        ({"space": {"step": math.nan}}, "created, space, step: must be a finite number, got nan"),
        ({"settings": {"models": Path("models")}}, "created, settings, models: must be text, a number.*PosixPath"),
        ({"space": {1: 2}}, "keys must be text, got 1"),
        ({"settings": {"x": "\udcff"}}, "must be text in UTF-8"),
    ],
)
def test_a_campaign_that_cannot_begin_leaves_no_file(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    given = {"name": "zn", "space": {}, "wanted": ("capacity_mAh_g",), **changes}
    with pytest.raises(InputError, match=message):
        CampaignStore.create(tmp_path / "zn.campaign", Created(**given))
    assert list(tmp_path.iterdir()) == []


def test_a_campaign_begins_in_a_new_file_only(store: CampaignStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a new file, got one that exists; choose another name"):
        CampaignStore.create(store.path, CREATED)
    with pytest.raises(InputError, match="must be in a folder that can be written, got: No such file or directory"):
        CampaignStore.create(tmp_path / "none" / "zn.campaign", CREATED)
    with CampaignStore.open(store.path) as again:
        assert again.state().sequence == 6


def test_attempts_are_counted_from_one(unchanged: CampaignStore) -> None:
    with pytest.raises(InputError, match="attempts: must be at least 1, got 0"):
        unchanged.append_proposals(lambda _: [], attempts=0)


def test_errors_of_files_and_of_input_have_their_exit_codes() -> None:
    assert (CampaignFileError.exit_code, HemmlError.exit_code) == (2, 1)
