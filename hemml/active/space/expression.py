"""Expressions over quantities: read by a small parser of their own, computed for all rows at once, never run as code.

    expression := conjunction ("or" conjunction)*
    conjunction := negation ("and" negation)*
    negation := "not" negation | comparison
    comparison := sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)*     chains such as 1.0 <= a < 1.6 are allowed
    sum := product (("+" | "-") product)*
    product := factor (("*" | "/") factor)*
    factor := ("+" | "-") factor | atom ["**" factor]
    atom := number | name | function "(" expression ("," expression)* ")" | "(" expression ")"

A number may be NaN: the quantity does not apply to that material. A comparison with it is neither true nor false but
unknown, and so is all that depends on it (Kleene's logic): truth values are 1, 0 and 1/2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.space.operations import ARITHMETIC, COMPARISONS, FUNCTIONS, Columns, Kind, compare
from hemml.arrays import FloatArray
from hemml.errors import InputError

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 50

_TOKEN: Final = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>\*\*|<=|>=|==|!=|[-+*/()<>,])",
    re.ASCII,
)
_WORDS: Final = frozenset({"and", "or", "not"})
_LOOKALIKES: Final = {
    "=": "'==' for equality", "&": "'and'", "|": "'or'", "!": "'not' or '!='", "≤": "'<='", "≥": "'>='",
    "^": "'**' for a power", "×": "'*'",
}  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """An expression that has been read.

    Attributes:
        text: As given.
        kind: "number", or "truth" for a condition.
        names: The names it uses, in the order of first appearance.
    """

    text: str
    kind: Kind
    names: tuple[str, ...]
    _value: Callable[[Columns], FloatArray]

    def evaluate(self, columns: Columns) -> FloatArray:
        """Values of n rows: a number, NaN where it does not apply; of a condition 1 true, 0 false, 1/2 unknown.

        Args:
            columns: (n,) values of each of the names.
        """
        with np.errstate(all="ignore"):
            return self._value(columns)


def parse_expression(text: str, owner: str, kind_of: Callable[[str], Kind]) -> Expression:
    """Read an expression.

    Args:
        text: The expression.
        owner: What messages call it, such as "constraint".
        kind_of: Whether a name stands for a number or a truth value.

    Raises:
        InputError: It is no expression; the message names the position.
    """
    if not isinstance(text, str):
        raise InputError(f"{owner}: must be text such as 'cost_usd_per_kg <= 30', got {type(text).__name__}; quote it")
    if len(text) > MAX_LENGTH:
        raise InputError(f"{owner}: must have at most {MAX_LENGTH} characters, got {len(text)}; split it into several")
    return _Parser(text, owner, kind_of).expression()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class _Part:
    kind: Kind
    value: Callable[[Columns], FloatArray]
    position: int


class _Parser:
    def __init__(self, text: str, owner: str, kind_of: Callable[[str], Kind]) -> None:
        self.text = text
        self.owner = owner
        self.kind_of = kind_of
        self.names: dict[str, Kind] = {}
        self.tokens = self.read_tokens()
        self.next = 0
        self.depth = 0

    def error(self, position: int, expected: str, found: str) -> InputError:
        return InputError(f"{self.owner} {self.text!r}, position {position + 1}: expected {expected}, got {found}")

    def read_tokens(self) -> list[_Token]:
        tokens, position = [], 0
        while position < len(self.text):
            if self.text[position].isspace():
                position += 1
                continue
            match = _TOKEN.match(self.text, position)
            if match is None:
                character = self.text[position]
                raise self.error(position, _LOOKALIKES.get(character, "a number, name or operator"), repr(character))
            tokens.append(_Token(str(match.lastgroup), match[0], position))
            position = match.end()
        return [*tokens, _Token("end", "", len(self.text))]

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def take(self, *texts: str) -> _Token | None:
        token = self.token
        if token.kind in ("sign", "name") and token.text in texts:
            self.next += 1
            return token
        return None

    def expression(self) -> Expression:
        part = self.any_of()
        if self.token.kind != "end":
            raise self.error(self.token.position, "an operator or the end", repr(self.token.text))
        return Expression(self.text, part.kind, tuple(self.names), part.value)

    def any_of(self) -> _Part:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(self.token.position, f"at most {MAX_DEPTH} levels of brackets and signs", "more")
        part = self.logic("or", lambda: self.logic("and", self.negation, np.minimum), np.maximum)
        self.depth -= 1
        return part

    def logic(self, word: str, inner: Callable[[], _Part], combine: np.ufunc) -> _Part:
        parts = [inner()]
        while self.take(word):
            parts.append(inner())
        if len(parts) == 1:
            return parts[0]
        values = [self.truth(part) for part in parts]
        return _Part("truth", lambda columns: combine.reduce([value(columns) for value in values]), parts[0].position)

    def negation(self) -> _Part:
        token = self.take("not")
        if token is None:
            return self.comparison()
        value = self.truth(self.deeper(self.negation))
        return _Part("truth", lambda columns: 1.0 - value(columns), token.position)

    def deeper(self, inner: Callable[[], _Part]) -> _Part:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(self.token.position, f"at most {MAX_DEPTH} levels of brackets and signs", "more")
        part = inner()
        self.depth -= 1
        return part

    def comparison(self) -> _Part:
        parts, signs = [self.sum()], []
        while token := self.take(*COMPARISONS):
            signs.append(token.text)
            parts.append(self.sum())
        if not signs:
            return parts[0]
        values = [self.number(part) for part in parts]

        def chain(columns: Columns) -> FloatArray:
            numbers = [value(columns) for value in values]
            pairs = zip(numbers, signs, numbers[1:], strict=False)
            held: FloatArray = np.minimum.reduce([compare(left, sign, right) for left, sign, right in pairs])
            return held

        return _Part("truth", chain, parts[0].position)

    def sum(self) -> _Part:
        return self.arithmetic(("+", "-"), lambda: self.arithmetic(("*", "/"), self.factor))

    def arithmetic(self, signs: tuple[str, ...], inner: Callable[[], _Part]) -> _Part:
        part = inner()
        while token := self.take(*signs):
            part = self.combined(token.text, part, inner())
        return part

    def combined(self, sign: str, left: _Part, right: _Part) -> _Part:
        operation, first, second = ARITHMETIC[sign], self.number(left), self.number(right)
        return _Part("number", lambda columns: operation(first(columns), second(columns)), left.position)

    def factor(self) -> _Part:
        if token := self.take("+", "-"):
            value = self.number(self.deeper(self.factor))
            negative = token.text == "-"
            return _Part("number", lambda columns: -value(columns) if negative else value(columns), token.position)
        part = self.atom()
        return self.combined("**", part, self.deeper(self.factor)) if self.take("**") else part

    def atom(self) -> _Part:
        token = self.token
        if self.take("("):
            part = self.any_of()
            self.closing()
            return part
        if token.kind == "number":
            self.next += 1
            value = np.array(float(token.text))
            return _Part("number", lambda _columns: value, token.position)
        if token.kind == "name" and token.text not in _WORDS:
            self.next += 1
            return self.function(token) if self.take("(") else self.named(token)
        raise self.error(token.position, "a number, a name or '('", repr(token.text) if token.text else "the end")

    def named(self, token: _Token) -> _Part:
        name = token.text
        if name not in self.names:
            self.names[name] = self.name_kind(token)
        return _Part(self.names[name], lambda columns: columns[name], token.position)

    def name_kind(self, token: _Token) -> Kind:
        if token.text in FUNCTIONS:
            raise self.error(
                token.position + len(token.text), "'('", repr(self.token.text) if self.token.text else "the end"
            )
        return self.kind_of(token.text)

    def function(self, token: _Token) -> _Part:
        if token.text not in FUNCTIONS:
            raise self.error(token.position, f"one of the functions {', '.join(FUNCTIONS)}", repr(token.text))
        least, most, function = FUNCTIONS[token.text]
        values = [self.number(self.any_of())]
        while self.take(","):
            values.append(self.number(self.any_of()))
        self.closing()
        if not least <= len(values) <= most:
            expected = "one value" if most == 1 else f"{least} to {most} values"
            raise self.error(token.position, f"{expected} in {token.text}()", str(len(values)))
        return _Part("number", lambda columns: function(*(value(columns) for value in values)), token.position)

    def closing(self) -> None:
        if not self.take(")"):
            found = repr(self.token.text) if self.token.text else "the end"
            raise self.error(self.token.position, "an operator or ')'", found)

    def number(self, part: _Part) -> Callable[[Columns], FloatArray]:
        if part.kind != "number":
            raise self.error(part.position, "a number", "a condition")
        return part.value

    def truth(self, part: _Part) -> Callable[[Columns], FloatArray]:
        if part.kind != "truth":
            raise self.error(part.position, "a condition such as 'cost_usd_per_kg <= 30'", "a number")
        return part.value
