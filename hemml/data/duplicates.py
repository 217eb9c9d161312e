"""Rows that say the same twice, and rows of one sample that contradict each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from hemml.columns import TARGETS, Column
from hemml.data.problems import Problem, Severity
from hemml.data.schema import RULES, ValueType

if TYPE_CHECKING:
    import pandas as pd

Facts: TypeAlias = tuple[str, ...]

_SOURCE: Final = (Column.DOI, Column.URL, Column.TITLE)
# What a row says of a sample and its test; evidence, notes and the like only describe the row.
_FACTS: Final = (
    Column.SAMPLE,
    Column.FORMULA,
    Column.STRUCTURE,
    Column.ROLE,
    Column.WORKING_ION,
    Column.CAPACITY,
    Column.CAPACITY_CURRENT,
    Column.CAPACITY_C_RATE,
    Column.CAPACITY_KIND,
    Column.CAPACITY_AFTER_CYCLES,
    Column.VOLTAGE_MIN,
    Column.VOLTAGE_MAX,
    Column.VOLTAGE,
    Column.RETENTION,
    Column.RETENTION_CYCLES,
    Column.RETENTION_CURRENT,
    Column.RETENTION_C_RATE,
    Column.TEMPERATURE,
    Column.ELECTROLYTE,
    Column.IS_FULL_CELL,
)
_TELLING: Final = (
    Column.FORMULA,
    Column.ROLE,
    Column.WORKING_ION,
    Column.CAPACITY_CURRENT,
    Column.CAPACITY_C_RATE,
    Column.CAPACITY,
)


def key_facts(frame: pd.DataFrame) -> list[Facts]:
    """Per row the source and every measured fact, numbers and case normalised, so that equal rows compare equal."""
    return list(zip(_sources(frame), *(_normal(frame, column) for column in _FACTS), strict=True))


def find_duplicates(frame: pd.DataFrame, lines: Sequence[int]) -> Iterator[Problem]:
    """Repeated ids and repeated rows (errors); contradictions and facts found under two sources (warnings)."""
    repeated = list(_repeated_ids(frame, lines))
    yield from repeated
    reported = {problem.row for problem in repeated}
    facts = key_facts(frame)
    first: dict[Facts, int] = {}
    for fact, line in zip(facts, lines, strict=True):
        if (earlier := first.setdefault(fact, line)) != line and line not in reported:
            yield Problem(
                line,
                "",
                "",
                f"repeats the facts of line {earlier}",
                "delete one of the two, or state what differs (sample, current, cycles, electrolyte)",
            )
    yield from _contradictions(facts, lines)
    yield from _same_facts_elsewhere(frame, lines)


def _repeated_ids(frame: pd.DataFrame, lines: Sequence[int]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for record, line in zip(_normal(frame, Column.RECORD_ID), lines, strict=True):
        if record and (earlier := first.setdefault(record, line)) != line:
            yield Problem(
                line,
                Column.RECORD_ID,
                record,
                f"must differ from row to row, line {earlier} has it too",
                "delete the repeated row, or clear its record_id to get a new one",
            )


def _contradictions(facts: Sequence[Facts], lines: Sequence[int]) -> Iterator[Problem]:
    """Same source, sample and conditions, another value."""
    places = {column: place for place, column in enumerate(_FACTS, start=1)}
    sample = places[Column.SAMPLE]
    for target in TARGETS:
        place = places[target]
        others = [places[column] for column in TARGETS if column is not target]
        first: dict[Facts, tuple[str, int]] = {}
        for fact, line in zip(facts, lines, strict=True):
            if not fact[place] or not fact[0] or not fact[sample]:
                continue
            conditions = tuple("" if spot == place or spot in others else text for spot, text in enumerate(fact))
            value, earlier = first.setdefault(conditions, (fact[place], line))
            if value != fact[place]:
                yield Problem(
                    line,
                    target,
                    fact[place],
                    f"differs from {value} on line {earlier}, which has the same source, sample and conditions",
                    "state the condition that differs, or delete the wrong row",
                    Severity.WARNING,
                )


def telling_facts(frame: pd.DataFrame) -> list[Facts]:
    """Per row the formula, role, ion, rate and capacity, which two papers hardly share; () where too little is stated.

    Capacities that are multiples of 5 mAh/g agree by rounding and are left out.
    """
    columns = [_normal(frame, column) for column in _TELLING]
    return [() if _is_round(facts[-1]) else facts for facts in zip(*columns, strict=True)]


def _same_facts_elsewhere(frame: pd.DataFrame, lines: Sequence[int]) -> Iterator[Problem]:
    """One paper under two addresses would sit on both sides of a split."""
    first: dict[Facts, tuple[str, int]] = {}
    for source, facts, line in zip(_sources(frame), telling_facts(frame), lines, strict=True):
        if not source or not facts:
            continue
        other, earlier = first.setdefault(facts, (source, line))
        if other != source:
            yield Problem(
                line,
                Column.CAPACITY,
                facts[-1],
                f"equals line {earlier} in formula, ion, rate and capacity, but names another source",
                "if both are the same paper, give both rows the same doi",
                Severity.WARNING,
            )


def _is_round(number: str) -> bool:
    try:
        return float(number) % 5 == 0
    except ValueError:
        return True


def _sources(frame: pd.DataFrame) -> list[str]:
    columns = (_normal(frame, column) for column in _SOURCE)
    return [doi.lower() or url or title.lower() for doi, url, title in zip(*columns, strict=True)]


def _normal(frame: pd.DataFrame, column: Column) -> list[str]:
    """A column's text; numbers as Python prints them, so that 150 and 150.0 are one. Absent columns are empty."""
    rule = RULES[column]
    if column not in frame.columns:
        return [rule.default] * len(frame)
    cells = [str(cell).strip() or rule.default for cell in frame[column]]
    if rule.type in (ValueType.TEXT, ValueType.CHOICE):
        return cells
    return [_number(cell) for cell in cells]


def _number(cell: str) -> str:
    try:
        value = float(cell) if cell else math.nan
    except ValueError:
        return cell
    return "" if math.isnan(value) else f"{value:.12g}"
