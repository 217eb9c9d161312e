"""Time of a proposal of a running campaign, from a design space that comes with hemml.

    python benchmarks/active/propose.py --candidates 10000 --objectives 3 --batch 5 --json

`seconds` is the median of five proposals with the campaign open, each after new results: candidates laid out, surrogate
updated, single-phase model updated, batch chosen, described with its nearest records and recipes, and stored. What the
bundles say of the candidates was computed with the first proposal and lies beside the campaign's file; that one is
`first_seconds`. Results are drawn from what the surrogate believes.
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

from hemml.active.campaign import Campaign, CampaignSettings
from hemml.active.objective import Objective
from hemml.active.proposing import Batch
from hemml.active.space import DesignSpace
from hemml.active.store import Measured
from hemml.provenance import git_commit, versions

SPACES: Final = Path(__file__).parents[2] / "configs" / "spaces"
# The first has 16,647 candidates that meet its constraints, the second about 1.1 million.
SMALL: Final = SPACES / "zn_spinel_cathode.yaml"
LARGE: Final = SPACES / "na_layered_oxide.yaml"
MOST_OF_SMALL: Final = 16_000
OBJECTIVES: Final = ("capacity_mAh_g:max", "average_voltage_V:max", "retention_pct:max")
RUNS: Final = 5


def results(
    recorded: object, batch: Batch, objectives: tuple[Objective, ...], rng: np.random.Generator
) -> list[Measured]:
    """Results of a batch: a number from the middle of what was predicted for each of them."""
    ids = [one["id"] for one in recorded.event.proposals]
    found = []
    for identifier, proposal in zip(ids, batch.proposals, strict=True):
        values = {}
        for objective in objectives:
            said = proposal.predicted[objective.quantity]
            values[objective.quantity] = float(said.lower + (0.3 + 0.4 * rng.random()) * (said.upper - said.lower))
        found.append(Measured(identifier, values=values))
    return found


def timed(options: argparse.Namespace) -> dict[str, object]:
    """Time proposals."""
    path = options.space or (SMALL if options.candidates <= MOST_OF_SMALL else LARGE)
    objectives = tuple(Objective.parse(text) for text in OBJECTIVES[: options.objectives])
    space = DesignSpace.load(path, objectives)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        settings = CampaignSettings(candidates=options.candidates)
        with Campaign.create(Path(folder) / "speed.campaign", space, settings) as campaign:
            weighed = len(campaign.reach)
            loading = time.perf_counter() - start
            seconds, formulas = [], []
            for _ in range(RUNS + 1):
                start = time.perf_counter()
                recorded, batch = campaign.propose(options.batch)
                seconds.append(time.perf_counter() - start)
                formulas = [one.formula for one in batch.proposals]
                campaign.add(results(recorded, batch, objectives, rng))
    first, *later = seconds
    return {
        "benchmark": "proposal",
        "seconds": round(statistics.median(later), 3),
        "first_seconds": round(first, 3),
        "loading_seconds": round(loading, 3),
        "all_seconds": [round(value, 3) for value in later],
        "space": path.name,
        "candidates": weighed,
        "objectives": [str(objective) for objective in objectives],
        "batch": options.batch,
        "last_batch": formulas,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "commit": git_commit(),
        "versions": versions(),
    }


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--objectives", type=int, default=3, choices=range(1, len(OBJECTIVES) + 1))
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--space", type=Path, default=None, help="YAML file; one that is large enough by default")
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
