"""Maps from the columns of a table of any origin to those of hemml: where each value stands, its unit, which rows."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from hemml.columns import TARGETS, Column
from hemml.data.schema import RECORDS
from hemml.data.sources.row_tests import Frozen, RowTest, same_cell
from hemml.errors import UnknownNameError


class Reading(Frozen):
    """How the values of one column of hemml are read.

    Attributes:
        source: Column of the source table (key `from`).
        factor: What its numbers are multiplied by to reach hemml's unit.
        words: Words of the source and what hemml calls them.
        blank: Cells that stand for "not stated".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    source: str = Field(alias="from", min_length=1)
    factor: float = Field(1.0, gt=0, allow_inf_nan=False)
    words: dict[str, str] = Field(default_factory=dict)
    blank: tuple[str, ...] = ()

    @field_validator("words", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return {str(key): _text(value) for key, value in given.items()} if isinstance(given, dict) else given

    @field_validator("blank", mode="before")
    @classmethod
    def _as_texts(cls, given: Any) -> Any:
        return tuple(str(one) for one in given) if isinstance(given, list | tuple) else given

    def read(self, cell: str) -> str:
        """A cell as hemml's text; what is no number stays as it is, for the checks to name."""
        if any(same_cell(cell, one) for one in self.blank):
            return ""
        for word, meaning in self.words.items():
            if same_cell(cell, word):
                return meaning
        if self.factor == 1.0 or not cell:
            return cell
        try:
            return f"{float(cell) * self.factor:.10g}"
        except ValueError:
            return cell


class Block(Frozen):
    """Which rows, and what they give.

    Attributes:
        where: Tests that a row must pass.
        columns: Column of hemml -> how it is read.
        constants: Column of hemml -> what stands in every row.
    """

    where: tuple[RowTest, ...] = ()
    columns: dict[Column, Reading] = Field(default_factory=dict)
    constants: dict[Column, str] = Field(default_factory=dict)

    @field_validator("columns", "constants", mode="before")
    @classmethod
    def _known_columns(cls, given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in set(Column):
                raise ValueError(str(UnknownNameError("column of hemml", str(name), Column)))
        return given

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: {"from": value} if isinstance(value, str) else value for key, value in given.items()}

    @field_validator("constants", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return {key: _text(value) for key, value in given.items()} if isinstance(given, dict) else given

    @property
    def given(self) -> tuple[Column, ...]:
        """Columns of hemml that the block fills."""
        return (*self.columns, *self.constants)


class ColumnMap(Block):
    """A map for one kind of table.

    Attributes:
        title: What the table is.
        source: Where it was published; printed with every conversion so that it can be cited.
        cases: Where rows differ in what they hold: the first case whose tests a row passes adds its columns and
            constants; a row that passes none is left out. Without cases every row gives the same.
    """

    title: str = Field(min_length=1)
    source: str = ""
    cases: tuple[Block, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for place, case in enumerate(self.cases or (Block(),), start=1):
            where = f"case {place}" if self.cases else "map"
            given = (*self.given, *case.given)
            if twice := [column for column in given if given.count(column) > 1]:
                raise ValueError(f"{where} must fill each column once, got {twice[0]} twice; remove one")
            if missing := [column for column in RECORDS.required if column not in given]:
                raise ValueError(f"{where} must fill {missing[0]}, got nothing for it; add it to columns or constants")
            if Column.DOI not in given and Column.URL not in given:
                raise ValueError(f"{where} must name the source of each row, got none; add doi or url")
            if not any(target in given for target in TARGETS):
                raise ValueError(f"{where} must fill a measured value, got none; add one of {', '.join(TARGETS)}")
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the source table that the map reads, each once."""
        blocks: tuple[Block, ...] = (self, *self.cases)
        return tuple(
            dict.fromkeys(
                name
                for block in blocks
                for name in (*(test.column for test in block.where), *(r.source for r in block.columns.values()))
            )
        )


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
