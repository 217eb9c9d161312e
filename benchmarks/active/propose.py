"""Time of a proposal: surrogate updated with own results, batch chosen, from a design space that comes with hemml.

    python benchmarks/active/propose.py --candidates 10000 --objectives 3 --batch 5 --json

`seconds` is the median of five proposals, each with own results of its own, as a running campaign makes them: what the
bundles say of the candidates lies in the campaign's file. `first_seconds` is a first proposal, which
computes it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from hemml.active.acquisition import AcquisitionSettings, choose_batch
from hemml.active.candidates import Candidates
from hemml.active.objective import Objective
from hemml.active.space import DesignSpace
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.prior_cache import cached_prior
from hemml.active.surrogate.prior_surrogate import PriorSurrogate
from hemml.arrays import IntArray
from hemml.models.prediction import Predictor
from hemml.provenance import git_commit, versions

SPACE: Final = Path(__file__).parents[2] / "configs" / "spaces" / "zn_spinel_cathode.yaml"
OBJECTIVES: Final = ("capacity_mAh_g:max", "average_voltage_V:max", "retention_pct:max")
RUNS: Final = 5
NONE: Final = np.empty(0, dtype=np.int64)


def simulated(prior_surrogate: PriorSurrogate, count: int, rng: np.random.Generator) -> Measured:
    """Own results drawn from what the bundles say: a laboratory as the literature knows them."""
    rows = rng.choice(len(prior_surrogate.prior), count, replace=False)
    drawn = prior_surrogate.samples(rows, 1, rng)[0]
    return Measured(rows, drawn)


def propose(
    file: Path,
    predictor: Predictor,
    candidates: Candidates,
    objectives: tuple[Objective, ...],
    measured: Measured,
    batch: int,
    seed: int,
) -> IntArray:
    """Rows of the next experiments."""
    targets = [target for target in predictor.targets if target in {one.quantity for one in objectives}]
    prior = cached_prior(file, predictor, candidates, targets)
    surrogate = PriorSurrogate.fit(prior, measured, objectives)
    allowed = np.ones(len(candidates), dtype=bool)
    return choose_batch(
        surrogate,
        measured.rows,
        NONE,
        allowed,
        batch,
        AcquisitionSettings(),
        np.random.default_rng(seed),
        log_weight=surrogate.domain_log_weight,
    ).rows


def timed(options: argparse.Namespace) -> dict[str, object]:
    """Time proposals."""
    space = DesignSpace.load(options.space)
    objectives = tuple(Objective.parse(text) for text in OBJECTIVES[: options.objectives])
    candidates = space.candidates(space.sample(options.candidates, np.random.default_rng(0)))
    start = time.perf_counter()
    predictor = Predictor.load()
    loading = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prior.npz"
        none = Measured(NONE, np.empty((len(objectives), 0)))
        start = time.perf_counter()
        propose(file, predictor, candidates, objectives, none, options.batch, 0)
        first = time.perf_counter() - start
        before = PriorSurrogate.fit(cached_prior(file, predictor, candidates, _targets(objectives)), none, objectives)
        seconds, rows = [], NONE
        for run in range(RUNS):
            measured = simulated(before, 5 + 2 * run, np.random.default_rng(run))
            start = time.perf_counter()
            rows = propose(file, predictor, candidates, objectives, measured, options.batch, run)
            seconds.append(time.perf_counter() - start)
    return {
        "benchmark": "proposal",
        "seconds": round(statistics.median(seconds), 3),
        "first_seconds": round(first, 3),
        "loading_seconds": round(loading, 3),
        "all_seconds": [round(value, 3) for value in seconds],
        "space": options.space.name,
        "candidates": len(candidates),
        "objectives": [str(objective) for objective in objectives],
        "batch": options.batch,
        "last_batch": space.formulas(candidates.ranks[rows]),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "commit": git_commit(),
        "versions": versions(),
    }


def _targets(objectives: tuple[Objective, ...]) -> list[str]:
    return [one.quantity for one in objectives]


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--objectives", type=int, default=3, choices=range(1, len(OBJECTIVES) + 1))
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--space", type=Path, default=SPACE)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Print what was timed."""
    options = _options(arguments)
    result = timed(options)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    print(
        f"{result['candidates']:,} candidates, {options.objectives} objectives, batch {options.batch}: "
        f"{result['seconds']} s a proposal (median of {RUNS}), {result['first_seconds']} s for the first"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
