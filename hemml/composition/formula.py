"""The grammar of chemical formulas: text to a tree of atoms, brackets and parts, in one pass over the characters.

    formula := part (dot part)*                  the dot of hydrates and composites: · • ⋅ ∙ * and the plain full stop
    part    := [number] item+                    the number multiplies the part: ·1.5H2O, 0.5Li2MnO3·0.5LiMnO2
    item    := (element | vacancy | bracket) [number]
    bracket := "(" item+ ")" | "[" item+ "]" | "{" item+ "}"
    vacancy := "□" | "[]" | "Vac"
    number  := decimal ["/" decimal]             no sign, no exponent; Unicode subscripts count as digits

Spaces are allowed at both ends and between items ("Na0.67 Mn O2"), not between an item and its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from hemml.composition.hydrate import mark_parts
from hemml.composition.mistakes import amount_error, unexpected
from hemml.elements.periodic import ATOMIC_NUMBER
from hemml.errors import FormulaError

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 16
MAX_AMOUNT: Final = 1e4
MIN_AMOUNT: Final = 1e-6
VACANCY: Final = "□"

_LOOKALIKES: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁄•⋅∙‧*◻☐▢\u00a0\u202f\u2009", "0123456789/·····□□□   ")
_BLANKS: Final = " \t\r\n\u00a0\u202f\u2009"
_NUMBER: Final = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:/(?:\d+(?:\.\d+)?|\.\d+))?", re.ASCII)
_ITEM: Final = re.compile(rf"(Vac|□|\[\]|[A-Z][a-z]?)({_NUMBER.pattern})?", re.ASCII)
_VACANCIES: Final = frozenset({"Vac", "□", "[]"})
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


class Node(NamedTuple):
    """An atom, a bracket or a part of a formula.

    Attributes:
        symbol: Element symbol, `VACANCY`, "()" for a bracket of any shape, or "·" for a part.
        amount: Factor written behind the item (in front of a part).
        items: What the bracket or part holds; empty for atoms.
    """

    symbol: str
    amount: float
    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read.

    Attributes:
        text: The formula as given.
        nodes: The items in the order written.
        amounts: Atoms of each element per formula unit, in the order written, vacancies left out.
        notes: Sentences on readings that are a matter of rule, such as the dot of hydrates.
    """

    text: str
    nodes: tuple[Node, ...]
    amounts: dict[str, float]
    notes: tuple[str, ...] = ()


def parse_formula(text: str) -> Formula:
    """Read a formula and keep its brackets.

    Raises:
        FormulaError: The text is not a formula; the error names position, what was found and what was expected.
    """
    if not isinstance(text, str):
        raise FormulaError(repr(text)[:80], 0, f"a value of type {type(text).__name__}", "text such as 'LiFePO4'")
    if len(text) > MAX_LENGTH:
        raise FormulaError(text, MAX_LENGTH, f"{len(text)} characters", f"at most {MAX_LENGTH} characters")
    plain = text.rstrip(_BLANKS)
    if not plain:
        found = "only spaces" if text else "an empty text"
        raise FormulaError(text, 0, found, "a formula such as 'LiFePO4'")
    if not plain.isascii() or "*" in plain:
        plain = plain.translate(_LOOKALIKES)
    notes: tuple[str, ...] = ()
    if "." in plain:
        plain, notes = mark_parts(plain)
    nodes = _Parser(text, plain, start=len(plain) - len(plain.lstrip(_BLANKS))).formula()
    amounts: dict[str, float] = {}
    _add_amounts(nodes, 1.0, amounts)
    if not amounts:
        raise FormulaError(text, 0, "vacancies only", "at least one element")
    for symbol, amount in amounts.items():
        if not MIN_AMOUNT <= amount <= 1.0 / MIN_AMOUNT:
            found = f"{amount:g} {symbol} per formula unit after the brackets are multiplied out"
            raise FormulaError(text, 0, found, f"amounts from {MIN_AMOUNT:g} to {1.0 / MIN_AMOUNT:g}")
    return Formula(text, nodes, amounts, notes)


def parse_amounts(text: str) -> dict[str, float]:
    """Return the atoms of each element per formula unit, as pymatgen's `Composition` does.

    Raises:
        FormulaError: The text is not a formula.
    """
    return parse_formula(text).amounts


def _add_amounts(nodes: tuple[Node, ...], factor: float, amounts: dict[str, float]) -> None:
    for symbol, amount, items in nodes:
        if items:
            _add_amounts(items, factor * amount, amounts)
        elif symbol != VACANCY:
            amounts[symbol] = amounts.get(symbol, 0.0) + factor * amount


class _Parser:
    """Recursive descent over one text; `text` is what the user gave, `plain` the same with look-alikes replaced."""

    def __init__(self, text: str, plain: str, start: int) -> None:
        self.text = text
        self.plain = plain
        self.position = start

    def formula(self) -> tuple[Node, ...]:
        end = len(self.plain)
        first = self.part()
        if self.position == end and first.amount == 1.0:
            return first.items
        parts = [first]
        while self.position < end:
            if self.plain[self.position] != "·":
                raise unexpected(self.text, self.plain, self.position)
            self.position += 1
            parts.append(self.part())
        if len(parts) == 1:
            expected = "an element symbol or a bracket (a number in front is for parts joined by '·')"
            raise FormulaError(self.text, 0, f"the number {first.amount:g}", expected)
        return (*first.items, *parts[1:]) if first.amount == 1.0 else tuple(parts)

    def part(self) -> Node:
        self.skip_spaces()
        factor = 1.0
        number = _NUMBER.match(self.plain, self.position)
        if number:
            factor = self.amount(number[0], self.position)
            self.position = number.end()
        return Node("·", factor, self.items("", self.position, 0))

    def items(self, closing: str, opened: int, depth: int) -> tuple[Node, ...]:
        plain, end, position = self.plain, len(self.plain), self.position
        match_item = _ITEM.match
        items: list[Node] = []
        while True:
            # Most of a formula is atoms; this loop has nothing but local names because it sets the reading speed.
            while found := match_item(plain, position):
                symbol, number = found.groups()
                if symbol not in ATOMIC_NUMBER:
                    if symbol not in _VACANCIES:
                        raise unexpected(self.text, plain, position)
                    symbol = VACANCY
                items.append(Node(symbol, self.amount(number, found.start(2)) if number else 1.0))
                position = found.end()
            self.position = position
            character = plain[position] if position < end else ""
            if character == " ":
                self.skip_spaces()
                if self.position < end and (plain[self.position].isdigit() or plain[self.position] == "."):
                    raise unexpected(self.text, plain, self.position)
            elif character in _CLOSING:
                items.append(self.bracket(depth + 1))
            elif items and (character == closing or (character == "·" and not closing)):
                return tuple(items)
            else:
                raise unexpected(self.text, plain, position, closing, opened, starts=not items)
            position = self.position

    def bracket(self, depth: int) -> Node:
        opened = self.position
        if depth > MAX_DEPTH:
            raise FormulaError(self.text, opened, "a bracket inside too many brackets", f"at most {MAX_DEPTH} levels")
        self.position += 1
        content = self.items(_CLOSING[self.plain[opened]], opened, depth)
        self.position += 1
        number = _NUMBER.match(self.plain, self.position)
        if number is None:
            return Node("()", 1.0, content)
        self.position = number.end()
        return Node("()", self.amount(number[0], number.start()), content)

    def amount(self, number: str, position: int) -> float:
        if "/" in number:
            numerator, _, denominator = number.partition("/")
            divisor = float(denominator)
            if divisor == 0.0:
                raise FormulaError(self.text, position, f"{number!r}", "a fraction whose denominator is not zero")
            value = float(numerator) / divisor
        else:
            value = float(number)
        if not MIN_AMOUNT <= value <= MAX_AMOUNT:
            raise amount_error(self.text, number, value, position, (MIN_AMOUNT, MAX_AMOUNT))
        return value

    def skip_spaces(self) -> None:
        while self.position < len(self.plain) and self.plain[self.position] == " ":
            self.position += 1
