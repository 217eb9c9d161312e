"""The state of a campaign, as its events add up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hemml.active.store.events import Condition
from hemml.active.store.json_values import Json


class Status(StrEnum):
    """Where an experiment stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    PARTLY_MEASURED = "partly_measured"
    MEASURED = "measured"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


PENDING = (Status.PROPOSED, Status.ACCEPTED, Status.PARTLY_MEASURED)
FREE = (Status.SKIPPED, Status.WITHDRAWN)  # their candidates may be proposed again


@dataclass(frozen=True)
class Measurement:
    """Values of one cell, corrections included.

    Attributes:
        sequence: Of the event.
        experiment: Id.
        time: When it was stored.
        values: Column -> value.
        conditions: All test conditions that hold: the campaign's, the experiment's, the cell's.
        note: Free text.
    """

    sequence: int
    experiment: str
    time: datetime
    values: Mapping[str, float]
    conditions: Mapping[str, Condition]
    note: str = ""


@dataclass(frozen=True)
class Failure:
    """A failed synthesis, a second phase, or a failed test; `failure` says which."""

    sequence: int
    experiment: str
    time: datetime
    failure: str
    note: str = ""


@dataclass(frozen=True)
class Value:
    """The mean of `count` repeated measurements, and the test conditions they share."""

    mean: float
    count: int
    conditions: Mapping[str, Condition]


@dataclass(frozen=True)
class Experiment:
    """A proposed candidate, or a cell outside the proposals, with all that is known of it.

    Attributes:
        id: "P001" and on for proposals, "C001" and on for cells outside them.
        sequence: Of the event that it began with.
        formula: As proposed or as given.
        key: Equal for equal compositions under equal conditions, however the formula is written.
        status: Where it stands.
        batch: Number of its batch; None for a cell outside the proposals.
        rank: Number in the design space; None if it has none.
        conditions: Its test conditions, the campaign's included.
        proposal: As stored; empty for a cell outside the proposals.
        measurements: That count, oldest first.
        failures: That count, oldest first.
        values: Column -> mean of its repeated measurements.
        missing: Wanted columns without a value.
        reason: Of a skipped or withdrawn one.
    """

    id: str
    sequence: int
    formula: str
    key: str
    status: Status
    batch: int | None
    rank: int | None
    conditions: Mapping[str, Condition]
    proposal: Mapping[str, Json]
    measurements: tuple[Measurement, ...]
    failures: tuple[Failure, ...]
    values: Mapping[str, Value]
    missing: tuple[str, ...]
    reason: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether results are still to come."""
        return self.status in PENDING

    @property
    def gave_single_phase(self) -> bool | None:
        """Whether its synthesis gave a single phase; None while it has no outcome, or where it does not count.

        One that failed and then gave a cell counts by its last outcome; a sample with a second phase may have been
        tested all the same, and the phase counts. A cell that broke says nothing.
        """
        bad = [one for one in self.failures if one.failure in ("synthesis", "second_phase")]
        made = max((cell.sequence for cell in self.measurements), default=0)
        if not self.is_taken or not (bad or made):
            return None
        return not bad or (bad[-1].failure == "synthesis" and made > bad[-1].sequence)

    @property
    def is_taken(self) -> bool:
        """Whether its candidate must not be proposed again."""
        return self.status not in FREE


@dataclass(frozen=True)
class Batch:
    """Experiments that were proposed together; `computed_from` is the state they rest on."""

    number: int
    sequence: int
    time: datetime
    experiments: tuple[str, ...]
    computed_from: int


@dataclass(frozen=True)
class CampaignState:
    """A campaign after its event number `sequence`.

    Attributes:
        sequence: Number of the last event.
        name: Of the campaign.
        space: The design space as it was frozen.
        space_sha256: Of the space.
        wanted: Measured columns that make an experiment complete.
        conditions: Test conditions of every experiment that states no others.
        settings: As given at the beginning.
        experiments: By id, in the order in which they began.
        batches: In order.
    """

    sequence: int
    name: str
    space: Mapping[str, Json]
    space_sha256: str
    wanted: tuple[str, ...]
    conditions: Mapping[str, Condition]
    settings: Mapping[str, Json]
    experiments: Mapping[str, Experiment]
    batches: tuple[Batch, ...]

    @property
    def pending(self) -> tuple[Experiment, ...]:
        """Proposed, accepted or partly measured: results are still to come."""
        return tuple(one for one in self.experiments.values() if one.is_pending)

    @property
    def measured(self) -> tuple[Experiment, ...]:
        """With at least one value, failed ones among them."""
        return tuple(one for one in self.experiments.values() if one.values)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """All that count, oldest first."""
        found = [cell for one in self.experiments.values() for cell in one.measurements]
        return tuple(sorted(found, key=lambda cell: cell.sequence))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """All that count, oldest first; of an experiment that was tried again, the earlier ones too."""
        found = [failure for one in self.experiments.values() for failure in one.failures]
        return tuple(sorted(found, key=lambda failure: failure.sequence))

    @property
    def taken(self) -> Mapping[str, str]:
        """Key -> id of every experiment whose candidate must not be proposed again."""
        return {one.key: one.id for one in self.experiments.values() if one.is_taken}

    def with_status(self, *statuses: Status) -> tuple[Experiment, ...]:
        """The experiments that stand at one of some statuses."""
        return tuple(one for one in self.experiments.values() if one.status in statuses)
