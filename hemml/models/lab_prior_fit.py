"""Learn from the literature how much laboratories differ: pooled marginal likelihood of out-of-paper residuals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.columns import Column
from hemml.errors import DataError
from hemml.models.lab_prior import POOLED, LabKernel, LabPrior, LabSpace, Points, by_role, squares

if TYPE_CHECKING:
    from hemml.models.inputs import Inputs
    from hemml.models.training_rows import TrainingRows
    from hemml.uncertainty import Evidence

MIN_PAPERS: Final = 20
# Log-normal priors, wide: they only keep what few papers cannot tell from running away.
_SPREAD: Final = 1.0
_BOUND: Final = 4.0
_PARTS: Final = ("offset", "slope", "local", "noise", "composition_length", "test_length")


def fit_lab_prior(rows: TrainingRows, out_of_paper: FloatArray, inputs: Inputs, evidence: Evidence) -> LabPrior:
    """Learn the prior of laboratories.

    Args:
        rows: n measured rows.
        out_of_paper: Predictions on the learning scale, each by a model that had not seen the row's paper, (n,).
        inputs: Columns of the model that the prior will serve.
        evidence: Its training records; gives the weights of the descriptors.

    Raises:
        DataError: No two rows come from one paper, so nothing tells laboratories from noise.
    """
    space = LabSpace.of(inputs, evidence)
    points = space.points(inputs.names, inputs.transform(rows.frame, rows.compositions), out_of_paper)
    roles = rows.frame[Column.ROLE].to_numpy(dtype=np.str_)
    kernels = fit_kernels(points, rows.scaled - out_of_paper, rows.papers, roles)
    return LabPrior(space, kernels)


def fit_kernels(
    points: Points, residuals: FloatArray, papers: StrArray, roles: StrArray, *, local: bool = True
) -> dict[str, LabKernel]:
    """Kernels by role, and one of all roles for those with fewer than 20 papers of 2 rows or more.

    Args:
        points: n rows.
        residuals: Measured - predicted, out of paper, (n,).
        papers: Paper of each row, (n,).
        roles: Role of each row, (n,).
        local: Whether there is a local part and a slope; without them a laboratory has an offset alone.

    Raises:
        DataError: No two rows of one role come from one paper.
    """
    laboratories = _laboratories(papers, roles)
    groups = _by_size(laboratories)
    if not has_repeats(papers, roles):
        raise DataError(
            "lab prior: some paper must hold two rows of the target, got none; use the whole data set as training table"
        )
    kernels = {POOLED: _fit(points, residuals, list(groups.values()), local=local)}
    for role, rows in by_role(roles).items():
        own = {size: rows[group] for size, group in _by_size(laboratories[rows]).items()}
        if sum(len(group) for size, group in own.items() if size > 1) >= MIN_PAPERS:
            kernels[role] = _fit(points, residuals, list(own.values()), local=local)
    return kernels


def has_repeats(papers: StrArray, roles: StrArray) -> bool:
    """Whether two of n rows come from one paper and role, so that laboratories can be told from noise."""
    return len(np.unique(_laboratories(papers, roles))) < len(papers)


def _laboratories(papers: StrArray, roles: StrArray) -> StrArray:
    return np.char.add(np.char.add(papers, "\n"), roles)


def _by_size(laboratories: StrArray) -> dict[int, IntArray]:
    """Number of rows -> rows of the laboratories with that many, (laboratories, rows each)."""
    _, codes = np.unique(laboratories, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    sizes = sorted({len(part) for part in parts})
    return {size: np.stack([part for part in parts if len(part) == size]) for size in sizes}


def _fit(points: Points, residuals: FloatArray, groups: Sequence[IntArray], *, local: bool) -> LabKernel:
    """The kernel with the largest posterior density; all groups of one size are worked on at once."""
    from scipy.optimize import minimize

    rows = np.concatenate([group.ravel() for group in groups])
    spread = max(float(residuals[rows].std()), 1e-3)
    center = float(points.predicted[rows].mean())
    start = np.log([0.6 * spread, 0.1, 0.5 * spread, 0.6 * spread, 0.3, 1.0])
    parts = [(points.predicted[group], *squares(points[group], points[group]), residuals[group]) for group in groups]
    free = np.array([True, local, local, True, local, local])

    def kernel(logs: FloatArray) -> LabKernel:
        values = dict(zip(_PARTS, np.exp(logs).tolist(), strict=True))
        return LabKernel(center, **(values if local else {**values, "slope": 0.0, "local": 0.0}))

    def loss(chosen: FloatArray) -> float:
        logs = start.copy()
        logs[free] = chosen
        density = sum(_log_likelihood(kernel(logs), *part) for part in parts)
        return 0.5 * float((((logs - start) / _SPREAD) ** 2).sum()) - density

    bounds = [(one - _BOUND, one + _BOUND) for one in start[free]]
    best = start.copy()
    best[free] = minimize(loss, start[free], method="L-BFGS-B", bounds=bounds).x
    return kernel(best)


def _log_likelihood(
    kernel: LabKernel, predicted: FloatArray, composition: FloatArray, test: FloatArray, residuals: FloatArray
) -> float:
    """Log density of the residuals of g laboratories of n rows, (g, n), up to a constant."""
    covariance = kernel.of_distances(predicted, predicted, composition, test)
    lower = np.linalg.cholesky(covariance + kernel.noise**2 * np.eye(residuals.shape[-1]))
    whitened = np.linalg.solve(lower, residuals[..., None])
    return float(-0.5 * (whitened**2).sum() - np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum())
