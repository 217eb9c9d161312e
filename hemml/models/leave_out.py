"""How well a working ion or a family is predicted that was never learned from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.evaluation import Fold, assert_disjoint_papers, leave_one_group_out, score
from hemml.models.training_rows import TrainingRows
from hemml.models.unsearched import predict_unsearched, side_by_side

if TYPE_CHECKING:
    import pandas as pd

KINDS: Final = {"ion": Column.WORKING_ION, "family": Column.FAMILY}
MIN_ROWS: Final = 20
COLUMNS: Final = ("kind", "left_out", "n", "n_papers", "mae", "baseline_mae", "skill", "spearman")
_MOST: Final = {"full": 1000, "small": 2, "none": 0}


def leave_one_out(
    rows: TrainingRows, config: TrainConfig, how: TargetConfig, step: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Hold out one working ion, then one family at a time, and predict it from the rest.

    Papers of the held-out group are wholly out of the training rows. Regressors are those of `learning_curve`.

    Args:
        rows: All rows of the target.
        config: The training; its `studies` says how much is done ("small": the two largest groups of each kind).
        how: How the target is learned.
        step: Told the kind as its work begins; what it raises ends the study.

    Returns:
        One row a group of 20 rows or more that leaves 20 or more to fit on: kind ("ion" or "family"), left_out, n,
        n_papers, mae, baseline_mae (median of the same role in the training rows), skill (against it), spearman (NaN
        where not defined). Most rows first within a kind; empty where there is no such group.
    """
    import pandas as pd

    table = []
    for kind, column in KINDS.items():
        step(f"leave one {kind} out")
        labels = rows.frame[column].to_numpy(dtype=np.str_)
        folds = leave_one_group_out(labels, rows.papers, MIN_ROWS, strict=False)
        usable = [(name, fold) for name, fold in folds.items() if len(fold.train) >= MIN_ROWS]
        usable.sort(key=lambda item: len(item[1].train))
        # A small group leaves much to learn from: its fit takes longest, so it comes first.
        chosen = usable[: _MOST[config.studies]][::-1]
        pieces = [partial(_row, rows, kind, name, fold, config, how) for name, fold in chosen]
        table += sorted(side_by_side(pieces, config.n_jobs), key=lambda row: -int(row["n"]))
    return pd.DataFrame(table, columns=list(COLUMNS))


def role_median(train: TrainingRows, test: TrainingRows) -> FloatArray:
    """Median of the training rows of the same role, of all where there is none, shape (n of test,)."""
    roles, wanted = train.frame[Column.ROLE].to_numpy(), test.frame[Column.ROLE].to_numpy()
    predicted = np.full(len(test), np.median(train.measured))
    for role in np.unique(roles.astype(str)):
        predicted[wanted == role] = np.median(train.measured[roles == role])
    return predicted


def _row(
    rows: TrainingRows, kind: str, name: str, fold: Fold, config: TrainConfig, how: TargetConfig
) -> dict[str, float | str]:
    assert_disjoint_papers(rows.papers, fold)
    train, test = rows[fold.train], rows[fold.test]
    reference = role_median(train, test)
    scores = score(test.measured, predict_unsearched(train, test, config, how), reference=reference)
    return {
        "kind": kind,
        "left_out": name,
        "n": len(test),
        "n_papers": len(np.unique(test.papers)),
        "mae": scores.mae,
        "baseline_mae": float(np.abs(test.measured - reference).mean()),
        "skill": np.nan if scores.skill is None else scores.skill,
        "spearman": np.nan if scores.spearman is None else scores.spearman,
    }
