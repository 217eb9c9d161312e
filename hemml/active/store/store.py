"""A campaign on disk: one SQLite file that events are added to, and that loses none it has acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, TracebackType
from typing import NamedTuple, Self

from hemml.active.store.events import Created, Event, Proposed
from hemml.active.store.file import damaged, make_file, new_file, open_file, told
from hemml.active.store.json_values import Json, plain
from hemml.active.store.problems import StaleState
from hemml.active.store.records import GENESIS, Recorded, Row, recorded_of, row_of
from hemml.active.store.replay import Ledger
from hemml.active.store.rules import complete
from hemml.active.store.state import CampaignState
from hemml.errors import DataError, HemmlError, InputError


class Refused(NamedTuple):
    """Why one of the events to be added cannot be; `place` counts from 0."""

    place: int
    reason: str


class CampaignStore:
    """An open campaign file; a context manager that closes it.

    What `append` returns is on the disk. Other processes may read and add at any time. A store belongs to the process
    and thread that opened it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._connection, self._format = open_file(path, read_only=read_only)
        self._ledger = Ledger()
        self._hash = GENESIS

    @classmethod
    def create(cls, path: Path | str, created: Created, *, who: str | None = None) -> CampaignStore:
        """Begin a campaign in a new file; the file appears with its first event, or not at all.

        Raises:
            InputError: The file exists or cannot be made, or the event holds what cannot be.
        """
        path = Path(path)
        with new_file(path) as fresh:
            make_file(fresh)
            with cls(fresh) as store:
                store.append([created], who=who)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False) -> CampaignStore:
        """Open a campaign and check all of it: the file, its tables, every event and their chain of hashes.

        Raises:
            CampaignFileError: The file is missing, foreign, damaged or of a newer format.
            HemmlError: It cannot be reached now.
        """
        store = cls(Path(path), read_only=read_only)
        try:
            store._refresh()
            store._require_begun()
        except BaseException:
            store.close()
            raise
        return store

    def events(self) -> tuple[Recorded, ...]:
        """All events so far, also those that other processes have added.

        Raises:
            CampaignFileError: The file was damaged since it was opened.
        """
        self._refresh()
        return tuple(self._ledger.events.values())

    def state(self) -> CampaignState:
        """The state that the events add up to.

        Raises:
            CampaignFileError: The file was damaged since it was opened.
        """
        self._refresh()
        return self._ledger.state()

    def append(
        self, events: Sequence[Event], *, who: str | None = None, expected_sequence: int | None = None
    ) -> tuple[Recorded, ...]:
        """Add events, all or none of them.

        Args:
            events: In order; each is checked against the state after the ones before.
            who: Name of the user who says so.
            expected_sequence: Refuse if the campaign went on since its event of this number; None: any.

        Returns:
            The events as stored, with their numbers, ids and times; they are on the disk.

        Raises:
            DataError: One or more cannot happen now or hold what cannot be; nothing is written, and `problems` holds a
                `Refused` for each.
            StaleState: The campaign went on since `expected_sequence`, or since proposals were computed.
            CampaignFileError: The file is damaged.
            HemmlError: The file cannot be written.
        """
        if self.read_only:
            raise HemmlError(f"campaign file {str(self.path)!r}: must be open for writing, got read-only; reopen it")
        if not events:
            return ()
        who = who if who is None else str(plain(who, "who"))
        with self._transaction("IMMEDIATE"):
            self._read()
            if expected_sequence is not None and expected_sequence != self._ledger.sequence:
                raise StaleState(
                    f"campaign file {str(self.path)!r}: its newest event must be {expected_sequence}, got "
                    f"{self._ledger.sequence}; look at the new ones and try again"
                )
            added = self._complete(events, who)
            rows: list[Row] = []
            for recorded in added:
                rows.append(row_of(recorded, rows[-1].hash if rows else self._hash))
            self._write(rows)
        self._hash = rows[-1].hash
        return added

    def append_proposals(
        self,
        make: Callable[[CampaignState], Sequence[Mapping[str, Json]]],
        *,
        who: str | None = None,
        attempts: int = 1,
    ) -> Recorded:
        """Compute proposals from the state and add them as a batch, unless the campaign goes on meanwhile.

        Args:
            make: Computes proposals as of `Proposed`, from a state whose pending and measured experiments it avoids.
            who: Name of the user.
            attempts: How often to compute, at most, while other processes add events.

        Returns:
            The batch as stored.

        Raises:
            StaleState: The campaign went on during every attempt; nothing was written.
            InputError: The proposals cannot be used, or `attempts` is below 1.
        """
        if attempts < 1:
            raise InputError(f"attempts: must be at least 1, got {attempts}; give 1 or more")
        for attempt in range(1, attempts + 1):
            state = self.state()
            proposed = Proposed(tuple(make(state)), computed_from=state.sequence)
            try:
                return self.append([proposed], who=who)[0]
            except StaleState:
                if attempt == attempts:
                    raise
        raise AssertionError("unreachable")

    def copy_to(self, path: Path | str) -> None:
        """Copy the campaign to a new file, whole even while other processes write.

        Raises:
            InputError: A file of that name exists, or its folder cannot be written.
            HemmlError: The file cannot be read.
        """
        with new_file(Path(path)) as fresh:
            with told(self.path), closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
                self._connection.backup(copy)
            with CampaignStore.open(fresh):
                pass  # checked

    def close(self) -> None:
        """Close the file; the last process to do so folds the log into it."""
        with told(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        """All or nothing; if it fails, the ledger is read anew."""
        with told(self.path):
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._ledger, self._hash = Ledger(), GENESIS
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _refresh(self) -> None:
        with self._transaction("DEFERRED"):
            self._read()

    def _require_begun(self) -> None:
        if self._ledger.created is None:
            raise damaged(self.path, "it holds no event")

    def _read(self) -> None:
        """Take in the events that were added since the last time, inside a transaction."""
        reader: ModuleType = self._format
        owner = f"campaign file {str(self.path)!r}"
        for row in reader.read_rows(self._connection, self._ledger.sequence):
            recorded = recorded_of(row, self._hash, owner)
            try:
                self._ledger.add(recorded)
            except (InputError, KeyError, TypeError, ValueError) as err:
                raise damaged(self.path, f"event {row.sequence}: {err}") from err
            self._hash = row.hash
        sequence = self._ledger.sequence
        last = (sequence, sequence, self._hash) if sequence else None
        if reader.read_head(self._connection) != last:
            raise damaged(self.path, "its last events are missing")
        try:
            claims = self._claims()
        except InputError as err:
            raise damaged(self.path, str(err)) from err
        if reader.read_claims(self._connection) != claims:
            raise damaged(self.path, "its candidates in use are not those of its events")

    def _complete(self, events: Sequence[Event], who: str | None) -> tuple[Recorded, ...]:
        added: list[Recorded] = []
        wrong: list[Refused] = []
        for place, event in enumerate(events):
            try:
                completed = complete(self._ledger, event)
            except InputError as err:
                wrong.append(Refused(place, str(err)))
                continue
            recorded = Recorded(self._ledger.sequence + 1, datetime.now(UTC), who, completed)
            self._ledger.add(recorded)
            added.append(recorded)
        if wrong:
            several = len(events) > 1
            lines = [f"{one.place + 1} of {len(events)}: {one.reason}" if several else one.reason for one in wrong]
            raise DataError("\n".join([*lines, "nothing was written"]), wrong)
        return tuple(added)

    def _write(self, rows: list[Row]) -> None:
        self._format.write_rows(self._connection, rows)
        self._format.write_claims(self._connection, self._claims())

    def _claims(self) -> dict[str, str]:
        """Key -> experiment of all candidates that must not be proposed again.

        Raises:
            InputError: Two experiments would hold the same candidate.
        """
        claims: dict[str, str] = {}
        for identifier in self._ledger.courses:
            experiment = self._ledger.experiment(identifier)
            if experiment.is_taken and (holder := claims.setdefault(experiment.key, identifier)) != identifier:
                raise InputError(
                    f"{identifier} ({experiment.formula}): its candidate must not be in use, got {holder} with the "
                    f"same; go on with {holder}, or withdraw it first"
                )
        return claims
