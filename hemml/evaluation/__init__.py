"""How predictions are judged: splits by paper, baselines, metrics, plots."""

from hemml.evaluation.baselines import (
    IDENTITY,
    LOG,
    Transform,
    family_median,
    forest_baseline,
    magpie_matrix,
    mean_baseline,
    xgboost_baseline,
)
from hemml.evaluation.bootstrap import bootstrap_intervals
from hemml.evaluation.calibration_curve import (
    CalibrationCurve,
    calibration_curve,
    effective_draws,
    wilson_interval,
)
from hemml.evaluation.metrics import (
    Scores,
    coverage,
    mae,
    mean_width,
    r2,
    score,
    skill,
    spearman,
)
from hemml.evaluation.plots import parity_plot, residual_plot
from hemml.evaluation.score_plot import score_plot
from hemml.evaluation.splits import Fold, assert_disjoint_papers, leave_one_group_out, paper_folds

__all__ = [
    "IDENTITY",
    "LOG",
    "CalibrationCurve",
    "Fold",
    "Scores",
    "Transform",
    "assert_disjoint_papers",
    "bootstrap_intervals",
    "calibration_curve",
    "coverage",
    "effective_draws",
    "family_median",
    "forest_baseline",
    "leave_one_group_out",
    "mae",
    "magpie_matrix",
    "mean_baseline",
    "mean_width",
    "paper_folds",
    "parity_plot",
    "r2",
    "residual_plot",
    "score",
    "score_plot",
    "skill",
    "spearman",
    "wilson_interval",
    "xgboost_baseline",
]
