"""Configuration of the voltage prior: checked before any work, unknown keys are errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hemml.config import read_config
from hemml.errors import UnknownNameError
from hemml.models.regressors import REGRESSORS


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PriorFilter(_Frozen):
    """Which computed electrodes count.

    Attributes:
        voltage_V: Lowest and highest average voltage.
        max_volume_change: Largest relative change of volume.
        max_above_hull_eV_atom: Largest energy above the hull of either end.
    """

    voltage_V: tuple[float, float] = (0.0, 6.0)
    max_volume_change: Annotated[float, Field(gt=0)] = 0.5
    max_above_hull_eV_atom: Annotated[float, Field(ge=0)] = 0.2

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.voltage_V
        if not low < high:
            raise ValueError(f"voltage_V must rise, got {low:g} and {high:g}; swap the two")
        return self


class PriorConfig(_Frozen):
    """How the prior is learned.

    Attributes:
        filter: Which computed electrodes count.
        seed: Seed of folds, boosting and bootstrap.
        folds: Folds by chemical system of the host.
        bootstrap: Resamples of host systems for the confidence intervals.
        baseline_trees: Trees of the baseline.
        min_hosts_of_environment: Hosts that a redox environment must have to be known.
        regressors: Names of the regressors whose mean counts.
        trees: Trees of a forest.
        parameters: Parameters of each regressor.
    """

    filter: PriorFilter = PriorFilter()
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    folds: Annotated[int, Field(ge=2, le=50)] = 5
    bootstrap: Annotated[int, Field(ge=50, le=100_000)] = 1000
    baseline_trees: Annotated[int, Field(ge=10, le=5000)] = 100
    min_hosts_of_environment: Annotated[int, Field(ge=1)] = 30
    regressors: tuple[str, ...] = Field(("xgboost",), min_length=1)
    trees: Annotated[int, Field(ge=10, le=5000)] = 100
    parameters: dict[str, dict[str, float | int | str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_regressors(self) -> Self:
        for name in (*self.regressors, *self.parameters):
            if name not in REGRESSORS:
                raise ValueError(str(UnknownNameError("regressor", name, REGRESSORS)))
        if len(set(self.regressors)) < len(self.regressors):
            raise ValueError(f"regressors must be named once, got {', '.join(self.regressors)}; remove the repeated")
        return self


def load_prior_config(path: Path) -> PriorConfig:
    """Read a configuration from YAML.

    Raises:
        ConfigError: The file is missing or no YAML, or keys or values are wrong; all of them are named.
    """
    return read_config(path, PriorConfig, "configs/voltage_prior.yaml")
