"""Reading a number from a cell, and telling what to write instead where it is not one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hemml.columns import Column
from hemml.data.schema import ColumnRule, ValueType


@dataclass(frozen=True)
class Trouble:
    """Why a cell cannot be used, and what to do.

    Attributes:
        reason: What is wrong and what the value must be.
        remedy: What to do.
    """

    reason: str
    remedy: str


_DIGITS: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER: Final = re.compile(_DIGITS, re.ASCII)
_WITH_TEXT: Final = re.compile(rf"({_DIGITS})\s*(\D.*)", re.ASCII)
_COMMA: Final = re.compile(r"([+-]?)(\d+),(\d+)(.*)", re.ASCII)
_SPREAD: Final = re.compile(rf"({_DIGITS})\s*(?:±|\+/-|\+-).*", re.ASCII)
_RANGE: Final = re.compile(rf"({_DIGITS})\s*(?:-|–|—|to|\.\.+)\s*({_DIGITS})(.*)", re.ASCII)
_ABOUT: Final = re.compile(
    r"(?:~|≈|<=?|>=?|≤|≥|ca\.?|about|approx\.?|around|over|above|up to|circa)\s*(.*)", re.IGNORECASE
)
_DIVIDED_C: Final = re.compile(r"C/(\d+\.?\d*)", re.ASCII | re.IGNORECASE)
_ABSENT: Final = frozenset(
    {"na", "n/a", "n.a.", "nan", "none", "null", "nil", "-", "--", "–", "—", "?", "nd", "n.d.", "tbd", "x"}
)

# Factor from a unit as people write it (lower case, no blanks) to the column's unit.
_FACTORS: Final[Mapping[str, Mapping[str, float]]] = {
    "mAh/g": {"mah/g": 1, "ah/kg": 1, "ah/g": 1000, "mah/kg": 0.001, "mah/mg": 1000, "c/g": 1 / 3.6, "mah": 1},
    "mA/g": {"ma/g": 1, "a/kg": 1, "a/g": 1000, "ma/kg": 0.001, "ma/mg": 1000, "ua/g": 0.001, "µa/g": 0.001},
    "V": {"v": 1, "mv": 0.001, "volt": 1, "volts": 1},
    "%": {"%": 1, "percent": 1, "pct": 1},
    "C": {"c": 1, "c-rate": 1},
    "cycles": {"cycles": 1, "cycle": 1, "times": 1, "th": 1},
    "degC": {"c": 1, "°c": 1, "degc": 1, "℃": 1, "celsius": 1},
}
_WORTH_EXPLAINING: Final = {"ah/kg": "1 Ah/kg is 1 mAh/g", "ah/g": "1 Ah/g is 1000 mAh/g", "a/g": "1 A/g is 1000 mA/g"}


def read_number(text: str, rule: ColumnRule) -> float | Trouble:
    """The number in a cell, or what is wrong with it.

    Args:
        text: The cell without blanks around it; not empty.
        rule: The rule of its column.
    """
    if not _NUMBER.fullmatch(text):
        return _not_a_number(text, rule)
    value = float(text)
    if not math.isfinite(value):
        return Trouble("must be a finite number", "write the number that was measured")
    if rule.type is ValueType.INTEGER and value != int(value):
        return Trouble("must be a whole number", f"write {round(value)} if that is what was meant")
    return _looks_like_another_unit(value, rule) or _out_of_range(value, rule) or value


def _out_of_range(value: float, rule: ColumnRule) -> Trouble | None:
    low, high = rule.minimum, rule.maximum
    too_low = low is not None and (value < low or (value == low and not rule.minimum_is_allowed))
    if too_low or (high is not None and value > high):
        unit = f" (the column's unit is {rule.column.unit})" if rule.column.unit else ""
        return Trouble(f"must be {rule.allowed}", f"check the value and its unit{unit}, or leave the cell empty")
    return None


def _looks_like_another_unit(value: float, rule: ColumnRule) -> Trouble | None:
    column, unit = rule.column, rule.column.unit
    if column is Column.RETENTION and 0 < value <= 1.5:
        return Trouble("looks like a fraction, must be percent", f"write {_plain(value * 100)}")
    if column is Column.CAPACITY and 0 < value < 1:
        return Trouble(f"looks like Ah/g, must be {rule.allowed}", f"write {_plain(value * 1000)} if Ah/g was meant")
    if unit == "V" and 100 < value <= 6000:
        return Trouble(f"looks like mV, must be {rule.allowed}", f"write {_plain(value / 1000)} if mV was meant")
    if unit == "degC" and 250 < value <= 523:
        return Trouble("looks like kelvin, must be degC", f"write {_plain(value - 273.15)} if K was meant")
    return None


def _not_a_number(text: str, rule: ColumnRule) -> Trouble:
    if text.lower() in _ABSENT:
        return Trouble("must be a number or empty", "leave the cell empty where no value is stated")
    if "−" in text:
        return Trouble("holds a typographic minus sign", f"write {text.replace('−', '-')}")
    if match := _COMMA.fullmatch(text):
        return _comma(*match.groups())
    if match := _SPREAD.fullmatch(text):
        return Trouble(
            "must be one number, got a value with its spread", f"write {match[1]} and put the spread in notes"
        )
    if match := _RANGE.fullmatch(text):
        return Trouble("must be one number, got a range", "write one value, or one row for each condition")
    if match := _ABOUT.fullmatch(text):
        number = _WITH_TEXT.fullmatch(match[1])
        return Trouble(
            "must be a number without words or signs",
            f"write {number[1] if number else match[1] or 'the number'} and set value_is_approximate to 1",
        )
    if rule.column.unit == "C" and (match := _DIVIDED_C.fullmatch(text)) and float(match[1]) > 0:
        return Trouble("must be a number", f"write {_plain(1 / float(match[1]))}")
    if match := _WITH_TEXT.fullmatch(text):
        return _with_unit(float(match[1]), match[2], rule)
    return Trouble(f"must be {rule.allowed}", "write a number with a decimal point and without text")


def _comma(sign: str, whole: str, rest: str, after: str) -> Trouble:
    choice = f"write {sign}{whole}.{rest}"
    if len(rest) == 3 and whole != "0":
        choice = f"write {sign}{whole}{rest} if it separates thousands, {sign}{whole}.{rest} if decimals"
    return Trouble(
        "holds a comma, decimals must have a point", choice + (", without the unit" if after.strip() else "")
    )


def _with_unit(value: float, written: str, rule: ColumnRule) -> Trouble:
    unit = _normal_unit(written)
    own = rule.column.unit
    factor = _FACTORS.get(own, {}).get(unit)
    if unit == "%" and factor is not None:
        return Trouble("holds a percent sign, the column is in % already", f"write {_plain(value)}")
    if factor is not None:
        note = f"{_WORTH_EXPLAINING[unit]}: " if unit in _WORTH_EXPLAINING else ""
        hint = f" ({_plain(value * 1000)} if Ah/g was meant)" if unit == "ah/kg" and value < 5 else ""
        return Trouble(
            f"holds the unit {written!r}, must be a bare number in {own}", f"{note}write {_plain(value * factor)}{hint}"
        )
    if own == "mA/g" and unit == "c":
        other = Column.RETENTION_C_RATE if rule.column is Column.RETENTION_CURRENT else Column.CAPACITY_C_RATE
        return Trouble("is a C-rate, must be mA/g", f"put {_plain(value)} into {other} instead")
    if own == "C" and unit in _FACTORS["mA/g"]:
        other = Column.RETENTION_CURRENT if rule.column is Column.RETENTION_C_RATE else Column.CAPACITY_CURRENT
        return Trouble(
            "is a current density, must be a C-rate",
            f"put {_plain(value * _FACTORS['mA/g'][unit])} into {other} instead",
        )
    if own == "degC" and unit == "k":
        return Trouble("holds the unit K, must be a bare number in degC", f"write {_plain(value - 273.15)}")
    if unit == "%":
        return Trouble(f"holds a percent sign, must be {rule.allowed}", "write a bare number in the column's unit")
    return Trouble(f"holds text, must be {rule.allowed}", f"write {_plain(value)} if that is in {own or 'no unit'}")


def _normal_unit(written: str) -> str:
    """Lower case, no blanks, and a slash for the power -1: `mAh g⁻¹` and `mA h/g` both become `mah/g`."""
    unit = written.replace("⁻¹", "-1").replace("−", "-").replace("μ", "µ")
    unit = re.sub(r"[\s·.^*()]", "", unit).lower()
    return re.sub(r"(?<=[a-z])(kg|mg|g)-1$", r"/\1", unit)


def _plain(value: float) -> str:
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
