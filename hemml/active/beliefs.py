"""What a campaign believes of its candidates: a surrogate fitted to its results, and whether an experiment counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.acquisition import probability_within
from hemml.active.objective import Objective, limits
from hemml.active.situation import Situation, measured_value
from hemml.active.store.cells import columns_to_measure
from hemml.active.surrogate import Surrogate
from hemml.active.surrogate.own_results import is_told, own_results_surrogate
from hemml.active.surrogate.prior import Prior
from hemml.active.surrogate.prior_surrogate import PriorSurrogate
from hemml.arrays import BoolArray, FloatArray
from hemml.columns import TARGETS

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.starting_models import StartingModels
    from hemml.active.store import CampaignState
    from hemml.models.single_phase import SinglePhase

LIMITS_MET: Final = "limits_met"
SINGLE_PHASE: Final = "single_phase"
IN_DOMAIN: Final = "in_domain"


@dataclass(frozen=True, eq=False)
class Beliefs:
    """n rows of a `Situation`.

    Attributes:
        surrogate: Predicts the utilities of all objectives, limits included.
        log_weight: Log of the probability that an experiment counts, limits apart (the acquisition knows them), (n,).
        probabilities: Of each reason why it might not count, limits included, each (n,).
    """

    surrogate: Surrogate
    log_weight: FloatArray
    probabilities: Mapping[str, FloatArray]


def beliefs_of(
    space: DesignSpace, situation: Situation, state: CampaignState, models: StartingModels, cache: Path | None = None
) -> Beliefs:
    """Fit what is believed to the results so far.

    Args:
        space: The design space.
        situation: Candidates and experiments.
        state: Of the campaign.
        models: What the campaign starts from.
        cache: File for what the bundles say of the candidates, made where it is missing; None: computed anew.
    """
    objectives = space.objectives
    probabilities: dict[str, FloatArray] = {}
    surrogate: Surrogate
    if models.predictor is None:
        surrogate = own_results_surrogate(situation.candidates, situation.measured, objectives)
        log_domain = np.zeros(len(situation.candidates))
    else:
        prior = _prior(situation, models, objectives, cache)
        results = {
            str(column): np.array([measured_value(one, str(column)) for one in situation.experiments])
            for column in columns_to_measure(objectives)
        }
        informed = PriorSurrogate.fit(
            prior, situation.measured, objectives, results=results, conditions=situation.candidates.conditions
        )
        log_domain = informed.domain_log_weight
        surrogate = informed
        probabilities[IN_DOMAIN] = np.exp(log_domain)
    phases = updated_phases(models.phases, space, state).probability(situation.candidates.batch)
    probabilities[SINGLE_PHASE] = phases
    met = _limits_met(surrogate, situation, objectives)
    if met is not None:
        probabilities[LIMITS_MET] = met
    return Beliefs(surrogate, log_domain + np.log(phases), probabilities)


def updated_phases(phases: SinglePhase, space: DesignSpace, state: CampaignState) -> SinglePhase:
    """The single-phase model with the campaign's own syntheses."""
    from hemml.composition import CompositionBatch

    outcomes = {one.id: one.gave_single_phase for one in state.experiments.values()}
    told = [identifier for identifier, outcome in outcomes.items() if outcome is not None]
    if not told:
        return phases
    batch = CompositionBatch.from_formulas([state.experiments[one].formula for one in told], space.spec.working_ion)
    return phases.updated(batch, np.array([outcomes[one] for one in told], dtype=bool))


def is_limit(objectives: tuple[Objective, ...]) -> BoolArray:
    """Which of q objectives are limits, (q,)."""
    return np.array([one.is_limit for one in objectives], dtype=bool)


def _prior(
    situation: Situation, models: StartingModels, objectives: tuple[Objective, ...], cache: Path | None
) -> Prior:
    """What the bundles say of all rows; that of the candidates in reach, which never change, is kept in a file."""
    from hemml.active.surrogate.prior_cache import cached_prior

    assert models.predictor is not None  # noqa: S101 - the caller looked
    needed = columns_to_measure(objectives)
    targets = tuple(target for target in TARGETS if target in needed)
    if cache is None:
        return Prior.of(models.predictor, situation.candidates, targets)
    kept = cached_prior(cache, models.predictor, situation.lattice, targets)
    rest = situation.candidates[len(situation.lattice) :]
    if not len(rest):
        return kept
    return kept.joined(Prior.of(models.predictor, rest, targets), situation.candidates.batch)


def _limits_met(surrogate: Surrogate, situation: Situation, objectives: tuple[Objective, ...]) -> FloatArray | None:
    """Probability that all limits are kept, (n,), as far as anything is known; None: there is nothing to say."""
    if isinstance(surrogate, PriorSurrogate):
        return surrogate.probability_within(limits(objectives)) if limits(objectives) else None
    chosen = is_limit(objectives) & is_told(situation.measured, objectives)
    if not chosen.any():
        return None
    mean, sd = surrogate.marginals()
    return np.asarray(probability_within(mean[chosen], sd[chosen], 0.0).prod(axis=0))
