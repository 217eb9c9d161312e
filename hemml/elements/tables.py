"""Element properties from the small tables in `tables/`; `tables/sources.csv` names the source of every column."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.errors import InputError, UnknownNameError

_WITH_SYMBOL: Final = ("elements", "supply", "magpie")


@cache
def read_table(name: str) -> tuple[Mapping[str, str], ...]:
    """Rows of one table as text, in file order.

    Args:
        name: File name without ending, such as "elements".
    """
    text = files("hemml.elements").joinpath("tables", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def _properties(table: str) -> Mapping[str, Mapping[str, float]]:
    """Column -> symbol -> value, empty cells left out."""
    rows = read_table(table)
    columns = [column for column in rows[0] if column != "symbol"]
    return {column: {row["symbol"]: float(row[column]) for row in rows if row[column]} for column in columns}


@cache
def _owner(name: str) -> str:
    for table in _WITH_SYMBOL:
        if name in _properties(table):
            return table
    raise UnknownNameError("element property", name, [p for table in _WITH_SYMBOL for p in _properties(table)])


def property_array(name: str, elements: Sequence[str], needed: BoolArray | None = None) -> FloatArray:
    """Values of one property for a tuple of elements.

    Args:
        name: Column of elements.csv, supply.csv or magpie.csv, such as "pauling" or "cost_usd_per_kg".
        elements: The k symbols of a batch.
        needed: (k,) mask of the elements whose value is used; the others may be missing and become 0.

    Returns:
        (k,) values in the unit that `sources.csv` gives.

    Raises:
        InputError: A needed element has no value.
        UnknownNameError: No table has such a property.
    """
    table = _owner(name)
    values = _properties(table)[name]
    wanted = np.ones(len(elements), dtype=bool) if needed is None else needed
    missing = [symbol for symbol, use in zip(elements, wanted, strict=True) if use and symbol not in values]
    if missing:
        raise InputError(
            f"element property {name!r} must be known for every element, got no value for {', '.join(missing)}; "
            f"leave these elements out, leave out the features that use {name!r}, or add the value with its source "
            f"to hemml/elements/tables/{table}.csv"
        )
    return np.array([values.get(symbol, 0.0) for symbol in elements], dtype=np.float64)


def magpie_properties() -> tuple[str, ...]:
    """Names of the 22 Magpie properties, in matminer's order."""
    return tuple(_properties("magpie"))


@lru_cache(maxsize=32)
def magpie_array(elements: tuple[str, ...]) -> FloatArray:
    """(22, k) values of the Magpie properties for the k elements.

    Raises:
        InputError: An element has no value for one of them.
    """
    array = np.array([property_array(name, elements) for name in magpie_properties()]).reshape(-1, len(elements))
    array.flags.writeable = False
    return array


@lru_cache(maxsize=1)
def _pair_enthalpies() -> Mapping[frozenset[str], float]:
    return {frozenset((row["a"], row["b"])): float(row["mixing_enthalpy_kJ_mol"]) for row in read_table("miedema")}


@lru_cache(maxsize=32)
def mixing_enthalpy_matrix(elements: tuple[str, ...]) -> FloatArray:
    """(k, k) mixing enthalpies of the equimolar binary liquids in kJ/mol: 0 on the diagonal, NaN for unknown pairs.

    Source: Takeuchi and Inoue, Mater. Trans. 46 (2005) 2817, doi 10.2320/matertrans.46.2817.
    """
    pairs = _pair_enthalpies()
    matrix = np.array([[0.0 if a == b else pairs.get(frozenset((a, b)), np.nan) for b in elements] for a in elements])
    matrix = matrix.reshape(len(elements), len(elements))
    matrix.flags.writeable = False
    return matrix


def table_sources() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """(table, column) -> its unit, meaning and source."""
    return {(row["table"], row["column"]): row for row in read_table("sources")}
