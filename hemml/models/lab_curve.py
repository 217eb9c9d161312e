"""What a few own measurements are worth: papers of the literature stand for laboratories, some rows are given away."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.columns import Column
from hemml.evaluation import paper_folds
from hemml.models.lab_prior import POOLED, LabKernel, LabSpace, Points, by_role, solve
from hemml.models.lab_prior_fit import fit_kernels, has_repeats

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.inputs import Inputs
    from hemml.models.targets import Target
    from hemml.models.training_rows import TrainingRows
    from hemml.uncertainty import Evidence

SIZES: Final = (1, 2, 3, 5)
_FOLDS: Final = 5
_LEVEL: Final = 0.9
_RESAMPLES: Final = 1000
_MIN_LABORATORIES: Final = 5
# Of one paper, columns of the sums: errors before, with the offset alone, corrected; covered before, after; width ratio
_MEASURES: Final = (
    "mae_literature",
    "mae_offset",
    "mae_corrected",
    "coverage_literature",
    "coverage_corrected",
    "width",
)


def lab_curve(
    rows: TrainingRows,
    out_of_paper: FloatArray,
    inputs: Inputs,
    evidence: Evidence,
    *,
    seed: int,
    sizes: tuple[int, ...] = SIZES,
    min_rows: int = 0,
    draws: int = 20,
) -> pd.DataFrame | None:
    """Error on the other rows of a paper when k of its rows are given to the correction, before and after.

    A laboratory is a paper and a role. Its kernel is learned from other papers (5 folds by paper), the literature
    model has not seen it either. Where a paper has more ways to choose k rows than `draws`, that many are drawn. Every
    laboratory counts the same.

    Args:
        rows: n measured rows.
        out_of_paper: Predictions on the learning scale, each by a model that had not seen the row's paper, (n,).
        inputs: Columns of the final model.
        evidence: Its training records; gives the weights of the descriptors.
        seed: Seed of folds, draws and resampling.
        sizes: The k.
        min_rows: Laboratories with fewer rows are left out; those with k rows or fewer always are.
        draws: Most choices of k rows a laboratory.

    Returns:
        One row a k: `k`, `n_papers`, `n_rows`, `mae_literature`, `mae_offset` (offset alone) and `mae_corrected` in the
        target's unit, `ratio` of corrected to literature with `ratio_low` and `ratio_high` (95 % bootstrap over
        laboratories), `coverage_literature` and `coverage_corrected` of 90 % intervals, and `width`, their ratio of
        widths on the learning scale. A k with fewer than 5 laboratories is left out; None where none has more.
    """
    import pandas as pd

    space = LabSpace.of(inputs, evidence)
    points = space.points(inputs.names, inputs.transform(rows.frame, rows.compositions), out_of_paper)
    roles = rows.frame[Column.ROLE].to_numpy(dtype=np.str_)
    more: dict[str, Any] = {"seed": seed, "sizes": sizes, "min_rows": min_rows, "draws": draws}
    found = curve_of(points, rows.scaled, rows.papers, roles, rows.target, **more)
    return pd.DataFrame(found) if found else None


def curve_of(
    points: Points,
    measured: FloatArray,
    papers: StrArray,
    roles: StrArray,
    target: Target,
    *,
    seed: int,
    sizes: tuple[int, ...] = SIZES,
    min_rows: int = 0,
    draws: int = 20,
) -> list[dict[str, float]]:
    """`lab_curve` from points of n rows, their measured values on the learning scale, papers and roles, each (n,)."""
    rng = np.random.default_rng(seed)
    found: dict[int, list[FloatArray]] = {k: [] for k in sizes}
    counts = dict.fromkeys(sizes, 0)
    residuals = measured - points.predicted
    for fold in paper_folds(papers, min(_FOLDS, len(set(papers.tolist()))), seed=seed, strata=roles):
        train = fold.train
        if not has_repeats(papers[train], roles[train]):
            continue
        known = (points[train], residuals[train], papers[train], roles[train])
        full, plain = fit_kernels(*known), fit_kernels(*known, local=False)
        for role, of_role in by_role(roles[fold.test]).items():
            kernels = [kernels.get(role, kernels[POOLED]) for kernels in (full, plain)]
            like = train[roles[train] == role] if role in roles[train] else train
            width = float(np.quantile(np.abs(residuals[like]), _LEVEL))
            for laboratory in by_role(papers[fold.test][of_role]).values():
                chosen = fold.test[of_role[laboratory]]
                for k in sizes:
                    if len(chosen) > k and len(chosen) >= min_rows:
                        given = choices_of(len(chosen), k, draws, rng)
                        found[k].append(errors_of(points[chosen], measured[chosen], given, kernels, width, target))
                        counts[k] += len(chosen)
    return [summary(k, counts[k], np.array(found[k]), rng) for k in sizes if len(found[k]) >= _MIN_LABORATORIES]


def choices_of(n: int, k: int, draws: int, rng: np.random.Generator) -> list[IntArray]:
    """Ways to choose k of n rows: all of them, or as many as `draws` at random."""
    if comb(n, k) <= draws:
        return [np.array(chosen) for chosen in combinations(range(n), k)]
    return [rng.choice(n, size=k, replace=False) for _ in range(draws)]


def errors_of(
    points: Points,
    measured: FloatArray,
    choices: list[IntArray],
    kernels: list[LabKernel],
    width: float,
    target: Target,
) -> FloatArray:
    """What one laboratory shows: means over choices and other rows, in the order of the measures of `lab_curve`.

    Args:
        points: Its n rows.
        measured: Measured values on the learning scale, (n,).
        choices: Rows that are given to the correction.
        kernels: The full kernel, and that of an offset alone.
        width: Half width of the 90 % interval of the literature model on the learning scale.
        target: The target.
    """
    sums = np.zeros(len(_MEASURES))
    for given in choices:
        rest = np.setdiff1d(np.arange(len(measured)), given)
        predicted, true = points.predicted[rest], target.restore(measured[rest])
        corrected, narrowed = [], []
        for kernel in kernels:
            inverse, weights = solve(kernel, points[given], (measured - points.predicted)[given])
            covariance = kernel.covariance(points[rest], points[given])
            before = kernel.variance(points[rest])
            corrected.append(predicted + covariance @ weights)
            explained = np.einsum("ij,jk,ik->i", covariance, inverse, covariance)
            narrowed.append(np.sqrt(np.clip(1 - explained / before, 0.0, 1.0)))
        errors = [np.abs(target.restore(values) - true).mean() for values in (predicted, corrected[1], corrected[0])]
        covered = np.abs(measured[rest] - predicted) <= width
        covered_then = np.abs(measured[rest] - corrected[0]) <= width * narrowed[0]
        sums += [*errors, covered.mean(), covered_then.mean(), narrowed[0].mean()]
    return np.asarray(sums / len(choices))


def summary(k: int, n_rows: int, values: FloatArray, rng: np.random.Generator) -> dict[str, float]:
    """One row of `lab_curve` from what its laboratories show, (laboratories, 6)."""
    n = len(values)
    resampled = values[rng.integers(0, n, (_RESAMPLES, n))].mean(axis=1)
    low, high = np.quantile(resampled[:, 2] / resampled[:, 0], [0.025, 0.975])
    means = values.mean(axis=0)
    measures = dict(zip(_MEASURES, means.tolist(), strict=True))
    return {
        "k": k,
        "n_papers": n,
        "n_rows": n_rows,
        **{name: measures[name] for name in _MEASURES[:3]},
        "ratio": float(means[2] / means[0]),
        "ratio_low": float(low),
        "ratio_high": float(high),
        **{name: measures[name] for name in _MEASURES[3:]},
    }
