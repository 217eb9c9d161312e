"""What is wrong with a formula, in words: found and expected for every way in which reading can stop."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import Final

from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import FormulaError

_VARIABLES: Final = frozenset("xyznmabwuvδεγληₓₙₘ")
_WORD: Final = re.compile(r"[A-Za-z]{1,12}")
_EXPONENT: Final = re.compile(r"[\d.]*[eE][+-]?\d+")
_BEFORE: Final = re.compile(r"[\d./]*$")


def amount_error(text: str, number: str, value: float, position: int, limits: tuple[float, float]) -> FormulaError:
    """Say why an amount cannot be used: zero, too small or too large."""
    low, high = limits
    found = repr(number) if len(number) <= 20 else f"a number of {len(number)} characters"
    if value == 0.0:
        return FormulaError(text, position, f"the amount {found}", "an amount above 0 (leave out what is not there)")
    return FormulaError(text, position, f"the amount {found}", f"an amount from {low:g} to {high:g}")


def unexpected(
    text: str, plain: str, position: int, closing: str = "", opened: int = 0, *, starts: bool = False
) -> FormulaError:
    """Say what stands at a position where the grammar has no way on.

    Args:
        text: The formula as given.
        plain: The same length or shorter, with look-alike characters replaced.
        position: Where reading stopped.
        closing: The bracket that has to come, or "" outside brackets.
        opened: Where that bracket was opened.
        starts: Nothing has been read yet in this part or bracket.
    """
    rest = plain[position:]
    if not rest:
        expected = "an element symbol" if starts else f"{closing!r} for the bracket opened at position {opened + 1}"
        return FormulaError(text, position, "the end of the formula", expected)
    character = rest[0]
    variable = _variable(rest, starts=starts)
    if variable:
        return FormulaError(text, position + variable[1], f"{variable[0]!r}", _must_be_a_number(variable[0]))
    if character.isascii() and character.isalpha():
        return _bad_letters(text, plain, position)
    if character in ")]}":
        return FormulaError(text, position, repr(character), _instead_of_closing(closing, opened, starts=starts))
    if character in "+-−–^":
        found = repr(re.match(r"[+\-−–^][\d.]*", rest)[0])  # type: ignore[index]
        expected = "an amount above 0 without sign (charges are not part of a formula)"
        letter = re.match(r"[+\-−–]\s*(\d*[xyzδₓ])", rest)
        if letter:
            expected = _must_be_a_number(letter[1].lstrip("0123456789"))
        return FormulaError(text, position, found, expected)
    if character.isdigit() or character == ".":
        return _bad_number(text, plain, position, starts=starts)
    if character == "/":
        expected = "a number on both sides of '/' (write the host's formula alone, without coating or composite)"
        return FormulaError(text, position, repr(character), expected)
    if character == ",":
        return FormulaError(text, position, repr(character), "a decimal point, or elements written one after another")
    if character == "%":
        return FormulaError(text, position, repr(character), "amounts per formula unit, not per cent")
    if character == "·":
        expected = "an element symbol" if starts else f"{closing!r} before '·'"
        return FormulaError(text, position, "'·'", expected)
    expected = "an element symbol" if starts else "an element symbol, a number or a bracket"
    return FormulaError(text, position, _name(character), expected)


def _name(character: str) -> str:
    if character.isprintable():
        return repr(character)
    return f"{unicodedata.name(character, 'control character').lower()} (U+{ord(character):04X})"


def _must_be_a_number(name: str) -> str:
    return f"a number ({name} must be a number, as in Na0.67MnO2)"


def _variable(rest: str, *, starts: bool) -> tuple[str, int] | None:
    """A letter that stands for an unknown amount, with its offset: NaxMnO2, OxF, xH2O, MnO2.nH2O."""
    first = rest[0]
    second = rest[1:2]
    if first in "·." and second in _VARIABLES and not rest[2:3].islower():
        return second, 1
    if first in _VARIABLES and not (second.isascii() and second.islower()):
        looks_like_element = starts and first.upper() in ATOMIC_NUMBER and not second.isupper()
        return None if looks_like_element else (first, 0)
    if first in ATOMIC_NUMBER and second in {"x", "y", "z", "n"} and first + second not in ATOMIC_NUMBER:
        return second, 1
    return None


def _bad_letters(text: str, plain: str, position: int) -> FormulaError:
    before = plain[:position]
    exponent = _EXPONENT.match(plain, position)
    if exponent and before and before[-1].isdigit():
        number = (_BEFORE.search(before)[0] if _BEFORE.search(before) else "") + exponent[0]  # type: ignore[index]
        start = position - (len(number) - len(exponent[0]))
        shown = repr(number) if len(number) <= 20 else "a number with an exponent"
        return FormulaError(text, start, shown, "a plain decimal number without exponent")
    word = _WORD.match(plain, position)[0]  # type: ignore[index]
    if word[0].islower():
        capital = next((c for c in (word[:2].capitalize(), word[0].upper()) if c in ATOMIC_NUMBER), None)
        hint = f", such as {capital!r}" if capital else ""
        return FormulaError(text, position, repr(word), f"an element symbol with a capital letter{hint}")
    symbol = word[:2] if word[1:2].islower() else word[:1]
    close = get_close_matches(symbol, ATOMIC_NUMBER, n=3, cutoff=0.5)
    hint = f" (close: {', '.join(close)})" if close else ""
    return FormulaError(text, position, repr(symbol), f"an element symbol{hint}")


def _bad_number(text: str, plain: str, position: int, *, starts: bool) -> FormulaError:
    number = re.match(r"[\d./]+", plain[position:])
    found = repr(number[0]) if number and len(number[0]) <= 20 else repr(plain[position])
    if position and plain[position - 1] in " \t":
        expected = "an element symbol after the space (write a number directly behind its element, hydrates as '·5H2O')"
    elif starts:
        expected = "an element symbol or a bracket"
    elif plain[position] == ".":
        expected = "one decimal point in a number, or '·' between parts such as crystal water"
    else:
        expected = "an element symbol, a bracket or the end"
    return FormulaError(text, position, found, expected)


def _instead_of_closing(closing: str, opened: int, *, starts: bool) -> str:
    if starts:
        return "an element symbol or an opening bracket"
    if closing:
        return f"{closing!r} for the bracket opened at position {opened + 1}"
    return "no closing bracket, as none is open"
