"""How the error falls with the number of papers read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.config import TargetConfig, TrainConfig
from hemml.evaluation import Fold, assert_disjoint_papers, bootstrap_intervals, family_median, score
from hemml.models.training_rows import TrainingRows
from hemml.models.unsearched import predict_unsearched, side_by_side

if TYPE_CHECKING:
    import pandas as pd

SHARES: Final = {"full": (0.1, 0.2, 0.4, 0.7, 1.0), "small": (0.3, 1.0), "none": ()}
MIN_PAPERS: Final = 5
_SCORES: Final = ("mae", "skill", "spearman")


class _Part(NamedTuple):
    """One share of the training papers of one outer fold."""

    test: IntArray
    n_papers: int
    n_rows: int
    predicted: FloatArray
    reference: FloatArray


def learning_curve(
    rows: TrainingRows, config: TrainConfig, how: TargetConfig, step: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Score models that read a growing share of the papers, always on the same unseen papers.

    The outer folds are those of the training. Inside each, the training papers are shuffled once and the first 10, 20,
    40, 70 and 100 % of them are learned from, so that each share holds the smaller ones. The regressors are taken as
    configured with equal weights, nothing is searched, and forests are small.

    Args:
        rows: All rows of the target.
        config: The training; its `studies` says how much is done ("small": one outer fold, shares of 30 and 100 %).
        how: How the target is learned.
        step: Told each fit as it begins, also from other threads; what it raises ends the study.

    Returns:
        One row a share with share, n_papers and n_rows (mean over the folds of what was learned from), n (rows
        predicted), mae, skill, spearman, each with `_low` and `_high` (95 % bootstrap interval over papers), and
        baseline_mae (family median of the same training papers, which skill refers to; NaN where undefined). Shares of
        fewer than 5 papers are left out.
    """
    import pandas as pd

    folds = rows.folds(config.outer_folds, config.seed)
    if config.studies == "small":
        folds = folds[:1]
    shares = _shares(rows, folds, config)
    pieces = [
        partial(_part, rows, fold, share, config, how, partial(step, f"learning curve: {share:.0%} of the papers"))
        for share in reversed(shares)  # the longest first, so that no thread ends with it
        for fold in folds
    ]
    parts = side_by_side(pieces, config.n_jobs)
    groups = [parts[i : i + len(folds)] for i in range(0, len(parts), len(folds))]
    table = [_row(rows, share, group, config) for share, group in zip(reversed(shares), groups, strict=True)]
    return pd.DataFrame(table[::-1])


def nested_papers(papers: StrArray, shares: tuple[float, ...], seed: int) -> list[StrArray]:
    """Growing sets of papers, each holding the smaller ones; a share of 1 is all of them."""
    distinct = np.unique(papers)
    order = np.random.default_rng(seed).permutation(distinct)
    return [order[: max(1, round(share * len(order)))] for share in shares]


def _shares(rows: TrainingRows, folds: tuple[Fold, ...], config: TrainConfig) -> tuple[float, ...]:
    fewest = min(len(np.unique(rows.papers[fold.train])) for fold in folds)
    return tuple(share for share in SHARES[config.studies] if share == 1 or round(share * fewest) >= MIN_PAPERS)


def _part(
    rows: TrainingRows, fold: Fold, share: float, config: TrainConfig, how: TargetConfig, begin: Callable[[], None]
) -> _Part:
    begin()
    (kept,) = nested_papers(rows.papers[fold.train], (share,), config.seed)
    chosen = Fold(fold.train[np.isin(rows.papers[fold.train], kept)], fold.test)
    assert_disjoint_papers(rows.papers, chosen)
    train, test = rows[chosen.train], rows[chosen.test]
    predicted = predict_unsearched(train, test, config, how)
    return _Part(chosen.test, len(kept), len(train), predicted, family_median(train.frame, train.measured, test.frame))


def _row(rows: TrainingRows, share: float, parts: list[_Part], config: TrainConfig) -> dict[str, float]:
    test = np.concatenate([part.test for part in parts])
    predicted = np.concatenate([part.predicted for part in parts])
    reference = np.concatenate([part.reference for part in parts])
    measured = rows.measured[test]
    scores = score(measured, predicted, reference=reference).to_dict()
    intervals = bootstrap_intervals(
        measured,
        predicted,
        rows.papers[test],
        reference=reference,
        n_resamples=config.bootstrap,
        seed=config.seed,
    )
    row = {
        "share": share,
        "n_papers": float(np.mean([part.n_papers for part in parts])),
        "n_rows": float(np.mean([part.n_rows for part in parts])),
        "n": float(len(test)),
        "baseline_mae": float(np.abs(measured - reference).mean()),
    }
    for name in _SCORES:
        value = scores[name]
        low, high = intervals.get(name, (np.nan, np.nan))
        row |= {name: np.nan if value is None else float(value), f"{name}_low": low, f"{name}_high": high}
    return row
