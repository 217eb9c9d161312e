"""From the words and options of `hemml campaign observe` to the event that they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.store import Event

_NO_REASON: Final = ("--skip", "--withdraw")


@dataclass(frozen=True)
class Said:
    """What one call says; None and False: not given.

    Attributes:
        words: Id of an experiment and `column=value` pairs.
        formula: Of a cell outside the proposals.
        failed: Kind of failure.
        accept: Whether the experiment will be made.
        skip: Why it will not be made.
        correct: Number of an event that said something wrong.
        withdraw: Why something does not count.
        event: Number of the event that does not count.
        note: Free text.
    """

    words: tuple[str, ...] = ()
    formula: str | None = None
    failed: str | None = None
    accept: bool = False
    skip: str | None = None
    correct: int | None = None
    withdraw: str | None = None
    event: int | None = None
    note: str | None = None

    @property
    def identifier(self) -> str:
        """The experiment, "" for none."""
        return self.words[0] if self.words and "=" not in self.words[0] else ""

    @property
    def pairs(self) -> tuple[str, ...]:
        """Values and conditions."""
        return self.words[1:] if self.identifier else self.words

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return self == Said()

    def to_event(self) -> Event:
        """The one event that was meant.

        Raises:
            InputError: The parts do not go together, or say nothing.
        """
        from hemml.active.store import Accepted, Corrected, Failed, Skipped, Withdrawn
        from hemml.active.store.observations import parse_observation

        self._check()
        note = self.note or ""
        if self.accept:
            return Accepted(self.identifier, note)
        if self.skip is not None:
            return Skipped(self.identifier, self.skip.strip())
        if self.withdraw is not None:
            return Withdrawn(self.withdraw.strip(), self.identifier, self.event or 0)
        if self.correct is not None:
            changed = parse_observation(self.pairs) if self.pairs else None
            values, conditions = (changed.values, changed.conditions) if changed else ({}, {})
            return Corrected(self.correct, values, conditions, self.failed or "", note)
        if self.failed is not None:
            return Failed(self.identifier, self.failed, note, self.formula or "")
        return parse_observation(self.pairs, experiment=self.identifier, formula=self.formula or "", note=note)

    def _check(self) -> None:
        """What goes together; what a campaign knows nothing of is left to its file."""
        asked = {
            "--correct": self.correct is not None, "--failed": self.failed is not None, "--accept": self.accept,
            "--skip": self.skip is not None, "--withdraw": self.withdraw is not None,
        }  # fmt: skip
        given = [name for name, is_given in asked.items() if is_given]
        if len(given) > 1 and given != ["--correct", "--failed"]:
            raise InputError(f"options must say one thing at a time, got {' and '.join(given)}; give them in two calls")
        what = given[0] if given else ""
        if self.event is not None and what != "--withdraw":
            raise InputError(f"--event {self.event}: must stand with --withdraw REASON; say why it does not count")
        if self.pairs and what not in ("", "--correct"):
            raise InputError(f"{what}: must stand without values, got {self.pairs[0]!r}; give them in another call")
        if self.formula is not None and what not in ("", "--failed"):
            raise InputError(
                f"--formula {self.formula!r}: must stand with values or --failed, got {what}; leave it out"
            )
        if self.note is not None and what in _NO_REASON:
            raise InputError(f"--note {self.note!r}: must stand without {what}; write it into the reason")
        for option, text in (("--skip", self.skip), ("--withdraw", self.withdraw), ("--formula", self.formula)):
            if text is not None and not text.strip():
                what_for = "a formula" if option == "--formula" else "a reason"
                raise InputError(f"{option}: must be followed by {what_for}, got an empty text; write one")
        if what in ("--accept", "--skip") and not self.identifier:
            raise InputError(f"{what}: must name an experiment, got none; write its id, such as P003")
        if what == "--correct" and self.identifier:
            raise InputError(
                f"--correct {self.correct}: must stand without an experiment, got {self.identifier}; the event names it"
            )
        if not what and not self.pairs:
            raise InputError("nothing to record; write ID COLUMN=VALUE, such as P003 capacity_mAh_g=213, or an option")
