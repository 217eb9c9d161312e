"""What can happen in a campaign: each event is a fact that is added and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from hemml.active.store.json_values import Json, plain, sha256_of_json
from hemml.errors import InputError

Condition: TypeAlias = str | int | float | bool

FAILURES: Final = ("synthesis", "second_phase", "test")


@dataclass(frozen=True)
class Event:
    """Something that happened; mappings are copied, and are not to be changed."""

    kind: ClassVar[str]

    def _copy(self, *names: str) -> None:
        for name in names:
            object.__setattr__(self, name, plain(getattr(self, name), f"{self.kind}, {name}"))


@dataclass(frozen=True)
class Created(Event):
    """The campaign begins; always the first event.

    Attributes:
        name: Of the campaign.
        space: The design space as plain JSON, frozen with the campaign.
        wanted: Measured columns that make an experiment complete, of `hemml.columns.TARGETS`.
        conditions: Test conditions of every experiment that states no others, by column.
        settings: Acquisition, seed, models folder, hashes of bundles and the like.
        space_sha256: Of the space; computed if not given, and checked if it is.
    """

    kind: ClassVar[str] = "created"

    name: str
    space: Mapping[str, Json]
    wanted: tuple[str, ...]
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    settings: Mapping[str, Json] = field(default_factory=dict)
    space_sha256: str = ""

    def __post_init__(self) -> None:
        """Freeze the space and compare it with its hash."""
        self._copy("space", "conditions", "settings")
        object.__setattr__(self, "wanted", tuple(str(column) for column in self.wanted))
        found = sha256_of_json(self.space)
        if self.space_sha256 not in ("", found):
            raise InputError(
                f"campaign {self.name!r}: the space must have the SHA-256 {self.space_sha256}, got {found}; "
                "it was changed after it was frozen"
            )
        object.__setattr__(self, "space_sha256", found)


@dataclass(frozen=True)
class Proposed(Event):
    """A batch of experiments is proposed.

    Attributes:
        proposals: Plain JSON, one an experiment, with at least `formula`, and `rank` in the space (None for none).
            `conditions` holds test conditions that differ from the campaign's. The store adds `id` and `key`.
        computed_from: Sequence number of the state that the proposals were computed from.
        batch: Number of the batch, from 1; given by the store.
    """

    kind: ClassVar[str] = "proposed"

    proposals: Sequence[Mapping[str, Json]]
    computed_from: int
    batch: int = 0

    def __post_init__(self) -> None:
        """Copy the proposals."""
        copied = plain(list(self.proposals), "proposals")
        for place, proposal in enumerate(copied):
            if not isinstance(proposal, dict):
                raise InputError(f"proposals[{place}]: must be a mapping, got {proposal!r}; give formula and rank")
        object.__setattr__(self, "proposals", tuple(copied))


@dataclass(frozen=True)
class Accepted(Event):
    """A proposal will be carried out, or an experiment that failed or was skipped is tried again."""

    kind: ClassVar[str] = "accepted"

    experiment: str
    note: str = ""


@dataclass(frozen=True)
class Skipped(Event):
    """A proposal will not be carried out; its candidate may be proposed again."""

    kind: ClassVar[str] = "skipped"

    experiment: str
    reason: str


@dataclass(frozen=True)
class Measured(Event):
    """Values of one cell; those of one experiment may come bit by bit.

    Attributes:
        experiment: Id of the experiment; "" for a cell outside the proposals, then the store gives one.
        formula: Of a cell outside the proposals; with `experiment` it must be that experiment's.
        values: Measured column -> value in its unit.
        conditions: Test conditions that differ from the experiment's, and `sample`.
        note: Free text.
        key: Of the composition; given by the store.
    """

    kind: ClassVar[str] = "measured"

    experiment: str = ""
    formula: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    note: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        """Copy values and conditions."""
        self._copy("values", "conditions")


@dataclass(frozen=True)
class Failed(Event):
    """An experiment that gave no electrode or no result.

    Attributes:
        experiment: As of `Measured`.
        failure: "synthesis" (not made), "second_phase" (not a single phase) or "test" (the cell failed).
        note: Free text.
        formula: As of `Measured`.
        key: Of the composition; given by the store.
    """

    kind: ClassVar[str] = "failed"

    experiment: str = ""
    failure: str = ""
    note: str = ""
    formula: str = ""
    key: str = ""


@dataclass(frozen=True)
class Corrected(Event):
    """An earlier event of kind measured or failed said something wrong; what is not named stays.

    Attributes:
        sequence: Of the earlier event.
        values: New values by column.
        conditions: New conditions by column.
        failure: New kind of failure; "" keeps it.
        note: Why.
    """

    kind: ClassVar[str] = "corrected"

    sequence: int
    values: Mapping[str, float] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    failure: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Copy values and conditions."""
        self._copy("values", "conditions")


@dataclass(frozen=True)
class Withdrawn(Event):
    """An earlier event, or an experiment with all that is known of it, does not count any more.

    Attributes:
        reason: Why.
        experiment: Its id; "" if an event is meant.
        sequence: Of the event; 0 if an experiment is meant.
    """

    kind: ClassVar[str] = "withdrawn"

    reason: str
    experiment: str = ""
    sequence: int = 0


EVENTS: Final[Mapping[str, type[Event]]] = {
    one.kind: one for one in (Created, Proposed, Accepted, Skipped, Measured, Failed, Corrected, Withdrawn)
}
