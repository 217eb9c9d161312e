"""What the YAML file of a design space may hold; unknown keys are errors."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from hemml.active.objective import Objective
from hemml.columns import CONDITION_COLUMNS, FAMILIES, ROLES, WORKING_IONS, Column
from hemml.errors import UnknownNameError

FORMAT: Final = 1
TOP_LEVEL: Final = (Column.WORKING_ION, Column.ROLE, Column.FAMILY)
CONDITION_NAMES: Final = tuple(str(column) for column in CONDITION_COLUMNS if column not in TOP_LEVEL)

Fraction = Annotated[float, Field(ge=0, le=1, strict=True)]
Amount = Annotated[float, Field(gt=0, le=1000, strict=True)]
Cell = str | int | float | bool


class Frozen(BaseModel):
    """Immutable; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(Frozen):
    """Amounts from `min` to `max` in steps."""

    min: Annotated[float, Field(ge=0, le=1000, strict=True)]
    max: Amount
    step: Amount


class Rest(Frozen):
    """What another sublattice leaves of a total."""

    total: Amount
    minus: str


def _amount_form(given: Any) -> str:
    if isinstance(given, dict):
        return "rest" if {"total", "minus"} & given.keys() else "range"
    if isinstance(given, Range | Rest):
        return "range" if isinstance(given, Range) else "rest"
    return "number"


AmountChoice = Annotated[
    Annotated[Amount, Tag("number")] | Annotated[Range, Tag("range")] | Annotated[Rest, Tag("rest")],
    Discriminator(_amount_form),
]


class Share(Frozen):
    """Bounds of one species on a mixed sublattice, as fractions of its sites."""

    species: str
    min: Fraction = 0.0
    max: Fraction = 1.0


class SublatticeSpec(Frozen):
    """Sites that species share, or a part of the formula that is the same in all candidates.

    Attributes:
        name: How messages and other sublattices call it.
        kind: "cation", "anion", "mobile", "alloy" or "molecule".
        fixed: Species -> amount per formula unit, the same in all candidates.
        elements: Or the species that mix, with bounds.
        amount: Their sites per formula unit: a number, a range, or what another sublattice leaves.
        step: Smallest difference of fractions; 1 / step must be whole.
        components: Least and greatest number of species present.
        smallest: Least fraction of a species that is present at all.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    kind: Literal["cation", "anion", "mobile", "alloy", "molecule"]
    fixed: dict[str, Amount] | None = Field(None, min_length=1)
    elements: tuple[Share, ...] | None = Field(None, min_length=1)
    amount: AmountChoice | None = None
    step: Annotated[float, Field(ge=0.005, le=1, strict=True)] = 1.0
    components: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None
    smallest: Fraction | None = None

    @field_validator("elements", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """Accept a list of names, or names with bounds, beside the plain form."""
        if isinstance(given, dict):
            bad = [name for name, bounds in given.items() if not isinstance(bounds, dict | None)]
            if bad:
                raise ValueError(
                    f"{bad[0]} must have bounds such as {{min: 0.1, max: 0.5}} or nothing behind the colon"
                )
            return [{"species": name, **(bounds or {})} for name, bounds in given.items()]
        if isinstance(given, list | tuple):
            return [{"species": one} if isinstance(one, str) else one for one in given]
        return given

    @field_validator("components", mode="before")
    @classmethod
    def _both(cls, given: Any) -> Any:
        return (given, given) if isinstance(given, int) and not isinstance(given, bool) else given

    @model_validator(mode="after")
    def _one_form(self) -> SublatticeSpec:
        if (self.fixed is None) == (self.elements is None):
            raise ValueError("must have either elements (with amount) or fixed; give one of them")
        given = self.model_fields_set - {"name", "kind", "fixed"}
        surplus = sorted(key for key in given if getattr(self, key) not in (None, type(self).model_fields[key].default))
        if self.fixed is not None and surplus:
            raise ValueError(f"a fixed part takes no {', '.join(surplus)}; remove it")
        if self.elements is not None and self.amount is None:
            raise ValueError("must have an amount: the sites per formula unit; write amount: 1")
        return self


class SynthesisChoice(Frozen):
    """How candidates are made.

    Attributes:
        route: Such as "solid_state", "sol_gel" or "co_precipitation".
        batch_mg: Mass of a batch, mg.
        precursors: Element -> name of its precursor, where the usual one of the route is not wanted.
        options: Further settings of the route.
    """

    route: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    batch_mg: Annotated[float, Field(gt=0, le=1e7, strict=True)]
    precursors: dict[str, str] = Field(default_factory=dict)
    options: dict[str, Cell] = Field(default_factory=dict)


class ObjectiveSpec(Frozen):
    """An objective as a mapping of its parts."""

    quantity: str
    goal: str
    value: Annotated[float, Field(strict=True)] | None = None


def _objective(given: Any) -> Any:
    if isinstance(given, str):
        parsed = Objective.parse(given)
        return {"quantity": parsed.quantity, "goal": parsed.goal, "value": parsed.value}
    return given


def _known(kind: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(str(UnknownNameError(kind, value, known)))


class SpaceSpec(Frozen):
    """A design space.

    Attributes:
        format: Version of this format.
        title: One line.
        description: What it is for, and why it is drawn as it is.
        working_ion: Ion that the electrode stores.
        role: "cathode" or "anode".
        family: Structural family, as in the data set.
        sublattices: In the order in which the formula is written.
        candidates: Instead: a table of candidates, column -> cells.
        conditions: Test conditions, column -> value in the unit of its name.
        objectives: What to strive for.
        constraints: What every candidate must meet.
        cost: Relative cost of one experiment.
        synthesis: How candidates are made.
    """

    format: Literal[1] = FORMAT
    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: str = ""
    working_ion: str | None = None
    role: str | None = None
    family: str | None = None
    sublattices: tuple[SublatticeSpec, ...] | None = Field(None, min_length=1)
    candidates: dict[str, tuple[str, ...]] | None = None
    conditions: dict[str, Cell] = Field(default_factory=dict)
    objectives: tuple[Annotated[ObjectiveSpec, BeforeValidator(_objective)], ...] = Field(min_length=1)
    constraints: tuple[str, ...] = ()
    cost: str | None = None
    synthesis: SynthesisChoice | None = None

    @field_validator("working_ion", "role", "family")
    @classmethod
    def _vocabulary(cls, value: str | None, info: Any) -> str | None:
        known = {"working_ion": WORKING_IONS, "role": ROLES, "family": FAMILIES}[info.field_name]
        if value is not None:
            _known(info.field_name.replace("_", " "), value, known)
        return value

    @field_validator("conditions")
    @classmethod
    def _known_conditions(cls, conditions: dict[str, Cell]) -> dict[str, Cell]:
        for name in conditions:
            if name in TOP_LEVEL:
                raise ValueError(f"{name} must stand at the top level, not under conditions; move it there")
            _known("condition", name, CONDITION_NAMES)
        return {name: cell if isinstance(cell, str | bool) else float(cell) for name, cell in conditions.items()}

    @field_validator("cost", mode="before")
    @classmethod
    def _cost_text(cls, cost: Any) -> Any:
        return f"{cost:.12g}" if isinstance(cost, int | float) and not isinstance(cost, bool) else cost

    @model_validator(mode="after")
    def _one_source(self) -> SpaceSpec:
        if (self.sublattices is None) == (self.candidates is None):
            raise ValueError("must have either sublattices or candidates; give one of them")
        if self.sublattices is not None:
            missing = [key for key in ("working_ion", "role", "family") if getattr(self, key) is None]
            if missing:
                raise ValueError(f"must have {', '.join(missing)}; add {missing[0]}: ... at the top level")
        return self
