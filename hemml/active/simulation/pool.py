"""Pools: tables of electrodes whose outcomes are known, from which a simulated campaign picks its experiments."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.objective import Objective
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.columns import CONDITION_COLUMNS, Column
from hemml.errors import DataError, InputError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from hemml.data import Problem, RawTable

_REQUIRED: Final = (Column.FORMULA, Column.WORKING_ION, Column.ROLE)
_SHOWN: Final = 10


@dataclass(frozen=True)
class _Written:
    """The formulas as the table has them; a class of its own because a pool is sent to other processes."""

    formulas: tuple[str, ...]

    def __call__(self, ranks: IntArray) -> list[str]:
        return [self.formulas[int(rank)] for rank in ranks]


@dataclass(frozen=True, eq=False)
class Pool:
    """n electrodes with known outcomes of q objectives.

    Attributes:
        name: What figures and tables call it.
        candidates: Compositions and test conditions, without any measured value.
        objectives: What a campaign on it improves; no limits.
        outcomes: Values in the quantities' units, (q, n).
        left_out: Rows of the table that lack an objective.
    """

    name: str
    candidates: Candidates
    objectives: tuple[Objective, ...]
    outcomes: FloatArray
    left_out: int = 0

    def __post_init__(self) -> None:
        """Check what every metric needs: finite outcomes, and a best and a worst row for each objective."""
        check_objectives(self.objectives)
        if self.outcomes.shape != (len(self.objectives), len(self.candidates)):
            raise InputError(
                f"pool {self.name}: outcomes must be {len(self.objectives)} objectives x {len(self.candidates)} rows, "
                f"got {self.outcomes.shape}; pass one row an objective"
            )
        if not np.isfinite(self.outcomes).all():
            raise InputError(f"pool {self.name}: outcomes must be finite; leave rows without an outcome out")
        for objective, utility in zip(self.objectives, self.utilities, strict=True):
            if len(utility) < 2 or utility.min() == utility.max():
                raise InputError(
                    f"pool {self.name}: {objective} must differ between at least two rows, got "
                    f"{len(np.unique(utility))} distinct in {len(utility)} rows; give a pool in which it varies"
                )

    def __len__(self) -> int:
        return len(self.candidates)

    @cached_property
    def utilities(self) -> FloatArray:
        """Larger is better, (q, n)."""
        return np.stack([goal.utility(row) for goal, row in zip(self.objectives, self.outcomes, strict=True)])

    def measure(self, rows: IntArray) -> FloatArray:
        """The outcomes of some rows, (q, len(rows)): the only way by which a simulated campaign learns of them."""
        return self.outcomes[:, rows]

    @cached_property
    def sha256(self) -> str:
        """Hash of formulas, outcomes and objectives: orders found on another pool are of no use for this one."""
        text = "\n".join([*map(str, self.objectives), *self.candidates.formulas])
        return hashlib.sha256(text.encode() + np.ascontiguousarray(self.outcomes).tobytes()).hexdigest()


def read_pool(path: Path | str, objectives: Sequence[Objective], *, name: str = "") -> Pool:
    """Read a CSV file with formula, working_ion, role, the objectives' columns and, optionally, test conditions.

    Rows that lack an objective are left out and counted. Columns that are neither an objective nor a test condition are
    not read, so that nothing measured reaches a strategy by another way.

    Args:
        path: A comma-separated UTF-8 file.
        objectives: What to improve on; each quantity is a column of the file.
        name: What to call the pool; by default the file's name.

    Raises:
        InputError: The objectives cannot be simulated.
        UnknownNameError: An objective is no column of the file.
        DataError: The file cannot be read or has errors; `problems` then holds all of them.
    """
    from hemml.data import RULES, TableKind, read_table, validate
    from hemml.data.problems import errors_of

    check_objectives(objectives)
    raw = read_table(path)
    for objective in objectives:
        if objective.quantity not in raw.frame.columns:
            raise UnknownNameError("column of the pool", objective.quantity, _number_columns(raw.frame))
    kind = TableKind("pool", _REQUIRED, measured=False, extra_columns=True)
    sought = {objective.quantity for objective in objectives}
    kept = [c for c in (*_REQUIRED, *CONDITION_COLUMNS) if c in raw.frame.columns and c not in sought]
    described = raw.frame[list(dict.fromkeys(str(column.value) for column in kept if column in RULES))]
    problems = [*raw.problems, *validate(described, lines=raw.lines, kind=kind)]
    outcomes, wrong = _outcomes(raw, objectives)
    problems += wrong
    if errors := errors_of(problems):
        shown = [f"  {problem}" for problem in errors[:_SHOWN]]
        more = [f"  and {len(errors) - _SHOWN} more"] if len(errors) > _SHOWN else []
        head = f"pool {str(path)!r}: {len(errors)} errors; correct them or leave the rows out"
        raise DataError("\n".join([head, *shown, *more]), problems)
    use: BoolArray = np.asarray(np.isfinite(outcomes).all(axis=0))
    if use.sum() < 2:
        raise DataError(
            f"pool {str(path)!r}: must hold at least 2 rows with every objective, got {use.sum()} of {len(use)}; "
            f"fill {', '.join(sorted(sought))}"
        )
    frame = described.loc[use].reset_index(drop=True)
    return Pool(name or Path(path).stem, _candidates(frame), tuple(objectives), outcomes[:, use], int((~use).sum()))


def check_objectives(objectives: Sequence[Objective]) -> None:
    """Refuse what a simulation cannot judge.

    Raises:
        InputError: There is no objective, one is a limit, or two are of the same quantity.
    """
    if not objectives:
        raise InputError("objectives: at least one is needed, got none; give capacity_mAh_g:max, say")
    for objective in objectives:
        if objective.is_limit:
            raise InputError(
                f"objective {objective}: a simulation improves on max, min or target, got {objective.goal}; "
                "leave rows beyond the limit out of the pool instead"
            )
    quantities = [objective.quantity for objective in objectives]
    twice = sorted({quantity for quantity in quantities if quantities.count(quantity) > 1})
    if twice:
        raise InputError(f"objectives: each quantity once, got {', '.join(twice)} more than once; leave one out")


def _outcomes(raw: RawTable, objectives: Sequence[Objective]) -> tuple[FloatArray, list[Problem]]:
    """Values of the objectives, NaN where the cell is empty, (q, n), and the cells that are no number."""
    from hemml.data import Problem

    values = np.full((len(objectives), len(raw.frame)), np.nan)
    problems = []
    for k, objective in enumerate(objectives):
        for row, (cell, line) in enumerate(zip(raw.frame[objective.quantity], raw.lines, strict=True)):
            text = str(cell).strip()
            if not text:
                continue
            try:
                values[k, row] = float(text)
            except ValueError:
                values[k, row] = math.inf
            if not math.isfinite(values[k, row]):
                reason, remedy = "must be a finite number or empty", "write a number with a decimal point"
                problems.append(Problem(line, objective.quantity, text, reason, remedy))
    return values, problems


def _candidates(frame: pd.DataFrame) -> Candidates:
    from hemml.composition import CompositionBatch
    from hemml.data import typed

    formulas = [str(formula).strip() for formula in frame[Column.FORMULA.value]]
    ions = [str(ion).strip() or None for ion in frame[Column.WORKING_ION.value]]
    batch = CompositionBatch.from_formulas(formulas, ions)
    ranks = np.arange(len(frame), dtype=np.int64)
    return Candidates(ranks, batch, typed(frame), _Written(tuple(formulas)))


def _number_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that an objective may be of: those whose first filled cell is a number."""
    found = []
    for name in frame.columns:
        first = next((str(cell) for cell in frame[name] if str(cell).strip()), "")
        try:
            float(first)
        except ValueError:
            continue
        found.append(str(name))
    return found
