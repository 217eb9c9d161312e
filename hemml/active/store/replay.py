"""From events to state: a pure function, so that the events alone are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from hemml.active.store.events import (
    Accepted,
    Corrected,
    Created,
    Event,
    Failed,
    Measured,
    Proposed,
    Skipped,
    Withdrawn,
)
from hemml.active.store.experiments import Course, experiment_of
from hemml.active.store.records import Recorded
from hemml.active.store.state import Batch, CampaignState, Experiment
from hemml.errors import InputError, UnknownNameError

_OF_ONE: Final = (Accepted, Skipped, Measured, Failed)


def replay(events: Iterable[Recorded]) -> CampaignState:
    """The state after some events: the same events always give the same state.

    Args:
        events: The first ones of a campaign, in order, without gaps.

    Raises:
        InputError: The first event does not create the campaign, or one refers to what is not there.
    """
    ledger = Ledger()
    for recorded in events:
        ledger.add(recorded)
    return ledger.state()


@dataclass
class Ledger:
    """Events sorted by what they are about; grows by one event at a time.

    Attributes:
        sequence: Number of the last event.
        created: The first event; None before it.
        courses: What happened to each experiment, by id.
        batches: In order.
        events: By sequence number.
        withdrawn: Sequence numbers of events that do not count.
        known: Experiments as they stand, until something happens to them.
    """

    sequence: int = 0
    created: Created | None = None
    courses: dict[str, Course] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    events: dict[int, Recorded] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    known: dict[str, Experiment] = field(default_factory=dict)

    def add(self, recorded: Recorded) -> None:
        """Take in the next event.

        Raises:
            InputError: It is not the next one, or refers to what is not there.
        """
        event = recorded.event
        if recorded.sequence != self.sequence + 1 or isinstance(event, Created) != (self.created is None):
            raise InputError(
                f"event {recorded.sequence} ({event.kind}): events must be whole and in order and begin with created, "
                f"got it after event {self.sequence}; give all events of a campaign"
            )
        if isinstance(event, Created):
            self.created = event
        elif isinstance(event, Proposed):
            self._propose(recorded, event)
        elif isinstance(event, Withdrawn):
            self._withdraw(event)
        elif isinstance(event, Corrected):
            self._touched(self.about(event.sequence)).events.append(recorded)
        elif isinstance(event, _OF_ONE):
            if event.experiment not in self.courses and isinstance(event, Measured | Failed) and event.key:
                new = Course(event.experiment, recorded.sequence, event.formula, event.key)
                self.courses[event.experiment] = new
            self._touched(event.experiment).events.append(recorded)
        self.events[recorded.sequence] = recorded
        self.sequence = recorded.sequence

    def course(self, experiment: str) -> Course:
        """What happened to an experiment.

        Raises:
            UnknownNameError: There is none of that id.
        """
        if experiment not in self.courses:
            raise UnknownNameError("experiment", experiment, self.courses or ["none yet"])
        return self.courses[experiment]

    def experiment(self, identifier: str) -> Experiment:
        """An experiment as it stands.

        Raises:
            UnknownNameError: There is none of that id.
        """
        if identifier not in self.known:
            self.known[identifier] = experiment_of(self.course(identifier), self.start, self.withdrawn)
        return self.known[identifier]

    @property
    def start(self) -> Created:
        """The first event.

        Raises:
            InputError: There is none yet.
        """
        if self.created is None:
            raise InputError("campaign: events must begin with created, got none; give all events of a campaign")
        return self.created

    def state(self) -> CampaignState:
        """The state as it is now."""
        start = self.start
        return CampaignState(
            self.sequence,
            start.name,
            start.space,
            start.space_sha256,
            start.wanted,
            start.conditions,
            start.settings,
            {identifier: self.experiment(identifier) for identifier in self.courses},
            tuple(self.batches),
        )

    def about(self, sequence: int) -> str:
        """Id of the experiment that an event is about; "" for created, proposed and withdrawn.

        Raises:
            InputError: There is no such event.
        """
        if sequence not in self.events:
            raise InputError(
                f"event {sequence}: must be one of the events 1 to {self.sequence}, got another; check its number"
            )
        event: Event = self.events[sequence].event
        if isinstance(event, Corrected):
            return self.about(event.sequence)
        return event.experiment if isinstance(event, _OF_ONE) else ""

    def _propose(self, recorded: Recorded, event: Proposed) -> None:
        names = []
        for proposal in event.proposals:
            identifier = str(proposal["id"])
            self.courses[identifier] = Course(
                identifier,
                recorded.sequence,
                str(proposal["formula"]),
                str(proposal["key"]),
                event.batch,
                proposal,
            )
            names.append(identifier)
        batch = Batch(event.batch, recorded.sequence, recorded.time, tuple(names), event.computed_from)
        self.batches.append(batch)

    def _withdraw(self, event: Withdrawn) -> None:
        if event.experiment:
            self._touched(event.experiment).withdrawn = event.reason
        else:
            self._touched(self.about(event.sequence))
            self.withdrawn.add(event.sequence)

    def _touched(self, identifier: str) -> Course:
        """The course of an experiment that something happens to."""
        self.known.pop(identifier, None)
        return self.course(identifier)
