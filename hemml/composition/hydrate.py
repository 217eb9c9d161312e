"""The full stop in formulas: decimal point, or the dot in front of crystal water (`Na2SO4.10H2O` is a decahydrate)."""

from __future__ import annotations

import re
from typing import Final

_STOP_BEFORE_ITEM: Final = re.compile(r"\.(?=[A-Z(\[{□])")


def mark_parts(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace every full stop that separates parts by "·" and leave decimal points alone; no character moves.

    A full stop in front of an element or bracket separates. One in front of `<number>H2O` at the end of the formula
    separates too, unless the amount left standing would be 0 or 1, which nobody writes: `Na0.5H2O` has 0.5 Na, and
    `Mn1.94.2H2O` reads Mn1.94 and 2 H2O.

    Returns:
        The text, and one sentence for a reading that another program would make differently.
    """
    notes: tuple[str, ...] = ()
    run = _run_before_water(text) if text.endswith("H2O") else ""
    stop = _separator(run) if "." in run else None
    if stop is not None:
        at = len(text) - 3 - len(run) + stop
        text = f"{text[:at]}·{text[at + 1 :]}"
        count = text[at + 1 : -3] or "1"
        notes = (f"The full stop in front of {text[at + 1 :]} separates {count} H2O per formula unit.",)
    return _STOP_BEFORE_ITEM.sub("·", text), notes


def _run_before_water(text: str) -> str:
    """Digits and full stops that end in front of the final H2O, of a fraction's `2/3.1/2` the last numbers: `3.1/2`."""
    head = text[:-3]
    run = head[len(head.rstrip("0123456789./")) :]
    before, slash, last = run.rpartition("/")
    if not slash or "." in last:
        return last
    return f"{before.rpartition('/')[2]}/{last}"


def _separator(run: str) -> int | None:
    """Index of the full stop that separates in a run of digits and full stops before H2O; None: a decimal point."""
    numbers = run.split(".")
    if len(numbers) == 2:
        before, water = numbers
        decimal = before.strip("0") in {"", "1"} and before != ""
        return None if decimal or water.startswith("0") else len(before)
    if len(numbers) == 3:
        before, middle, _ = numbers
        if before == "" or (len(middle) == 1 and before not in {"0", "1"}):
            return len(before)
        return len(before) + 1 + len(middle)
    if len(numbers) == 4:
        return len(numbers[0]) + 1 + len(numbers[1])
    return None
