"""Configuration of the single-phase model: checked before any work, unknown keys are errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hemml.config import read_config
from hemml.errors import UnknownNameError
from hemml.models.single_phase_columns import parse_column
from hemml.models.single_phase_update import OwnWorkScales

Learner: TypeAlias = Literal["logistic", "boosting"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Slope(_Frozen):
    """What is expected of a column before any data: change of the log odds per standard deviation of the table.

    Attributes:
        slope: Its most probable value; negative where more of the column makes a single phase less likely.
        deviation: How sure that is.
        falls: Boosting, too, may only lower the probability as the column rises.
    """

    slope: Annotated[float, Field(ge=-5, le=5)] = 0.0
    deviation: Annotated[float, Field(gt=0, le=10)] = 1.0
    falls: bool = False


class KindConfig(_Frozen):
    """How one kind of material is learned.

    Attributes:
        base_rate: Share of syntheses that give a single phase where failures are counted too; the table's if None.
        columns: Columns, as `parse_column` reads them, and what is expected of them.
        learners: Which are tried; the best by grouped log loss inside the training rows is taken.
        calibrate: Whether its log odds are scaled by predictions of rows that it has not seen.
    """

    base_rate: Annotated[float, Field(gt=0, lt=1)] | None = None
    columns: dict[str, Slope] = Field(min_length=1)
    learners: tuple[Learner, ...] = Field(("logistic",), min_length=1)
    calibrate: bool = False

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, Slope]) -> dict[str, Slope]:
        for name in columns:
            try:
                parse_column(name)
            except UnknownNameError as err:
                raise ValueError(str(err)) from err
        return columns

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(set(self.learners)) < len(self.learners):
            raise ValueError(f"learners must be named once, got {', '.join(self.learners)}; remove the repeated")
        return self


class OwnWorkConfig(_Frozen):
    """How far own outcomes may move the log odds, and how far they reach; see `OwnWorkScales`."""

    offset_sd: Annotated[float, Field(gt=0, le=5)] = 0.4
    local_sd: Annotated[float, Field(gt=0, le=5)] = 1.0
    length_descriptors: Annotated[float, Field(gt=0, le=100)] = 1.5
    length_composition: Annotated[float, Field(gt=0, le=100)] = 0.25

    def scales(self) -> OwnWorkScales:
        """As the update takes them."""
        return OwnWorkScales(**self.model_dump())


class SinglePhaseConfig(_Frozen):
    """How the single-phase model is learned.

    Attributes:
        seed: Seed of folds, boosting and bootstrap.
        folds: Folds by element set that give the scores.
        inner_folds: Folds by element set inside the training rows, for choice and calibration.
        bootstrap: Resamples of element sets for the confidence intervals.
        oxides: How oxides are learned.
        alloys: How alloys are learned.
        beyond_oxides: How much of the log odds' distance from the base rate counts where no anion is oxygen.
        boosting: Parameters of the boosted trees.
        own_work: How far own outcomes reach.
    """

    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    folds: Annotated[int, Field(ge=2, le=50)] = 5
    inner_folds: Annotated[int, Field(ge=2, le=50)] = 5
    bootstrap: Annotated[int, Field(ge=50, le=100_000)] = 1000
    oxides: KindConfig
    alloys: KindConfig
    beyond_oxides: Annotated[float, Field(ge=0, le=1)] = 0.5
    boosting: dict[str, float | int] = Field(default_factory=dict)
    own_work: OwnWorkConfig = OwnWorkConfig()


def load_single_phase_config(path: Path) -> SinglePhaseConfig:
    """Read a configuration from YAML.

    Raises:
        ConfigError: The file is missing or no YAML, or keys or values are wrong; all of them are named.
    """
    return read_config(path, SinglePhaseConfig, "configs/single_phase.yaml")
