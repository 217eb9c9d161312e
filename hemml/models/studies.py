"""What the scores depend on: how many papers were read, and whether the ion or the family was among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hemml.config import TargetConfig, TrainConfig
from hemml.models.learning_curve import learning_curve
from hemml.models.leave_out import leave_one_out
from hemml.models.training_rows import TrainingRows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Studies:
    """Tables that the report shows beside the scores; None where a study was not made.

    Attributes:
        learning_curve: What `learning_curve` returns.
        leave_out: What `leave_one_out` returns.
        lab_curve: One row a number k of a paper's own rows that corrected the model: k, n_papers, n_rows,
            mae_literature, mae_corrected (target's unit), ratio_low, ratio_high (95 % interval of corrected /
            literature).
    """

    learning_curve: pd.DataFrame | None = None
    leave_out: pd.DataFrame | None = None
    lab_curve: pd.DataFrame | None = None


def run_studies(
    rows: TrainingRows, config: TrainConfig, how: TargetConfig, step: Callable[[str], None] = lambda _: None
) -> Studies | None:
    """Make the learning curve and leave one ion and one family out, as far as `config.studies` asks for.

    Args:
        rows: All rows of the target.
        config: The training.
        how: How the target is learned.
        step: Told the name of each step as it begins, also from other threads; what it raises ends the studies.

    Returns:
        The two tables; None where `config.studies` is "none".
    """
    if config.studies == "none":
        return None
    return Studies(learning_curve(rows, config, how, step), leave_one_out(rows, config, how, step))


def study_steps(config: TrainConfig) -> int:
    """Largest number of steps that `run_studies` tells (shares of too few papers are left out)."""
    return {"full": 5 * config.outer_folds + 2, "small": 4, "none": 0}[config.studies]
