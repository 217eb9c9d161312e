"""Plain JSON: the one form in which an event's content is kept, hashed and compared."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from hemml.errors import InputError

Json: TypeAlias = Any  # text, finite numbers, true, false, null, lists and objects of these


def plain(value: object, owner: str) -> Json:
    """A deep copy as dicts, lists and scalars, with the numbers of NumPy as Python's.

    Args:
        value: Mappings, lists, tuples and scalars.
        owner: What messages call it.

    Raises:
        InputError: Something in it is no JSON, or a number is not finite.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(str(value), owner)  # also of an enum
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InputError(f"{owner}: keys must be text, got {key!r}; write them as text")
        return {_text(str(key), owner): plain(one, f"{owner}, {key}") for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, f"{owner}[{place}]") for place, one in enumerate(value)]
    if not isinstance(value, int | float) and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return plain(value.item(), owner)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(f"{owner}: must be a finite number, got {value}; leave out what is not known")
        return float(value)
    raise InputError(
        f"{owner}: must be text, a number, true, false, null, a list or a mapping, got {type(value).__name__}; "
        "convert it"
    )


def _text(text: str, owner: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as err:
        raise InputError(f"{owner}: must be text in UTF-8, got {text!r}; type it again") from err
    return text


def canonical(value: Json) -> str:
    """JSON text that is the same for equal values: keys in order, no blanks, every digit of a number."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def sha256_of_json(value: Json) -> str:
    """The SHA-256 of the canonical text as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()
