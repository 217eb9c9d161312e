"""Design spaces: which candidates there are, under which conditions, what is wanted of them and what they must meet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.objective import Objective, axes
from hemml.active.space.conditions import conditions_frame
from hemml.active.space.constraint import Constraint, Cost
from hemml.active.space.numbers import rank_array, stratified
from hemml.active.space.quantities import CHARGE_BALANCED, PREDICTED, columns_of, descriptor_names, element_of
from hemml.active.space.reading import checked, read_json, read_yaml
from hemml.active.space.reads_back import check_reading
from hemml.active.space.spec import TOP_LEVEL, SpaceSpec, SynthesisChoice
from hemml.active.space.table import CandidateTable, candidate_table, read_candidates
from hemml.active.space.template import Template, parts_of
from hemml.arrays import FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.errors import ConfigError, InputError, UnknownNameError

_CSV: Final = ".csv"


@dataclass(frozen=True, eq=False)
class DesignSpace:
    """A design space; every candidate has a rank, a whole number from 0 to size - 1.

    Attributes:
        spec: What the file says.
        owner: What messages call it.
        lattice: Its candidates.
        objectives: What to strive for.
        constraints: What every candidate must meet.
        cost: Relative cost of one experiment; None: all cost the same.
    """

    spec: SpaceSpec
    owner: str
    lattice: Template | CandidateTable
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    cost: Cost | None

    @classmethod
    def load(cls, path: Path | str, objectives: Sequence[Objective] | None = None) -> DesignSpace:
        """Read a space and check all of it.

        Args:
            path: A YAML file, or a CSV file of candidates with the columns formula, working_ion, role and any other
                test conditions.
            objectives: What to strive for, in the place of what the file says; needed for a CSV file.

        Raises:
            InputError: Something in it cannot be used; the message names file and key.
        """
        path = Path(path)
        owner = f"design space {path.name}"
        lines = None
        if path.suffix.lower() == _CSV:
            if not objectives:
                raise ConfigError(f"{owner}: a table of candidates needs objectives, got none; give capacity_mAh_g:max")
            raw: dict[str, Any] = {"title": path.stem, "objectives": []}
            raw["candidates"], lines = read_candidates(path)
        else:
            raw = read_yaml(path)
            if isinstance(raw.get("candidates"), str):
                raw["candidates"], lines = read_candidates(path.parent / raw["candidates"])
        if objectives:
            raw["objectives"] = [str(objective) for objective in objectives]
        return cls._made(checked(raw, owner), owner, lines)

    @classmethod
    def from_json(cls, text: str) -> DesignSpace:
        """Read what `to_json` wrote.

        Raises:
            InputError: It cannot be used.
        """
        spec = checked(read_json(text, "design space"), "design space")
        return cls._made(spec, f"design space {spec.title!r}", None)

    @classmethod
    def _made(cls, spec: SpaceSpec, owner: str, lines: Sequence[int] | None) -> DesignSpace:
        top = {str(column): getattr(spec, str(column)) for column in TOP_LEVEL}
        conditions = {**top, **spec.conditions}
        lattice: Template | CandidateTable
        if spec.sublattices is None:
            conditions_frame(conditions, owner)
            lattice = candidate_table(spec.candidates or {}, conditions, f"{owner}, candidates", lines)
        else:
            parts = parts_of(spec.sublattices, owner)
            lattice = Template(parts, spec.working_ion or "", conditions_frame(conditions, owner))
            check_reading(lattice, owner)
        try:
            objectives = tuple(Objective(one.quantity, one.goal, one.value) for one in spec.objectives)
            _check_objectives(objectives)
            constraints = tuple(Constraint(text) for text in spec.constraints)
            cost = None if spec.cost is None else Cost(spec.cost)
            for constraint in constraints:
                _check_elements(constraint, lattice.elements)
            if cost is not None:
                _check_elements(cost, lattice.elements)
        except InputError as err:
            raise ConfigError(f"{owner}: {err}") from err
        return cls(spec, owner, lattice, objectives, constraints, cost)

    def to_json(self) -> str:
        """The space as canonical JSON, a table of candidates included."""
        spec = self.spec.model_dump(mode="json", exclude_defaults=True, exclude={"format"})
        return json.dumps({"format": self.spec.format, **spec}, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def title(self) -> str:
        """Its title."""
        return self.spec.title

    @property
    def synthesis(self) -> SynthesisChoice | None:
        """How candidates are made; None where the file does not say."""
        return self.spec.synthesis

    @property
    def is_table(self) -> bool:
        """Whether it is a table of candidates rather than a lattice."""
        return isinstance(self.lattice, CandidateTable)

    @cached_property
    def size(self) -> int:
        """Exact number of candidates, before any constraint."""
        return self.lattice.size

    @property
    def elements(self) -> tuple[str, ...]:
        """Every element that a candidate can hold, by atomic number."""
        return self.lattice.elements

    def ranks(self, values: Sequence[int] | IntArray) -> IntArray:
        """Ranks as an array of the space's type, checked.

        Raises:
            InputError: One is not from 0 to size - 1.
        """
        array = rank_array(values, self.size)
        bad = (array < 0) | (array >= self.size)
        if bad.any():
            raise InputError(f"{self.owner}: ranks must be from 0 to {self.size - 1}, got {array[bad][0]}")
        return array

    def batch(self, ranks: Sequence[int] | IntArray) -> CompositionBatch:
        """Compositions of n ranks."""
        return self.lattice.batch(self.ranks(ranks))

    def formulas(self, ranks: Sequence[int] | IntArray) -> list[str]:
        """Formulas of n ranks."""
        return self.lattice.formulas(self.ranks(ranks))

    def candidates(self, ranks: Sequence[int] | IntArray) -> Candidates:
        """The candidates of n ranks.

        Raises:
            InputError: A rank is not from 0 to size - 1.
        """
        checked_ranks = self.ranks(ranks)
        lattice = self.lattice
        return Candidates(
            checked_ranks, lattice.batch(checked_ranks), lattice.conditions_of(checked_ranks), self.formulas
        )

    def sample(self, count: int, rng: np.random.Generator) -> IntArray:
        """Distinct ranks at random, one from each of `count` equal parts of the space, rising; all if there are fewer.

        Args:
            count: How many.
            rng: Source of randomness.
        """
        if count < 1:
            raise InputError(f"{self.owner}: a sample must have at least one candidate, got {count}; ask for more")
        if count >= self.size:
            return np.arange(self.size, dtype=np.int64)
        return stratified(self.size, count, rng)

    def neighbours(self, ranks: Sequence[int] | IntArray) -> IntArray:
        """Ranks of all candidates one change away from any of n given ones, rising, without these.

        A change moves one step between two elements of a sublattice, exchanges two elements, or moves an amount by one
        step. A table of candidates has no neighbours.
        """
        return self.lattice.neighbours(self.ranks(ranks))

    def rank_of(self, batch: CompositionBatch) -> IntArray:
        """Ranks (n,) of n compositions, -1 where one is not a candidate of the space.

        Compositions are compared sublattice by sublattice, so read formulas with the working ion of the space.
        """
        return self.lattice.rank_of(batch)

    def costs(self, candidates: Candidates) -> FloatArray | None:
        """Relative cost of an experiment with each of n candidates, (n,); None where all cost the same.

        Raises:
            InputError: A cost is not positive.
        """
        if self.cost is None:
            return None
        return self.cost.of(columns_of(self.cost.names, candidates.batch), len(candidates))


def _check_objectives(objectives: Sequence[Objective]) -> None:
    known = (*PREDICTED, *descriptor_names())
    for objective in objectives:
        if objective.quantity == CHARGE_BALANCED:
            raise InputError(f"{CHARGE_BALANCED} is true or false: write it as a constraint, not as an objective")
        if objective.quantity not in known:
            raise UnknownNameError("quantity of an objective", objective.quantity, known)
    texts = [str(objective) for objective in objectives]
    for text in texts:
        if texts.count(text) > 1:
            raise InputError(f"objectives must differ, got {text} twice; remove one")
    improved = [objective.quantity for objective in axes(objectives)]
    if not improved:
        raise InputError(
            f"objectives must have one to improve on (max, min or target), got only limits: {', '.join(texts)}; add one"
        )
    for quantity in improved:
        if improved.count(quantity) > 1:
            raise InputError(f"objectives must improve on {quantity} in one way, got two; keep one of them")


def _check_elements(expression: Constraint | Cost, elements: Sequence[str]) -> None:
    for name in expression.names:
        element = element_of(name)
        if element is not None and element not in elements:
            raise UnknownNameError(f"element of {name} in {expression.text!r}", element, elements)
