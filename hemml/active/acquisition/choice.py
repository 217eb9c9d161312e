"""Choice of the next batch of experiments among candidates, from what a surrogate predicts of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hemml.active.acquisition.checks import (
    check_factors,
    check_limits,
    check_marginals,
    check_rows,
    check_samples,
    open_rows,
)
from hemml.active.acquisition.fronts import Front, LimitFront, front_of, limits_met
from hemml.active.acquisition.greedy import pick
from hemml.active.acquisition.rules import Shortlisted
from hemml.active.acquisition.scale import Scale
from hemml.active.acquisition.settings import AcquisitionSettings
from hemml.active.acquisition.shortlist import shortlist
from hemml.active.acquisition.weights import log_probability_within
from hemml.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Chosen", "Predictor", "choose_batch"]


class Predictor(Protocol):
    """What is asked of a surrogate of q objectives and n candidates, measured and pending ones among them."""

    def marginals(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utility, each (q, n)."""
        ...

    def samples(self, rows: IntArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Joint samples of the true utility at rows, (count, q, len(rows))."""
        ...


@dataclass(frozen=True, eq=False)
class Chosen:
    """A batch in the order of choice; b experiments, q axes to improve on (limits apart).

    Attributes:
        rows: Their rows among the candidates, (b,).
        values: Value by the acquisition when chosen, weights and cost included, in units of the scaled axes, (b,).
        probability: Probability that it improves on all that is measured, pending and chosen before, (b,).
        weight: Probability that it counts at all (`log_weight` and limits), (b,).
        improvement: Expected improvement on the best measured, axis by axis, in utility units, (b, q).
        mean: Posterior means in utility units, (b, q).
        sd: Posterior standard deviations, (b, q).
        incumbent: Best posterior mean, axis by axis, of the measured rows that meet the limits more likely than not,
            (q,); where there are none, of all measured rows, and where nothing is measured, of the candidates.
        acquisition: Which rule chose each: "nehvi", or "exploration" where no improvement was in sight, (b,).
        note: What else is to be known of the choice, "" where nothing.
    """

    rows: IntArray
    values: FloatArray
    probability: FloatArray
    weight: FloatArray
    improvement: FloatArray
    mean: FloatArray
    sd: FloatArray
    incumbent: FloatArray
    acquisition: tuple[str, ...]
    note: str


def choose_batch(
    surrogate: Predictor,
    known: IntArray,
    pending: IntArray,
    allowed: BoolArray,
    size: int,
    settings: AcquisitionSettings,
    rng: np.random.Generator,
    *,
    log_weight: FloatArray | None = None,
    cost: FloatArray | None = None,
    limit: BoolArray | None = None,
) -> Chosen:
    """Choose the next experiments one by one, each as if the pending ones and those before it had sampled results.

    The result of a chosen or pending experiment counts in full, whatever its weight: if one fails, its like will too.
    Fewer than `size` are returned, with a note, where fewer may be chosen.

    Args:
        surrogate: Predicts utilities of q objectives at n candidates.
        known: Measured rows.
        pending: Proposed rows without a result yet.
        allowed: Rows that may be chosen, (n,); measured and pending ones are left out in any case.
        size: Number of experiments.
        settings: Rule, number of samples, shortlist.
        rng: All randomness comes from here.
        log_weight: Logarithm of the probability that a candidate counts at all (single phase, inside the domain, and
            limits the surrogate does not predict), (n,), 0 at most; minus infinity excludes it.
        cost: Of one experiment in any unit, above 0, (n,); values are per cost.
        limit: Which of the objectives are limits, whose utility is a margin: met where 0 or more, (q,). They weigh by
            their probability, and measured rows that do not meet them set no mark. If all are, that is all there is.

    Raises:
        InputError: An array does not fit, or no candidate is left.
        ConfigError: The rule does not fit the number of axes.
    """
    mean, sd = (np.asarray(part, dtype=np.float64) for part in surrogate.marginals())
    check_marginals(mean, sd)
    q, n = mean.shape
    known, pending = np.unique(np.asarray(known, dtype=np.int64)), np.unique(np.asarray(pending, dtype=np.int64))
    is_limit = np.zeros(q, dtype=bool) if limit is None else np.asarray(limit, dtype=bool)
    check_rows(n, known, pending, allowed, size)
    check_factors(n, log_weight, cost)
    check_limits(q, is_limit)
    log_limits = log_probability_within(mean[is_limit], sd[is_limit], 0.0).sum(axis=0)
    log_probability = log_limits if log_weight is None else log_limits + np.minimum(log_weight, 0.0)
    log_factor = log_probability if cost is None else log_probability - np.log(cost)
    free = open_rows(allowed, known, pending, log_probability)

    axis: BoolArray = np.asarray(~is_limit, dtype=bool)
    name = settings.resolved(int(axis.sum())) if axis.any() else "probability"
    scale = Scale.of(mean[axis], sd[axis], known, free)
    scaled_mean, scaled_sd = scale.apply(mean[axis]), sd[axis] / scale.width[:, None]
    compared = _compared(known, free, log_limits)
    best_mean = scaled_mean[:, compared].max(axis=1)
    count = max(settings.shortlist, size)
    rows = shortlist(
        free, scaled_mean[:, free], scaled_sd[:, free], log_factor[free], best_mean, name, count, settings, rng
    )
    rivals = known if is_limit.any() else known[_contenders(scaled_mean[:, known], scaled_sd[:, known])]
    drawn = _draw(surrogate, np.concatenate([rows, rivals, pending]), q, settings.samples, rng)
    margins, draws = drawn[:, is_limit], scale.apply(drawn[:, axis])
    m, r = len(rows), len(rows) + len(rivals)
    results = np.where(limits_met(margins[:, :, m:r])[:, None, :], draws[:, :, m:r], 0.0)

    points = draws if axis.any() else margins
    front: Front = LimitFront(np.zeros(settings.samples, dtype=bool)).with_points(margins[:, :, r:])
    if axis.any():
        front = front_of(np.concatenate([results, draws[:, :, r:]], axis=2), settings.directions, rng)
    listed = Shortlisted(scaled_mean[:, rows], scaled_sd[:, rows], points[:, :, :m], points[:, :, r:], log_factor[rows])
    picks = pick(name, listed, front, min(size, m), settings, rng)

    chosen = rows[picks.places]
    best = results.max(axis=2, initial=0.0)[:, :, None] if len(known) else best_mean[None, :, None]
    gain = np.maximum(draws[:, :, picks.places] - best, 0.0).mean(axis=0).T * scale.width
    return Chosen(
        rows=chosen,
        values=np.exp(picks.values),
        probability=picks.probability if axis.any() else picks.probability * np.exp(log_limits[chosen]),
        weight=np.exp(log_probability[chosen]),
        improvement=gain,
        mean=mean[axis][:, chosen].T,
        sd=sd[axis][:, chosen].T,
        incumbent=mean[axis][:, compared].max(axis=1),
        acquisition=picks.rules,
        note=_note(picks.rules, name, size, settings.samples),
    )


def _compared(known: IntArray, free: IntArray, log_limits: FloatArray) -> IntArray:
    """Rows whose best is to be improved on: measured ones that meet the limits more likely than not."""
    meeting: IntArray = known[log_limits[known] >= np.log(0.5)]
    if len(meeting):
        return meeting
    return known if len(known) else free


def _contenders(mean: FloatArray, sd: FloatArray) -> BoolArray:
    """Which of k measured rows may lie on the front: none is better on every axis beyond any doubt (4 sd), (k,)."""
    low, high = mean - 4.0 * sd, mean + 4.0 * sd
    beaten = np.ones((mean.shape[1], mean.shape[1]), dtype=bool)
    for one_low, one_high in zip(low, high, strict=True):
        beaten &= one_low[None, :] > one_high[:, None]
    return np.asarray(~beaten.any(axis=1) | (len(mean) == 0), dtype=bool)


def _draw(surrogate: Predictor, rows: IntArray, q: int, count: int, rng: np.random.Generator) -> FloatArray:
    """Joint samples (count, q, rows), checked; a surrogate without objectives is not asked."""
    if q == 0:
        return np.zeros((count, 0, len(rows)))
    samples = np.asarray(surrogate.samples(rows, count, rng), dtype=np.float64)
    check_samples(samples, (count, q, len(rows)))
    return samples


def _note(rules: tuple[str, ...], name: str, size: int, samples: int) -> str:
    """What is to be known beside the rows."""
    notes = []
    for other, why in (("exploration", "the largest reduction of uncertainty"), ("probability", "their weight alone")):
        count = sum(rule == other for rule in rules) if other != name else 0
        if count:
            notes.append(f"no candidate improved in any of {samples} samples: {count} of {len(rules)} taken by {why}")
    if len(rules) < size:
        notes.append(f"only {len(rules)} of {size} asked for could be chosen")
    return "; ".join(notes)
