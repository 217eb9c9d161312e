"""Train one target: choose, judge on unseen papers, fit on everything, and bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hemml.columns import Column
from hemml.config import TrainConfig
from hemml.models.bundle import Bundle
from hemml.models.card import card_text
from hemml.models.crossval import Judgement, judge
from hemml.models.ensemble import Ensemble, fit
from hemml.models.evidence_space import build_evidence
from hemml.models.lab_curve import lab_curve
from hemml.models.lab_prior_fit import fit_lab_prior, has_repeats
from hemml.models.own_lab_bundles import PRIOR as LAB_PRIOR
from hemml.models.regressors import SEARCHED
from hemml.models.result import TargetResult
from hemml.models.studies import Studies, run_studies, study_steps
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows
from hemml.models.usual import Usual
from hemml.uncertainty import Evidence
from hemml.uncertainty.pair_differences import PAIR_DIFFERENCES, pair_difference_scale

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
    return (config.outer_folds + 1) * fits + 2 * config.outer_folds + 4 + study_steps(config)


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
    judged = judge(rows, config, how, step)
    step("all rows: fit")
    ensemble = fit(rows, judged.choice, config, how)
    evidence = build_evidence(rows, ensemble, judged.out_of_paper)
    result = replace(judged.result, studies=_studies(rows, judged, ensemble, evidence, config, step))
    metadata = _metadata(result, config, source) | _learned_from_papers(rows, judged, ensemble, evidence, config)
    usual = Usual.of(rows, ensemble.inputs)
    bundle = Bundle(rows.target, ensemble, judged.calibration, evidence, usual, metadata)
    return result, bundle, card_text(result, ensemble, source.data, source.data_sha256)


def _studies(
    rows: TrainingRows,
    judged: Judgement,
    ensemble: Ensemble,
    evidence: Evidence,
    config: TrainConfig,
    step: Callable[[str], None],
) -> Studies | None:
    studies = run_studies(rows, config, config.targets[rows.target.column], step)
    if studies is None or not has_repeats(rows.papers, rows.frame[Column.ROLE].to_numpy(dtype=np.str_)):
        return studies
    step("own rows of a paper")
    curve = lab_curve(rows, judged.out_of_paper, ensemble.inputs, evidence, seed=config.seed)
    return replace(studies, lab_curve=curve)


def _learned_from_papers(
    rows: TrainingRows, judged: Judgement, ensemble: Ensemble, evidence: Evidence, config: TrainConfig
) -> dict[str, Any]:
    """What several rows of one paper tell: how laboratories differ, and how well differences are predicted.

    A table without papers of two rows gives a model that own measurements cannot correct.
    """
    if not has_repeats(rows.papers, rows.frame[Column.ROLE].to_numpy(dtype=np.str_)):
        return {}
    prior = fit_lab_prior(rows, judged.out_of_paper, ensemble.inputs, evidence)
    pairs = pair_difference_scale(judged.result.out_of_fold, rows.target.to_scale, config.seed)
    return {LAB_PRIOR: prior.to_json(), PAIR_DIFFERENCES: pairs.to_json()}


def _metadata(result: TargetResult, config: TrainConfig, source: Source) -> dict[str, Any]:
    return {
        "has_skill": result.has_skill,
        "n_rows": result.n_rows,
        "n_papers": result.n_papers,
        "scores": result.scores.to_dict(),
        "score_intervals_95": {name: list(ends) for name, ends in result.intervals.items()},
        "baselines": {name: scores.to_dict() for name, scores in result.baselines.items()},
        "constant_width": None if result.constant_width is None else result.constant_width.to_dict(),
        "subsets": {name: scores.to_dict() for name, scores in result.subsets.items()},
        "parameters": dict(result.parameters),
        "data": source.data,
        "data_sha256": source.data_sha256,
        "versions": source.versions,
        "git_commit": source.git_commit,
        "config": config.model_dump(mode="json"),
    }
