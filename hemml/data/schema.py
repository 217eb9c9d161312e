"""What each column may hold: meaning, type, range and vocabulary, read by loading, checking and the card alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hemml import columns
from hemml.columns import Column


class ValueType(StrEnum):
    """How the text of a cell is read."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"


@dataclass(frozen=True)
class ColumnRule:
    """The rule of one column.

    Attributes:
        column: The column; its label and unit come from `hemml.columns`.
        meaning: One sentence for the card.
        type: How a cell is read.
        minimum: Smallest value allowed, in the unit of the column; None means no limit.
        maximum: Largest value allowed, in the unit of the column; None means no limit.
        minimum_is_allowed: False where the minimum itself is not a possible value.
        vocabulary: The words a choice may take.
        default: What an empty cell stands for; "" means that the source does not state it.
    """

    column: Column
    meaning: str
    type: ValueType = ValueType.TEXT
    minimum: float | None = None
    maximum: float | None = None
    minimum_is_allowed: bool = True
    vocabulary: tuple[str, ...] = ()
    default: str = ""

    @property
    def allowed(self) -> str:
        """The allowed values as one phrase, such as `0 to 150 %`."""
        if self.type is ValueType.CHOICE:
            return ", ".join(self.vocabulary)
        if self.type is ValueType.FLAG:
            return "0 or 1"
        if self.type is ValueType.TEXT:
            return "text"
        whole = "whole number, " if self.type is ValueType.INTEGER else ""
        low = "" if self.minimum_is_allowed else "above "
        return f"{whole}{low}{self.minimum:g} to {self.maximum:g} {self.column.unit}".rstrip()


@dataclass(frozen=True)
class TableKind:
    """What a table is for, and so what it must hold.

    Attributes:
        name: How messages call the table.
        required: Columns that must be present and filled in every row.
        measured: Whether a row must carry a measured target and its source; if not, target columns are not read.
        extra_columns: Whether columns that hemml does not know are kept instead of refused.
        sourced: Whether a measured row must name its source.
    """

    name: str
    required: tuple[Column, ...]
    measured: bool
    extra_columns: bool
    sourced: bool = True


RECORDS: Final = TableKind(
    "table of measured electrodes", (Column.FORMULA, Column.WORKING_ION, Column.ROLE), True, False
)
OWN_LAB: Final = TableKind(
    "table of own measurements", (Column.FORMULA, Column.WORKING_ION, Column.ROLE), True, False, sourced=False
)
CONDITIONS: Final = TableKind("table of electrodes to predict", (Column.FORMULA,), False, True)

SOURCE_COLUMNS: Final = (Column.DOI, Column.URL, Column.TITLE)


def _text(column: Column, meaning: str) -> ColumnRule:
    return ColumnRule(column, meaning)


def _choice(column: Column, meaning: str, vocabulary: tuple[str, ...], default: str = "") -> ColumnRule:
    return ColumnRule(column, meaning, ValueType.CHOICE, vocabulary=vocabulary, default=default)


def _number(column: Column, meaning: str, minimum: float, maximum: float, *, above: bool = False) -> ColumnRule:
    return ColumnRule(column, meaning, ValueType.NUMBER, minimum, maximum, minimum_is_allowed=not above)


def _integer(column: Column, meaning: str, minimum: float, maximum: float) -> ColumnRule:
    return ColumnRule(column, meaning, ValueType.INTEGER, minimum, maximum)


def _flag(column: Column, meaning: str) -> ColumnRule:
    return ColumnRule(column, meaning, ValueType.FLAG, default="0")


_C = Column
_RULES: Final = (
    _text(_C.RECORD_ID, "Stable id of the row; made from the row's facts where a user's table has none"),
    _text(_C.DOI, "DOI of the source, as 10.1039/d0ra06897g; empty where the page shows none"),
    _text(_C.URL, "Page of the source, or any identifier of it; own measurements may use one such as own:notebook-12"),
    _text(_C.TITLE, "Title of the source"),
    _integer(_C.YEAR, "Year of publication", 1900, 2100),
    _text(_C.SAMPLE, "The source's name of the sample"),
    _text(_C.FORMULA_REPORTED, "Formula as printed"),
    _text(_C.FORMULA, "Formula as plain text that hemml reads; always filled"),
    _choice(_C.FAMILY, "Structural or chemical family of the electrode material", columns.FAMILIES),
    _text(_C.STRUCTURE, "Structure as reported (O3, P2, Fd-3m, NASICON, ...)"),
    _choice(_C.ROLE, "Electrode in the cell", columns.ROLES),
    _choice(_C.WORKING_ION, "Ion that the electrode stores", columns.WORKING_IONS),
    _choice(
        _C.ENTROPY_CLASS,
        "Entropy class that the source states; not the class that hemml computes",
        columns.ENTROPY_CLASSES,
    ),
    _flag(_C.IS_COMPARATOR, "1: the unmodified baseline of its own source"),
    _number(
        _C.CAPACITY,
        "Discharge capacity (cathode) or reversible capacity (anode) per mass of active material",
        1,
        4500,
    ),
    _number(_C.CAPACITY_CURRENT, "Current density at which the capacity was measured", 0, 200_000, above=True),
    _number(_C.CAPACITY_C_RATE, "C-rate at which the capacity was measured", 0, 1000, above=True),
    _choice(_C.CAPACITY_KIND, "When in the cell's life the capacity was measured", columns.CAPACITY_KINDS),
    _number(_C.VOLTAGE_MIN, "Lower limit of the test window against the working-ion metal", -1, 6),
    _number(_C.VOLTAGE_MAX, "Upper limit of the test window against the working-ion metal", -1, 6),
    _number(_C.VOLTAGE, "Stated mean or plateau voltage against the working-ion metal", -1, 6),
    _number(_C.RETENTION, "Capacity kept after retention_cycles cycles", 0, 150),
    _integer(_C.RETENTION_CYCLES, "Cycles after which the retention was read", 1, 200_000),
    _number(_C.RETENTION_CURRENT, "Current density of the cycling", 0, 200_000, above=True),
    _number(_C.RETENTION_C_RATE, "C-rate of the cycling", 0, 1000, above=True),
    _number(_C.TEMPERATURE, "Test temperature; empty: not stated or room temperature", -100, 250),
    _text(_C.ELECTROLYTE, "Electrolyte in short"),
    _choice(_C.EVIDENCE, "Part of the source that the values were read from", columns.EVIDENCE_KINDS),
    _text(_C.NOTES, "Short facts"),
    _flag(_C.IS_FULL_CELL, "1: a full or pouch cell, kept out of half-cell models"),
    _choice(
        _C.FORMULA_QUALITY,
        "exact: as printed; nominal: an amount is assumed or left out; host: host of a doped or composite sample",
        columns.FORMULA_QUALITIES,
        default="exact",
    ),
    _flag(
        _C.IS_COMPOSITE, "1: carbon, a coating or another phase is mentioned; the capacity may be per composite mass"
    ),
    _flag(_C.VALUE_IS_APPROXIMATE, '1: the source says "about", "over" or "up to"'),
    _integer(_C.CAPACITY_AFTER_CYCLES, "Cycles before the capacity was read (capacity_kind after_cycles)", 1, 200_000),
)

RULES: Final[Mapping[Column, ColumnRule]] = MappingProxyType({rule.column: rule for rule in _RULES})
