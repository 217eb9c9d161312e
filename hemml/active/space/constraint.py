"""Constraints: conditions on what follows from a composition alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from hemml.active.space.expression import Expression, parse_expression
from hemml.active.space.quantities import kind_of
from hemml.arrays import BoolArray, FloatArray
from hemml.errors import InputError


@dataclass(frozen=True)
class Constraint:
    """A condition that a candidate must meet, such as `S_config_cation_R >= 1.5`.

    A comparison with a quantity that does not apply to a material is unknown, and a constraint that comes out unknown
    does not hold.

    Attributes:
        text: The expression.

    Raises:
        InputError: It is no expression, or no condition; the message names the position.
        UnknownNameError: It names an unknown quantity; the message lists close names.
    """

    text: str

    def __post_init__(self) -> None:
        """Read the expression."""
        expression = self.expression
        if expression.kind != "truth":
            raise InputError(
                f"constraint {self.text!r}: must be a condition, got a number; compare it, as in '{self.text} <= 10'"
            )

    @cached_property
    def expression(self) -> Expression:
        """The expression as read."""
        return parse_expression(self.text, "constraint", partial(kind_of, owner=f"constraint {self.text!r}"))

    @property
    def names(self) -> tuple[str, ...]:
        """Quantities it depends on."""
        return self.expression.names

    def holds(self, columns: Mapping[str, FloatArray]) -> BoolArray:
        """Whether it holds, (n,).

        Args:
            columns: (n,) values of each of its names, as `columns_of` gives them.
        """
        n = max((len(columns[name]) for name in self.names), default=1)
        truth: BoolArray = np.broadcast_to(self.expression.evaluate(columns) == 1.0, (n,))
        return truth


@dataclass(frozen=True)
class Cost:
    """What one experiment costs relative to others, such as `1 + 0.05 * cost_usd_per_kg`.

    Attributes:
        text: The expression.

    Raises:
        InputError: It is no expression, or no number; the message names the position.
        UnknownNameError: It names an unknown quantity; the message lists close names.
    """

    text: str

    def __post_init__(self) -> None:
        """Read the expression."""
        if self.expression.kind != "number":
            raise InputError(f"cost {self.text!r}: must be a number, got a condition; write 1 + 0.05 * cost_usd_per_kg")

    @cached_property
    def expression(self) -> Expression:
        """The expression as read."""
        return parse_expression(self.text, "cost", partial(kind_of, owner=f"cost {self.text!r}"))

    @property
    def names(self) -> tuple[str, ...]:
        """Quantities it depends on."""
        return self.expression.names

    def of(self, columns: Mapping[str, FloatArray], n: int) -> FloatArray:
        """Costs (n,).

        Raises:
            InputError: A cost is not positive, or its quantities do not apply to a candidate.
        """
        cost = np.broadcast_to(self.expression.evaluate(columns), (n,))
        bad = ~(np.isfinite(cost) & (cost > 0))
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                f"cost {self.text!r}: must be positive for every candidate, got {cost[row]:g} for candidate {row}; "
                "change the expression, max(0.1, ...) keeps it positive"
            )
        return cost
