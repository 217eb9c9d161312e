"""What a training gives: scores on unseen papers beside the baselines, and where the bundles are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hemml.columns import Column
from hemml.evaluation.metrics import Scores

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.studies import Studies

NO_COMPARATORS: Final = "no comparators"
INSIDE_DOMAIN: Final = "inside domain"
OUTSIDE_DOMAIN: Final = "outside domain"


@dataclass(frozen=True, eq=False)
class TargetResult:
    """Scores and predictions of one target; everything but `parameters` comes from papers kept out of the fit.

    Attributes:
        target: Column of the target.
        n_rows: Rows that have the target.
        n_papers: Papers that these rows come from.
        has_skill: Whether the lower end of the 95 % bootstrap interval of the skill is above 0 on the rows that are no
            comparators: a baseline is published because it is worse, which a user's own sample does not share.
        scores: Scores of all out-of-paper predictions together; skill is against the family median.
        intervals: 95 % intervals over papers, by the names of `Scores`.
        baselines: Scores of the baselines in the same folds: "mean", "family median", "magpie random forest",
            "magpie xgboost".
        baseline_intervals: Their intervals, by the same names.
        subsets: Scores on parts of the rows: "no comparators", "cathode", "anode", "high-entropy", one a working ion
            ("ion Na").
        sample_intervals: 95 % intervals over papers of the subset "no comparators".
        fold_scores: One an outer fold.
        fold_baselines: Scores of the baselines, one mapping an outer fold.
        fold_parameters: What was chosen inside each outer training fold.
        parameters: Those of the final fit on every row.
        out_of_fold: (n_rows, ...) with record_id, paper, formula, role, working_ion, family, fold, measured, predicted,
            lower, upper (90 %), rank (probability that the prediction gave to values up to the measured one), distance
            (to the nearest training record), in_domain, and one column a baseline.
        seconds: Duration of the training of this target.
        constant_width: Scores of the same predictions with one width for all in the target's unit (split-conformal on
            the absolute error), which the intervals of the model should be shorter than.
        studies: What the scores depend on, for the report; None where no study was made.
    """

    target: Column
    n_rows: int
    n_papers: int
    has_skill: bool
    scores: Scores
    intervals: Mapping[str, tuple[float, float]]
    baselines: Mapping[str, Scores]
    baseline_intervals: Mapping[str, Mapping[str, tuple[float, float]]]
    subsets: Mapping[str, Scores]
    sample_intervals: Mapping[str, tuple[float, float]]
    fold_scores: tuple[Scores, ...]
    fold_baselines: tuple[Mapping[str, Scores], ...]
    fold_parameters: tuple[Mapping[str, float | int | str], ...]
    parameters: Mapping[str, float | int | str]
    out_of_fold: pd.DataFrame
    seconds: float
    constant_width: Scores | None = None
    studies: Studies | None = None


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """One run of `python -m hemml.train`.

    Attributes:
        results: One a target.
        config: The configuration as plain JSON.
        data_path: The table that was learned from.
        data_sha256: Its SHA-256.
        versions: Package versions by name, Python's too.
        git_commit: Commit of the checkout, None outside of one.
        seconds: Duration of the whole training.
        bundle_directory: Holds one bundle folder a target, named as the target's column.
    """

    results: tuple[TargetResult, ...]
    config: Mapping[str, Any]
    data_path: str
    data_sha256: str
    versions: Mapping[str, str]
    git_commit: str | None
    seconds: float
    bundle_directory: Path
