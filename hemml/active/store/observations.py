"""What was measured, from a table or from `column=value` pairs, as events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hemml.active.store.cells import CONDITIONS, check_conditions, check_values, read_cell, unknown
from hemml.active.store.events import FAILURES, Condition, Event, Failed, Measured
from hemml.active.store.records import Recorded
from hemml.active.store.store import CampaignStore, Refused
from hemml.columns import TARGETS, Column
from hemml.errors import DataError, InputError

if TYPE_CHECKING:
    from hemml.data.problems import Problem

ID: Final = "id"
FAILED: Final = "failed"
_TEXTS: Final = (ID, str(Column.FORMULA), FAILED)
_ALLOWED: Final = (*TARGETS, *CONDITIONS)


def read_observations(path: Path | str) -> list[Event]:
    """Events of a table, one row a cell.

    Args:
        path: CSV with `id` or `formula` (or both), measured columns, test conditions that differ from the campaign's,
            and `failed` (synthesis, second_phase or test). A row may hold values, a failure, or both.

    Raises:
        DataError: The table cannot be read, or cells cannot be used; `problems` holds every problem with its line.
    """
    return [event for _, event in _read(path)]


def append_table(store: CampaignStore, path: Path | str, *, who: str | None = None) -> tuple[Recorded, ...]:
    """Add the events of a table to a campaign, all or none.

    Args:
        store: Open for writing.
        path: As of `read_observations`.
        who: Name of the user.

    Raises:
        DataError: The table, or what it says of the campaign's experiments, cannot be used; every line is named.
        HemmlError: The campaign file cannot be written.
    """
    from hemml.data.problems import Problem, summarise

    found = _read(path)
    try:
        return store.append([event for _, event in found], who=who)
    except DataError as err:
        problems = []
        for one in err.problems:
            if not isinstance(one, Refused):
                raise
            for text in one.reason.splitlines():
                reason, _, remedy = text.partition("; ")
                problems.append(Problem(found[one.place][0], "", "", reason, remedy or "correct the row"))
        raise DataError(summarise(str(path), problems, shown=len(problems)), problems) from err


def parse_observation(pairs: Sequence[str], *, experiment: str = "", formula: str = "", note: str = "") -> Measured:
    """A measurement from texts such as `capacity_mAh_g=213` and `capacity_c_rate=0.2`.

    Args:
        pairs: Measured columns and test conditions.
        experiment: Id; "" for a cell outside the proposals.
        formula: Of a cell outside the proposals.
        note: Free text.

    Raises:
        InputError: A pair cannot be used; all such pairs are named.
    """
    texts: dict[str, str] = {}
    wrong: list[str] = []
    for pair in pairs:
        name, sign, text = (part.strip() for part in pair.partition("="))
        if not sign or not name or not text:
            wrong.append(f"observation must be COLUMN=VALUE, got {pair!r}; write capacity_mAh_g=213, say")
        elif name in texts:
            wrong.append(f"observation {name}: must be given once, got {texts[name]!r} and {text!r}; give one of them")
        elif name not in _ALLOWED:
            wrong.append(f"observation {pair!r}: {_unknown(name)}")
        texts.setdefault(name, text)
    known = {name: text for name, text in texts.items() if name in _ALLOWED and text}
    values, conditions = _divided(known, wrong)
    if wrong:
        raise InputError("\n".join(wrong))
    return Measured(experiment, formula, values, conditions, note)


def _divided(texts: Mapping[str, str], wrong: list[str]) -> tuple[dict[str, float], dict[str, Condition]]:
    values: dict[str, float] = {}
    conditions: dict[str, Condition] = {}
    try:
        values = check_values({name: text for name, text in texts.items() if name in TARGETS}, "observation")
    except InputError as err:
        wrong.append(str(err))
    try:
        conditions = check_conditions({name: text for name, text in texts.items() if name in CONDITIONS}, "observation")
    except InputError as err:
        wrong.append(str(err))
    return values, conditions


def _read(path: Path | str) -> list[tuple[int, Event]]:
    """Line and event, in the order of the lines."""
    from hemml.data import read_table
    from hemml.data.problems import summarise

    raw = read_table(path)
    names = [str(name) for name in raw.frame.columns]
    problems = [*_check_header(names), *raw.problems]
    found: list[tuple[int, Event]] = []
    for line, cells in zip(raw.lines, raw.frame.itertuples(index=False, name=None), strict=True):
        texts = {name: str(cell).strip() for name, cell in zip(names, cells, strict=True) if str(cell).strip()}
        events, wrong = _row(line, texts)
        found += [(line, event) for event in events]
        problems += wrong
    if problems:
        problems.sort(key=lambda problem: problem.row or 0)
        raise DataError(summarise(str(path), problems, shown=len(problems)), problems)
    return found


def _row(line: int, texts: Mapping[str, str]) -> tuple[list[Event], list[Problem]]:
    from hemml.data.problems import Problem

    problems: list[Problem] = []
    read: dict[Column, Condition] = {}
    for column in _ALLOWED:
        if column in texts:
            cell = read_cell(column, texts[column])
            if isinstance(cell, InputError):
                reason, _, remedy = str(cell).partition("; ")
                problems.append(Problem(line, column, texts[column], reason, remedy))
            else:
                read[column] = cell
    failure = texts.get(FAILED, "")
    if failure and failure not in FAILURES:
        reason = f"must be one of: {', '.join(FAILURES)}"
        problems.append(Problem(line, FAILED, failure, reason, "use one of these words, or leave the cell empty"))
    if ID not in texts and Column.FORMULA not in texts:
        problems.append(Problem(line, ID, "", "must name an experiment", "fill id, or formula for a cell of your own"))
    if not failure and not any(target in texts for target in TARGETS):
        remedy = f"fill one of: {', '.join(TARGETS)}; or failed"
        problems.append(Problem(line, "", "", "must hold at least one measured value", remedy))
    if problems:
        return [], problems
    return list(_events(texts, read)), []


def _events(texts: Mapping[str, str], read: Mapping[Column, Condition]) -> Iterator[Event]:
    experiment, formula = texts.get(ID, ""), texts.get(Column.FORMULA, "")
    values = {str(column): float(cell) for column, cell in read.items() if column in TARGETS}
    conditions = {str(column): cell for column, cell in read.items() if column not in TARGETS}
    if values:
        yield Measured(experiment, formula, values, conditions)
    if FAILED in texts:
        yield Failed(experiment, texts[FAILED], texts.get(Column.NOTES, ""), formula)


def _check_header(names: Sequence[str]) -> Iterator[Problem]:
    from hemml.data.problems import Problem

    if ID not in names and Column.FORMULA not in names:
        yield Problem(None, ID, "", "column id or formula must be present", "add one that names the experiments")
    for name in names:
        if name not in _TEXTS and name not in _ALLOWED:
            yield Problem(None, name, "", _unknown(name), "rename or delete the column; remarks go into notes")


def _unknown(name: str) -> str:
    return unknown(name, _ALLOWED, "measured column or condition")
