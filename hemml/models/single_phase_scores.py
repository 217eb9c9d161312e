"""How probabilities of a single phase are judged: log loss, Brier score, AUC, reliability; by element set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, StrArray

BASE_RATE: Final = "base rate"
METRICS: Final = ("log_loss", "brier", "auc", "calibration_error")
_BINS: Final = 10


def phase_metrics(single: BoolArray, probability: FloatArray, weights: FloatArray | None = None) -> dict[str, float]:
    """Scores of n probabilities.

    Args:
        single: Whether each is a single phase, (n,).
        probability: Between 0 and 1, both left out, (n,).
        weights: How often each row counts, (n,); once if None.

    Returns:
        log_loss in nats; brier; auc, the share of pairs of a single and a mixed one in the right order (NaN without
        pairs); calibration_error, the mean distance of share and probability in ten bins of equal width.
    """
    w = np.ones(len(single)) if weights is None else weights
    total = w.sum()
    y = single.astype(np.float64)
    surprise = -np.where(single, np.log(probability), np.log1p(-probability))
    bins = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, w * (y - probability), minlength=_BINS)
    return {
        "log_loss": float((w * surprise).sum() / total),
        "brier": float((w * (y - probability) ** 2).sum() / total),
        "auc": _auc(y, probability, w),
        "calibration_error": float(np.abs(gaps).sum() / total),
    }


def reliability(single: BoolArray, probability: FloatArray) -> list[dict[str, float]]:
    """Rows, mean probability and share of single phases in each bin that holds rows."""
    bins = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    return [
        {
            "rows": int((bins == b).sum()),
            "probability": float(probability[bins == b].mean()),
            "share": float(single[bins == b].mean()),
        }
        for b in range(_BINS)
        if (bins == b).any()
    ]


def score_table(
    single: BoolArray, predicted: Mapping[str, FloatArray], groups: StrArray, *, resamples: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Scores of several methods on the same n rows, with 95 % intervals by resampling groups.

    Args:
        single: Whether each is a single phase, (n,).
        predicted: Probabilities by method, (n,) each; `BASE_RATE` among them.
        groups: Element set of each row, (n,).
        resamples: Number of resamples.
        seed: Their seed.

    Returns:
        By method: each metric, "skill" (1 - log loss / log loss of the base rate) and, under "intervals_95", the ends
        of each; a metric that some resample leaves undefined has none.
    """
    _, row_group = np.unique(groups, return_inverse=True)
    count = int(row_group.max()) + 1
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(count, np.full(count, 1 / count), size=resamples)[:, row_group].astype(np.float64)
    found = {name: phase_metrics(single, p) for name, p in predicted.items()}
    drawn = {name: [phase_metrics(single, p, w) for w in draws] for name, p in predicted.items()}
    reference = np.array([scores["log_loss"] for scores in drawn[BASE_RATE]])
    table: dict[str, dict[str, Any]] = {}
    for name, scores in found.items():
        samples = {metric: np.array([one[metric] for one in drawn[name]]) for metric in METRICS}
        samples["skill"] = 1.0 - samples["log_loss"] / reference
        intervals = {
            metric: np.quantile(values, (0.025, 0.975)).tolist()
            for metric, values in samples.items()
            if np.isfinite(values).all()
        }
        skill = 1.0 - scores["log_loss"] / found[BASE_RATE]["log_loss"]
        table[name] = {**scores, "skill": skill, "intervals_95": intervals}
    return table


def has_skill(scores: Mapping[str, Any]) -> bool:
    """Whether a method is better than the base rate beyond what chance among the element sets could do."""
    return bool(scores["intervals_95"]["skill"][0] > 0)


def _auc(y: FloatArray, probability: FloatArray, w: FloatArray) -> float:
    """Area under the curve with ties counted half, from the sorted values."""
    _, place = np.unique(probability, return_inverse=True)
    ones, zeros = np.bincount(place, w * y), np.bincount(place, w * (1.0 - y))
    pairs = ones.sum() * zeros.sum()
    if not pairs:
        return float("nan")
    below = np.cumsum(zeros) - zeros
    return float((ones * (below + 0.5 * zeros)).sum() / pairs)
