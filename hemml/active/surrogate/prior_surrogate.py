"""A surrogate that starts from the trained bundles and learns from the campaign's own results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.belief import Belief, Own
from hemml.active.surrogate.domain_weight import domain_log_weight
from hemml.active.surrogate.lab_belief import lab_belief
from hemml.active.surrogate.outcomes import ENERGY_PARTS, Outcomes, descriptors_of, parts_of
from hemml.active.surrogate.own_belief import own_belief
from hemml.active.surrogate.prior import Prior, TargetPrior
from hemml.active.surrogate.target_correlation import shrunk_correlation
from hemml.active.surrogate.within import probability_within
from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.columns import ENERGY_DENSITY, Column
from hemml.errors import InputError, UnknownNameError
from hemml.models.stated_window import window_of

if TYPE_CHECKING:
    import pandas as pd

LEAST_OWN: Final = 8
_ADVANTAGE: Final = 2.0  # log score by which a fitted process must win: it was fitted to the results that judge it


@dataclass(frozen=True, eq=False)
class PriorSurrogate:
    """Predicts utilities of q objectives at n candidates; made by `fit`.

    Attributes:
        prior: What the bundles say of the candidates.
        outcomes: From beliefs to utilities.
        measured: Candidates with an own result, (k,).
        about: For each target which model was chosen, and why.
    """

    prior: Prior
    outcomes: Outcomes
    measured: IntArray
    about: Mapping[Column, str]

    @classmethod
    def fit(
        cls,
        prior: Prior,
        measured: Measured,
        objectives: Sequence[Objective],
        *,
        results: Mapping[str, FloatArray] | None = None,
        conditions: pd.DataFrame | None = None,
    ) -> PriorSurrogate:
        """Learn from own results; without any it says what the bundles say.

        A result under other test conditions is a row of its own among the candidates. The bundle's belief moved as by
        own-lab rows is kept, target by target, until a process fitted to 8 own results or more predicts each of them
        from the others better, by a log score of 2 in all.

        Args:
            prior: Of n candidates.
            measured: Own results of the objectives; pending rows are NaN.
            objectives: What the campaign strives for, limits included if their margins are wanted.
            results: Own results of targets that are no objective themselves, such as the capacity and the voltage of
                an energy density: by target, (k,), NaN where not measured.
            conditions: Test conditions of the candidates, n rows; a stated window bounds their voltages.

        Raises:
            InputError: A position, a value or a shape does not fit.
            UnknownNameError: A quantity is unknown, or the prior has no bundle for it.
        """
        goals = tuple(objectives)
        own = _own_results(prior, measured, goals, results or {})
        descriptors = descriptors_of(goals, prior.batch)
        beliefs: dict[Column, Belief] = {}
        about: dict[Column, str] = {}
        left = np.full((len(own), len(measured.rows)), np.nan)
        for i, (target, values) in enumerate(own.items()):
            known = np.isfinite(values)
            scaled = _scaled(prior.targets[target], values[known])
            beliefs[target], about[target] = _chosen(
                prior.targets[target], prior.roles, Own(measured.rows[known], scaled)
            )
            left[i, known] = beliefs[target].left
        bounds = {} if conditions is None else {Column.VOLTAGE: window_of(conditions)}
        outcomes = Outcomes(goals, beliefs, tuple(own), shrunk_correlation(left), descriptors, bounds)
        any_known = np.isfinite(measured.values).any(axis=0)
        for values in own.values():
            any_known |= np.isfinite(values)
        return cls(prior, outcomes, np.unique(measured.rows[any_known]), about)

    def only(self, objectives: Sequence[Objective]) -> PriorSurrogate:
        """The same beliefs for some of the objectives, such as `axes(objectives)` without the limits.

        Raises:
            InputError: An objective is not among those that were fitted.
        """
        for objective in objectives:
            if objective not in self.outcomes.objectives:
                raise InputError(f"objective {objective}: must be one that was fitted; fit again with it")
        return replace(self, outcomes=replace(self.outcomes, objectives=tuple(objectives)))

    def marginals(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utilities by quadrature, each (q, n); skewed scales stay skewed."""
        return self.outcomes.moments

    def samples(self, rows: IntArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Joint samples of the true utilities, (count, q, len(rows)), from exact covariances.

        Costs the cube of len(rows): meant for shortlists of some thousand rows.
        """
        order = self.outcomes.order
        normal = rng.standard_normal((count, len(order), len(rows)))
        shared = np.einsum("ab,sbm->sam", np.linalg.cholesky(self.outcomes.correlation), normal)
        scaled = {target: self.outcomes.beliefs[target].draw(rows, shared[:, i]) for i, target in enumerate(order)}
        drawn = self.outcomes.utilities(rows, scaled)
        return np.broadcast_to(drawn, (count, *drawn.shape[1:])) if not order else drawn

    @property
    def description(self) -> str:
        """Which model was chosen for each target, and by which log score."""
        told = "; ".join(f"{target}: {about}" for target, about in self.about.items())
        return f"{told or 'descriptors alone'}."

    def values(self, target: Column) -> FloatArray:
        """Predictions of a target in its unit as `Predictor.predict` gives them, own results included, (n,)."""
        return self.outcomes.restored(target, self.outcomes.beliefs[target].mean)

    def difficulty(self, target: Column) -> FloatArray:
        """Likely size of their errors on the learning scale, for the bundle's calibration, (n,)."""
        return self.outcomes.beliefs[target].spread / self.prior.targets[target].width

    def probability_within(self, limits: Sequence[Objective]) -> FloatArray:
        """Probability that measurements keep within all limits, by the calibrated distributions, (n,).

        Raises:
            InputError: An objective is no limit, or was not fitted.
        """
        return probability_within(self.prior, self.outcomes, limits)

    @cached_property
    def domain_log_weight(self) -> FloatArray:
        """Log of a weight, 1 where published records or own results are near and falling outside, (n,)."""
        return domain_log_weight(self.prior, self.measured)


def _own_results(
    prior: Prior, measured: Measured, objectives: tuple[Objective, ...], results: Mapping[str, FloatArray]
) -> dict[Column, FloatArray]:
    """Own results of every target that an objective follows from, in its unit, NaN where not measured, each (k,)."""
    k = len(measured.rows)
    if measured.values.shape[0] != len(objectives):
        raise InputError(
            f"measured: values must be one row an objective ({len(objectives)}), got {measured.values.shape[0]} rows"
        )
    if k and measured.rows.max() >= len(prior):
        raise InputError(f"measured: rows must be below {len(prior)}, the candidates, got {measured.rows.max()}")
    needed = tuple(dict.fromkeys(part for objective in objectives for part in parts_of(objective.quantity)))
    if missing := [part for part in needed if part not in prior.targets]:
        raise UnknownNameError("target of the prior", str(missing[0]), [str(known) for known in prior.targets])
    found = {target: np.full(k, np.nan) for target in needed}
    given = [(o.quantity, row) for o, row in zip(objectives, measured.values, strict=True)]
    for name, values in (*given, *results.items()):
        values = np.asarray(values, dtype=np.float64)
        if values.shape != (k,):
            raise InputError(f"results {name}: must be one value a measured row ({k},), got shape {values.shape}")
        if name in found:
            target = parts_of(name)[0]
            found[target] = np.where(np.isnan(found[target]), values, found[target])
    for name, values in given:
        if name == ENERGY_DENSITY and any((np.isfinite(values) & np.isnan(found[part])).any() for part in ENERGY_PARTS):
            raise InputError(
                f"own results of {ENERGY_DENSITY} must come with the {' and the '.join(ENERGY_PARTS)} that they follow "
                "from; give both as results"
            )
    return found


def _scaled(prior: TargetPrior, values: FloatArray) -> FloatArray:
    """Measured values on the learning scale."""
    target = prior.target
    if (wrong := values[(values <= 0) if target.column is Column.CAPACITY else np.zeros(len(values), bool)]).size:
        raise InputError(f"own results of {target.column} must be positive, got {wrong[0]:g}; correct the result")
    return target.to_scale(values)


def _chosen(prior: TargetPrior, roles: StrArray, own: Own) -> tuple[Belief, str]:
    """The belief to use, and why."""
    lab = lab_belief(prior, roles, own)
    if not len(own):
        return lab, "the bundle, no own results yet"
    counted = f"{len(own)} own result{'s' if len(own) > 1 else ''}"
    score = f"mean log score {lab.log_scores.mean():.2f}"
    if len(own) < LEAST_OWN:
        return lab, f"{lab.name} ({counted}, {score})"
    process = own_belief(prior, own)
    wins = process.log_scores.sum() > lab.log_scores.sum() + _ADVANTAGE
    chosen, other = (process, lab) if wins else (lab, process)
    scores = f"mean log score {chosen.log_scores.mean():.2f} against {other.log_scores.mean():.2f} of {other.name}"
    return chosen, f"{chosen.name} ({counted}, {scores})"
