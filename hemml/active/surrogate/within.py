"""Probabilities that measurements keep within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hemml.active.objective import Objective
from hemml.active.surrogate.outcomes import Outcomes, parts_of
from hemml.active.surrogate.prior import Prior
from hemml.arrays import FloatArray
from hemml.errors import InputError


def probability_within(prior: Prior, outcomes: Outcomes, limits: Sequence[Objective]) -> FloatArray:
    """Probability that a measurement keeps within each limit, multiplied, (n,).

    Of targets by the calibrated distribution of errors about the corrected prediction, of products of targets by a
    Gaussian with the right mean and deviation, of descriptors 0 or 1.

    Args:
        prior: Of n candidates.
        outcomes: Beliefs of the targets.
        limits: Objectives with the goals at_least and at_most.

    Raises:
        InputError: An objective is no limit, or its quantity was not fitted.
    """
    out = np.ones(len(prior))
    for limit in limits:
        if not limit.is_limit or limit.value is None:
            raise InputError(f"limit {limit}: goal must be at_least or at_most, got {limit.goal}")
        parts = parts_of(limit.quantity)
        if any(part not in outcomes.beliefs for part in parts) or not (parts or limit.quantity in outcomes.descriptors):
            raise InputError(f"limit {limit}: its quantity must be among the objectives that were fitted; fit with it")
        if len(parts) == 1:
            belief, target = outcomes.beliefs[parts[0]], prior.targets[parts[0]]
            above = target.bundle.calibration.probability_above(limit.value, belief.mean, belief.spread / target.width)
            out *= above if limit.goal == "at_least" else 1.0 - above
        elif parts:
            out *= _gaussian(outcomes, limit)
        else:
            out *= limit.utility(outcomes.descriptors[limit.quantity]) >= 0
    return out


def _gaussian(outcomes: Outcomes, limit: Objective) -> FloatArray:
    from scipy.special import ndtr

    measured = {target: replace(belief, sd=belief.spread) for target, belief in outcomes.beliefs.items()}
    mean, sd = replace(outcomes, objectives=(limit,), beliefs=measured).moments
    return np.asarray(ndtr(mean[0] / sd[0]), dtype=np.float64)
