"""`hemml screen --search evolve` against looking at every candidate, and against as many candidates at random.

    python benchmarks/screening/evolve.py na_polyanion na_layered_oxide --share 0.02 --seeds 5
    python benchmarks/screening/evolve.py li_spinel_anode --evaluations 20000 --seeds 5

The hypervolume of the Pareto set that was found is given as a share of the true one's, counted from two points: the
worst value of each objective over all candidates that are kept, the largest box there is; and the worst over the true
Pareto set alone, which leaves out much of what any sample covers and is the harder measure. Where a space is too large
to look at all of it, the Pareto set of all runs together stands for the true one, and the worst of the kept random
candidates for the worst of all. Candidates count when their constraints were looked at, predicted or not; random ones
are one from each of as many equal parts of the space.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from hemml.active.acquisition.pareto import hypervolume, nondominated
from hemml.active.space import DesignSpace
from hemml.data import resource_path
from hemml.models.prediction import Predictor
from hemml.provenance import git_commit
from hemml.screening.evolve.search import evolve
from hemml.screening.evolve.settings import EvolveSettings
from hemml.screening.job import Job
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings

ENUMERABLE: Final = 10**8
POINTS: Final = ("worst of all kept", "worst of the Pareto set")


@dataclass(frozen=True, eq=False)
class Run:
    """What one run found.

    Attributes:
        looked_at: Candidates looked at.
        predicted: Those of them that were predicted.
        front: Utilities of its Pareto set, (k, q).
        seconds: Time.
    """

    looked_at: int
    predicted: int
    front: np.ndarray
    seconds: float


@dataclass(frozen=True, eq=False)
class Truth:
    """What there is to find.

    Attributes:
        ranks: Candidates that are kept, all or those of random samples.
        utilities: Theirs, (n, q).
        front: Utilities of the Pareto set, (k, q).
    """

    ranks: np.ndarray
    utilities: np.ndarray
    front: np.ndarray

    def shares(self, front: np.ndarray) -> list[float]:
        """Hypervolume of a front as a share of the true one, for both reference points."""
        points = (self.utilities.min(axis=0), self.front.min(axis=0))
        return [hypervolume(front, point) / hypervolume(self.front, point) for point in points]

    def members(self, front: np.ndarray) -> float:
        """Share of the true Pareto set that is in a front."""
        found, wanted = ({tuple(row) for row in np.round(points, 6).tolist()} for points in (front, self.front))
        return len(wanted & found) / len(wanted)


def kept_of(screener: Screener, ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Ranks and utilities of those of n candidates that are kept, and how many were predicted."""
    kept, predicted = [], 0
    for rows, keeps in screener.blocks(ranks):
        kept.append(rows[keeps])
        predicted += len(rows)
    utilities = [rows.columns(screener.axes).T for rows in kept]
    return np.concatenate([rows.ranks for rows in kept]), np.concatenate(utilities), predicted


def all_of(screener: Screener, cache: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Ranks and utilities of all candidates that are kept."""
    job = screener.job
    file = None if cache is None else cache / f"{job.sha256[:16]}.npz"
    if file is not None and file.exists():
        with np.load(file) as stored:
            return stored["ranks"], stored["utilities"]
    parts = [kept_of(screener, job.ranks(chunk)) for chunk in range(job.chunks)]
    ranks, utilities = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    if file is not None:
        np.savez(file, ranks=ranks, utilities=utilities)
    return ranks, utilities


def searched(screener: Screener, settings: EvolveSettings) -> Run:
    """One search."""
    outcome = evolve(screener, settings)
    front = outcome.found.front.columns(screener.axes).T
    return Run(outcome.looked_at, outcome.predicted, front, outcome.seconds)


def compared(name: str, predictor: Predictor, options: argparse.Namespace) -> list[str]:
    """Lines of the table for one space."""
    space = DesignSpace.load(resource_path("configs", "spaces") / f"{name}.yaml")
    screener = Screener.of(Job.of(space, Settings(pareto=True), predictor), predictor)
    count = options.evaluations or int(options.share * space.size)
    screener.found_among(space.sample(4096, np.random.default_rng(0)))  # kernels are compiled
    if space.size <= ENUMERABLE:
        ranks, utilities = all_of(screener, options.cache)
    chance, ours, samples = [], [], []
    for seed in range(options.seeds):
        drawn = space.sample(count, np.random.default_rng(seed))
        start = time.perf_counter()
        if space.size <= ENUMERABLE:
            picked = utilities[np.isin(ranks, drawn)]
            predicted = 0
        else:
            _, picked, predicted = kept_of(screener, drawn)
        chance.append(Run(count, predicted, picked[nondominated(picked)], time.perf_counter() - start))
        samples.append(picked)
        ours.append(searched(screener, EvolveSettings(evaluations=count, seed=seed)))
    if space.size > ENUMERABLE:
        ranks, utilities = np.zeros(0), np.concatenate([*samples, *(run.front for run in ours)])
        worst = np.concatenate(samples).min(axis=0)
        utilities = np.maximum(utilities, worst)
    truth = Truth(ranks, utilities, utilities[nondominated(utilities)])
    kept = f"{len(ranks):,}" if len(ranks) else "unknown"
    return [
        f"| {name} | {space.size:,} | {kept} | {utilities.shape[1]} | {len(truth.front):,} | {cells} |"
        for cells in (_cells("evolve", ours, truth, space.size), _cells("random", chance, truth, space.size))
    ]


def _cells(what: str, runs: Sequence[Run], truth: Truth, size: int) -> str:
    shares = np.array([truth.shares(run.front) for run in runs])
    looked_at = statistics.median(run.looked_at for run in runs)
    predicted = statistics.median(run.predicted for run in runs)
    cells = [what, f"{looked_at:,.0f} ({100 * looked_at / size:.2g} %)", f"{predicted:,.0f}" if predicted else ""]
    cells += [f"{100 * np.median(column):.1f} % ({100 * column.min():.1f} %)" for column in shares.T]
    cells.append(f"{100 * statistics.median(truth.members(run.front) for run in runs):.0f} %")
    cells.append(f"{statistics.median(run.seconds for run in runs):.1f}" if predicted else "")
    return " | ".join(cells)


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spaces", nargs="*", default=["na_polyanion", "na_layered_oxide"])
    parser.add_argument("--share", type=float, default=0.02, help="candidates looked at, of all")
    parser.add_argument("--evaluations", type=int, default=None, help="candidates looked at, in the place of a share")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps what looking at all gave")
    options = parser.parse_args(arguments)
    predictor = Predictor.load()
    head = ["space", "candidates", "kept", "objectives", "Pareto set", "search", "looked at", "predicted"]
    head += [f"hypervolume from the {point}" for point in POINTS] + ["of the Pareto set", "s"]
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for name in options.spaces:
        print("\n".join(compared(name, predictor, options)), flush=True)
    named = ", ".join(f"{package} {version(package)}" for package in ("numpy", "numba", "pymoo"))
    print(
        f"\nMedians over {options.seeds} seeds, the worst in brackets. hemml {git_commit()}, "
        f"Python {platform.python_version()}, {named}, {platform.machine()}, {os.cpu_count()} processors, one thread."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
