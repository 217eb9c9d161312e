"""What is logged of a training, as plain names and values: parameters, tags, metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from hemml.evaluation.metrics import Scores
from hemml.models.result import NO_COMPARATORS, TargetResult, TrainingResult
from hemml.models.score_table import NO_SKILL, score_table

VERSION_SCORES: Final = ("mae", "skill")
_SUMMARY: Final = ("mae", "r2", "spearman", "skill", "coverage_90")


class Value(NamedTuple):
    """One value of a metric."""

    key: str
    value: float
    step: int = 0


def parameters(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten a configuration: nested keys joined by dots, lists as JSON."""
    found: dict[str, str] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            found |= parameters(value, f"{name}.")
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return found


def training_tags(result: TrainingResult) -> dict[str, str]:
    """Data hash, versions, commit; and the score table as the description that the UI shows."""
    tags = {
        "hemml.data": result.data_path,
        "hemml.data_sha256": result.data_sha256,
        "hemml.git_commit": result.git_commit or "not from a checkout",
        "mlflow.source.name": "python -m hemml.train",
        "mlflow.source.type": "LOCAL",
        "mlflow.note.content": score_table(result),
        **{f"hemml.version.{name}": version for name, version in result.versions.items()},
    }
    if result.git_commit:
        tags["mlflow.source.git.commit"] = result.git_commit
    return tags


def version_tags(result: TrainingResult) -> dict[str, str]:
    """Tags of the registered version: data hash, commit, and for each target MAE and skill with 95 % intervals."""
    tags = {
        "hemml.data": result.data_path,
        "hemml.data_sha256": result.data_sha256,
        "hemml.git_commit": result.git_commit or "not from a checkout",
        "hemml.version": result.versions.get("hemml", ""),
    }
    for item in result.results:
        for name in VERSION_SCORES:
            low, high = item.intervals.get(name, (None, None))
            values = {name: getattr(item.scores, name), f"{name}_low": low, f"{name}_high": high}
            tags |= {f"{item.target}.{key}": repr(float(v)) for key, v in values.items() if v is not None}
        tags[f"{item.target}.has_skill"] = str(item.has_skill).lower()
    return tags


def target_tags(item: TargetResult) -> dict[str, str]:
    """The target, its unit, and whether the model has skill."""
    return {
        "hemml.target": str(item.target),
        "hemml.unit": item.target.unit,
        "hemml.skill": "skill on unseen papers" if item.has_skill else NO_SKILL,
    }


def training_metrics(result: TrainingResult) -> list[Value]:
    """The summary of each target (`capacity_mAh_g/mae`) and the duration."""
    found = [Value("seconds", result.seconds)]
    for item in result.results:
        found += [v for v in _scores(item.scores, f"{item.target}/") if v.key.rpartition("/")[2] in _SUMMARY]
        found.append(Value(f"{item.target}/has_skill", float(item.has_skill)))
    return found


def overall_metrics(item: TargetResult) -> list[Value]:
    """The scores of the model on all unseen papers, with the ends of their intervals (`mae`, `mae_low`, `mae_high`)."""
    return [*_scores(item.scores), *_intervals(item.intervals)]


def detail_metrics(item: TargetResult) -> list[Value]:
    """Baselines, subsets of the rows, and folds.

    Names are `baseline_family_median/mae`, `subset_high_entropy/mae`, `fold/mae` and
    `fold/baseline_family_median/mae`; the step of a value of a fold is the number of the fold.
    """
    found = [
        Value("n_papers", item.n_papers),
        Value("has_skill", float(item.has_skill)),
        Value("seconds", item.seconds),
    ]
    for name, scores in item.baselines.items():
        prefix = f"baseline_{_slug(name)}/"
        found += [*_scores(scores, prefix), *_intervals(item.baseline_intervals.get(name, {}), prefix)]
    for name, scores in item.subsets.items():
        prefix = f"subset_{_slug(name)}/"
        found += [
            *_scores(scores, prefix),
            *_intervals(item.sample_intervals if name == NO_COMPARATORS else {}, prefix),
        ]
    for fold, scores in enumerate(item.fold_scores):
        found += _scores(scores, "fold/", fold)
    for fold, baselines in enumerate(item.fold_baselines):
        for name, scores in baselines.items():
            found += _scores(scores, f"fold/baseline_{_slug(name)}/", fold)
    return found


def _scores(scores: Scores, prefix: str = "", step: int = 0) -> Iterator[Value]:
    """The scores that are defined."""
    for name, value in scores.to_dict().items():
        if value is not None:
            yield Value(prefix + name, float(value), step)


def _intervals(intervals: Mapping[str, tuple[float, float]], prefix: str = "") -> Iterator[Value]:
    for name, (low, high) in intervals.items():
        yield Value(f"{prefix}{name}_low", low)
        yield Value(f"{prefix}{name}_high", high)


def _slug(name: str) -> str:
    """A name in the characters that every MLflow store takes."""
    return re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_")
