"""From what is believed of a situation to proposals: the choice, and all that is needed to carry it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.active.acquisition import AcquisitionSettings, Chosen, choose_batch
from hemml.active.beliefs import Beliefs, is_limit
from hemml.active.candidates import Candidates
from hemml.active.objective import Objective, axes
from hemml.active.predicting import predicted_of
from hemml.active.proposal import Proposal
from hemml.active.situation import Situation, measured_value
from hemml.active.surrogate.own_results import is_told
from hemml.active.synthesis import RecipeSettings, recipe_or_reason
from hemml.active.why import Gain, why
from hemml.columns import CONDITION_COLUMNS, TARGETS
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.starting_models import StartingModels
    from hemml.active.store import Experiment

SHOWN: Final = (
    "S_config_cation_R",
    "n_components",
    "radius_mismatch_pct",
    "electronegativity_spread_pauling",
    "jahn_teller_fraction",
    "pinning_fraction",
    "inactive_fraction",
    "mean_oxidation_state",
    "theoretical_capacity_mAh_g",
    "redox_potential_V",
    "cost_usd_per_kg",
    "supply_risk_hhi",
)
_NEW: Final = "new"  # the store gives the id
_COLUMNS: Final = {str(target): target for target in TARGETS}


@dataclass(frozen=True)
class Batch:
    """What is proposed, and on what ground.

    Attributes:
        proposals: In the order of choice.
        model: Which surrogate, and by which log score.
        note: What else is to be known of the choice, "" where nothing.
    """

    proposals: tuple[Proposal, ...]
    model: str
    note: str


def propose(
    space: DesignSpace,
    situation: Situation,
    beliefs: Beliefs,
    models: StartingModels,
    size: int,
    settings: AcquisitionSettings,
    rng: np.random.Generator,
    *,
    level: float = 0.9,
) -> Batch:
    """Choose experiments and describe them.

    Args:
        space: The design space.
        situation: Candidates and experiments.
        beliefs: What is believed of them.
        models: What the campaign started from.
        size: Number of experiments.
        settings: How to choose.
        rng: All randomness comes from here.
        level: Of the intervals.

    Raises:
        InputError: No candidate is left.
    """
    if not situation.allowed.any():
        raise InputError(
            f"campaign: at least one candidate must be left to propose, got none: all {len(situation.lattice):,} that "
            "it weighs were proposed, measured or failed; skip or withdraw some, or begin a campaign on a wider space"
        )
    chosen = choose_batch(
        beliefs.surrogate,
        situation.known,
        situation.pending,
        situation.allowed,
        size,
        settings,
        rng,
        log_weight=beliefs.log_weight,
        cost=space.costs(situation.candidates),
        limit=is_limit(space.objectives),
    )
    candidates = situation.candidates[chosen.rows]
    formulas = candidates.write(candidates.ranks)
    predicted, nearest = predicted_of(
        space.objectives, beliefs, situation.measured, candidates, chosen.rows, models.predictor, level
    )
    descriptors = _descriptors(space, candidates)
    best = best_so_far(space.objectives, situation.experiments)
    seen = {symbol for one in situation.experiments if one.values for symbol in _cations(one.formula, space)}
    proposals = []
    for place, (row, formula) in enumerate(zip(chosen.rows.tolist(), formulas, strict=True)):
        probabilities = {name: float(values[row]) for name, values in beliefs.probabilities.items()}
        recipe, no_recipe = recipe_or_reason(formula, space.spec.family, recipe_settings(space))
        proposals.append(
            Proposal(
                id=_NEW,
                formula=formula,
                rank=int(candidates.ranks[place]),
                predicted=predicted[place],
                acquisition=float(chosen.values[place]),
                probabilities=probabilities,
                why=why(
                    _gain(chosen, place, space.objectives, situation, models),
                    _said(space.objectives),
                    predicted[place],
                    {str(target): target.label.lower() for target in TARGETS},
                    best,
                    elements=_cations(formula, space),
                    measured_elements=seen,
                    probabilities=probabilities,
                ),
                nearest=nearest[place],
                descriptors=descriptors[place],
                conditions=_conditions(candidates, place),
                recipe=recipe,
                no_recipe=no_recipe,
            )
        )
    return Batch(tuple(proposals), beliefs.surrogate.description, chosen.note)


def stored(proposal: Proposal, model: str) -> dict[str, Any]:
    """A proposal as the campaign's file takes it, which gives the id."""
    about = proposal.to_json()
    del about["id"]
    # the conditions are the campaign's; only others belong into an experiment
    return {**about, "tested_under": about.pop("conditions"), "model": model}


def proposal_of(about: Mapping[str, Any]) -> Proposal:
    """The proposal that an experiment of a campaign's state began with.

    Raises:
        InputError: It is none that this hemml wrote.
    """
    plain = {name: value for name, value in about.items() if name not in ("key", "model", "tested_under", "conditions")}
    return Proposal.from_json({**plain, "conditions": about.get("tested_under", {})}, f"proposal {about.get('id')}")


def recipe_settings(space: DesignSpace) -> RecipeSettings:
    """How candidates of a space are made.

    Raises:
        ConfigError: The synthesis block of the space cannot be used.
    """
    how = space.synthesis
    if how is None:
        return RecipeSettings()
    return RecipeSettings.from_parts(how.route, how.batch_mg, how.precursors, how.options)


def best_so_far(objectives: Sequence[Objective], experiments: Sequence[Experiment]) -> dict[str, float]:
    """Best measured value of each quantity that is to be improved on."""
    found = {}
    for objective in axes(objectives):
        values = np.array([measured_value(one, objective.quantity) for one in experiments])
        values = values[np.isfinite(values)]
        if len(values):
            found[objective.quantity] = float(values[np.argmax(objective.utility(values))])
    return found


def _descriptors(space: DesignSpace, candidates: Candidates) -> list[dict[str, float | None]]:
    from hemml.features import FeatureSet

    known = FeatureSet.default().names
    extra = [one.quantity for one in space.objectives] + [name for one in space.constraints for name in one.names]
    names = tuple(dict.fromkeys((*SHOWN, *(name for name in extra if name in known))))
    values = FeatureSet.default(names).compute(candidates.batch)
    return [
        {name: float(value) if np.isfinite(value) else None for name, value in zip(names, row, strict=True)}
        for row in values
    ]


def _conditions(candidates: Candidates, place: int) -> dict[str, str | int | float | bool | None]:
    """Stated test conditions of one candidate, as plain values."""
    row = candidates.conditions.iloc[place]
    found: dict[str, str | int | float | bool | None] = {}
    for column in CONDITION_COLUMNS:
        cell = row.get(str(column))
        cell = cell.item() if isinstance(cell, np.generic) else cell
        # NaN, an empty text and a flag that is not set state nothing
        if cell is not None and cell == cell and cell != "" and cell is not False:
            found[str(column)] = cell
    return found


def _said(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Each quantity once: a limit on one that is improved on is told by its probability."""
    improved = {one.quantity for one in axes(objectives)}
    return tuple(one for one in objectives if not (one.is_limit and one.quantity in improved))


def _gain(
    chosen: Chosen, place: int, objectives: Sequence[Objective], situation: Situation, models: StartingModels
) -> Gain:
    improved, rule = axes(objectives), chosen.acquisition[place]
    unit = _COLUMNS[improved[0].quantity].unit if improved[0].quantity in _COLUMNS else ""
    told = is_told(situation.measured, objectives) | is_limit(tuple(objectives))
    if models.predictor is None and not told.all():
        return Gain("exploration")  # without a scale there is no size to state
    if rule in ("ei", "nehvi") and not len(situation.known):
        return Gain("start")
    if rule == "ei":
        return Gain("improvement", float(chosen.improvement[place, 0]), unit)
    if rule == "ucb":
        return Gain("bound")
    if rule == "thompson":
        return Gain("sample")
    if rule == "exploration":
        return Gain("exploration", float(chosen.sd[place, 0]), unit) if len(improved) == 1 else Gain("exploration")
    return Gain("probability", float(chosen.probability[place]))


def _cations(formula: str, space: DesignSpace) -> frozenset[str]:
    from hemml.composition import Material

    material = Material.parse(formula, space.spec.working_ion)
    return frozenset(
        symbol for kind in ("cation", "alloy") for sublattice in material.of_kind(kind) for symbol in sublattice.amounts
    )
