"""Replaying events: whatever happened, in whatever order it could."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hemml.active.store import (
    FAILURES,
    Accepted,
    CampaignState,
    Corrected,
    Created,
    Event,
    Failed,
    Measured,
    Proposed,
    Recorded,
    Skipped,
    Status,
    Withdrawn,
    replay,
)
from hemml.active.store.records import GENESIS, recorded_of, row_of
from hemml.active.store.replay import Ledger
from hemml.active.store.rules import complete
from hemml.errors import HemmlError, InputError

CREATED = Created(
    "zn",
    {"step": 0.1},
    ("capacity_mAh_g", "retention_pct"),
    {"working_ion": "Zn", "role": "cathode", "retention_cycles": 100},
)
FORMULAS = [f"ZnMn{2 - x / 10:g}Ni{x / 10:g}O4" for x in range(1, 8)]
FIRST = Measured("P002", values={"capacity_mAh_g": 4.0})
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

ids = st.sampled_from(["P001", "P002", "P003", "P004", "C001", "C002"])
sequences = st.integers(1, 20)
values = st.dictionaries(
    st.sampled_from(["capacity_mAh_g", "retention_pct", "average_voltage_V"]),
    st.floats(2, 5.5, allow_nan=False),
    min_size=1,
)
conditions = st.one_of(st.just({}), st.fixed_dictionaries({"capacity_c_rate": st.sampled_from([0.1, 1.0])}))
batches = st.lists(st.sampled_from(FORMULAS), min_size=1, max_size=3, unique=True)
actions = st.one_of(
    batches,
    st.builds(Accepted, ids),
    st.builds(Skipped, ids, st.text(max_size=3)),
    st.builds(Measured, ids, values=values, conditions=conditions),
    st.builds(Measured, formula=st.sampled_from(FORMULAS), values=values),
    st.builds(Failed, ids, st.sampled_from(FAILURES)),
    st.builds(Corrected, sequences, values),
    st.builds(Withdrawn, st.text(max_size=3), ids),
    st.builds(Withdrawn, st.text(max_size=3), sequence=sequences),
)


def record(ledger: Ledger, event: Event) -> Recorded:
    time = BEGIN + timedelta(hours=ledger.sequence)
    recorded = Recorded(ledger.sequence + 1, time, "Ada", complete(ledger, event))
    ledger.add(recorded)
    return recorded


def happened(course: list[list[str] | Event]) -> list[Recorded]:
    """The events that could happen; those that the rules refuse did not."""
    ledger = Ledger()
    events = [record(ledger, CREATED), record(ledger, proposed(ledger, FORMULAS[:2])), record(ledger, FIRST)]
    for action in course:
        event = proposed(ledger, action) if isinstance(action, list) else action
        try:
            events.append(record(ledger, event))
        except HemmlError:
            continue
    assert replay(events) == ledger.state()
    return events


def proposed(ledger: Ledger, formulas: list[str]) -> Proposed:
    return Proposed([{"formula": formula, "rank": FORMULAS.index(formula)} for formula in formulas], ledger.sequence)


courses = st.lists(actions, max_size=18).map(happened)


@settings(deadline=None)
@given(courses)
def test_state_after_any_valid_course(events: list[Recorded]) -> None:
    state = replay(events)
    assert state.sequence == len(events)
    assert len({one.id for one in state.experiments.values()}) == len(state.experiments)
    assert {one.id for one in state.pending} == {
        one.id
        for one in state.experiments.values()
        if one.status in (Status.PROPOSED, Status.ACCEPTED, Status.PARTLY_MEASURED)
    }
    for one in state.experiments.values():
        assert one.values.keys() == {column for cell in one.measurements for column in cell.values}
        assert set(one.missing) == set(state.wanted) - set(one.values)
        assert (one.status is Status.MEASURED) <= (not one.missing)
        for column, value in one.values.items():
            found = [cell.values[column] for cell in one.measurements if column in cell.values]
            assert min(found) <= value.mean <= max(found) or value.mean == pytest.approx(found[0], rel=1e-15)
            assert 1 <= value.count <= len(found)
        if one.status is Status.WITHDRAWN:
            assert not one.measurements
            assert not one.failures


@settings(max_examples=60, deadline=None)
@given(courses)
def test_rows_hold_events_exactly(events: list[Recorded]) -> None:
    previous = GENESIS
    again = []
    for one in events:
        row = row_of(one, previous)
        again.append(recorded_of(row, previous, "file"))
        previous = row.hash
    assert again == events
    assert replay(again) == replay(events)


@settings(max_examples=60, deadline=None)
@given(courses, values, st.data())
def test_a_withdrawn_measurement_is_as_if_never_made(
    events: list[Recorded], found: dict[str, float], data: st.DataObject
) -> None:
    ledger = Ledger()
    for one in events:
        ledger.add(one)
    before = ledger.state()
    open_ones = before.with_status(Status.PROPOSED, Status.ACCEPTED, Status.PARTLY_MEASURED, Status.MEASURED)
    assume(open_ones)
    experiment = data.draw(st.sampled_from(open_ones)).id
    made = record(ledger, Measured(experiment, values=found))
    assert made.sequence in {cell.sequence for cell in ledger.state().measurements}
    record(ledger, Withdrawn("misread", sequence=made.sequence))
    assert ledger.state().experiments == before.experiments
    assert ledger.state().batches == before.batches


@settings(max_examples=60, deadline=None)
@given(courses, values, st.data())
def test_a_correction_is_as_if_measured_so(events: list[Recorded], new: dict[str, float], data: st.DataObject) -> None:
    ledger = Ledger()
    for one in events:
        ledger.add(one)
    cells = ledger.state().measurements
    assume(cells)
    cell = data.draw(st.sampled_from(cells))
    record(ledger, Corrected(cell.sequence, new))
    corrected = next(one for one in ledger.state().measurements if one.sequence == cell.sequence)
    assert corrected.values == {**cell.values, **new}
    assert corrected.conditions == cell.conditions
    assert len(ledger.state().measurements) == len(cells)


def facts(state: CampaignState) -> dict[str, object]:
    return {
        name: (one.status, {column: (value.mean, value.count) for column, value in one.values.items()}, one.missing)
        for name, one in state.experiments.items()
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Measured, st.sampled_from(["P001", "P002"]), values=values), max_size=8), st.randoms())
def test_the_order_of_measurements_does_not_matter(measured: list[Measured], random) -> None:
    shuffled = [*measured]
    random.shuffle(shuffled)
    assert facts(replay(happened(measured))) == facts(replay(happened(shuffled)))


@settings(max_examples=40, deadline=None)
@given(courses)
def test_any_beginning_of_a_course_is_a_course(events: list[Recorded]) -> None:
    ledger = Ledger()
    for place, one in enumerate(events, start=1):
        ledger.add(one)
        if place % 5 == 0:
            assert ledger.state() == replay(events[:place])


def test_events_must_be_whole_and_in_order() -> None:
    events = happened([["ZnMn1.7Ni0.3O4"], Accepted("P001")])
    assert len(events) == 5
    for wrong in (events[1:], [events[0], events[2]], [events[0], events[0]]):
        with pytest.raises(InputError, match="must be whole and in order and begin with created"):
            replay(wrong)
    with pytest.raises(InputError, match="must begin with created, got none"):
        replay([])
