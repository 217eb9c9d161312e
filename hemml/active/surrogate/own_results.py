"""What a campaign believes that starts from nothing but descriptors and its own results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured, Surrogate
from hemml.active.surrogate.outcomes import descriptors_of, parts_of
from hemml.active.surrogate.with_descriptors import WithDescriptors
from hemml.arrays import BoolArray
from hemml.columns import Column

if TYPE_CHECKING:
    from hemml.active.candidates import Candidates

_NOISE_SHARE: Final = 0.1  # variance of a measurement's noise as a share of all variance, where no bundle tells


def own_results_surrogate(candidates: Candidates, measured: Measured, objectives: Sequence[Objective]) -> Surrogate:
    """Learn what can be measured, and compute what formulas decide.

    Of a quantity without any result not even the scale is known. Its utility is then taken as about 0 give or take 1,
    whatever its goal: the first batch spreads out, and a limit is met as likely as not.

    Args:
        candidates: Experiments among them, n rows.
        measured: Results of the q objectives.
        objectives: The q objectives.

    Raises:
        InputError: A descriptor among the objectives does not apply to a candidate.
    """
    from hemml.active.surrogate.columns import PoolColumns
    from hemml.active.surrogate.pool import PoolSurrogate

    goals = tuple(objectives)
    is_learned = np.array([bool(parts_of(one.quantity)) for one in goals], dtype=bool)
    told = is_told(measured, goals)
    learned = tuple(
        one if has else Objective(one.quantity, "max")
        for one, has, wanted in zip(goals, told, is_learned, strict=True)
        if wanted
    )
    is_cathode = candidates.conditions[Column.ROLE].to_numpy(dtype=object) == "cathode"
    columns = PoolColumns.of(candidates.batch, is_cathode, candidates.conditions)
    surrogate = PoolSurrogate.fit(
        columns, Measured(measured.rows, measured.values[is_learned]), learned, noise_share=_NOISE_SHARE
    )
    if is_learned.all():
        return surrogate
    values = descriptors_of(goals, candidates.batch)
    exact = np.stack([one.utility(values[one.quantity]) for one in goals if one.quantity in values])
    return WithDescriptors(surrogate, is_learned, exact)


def is_told(measured: Measured, objectives: Sequence[Objective]) -> BoolArray:
    """Which of q objectives something is known of: a result, or a formula that decides them, (q,)."""
    results = np.isfinite(measured.values).any(axis=1)
    computed = [not parts_of(one.quantity) for one in objectives]
    return np.asarray(results | np.array(computed, dtype=bool), dtype=bool)
