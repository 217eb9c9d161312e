"""Greedy choice of a batch by one of the rules, each experiment as if those before it had their sampled results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.active.acquisition.fronts import Front
from hemml.active.acquisition.rules import (
    Exploration,
    Improvement,
    Probability,
    Rule,
    Shortlisted,
    Thompson,
    UpperBound,
)
from hemml.active.acquisition.settings import AcquisitionSettings
from hemml.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Picks:
    """Places on the shortlist in the order of choice, with logarithms of values, and by which rule."""

    places: IntArray
    values: FloatArray
    probability: FloatArray
    rules: tuple[str, ...]


def pick(
    name: str, listed: Shortlisted, front: Front, size: int, settings: AcquisitionSettings, rng: np.random.Generator
) -> Picks:
    """Greedily, one after another; by exploration where the rule sees nothing to gain."""
    rule = _rule(name, listed, settings, rng)
    fallback: Rule | None = None
    free = np.ones(len(listed.log_factor), dtype=bool)
    places: list[int] = []
    values: list[float] = []
    probability: list[float] = []
    rules: list[str] = []
    for _ in range(size):
        used = name
        place, value = rule.best(free, front)
        if value == -np.inf and name != "exploration":
            fallback = fallback or Exploration(listed, tuple(places))
            used = "exploration"
            place, value = fallback.best(free, front)
        if value == -np.inf:
            used = "probability"  # no variance is left either
            place, value = Probability(listed.log_factor).best(free, front)
        point = listed.samples[:, :, place : place + 1]
        gains = front.gains(point)
        probability.append(float(gains.mean() if name == "probability" else (gains > 0).mean()))
        places.append(place)
        values.append(value)
        rules.append(used)
        free[place] = False
        front = front.with_points(point)
        rule.take(place)
        if fallback is not None:
            fallback.take(place)
    return Picks(np.array(places, dtype=np.int64), np.array(values), np.array(probability), tuple(rules))


def _rule(name: str, listed: Shortlisted, settings: AcquisitionSettings, rng: np.random.Generator) -> Rule:
    """The rule of this name."""
    if name == "ucb":
        return UpperBound(listed, settings.beta, rng)
    if name == "thompson":
        return Thompson(listed, rng)
    if name == "exploration":
        return Exploration(listed)
    if not listed.samples.shape[1]:
        return Probability(listed.log_factor)
    return Improvement(listed)
