"""Frozen data classes to plain JSON and back, exactly, with errors that say where."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from hemml.errors import InputError

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """Data classes and mappings become dicts, tuples lists; scalars stay as they are."""
    if dataclasses.is_dataclass(value):
        return {one.name: to_plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(one) for one in value]
    return value


def from_plain(kind: type[T], value: object, owner: str) -> T:
    """Read a data class from what `to_plain` gave.

    Args:
        kind: The data class; its fields are scalars, tuples, mappings with text as keys, data classes, or None.
        value: Read from JSON.
        owner: What messages call it.

    Raises:
        InputError: A field is missing, unknown or of another type; the message names it.
    """
    read: T = _read(kind, value, owner)
    return read


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, value: Any, owner: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _read_union(arguments, value, owner)
    if dataclasses.is_dataclass(kind):
        return _read_class(kind, value, owner)
    if origin is tuple:
        _check(isinstance(value, list | tuple), owner, "a list", value)
        return tuple(_read(arguments[0], one, f"{owner}[{place}]") for place, one in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _check(isinstance(value, Mapping) and all(isinstance(key, str) for key in value), owner, "an object", value)
        return {key: _read(arguments[1], one, f"{owner}.{key}") for key, one in value.items()}
    return _read_scalar(kind, value, owner)


def _read_union(arguments: tuple[Any, ...], value: Any, owner: str) -> Any:
    if value is None and type(None) in arguments:
        return None
    others = [one for one in arguments if one is not type(None)]
    if len(others) == 1:
        return _read(others[0], value, owner)
    _check(type(value) in others, owner, " or ".join(one.__name__ for one in others), value)
    return value


def _read_class(kind: Any, value: Any, owner: str) -> Any:
    _check(isinstance(value, Mapping), owner, "an object", value)
    names = [one.name for one in dataclasses.fields(kind)]
    for text, wrong in (
        ("unknown", [key for key in value if key not in names]),
        ("missing", [name for name in names if name not in value]),
    ):
        if wrong:
            raise InputError(
                f"{owner}: fields must be {', '.join(names)}; {text}: {', '.join(map(str, wrong))}; "
                "give what this version of hemml wrote"
            )
    return kind(**{name: _read(_hints(kind)[name], value[name], f"{owner}.{name}") for name in names})


def _read_scalar(kind: Any, value: Any, owner: str) -> Any:
    if kind is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        _check(number and math.isfinite(value), owner, "a finite number", value)
        return float(value)
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    _check(fits, owner, {str: "text", int: "a whole number", bool: "true or false"}[kind], value)
    return value


def _check(fits: bool, owner: str, wanted: str, value: object) -> None:
    if not fits:
        shown = repr(value)
        raise InputError(
            f"{owner} must be {wanted}, got {shown if len(shown) <= 80 else shown[:77] + '...'}; "
            "give what this version of hemml wrote"
        )
