"""How commands print: JSON without surprises, and tables that show formulas as they are."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH: Final = 120  # where the output is no terminal and nothing says how wide it is


def print_json(value: object) -> None:
    """Print JSON; NaN and infinity, which JSON does not have, become null."""
    import json

    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def plain(value: Any) -> Any:
    """A value as dicts, lists, text, numbers and None; numbers to 10 digits, so that 0.2 is not 0.19999999999999998."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "tolist"):  # numpy numbers and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value


def console(*, stderr: bool = False) -> Console:
    """A rich console that takes text literally: brackets and colons in formulas are no markup."""
    from rich.console import Console

    made = Console(markup=False, emoji=False, highlight=False, stderr=stderr)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _WIDTH
    return made


def number(value: float, digits: int = 4) -> str:
    """A number to some significant digits, without an exponent where a chemist would not write one."""
    if abs(value) >= 10**digits:
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    return text if "e" not in text or abs(value) < 1e-4 else f"{value:.{digits}f}"


def amounts(values: Mapping[str, float]) -> str:
    """Species with their amounts in one line, such as `Mn 0.4, Fe 0.2`."""
    return ", ".join(f"{species} {number(amount)}" for species, amount in values.items())
