"""Measured values and test conditions by the rules of the data set, from text and from typed values alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from hemml.active.store.events import Condition
from hemml.columns import CONDITION_COLUMNS, ENERGY_DENSITY, TARGETS, Column
from hemml.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from hemml.active.objective import Objective

CONDITIONS: Final = (*CONDITION_COLUMNS, Column.SAMPLE)
_COLUMNS: Final[Mapping[str, Column]] = {str(column): column for column in Column}
_UNIT: Final = re.compile(r"_(?:m?ah?_?k?g|m?v|pct|percent|%)$")
# What people may want to record, though it follows from what is measured.
_COMPUTED: Final[Mapping[str, str]] = {
    ENERGY_DENSITY: "it is capacity_mAh_g times average_voltage_V: give those two",
}


def columns_to_measure(objectives: Sequence[Objective]) -> tuple[str, ...]:
    """The measured columns that objectives rest on, in the order of `TARGETS`; descriptors need no measurement."""
    quantities = {objective.quantity for objective in objectives}
    if ENERGY_DENSITY in quantities:
        quantities |= {Column.CAPACITY, Column.VOLTAGE}
    return tuple(str(column) for column in TARGETS if column in quantities)


def check_values(values: Mapping[str, object], owner: str) -> dict[str, float]:
    """Measured values as numbers.

    Args:
        values: By column, as text or as numbers.
        owner: What messages call them.

    Raises:
        InputError: A column is not a measured one, or a value is outside of what is possible; all are named.
    """
    read, wrong = _read(values, TARGETS, "measured column", owner)
    _raise(wrong)
    return {name: float(value) for name, value in read.items()}


def check_conditions(conditions: Mapping[str, object], owner: str) -> dict[str, Condition]:
    """Test conditions as typed values: numbers, whole numbers, flags, text.

    Args:
        conditions: By column, as text or typed.
        owner: What messages call them.

    Raises:
        InputError: A column is not a condition, or a value cannot be used; all are named.
    """
    read, wrong = _read(conditions, CONDITIONS, "test condition", owner)
    _raise(wrong)
    return read


def check_together(values: Mapping[str, float], conditions: Mapping[str, Condition], owner: str) -> None:
    """Check what no value shows alone: a window the wrong way round, a retention without its cycle number.

    Args:
        values: By column.
        conditions: All that hold for the cell, by column.
        owner: What messages call them.

    Raises:
        InputError: They do not fit together.
    """
    from hemml.data.problems import errors_of
    from hemml.data.rows import check_row
    from hemml.data.schema import TableKind

    given = {_COLUMNS[name]: one for name, one in {**conditions, **values}.items()}
    row = {name: one if isinstance(one, str) else float(one) for name, one in given.items()}
    kind = TableKind("observation", required=(), measured=False, extra_columns=False)
    problems = errors_of(list(check_row(1, row, set(row), set(row), kind)))
    _raise([f"{owner}, {one.column} = {one.value!r}: {one.reason}; {one.remedy}" for one in problems])


def _read(
    given: Mapping[str, object], allowed: Sequence[Column], kind: str, owner: str
) -> tuple[dict[str, Condition], list[str]]:
    read: dict[str, Condition] = {}
    wrong: list[str] = []
    for name, value in given.items():
        if name not in allowed:
            wrong.append(f"{owner}: {unknown(name, allowed, kind)}")
            continue
        found = read_cell(_COLUMNS[name], as_text(value))
        if isinstance(found, Exception):
            wrong.append(f"{owner}, {name} = {as_text(value)!r}: {found}")
        else:
            read[str(name)] = found
    return read, wrong


def unknown(name: str, allowed: Sequence[Column], kind: str) -> str:
    """What to say of a name that is not among those allowed."""
    if name in _COMPUTED:
        return f"{kind} must be one of {', '.join(allowed)}, got {name!r}; {_COMPUTED[name]}"
    word = _UNIT.sub("", name.lower()).rpartition("_")[2]
    same = next((column for column in allowed if column in TARGETS and word in column.lower().split("_")), None)
    if same is not None:
        return f"unknown {kind} {name!r}; did you mean {str(same)!r}, in {same.unit}?"
    return str(UnknownNameError(kind, name, allowed))


def read_cell(column: Column, text: str) -> Condition | InputError:
    """The value of a cell, or why it is none.

    Args:
        column: Any column of the data set.
        text: Without blanks around it; not empty.
    """
    from hemml.data.numbers import Trouble, read_number
    from hemml.data.schema import RULES, ValueType
    from hemml.data.words import check_choice, check_flag

    rule = RULES[column]
    trouble: Trouble | None = None
    if not text:
        trouble = Trouble("must be filled", "leave out what is not known")
    elif rule.type in (ValueType.NUMBER, ValueType.INTEGER):
        number = read_number(text, rule)
        if not isinstance(number, Trouble):
            return int(number) if rule.type is ValueType.INTEGER else number
        trouble = number
    elif rule.type is ValueType.CHOICE:
        trouble = check_choice(text, rule)
    elif rule.type is ValueType.FLAG:
        trouble = check_flag(text)
        if trouble is None:
            return float(text) == 1.0
    return text if trouble is None else InputError(f"{trouble.reason}; {trouble.remedy}")


def as_text(value: object) -> str:
    """A value as a cell of a table would hold it."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    return str(value).strip()


def _raise(wrong: Sequence[str]) -> None:
    if wrong:
        raise InputError("\n".join(wrong))
