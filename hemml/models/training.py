"""Train one target: choose, judge on unseen papers, fit on everything, and bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hemml.columns import Column
from hemml.config import TrainConfig
from hemml.models.bundle import Bundle
from hemml.models.card import card_text
from hemml.models.crossval import judge
from hemml.models.ensemble import fit
from hemml.models.evidence_space import build_evidence
from hemml.models.regressors import SEARCHED
from hemml.models.result import TargetResult
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Source:
    """Where the rows come from and with what the training runs; goes into every bundle."""

    data: str
    data_sha256: str
    versions: dict[str, str]
    git_commit: str | None


def steps_of(config: TrainConfig, column: Column) -> int:
    """Number of steps that `train_target` announces."""
    how = config.targets[column]
    searched = [how.trials.get(name, 0) if name in SEARCHED else 0 for name in how.regressors]
    fits = config.inner_folds * sum(trials if trials >= 2 else 1 for trials in searched)
    return (config.outer_folds + 1) * fits + 2 * config.outer_folds + 3


def train_target(
    frame: pd.DataFrame, column: Column, config: TrainConfig, source: Source, step: Callable[[str], None]
) -> tuple[TargetResult, Bundle, str]:
    """Train one target.

    Args:
        frame: A checked table with all columns.
        column: The target.
        config: The training.
        source: Provenance of the table.
        step: Told the name of each step as it begins.

    Returns:
        Scores on unseen papers, the bundle fitted on all rows, and the text of its card.

    Raises:
        DataError: Too few papers measured the target.
    """
    how = config.targets[column]
    rows = TrainingRows.select(frame, TARGETS[column], how.features, 2 * config.outer_folds)
    result, intervals, choice = judge(rows, config, how, step)
    step("all rows: fit")
    ensemble = fit(rows, choice, config, how)
    metadata = _metadata(result, config, source)
    bundle = Bundle(rows.target, ensemble, intervals, build_evidence(rows, ensemble), metadata)
    return result, bundle, card_text(result, ensemble, source.data, source.data_sha256)


def _metadata(result: TargetResult, config: TrainConfig, source: Source) -> dict[str, Any]:
    return {
        "has_skill": result.has_skill,
        "n_rows": result.n_rows,
        "n_papers": result.n_papers,
        "scores": result.scores.to_dict(),
        "score_intervals_95": {name: list(ends) for name, ends in result.intervals.items()},
        "baselines": {name: scores.to_dict() for name, scores in result.baselines.items()},
        "subsets": {name: scores.to_dict() for name, scores in result.subsets.items()},
        "parameters": dict(result.parameters),
        "data": source.data,
        "data_sha256": source.data_sha256,
        "versions": source.versions,
        "git_commit": source.git_commit,
        "config": config.model_dump(mode="json"),
    }
