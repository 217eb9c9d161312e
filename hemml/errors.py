"""The errors hemml raises on purpose: each says what is wrong, what it must be, what it got, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class HemmlError(Exception):
    """A failure that hemml foresaw; the command line prints it without a traceback and exits with `exit_code`."""

    exit_code = 1


class InputError(HemmlError):
    """Something the user gave cannot be used as it is (exit code 2)."""

    exit_code = 2


class FormulaError(InputError):
    """A formula that cannot be read.

    Attributes:
        formula: The text as given.
        position: Zero-based index of the character that could not be read.
    """

    def __init__(self, formula: str, position: int, found: str, expected: str) -> None:
        self.formula = formula
        self.position = position
        shown = formula if len(formula) <= 80 else formula[:77] + "..."
        super().__init__(f"formula {shown!r}, position {position + 1}: expected {expected}, found {found}")


class DataError(InputError):
    """A table that cannot be used; `problems` holds every problem found, not only the first."""

    def __init__(self, message: str, problems: Sequence[object] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)


class ConfigError(InputError):
    """A configuration that cannot be used."""


class BundleError(InputError):
    """A model bundle that is missing, damaged, untrusted or made for something else."""


class UnknownNameError(InputError):
    """A name that hemml does not know; the message lists close names."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(str(one) for one in known)  # a plain text, also of an enum
        close = get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(repr(c) for c in close)}?" if close else f"known: {', '.join(names)}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")
