"""The configuration of a training: checked before any work, unknown keys are errors."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hemml.columns import TARGETS, Column
from hemml.errors import ConfigError, UnknownNameError

_FAST_XGBOOST: Final = {"n_estimators": 120, "learning_rate": 0.1, "max_depth": 4}

_Config = TypeVar("_Config", bound=BaseModel)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TargetConfig(_Frozen):
    """How one target is learned."""

    features: tuple[str, ...] = Field((), description="composition features beside element fractions and conditions")
    regressors: tuple[str, ...] = Field(("extra_trees", "xgboost"), min_length=1)
    trials: dict[str, Annotated[int, Field(ge=0, le=1000)]] = Field(
        default_factory=dict, description="Optuna trials a regressor"
    )
    parameters: dict[str, dict[str, float | int | str]] = Field(
        default_factory=dict, description="parameters a regressor starts from"
    )

    @field_validator("features")
    @classmethod
    def _known_features(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from hemml.features import FeatureSet
        from hemml.models.voltage_prior import VOLTAGE_PRIOR

        known = (*FeatureSet.default().names, VOLTAGE_PRIOR)
        chosen: dict[str, None] = {}
        for name in names:
            matching = fnmatch.filter(known, name) if "*" in name else [name] if name in known else []
            if not matching:
                raise ValueError(str(UnknownNameError("feature", name, known)))
            chosen |= dict.fromkeys(matching)
        return tuple(chosen)

    @model_validator(mode="after")
    def _known_regressors(self) -> Self:
        from hemml.models.regressors import REGRESSORS

        for name in (*self.regressors, *self.trials, *self.parameters):
            if name not in REGRESSORS:
                raise ValueError(str(UnknownNameError("regressor", name, REGRESSORS)))
        if len(set(self.regressors)) < len(self.regressors):
            raise ValueError(
                f"regressors must be named once, got {', '.join(self.regressors)}; remove the repeated ones"
            )
        return self


class TrainConfig(_Frozen):
    """A training.

    Attributes:
        seed: Seed of folds, forests, boosting and search.
        outer_folds: Folds by paper that give the scores.
        inner_folds: Folds by paper inside each training fold, for parameters and weights.
        trees: Trees of a forest.
        baseline_trees: Trees of the two tree baselines.
        n_jobs: Threads.
        level: Level of the reported intervals.
        bootstrap: Resamples of papers for the intervals of scores.
        studies: How much of the learning curve, of leaving one ion or family out and of element effects is done.
        targets: How each target is learned.
    """

    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    outer_folds: Annotated[int, Field(ge=2, le=50)] = 5
    inner_folds: Annotated[int, Field(ge=2, le=50)] = 3
    trees: Annotated[int, Field(ge=10, le=5000)] = 200
    baseline_trees: Annotated[int, Field(ge=10, le=5000)] = 300
    n_jobs: Annotated[int, Field(ge=1, le=256)] = 2
    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    bootstrap: Annotated[int, Field(ge=50, le=100_000)] = 1000
    studies: Literal["full", "small", "none"] = "full"
    targets: dict[Column, TargetConfig] = Field(min_length=1)

    @field_validator("targets", mode="before")
    @classmethod
    def _known_targets(cls, targets: Any) -> Any:
        for name in targets if isinstance(targets, dict) else ():
            if name not in TARGETS:
                raise ValueError(str(UnknownNameError("target", str(name), TARGETS)))
        return targets

    def only(self, names: tuple[str, ...]) -> TrainConfig:
        """The same training for some of its targets.

        Raises:
            UnknownNameError: A name is no target of this configuration.
        """
        for name in names:
            if name not in self.targets:
                raise UnknownNameError("target", name, self.targets)
        return self.model_copy(update={"targets": {t: c for t, c in self.targets.items() if t in names}})

    def fast(self) -> TrainConfig:
        """A quick training that shows that all parts work: few trees, no search."""
        targets = {
            name: target.model_copy(
                update={"trials": {}, "parameters": {**target.parameters, "xgboost": dict(_FAST_XGBOOST)}}
            )
            for name, target in self.targets.items()
        }
        return self.model_copy(
            update={
                "outer_folds": min(self.outer_folds, 3),
                "inner_folds": 2,
                "trees": 40,
                "baseline_trees": 30,
                "bootstrap": 200,
                "studies": "none" if self.studies == "none" else "small",
                "targets": targets,
            }
        )


def load_config(path: Path) -> TrainConfig:
    """Read a configuration from YAML.

    Raises:
        ConfigError: The file is missing or no YAML, or keys or values are wrong; all of them are named.
    """
    return read_config(path, TrainConfig, "configs/train.yaml")


def read_config(path: Path, kind: type[_Config], example: str) -> _Config:
    """Read a configuration of any kind from YAML.

    Args:
        path: The file.
        kind: Its class.
        example: File that shows every key, for the message.

    Raises:
        ConfigError: The file is missing or no YAML, or keys or values are wrong; all of them are named.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"configuration {path}: must be a readable UTF-8 file, got: {err}") from err
    except yaml.YAMLError as err:
        raise ConfigError(f"configuration {path}: must be YAML, got: {err}") from err
    if not isinstance(raw, dict):
        raise ConfigError(f"configuration {path}: must be a mapping of keys, got {type(raw).__name__}")
    try:
        return kind.model_validate(raw)
    except ValidationError as err:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'top level'}: {problem['msg']}"
            f" (got {str(problem['input'])[:60]!r})"
            for problem in err.errors()
        )
        raise ConfigError(f"configuration {path}: {problems}; see {example} for every key") from err
