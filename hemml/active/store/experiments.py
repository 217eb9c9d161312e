"""One experiment from the events about it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hemml.active.store.events import Accepted, Condition, Corrected, Created, Event, Failed, Measured, Skipped
from hemml.active.store.json_values import Json, canonical
from hemml.active.store.records import Recorded
from hemml.active.store.state import Experiment, Failure, Measurement, Status, Value
from hemml.columns import Column

# They name a cell or describe it in words; cells that differ in nothing else are repeats.
_DESCRIBING: Final = (str(Column.SAMPLE), str(Column.NOTES))
# They say how the cell was cycled afterwards: no matter to its capacity and voltage.
_CYCLING: Final = (str(Column.RETENTION_CYCLES), str(Column.RETENTION_CURRENT), str(Column.RETENTION_C_RATE))


@dataclass
class Course:
    """What happened to one experiment.

    Attributes:
        id: "P001" or "C001".
        sequence: Of the event that it began with.
        formula: As proposed or as given.
        key: Of the composition and its conditions.
        batch: None for a cell outside the proposals.
        proposal: As stored.
        events: About it, in order; withdrawn ones too.
        withdrawn: Why the whole experiment does not count; None if it does.
    """

    id: str
    sequence: int
    formula: str
    key: str
    batch: int | None = None
    proposal: Mapping[str, Json] = field(default_factory=dict)
    events: list[Recorded] = field(default_factory=list)
    withdrawn: str | None = None


def experiment_of(course: Course, start: Created, withdrawn: Collection[int]) -> Experiment:
    """The experiment as it stands after its events.

    Args:
        course: What happened to it.
        start: The event that created the campaign.
        withdrawn: Sequence numbers of events that do not count.
    """
    live = [] if course.withdrawn is not None else [one for one in course.events if one.sequence not in withdrawn]
    conditions = {**start.conditions, **course.proposal.get("conditions", {})}
    measurements = tuple(_measurements(course.id, live, conditions))
    failures = tuple(_failures(course.id, live))
    values = {column: _value(column, measurements, conditions) for column in _columns(measurements, start.wanted)}
    missing = tuple(column for column in start.wanted if column not in values)
    decision = next((one.event for one in reversed(live) if isinstance(one.event, Accepted | Skipped)), None)
    status = _status(course, live, failures, bool(values), bool(missing), decision)
    return Experiment(
        id=course.id,
        sequence=course.sequence,
        formula=course.formula,
        key=course.key,
        status=status,
        batch=course.batch,
        rank=course.proposal.get("rank"),
        conditions=conditions,
        proposal=course.proposal,
        measurements=measurements,
        failures=failures,
        values=values,
        missing=missing,
        reason=_reason(status, course, decision),
    )


def _status(
    course: Course,
    live: Sequence[Recorded],
    failures: Sequence[Failure],
    any_value: bool,
    any_missing: bool,
    decision: Event | None,
) -> Status:
    tried_again = max((one.sequence for one in live if isinstance(one.event, Accepted)), default=0)
    begun = course.batch is not None or any_value or bool(failures)
    if course.withdrawn is not None or not begun:
        return Status.WITHDRAWN  # all that was said of a cell outside the proposals was withdrawn
    if any(failure.sequence > tried_again for failure in failures):
        return Status.FAILED
    if any_value:
        return Status.PARTLY_MEASURED if any_missing else Status.MEASURED
    if isinstance(decision, Skipped):
        return Status.SKIPPED
    return Status.ACCEPTED if isinstance(decision, Accepted) else Status.PROPOSED


def _reason(status: Status, course: Course, decision: Event | None) -> str:
    if status is Status.WITHDRAWN:
        return course.withdrawn or ""
    return decision.reason if status is Status.SKIPPED and isinstance(decision, Skipped) else ""


def _measurements(experiment: str, live: Sequence[Recorded], conditions: Mapping[str, Condition]) -> list[Measurement]:
    found = []
    corrections = _corrections(live)
    for one in live:
        event = one.event
        if isinstance(event, Measured):
            later = corrections.get(one.sequence, [])
            values = {**event.values}
            held = {**conditions, **event.conditions}
            for correction in later:
                values |= correction.values
                held |= correction.conditions
            note = next((c.note for c in reversed(later) if c.note), event.note)
            found.append(Measurement(one.sequence, experiment, one.time, values, held, note))
    return found


def _failures(experiment: str, live: Sequence[Recorded]) -> list[Failure]:
    found = []
    corrections = _corrections(live)
    for one in live:
        event = one.event
        if isinstance(event, Failed):
            later = corrections.get(one.sequence, [])
            failure = next((c.failure for c in reversed(later) if c.failure), event.failure)
            note = next((c.note for c in reversed(later) if c.note), event.note)
            found.append(Failure(one.sequence, experiment, one.time, failure, note))
    return found


def _corrections(live: Sequence[Recorded]) -> dict[int, list[Corrected]]:
    """By the event that they correct, in order."""
    found: dict[int, list[Corrected]] = {}
    for one in live:
        if isinstance(one.event, Corrected):
            found.setdefault(one.event.sequence, []).append(one.event)
    return found


def _columns(measurements: Sequence[Measurement], wanted: Sequence[str]) -> list[str]:
    """The measured columns, wanted ones first: the order does not depend on that of the cells."""
    found = {column for cell in measurements for column in cell.values}
    return [column for column in wanted if column in found] + sorted(found.difference(wanted))


def _value(column: str, measurements: Sequence[Measurement], conditions: Mapping[str, Condition]) -> Value:
    """The mean over cells under equal conditions: the experiment's own, else those with most cells, else the newest.

    A mean over different currents or cycle numbers would be a number that no cell has.
    """
    groups: dict[str, list[Measurement]] = {}
    for cell in measurements:
        if column in cell.values:
            groups.setdefault(canonical(_test(column, cell.conditions)), []).append(cell)
    own = canonical(_test(column, conditions))
    chosen = max(groups, key=lambda test: (test == own, len(groups[test]), groups[test][-1].sequence))
    numbers = [cell.values[column] for cell in groups[chosen]]
    return Value(math.fsum(numbers) / len(numbers), len(numbers), _test(column, groups[chosen][0].conditions))


def _test(column: str, conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    """The conditions that matter to a column."""
    left_out = set(_DESCRIBING) if column == Column.RETENTION else {*_DESCRIBING, *_CYCLING}
    return {name: value for name, value in conditions.items() if name not in left_out}
