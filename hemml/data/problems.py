"""A problem found in a table, and how a list of them reads as one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the table from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One problem of a table.

    Attributes:
        row: Line of the file on which the row starts, the header being line 1; None where the whole table is meant.
        column: Column name; "" where the whole row is meant.
        value: The cell's text as found.
        reason: What is wrong and what the value must be.
        remedy: What to do.
        severity: Whether the table can be used all the same.
    """

    row: int | None
    column: str
    value: str
    reason: str
    remedy: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = "table" if self.row is None else f"line {self.row}"
        column = f", {self.column}" if self.column else ""
        value = f" = {shorten(self.value)!r}" if self.value else ""
        return f"{where}{column}{value}: {self.reason}; {self.remedy}"

    def as_dict(self) -> dict[str, str | int | None]:
        """The problem as plain values for JSON."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "reason": self.reason,
            "remedy": self.remedy,
            "severity": str(self.severity),
        }


def errors_of(problems: Sequence[Problem]) -> list[Problem]:
    """The problems that keep a table from being used."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def shorten(text: str, width: int = 60) -> str:
    """Text cut to `width` characters, for messages."""
    return text if len(text) <= width else text[: width - 3] + "..."


def summarise(name: str, problems: Sequence[Problem], *, shown: int = 10) -> str:
    """One message for many problems: how many, the first few in full, and where to see the rest."""
    errors = errors_of(problems)
    warnings = len(problems) - len(errors)
    rows = len({problem.row for problem in errors if problem.row is not None})
    head = f"{name}: {plural(len(errors), 'error')} in {plural(rows, 'row')}, {plural(warnings, 'warning')}"
    lines = [f"  {problem}" for problem in errors[:shown]]
    if len(errors) > shown:
        lines.append(f"  and {len(errors) - shown} more; `hemml data check {name}` lists all of them")
    return "\n".join([head, *lines])


def plural(count: int, noun: str) -> str:
    """A count with its noun, such as `1 row` or `2 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
