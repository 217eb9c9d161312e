"""Tests of the cells of one row, which tell what rows of a foreign table count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_NUMBER_TESTS: Final = {"at_least": "at least", "at_most": "at most", "above": "above", "below": "below"}


class Frozen(BaseModel):
    """A part of a map: fixed once read, and without keys that hemml does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RowTest(Frozen):
    """A test of one cell; all parts that are given must hold, and an empty cell fails all but `filled: false`.

    Attributes:
        column: Column of the source table.
        equals: The cell is one of these, as text without regard to case or as a number.
        filled: Whether the cell holds something.
        at_least: Smallest number allowed.
        at_most: Largest number allowed.
        above: Number that the cell must exceed.
        below: Number that the cell must stay under.
    """

    column: str = Field(min_length=1)
    equals: tuple[str, ...] | None = None
    filled: bool | None = None
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    @field_validator("equals", mode="before")
    @classmethod
    def _as_texts(cls, given: Any) -> Any:
        if given is None:
            return None
        return tuple(str(one) for one in (given if isinstance(given, list | tuple) else [given]))

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if not self.model_fields_set - {"column"}:
            raise ValueError(f"must test column {self.column!r}, got no test; add equals, filled, at_least, ...")
        return self

    def holds(self, cell: str) -> bool:
        """Whether the text of a cell passes."""
        if not cell:
            return self.filled is False and self.equals is None and not list(self._limits())
        if self.filled is False:
            return False
        if self.equals is not None and not any(same_cell(cell, one) for one in self.equals):
            return False
        limits = list(self._limits())
        if not limits:
            return True
        try:
            value = float(cell)
        except ValueError:
            return False
        compare = {
            "at_least": value.__ge__,
            "at_most": value.__le__,
            "above": value.__gt__,
            "below": value.__lt__,
        }
        return all(compare[name](limit) for name, limit in limits)

    def __str__(self) -> str:
        parts = [] if self.equals is None else [" or ".join(self.equals)]
        parts += [] if self.filled is None else ["filled" if self.filled else "empty"]
        parts += [f"{_NUMBER_TESTS[name]} {limit:g}" for name, limit in self._limits()]
        return f"{self.column} must be {' and '.join(parts)}"

    def _limits(self) -> Iterator[tuple[str, float]]:
        for name in _NUMBER_TESTS:
            limit = getattr(self, name)
            if limit is not None:
                yield name, limit


def same_cell(cell: str, wanted: str) -> bool:
    """Whether a cell says the wanted word, without regard to case, or the wanted number."""
    if cell.casefold() == wanted.casefold():
        return True
    try:
        return float(cell) == float(wanted)
    except ValueError:
        return False
