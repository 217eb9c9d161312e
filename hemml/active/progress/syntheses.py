"""How often a single phase was made, against the probability that was predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hemml.active.beliefs import SINGLE_PHASE

if TYPE_CHECKING:
    from hemml.active.store import CampaignState


@dataclass(frozen=True)
class Synthesis:
    """One experiment whose synthesis has an outcome; `probability` is None where none was predicted."""

    experiment: str
    is_single_phase: bool
    probability: float | None


@dataclass(frozen=True)
class Syntheses:
    """All syntheses with an outcome.

    Attributes:
        each: In the order in which the experiments began.
        single_phase: How many gave a single phase.
        predicted: Number with a predicted probability.
        predicted_single_phase: How many of these gave a single phase.
        expected_single_phase: How many of these should have: the sum of the probabilities.
        brier: Mean squared difference of probability and outcome, 0 at best; None where none was predicted.
            Source: Brier, Mon. Weather Rev. 1950, 78, 1, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """

    each: tuple[Synthesis, ...]
    single_phase: int
    predicted: int
    predicted_single_phase: int
    expected_single_phase: float
    brier: float | None


def syntheses_of(state: CampaignState) -> Syntheses:
    """Outcomes so far."""
    each = []
    for one in state.experiments.values():
        outcome = one.gave_single_phase
        if outcome is not None:
            each.append(Synthesis(one.id, outcome, one.proposal.get("probabilities", {}).get(SINGLE_PHASE)))
    told = [(one.is_single_phase, one.probability) for one in each if one.probability is not None]
    return Syntheses(
        tuple(each),
        sum(one.is_single_phase for one in each),
        len(told),
        sum(outcome for outcome, _ in told),
        math.fsum(probability for _, probability in told),
        math.fsum((probability - outcome) ** 2 for outcome, probability in told) / len(told) if told else None,
    )
