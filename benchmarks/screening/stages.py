"""Where the time of `hemml screen` goes, candidate by candidate on one processor, and how far that is from the machine.

    python benchmarks/screening/stages.py --space na_layered_oxide --table

Each stage is timed alone, on blocks of candidates that meet the constraints, as the command works on them; the best of
several rounds counts. The limit is what this machine needs for the arithmetic that cannot be left out, the products of
candidates with support vectors, at the speed that its linear algebra library reaches, and for moving every column that
is computed once to memory and back.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from hemml.active.space import DesignSpace, survivors
from hemml.active.surrogate.prior_blocks import with_conditions
from hemml.composition import CompositionBatch
from hemml.features import FeatureSet
from hemml.features.expected import NEEDED
from hemml.features.insertion_columns import host_columns
from hemml.models.bundle import Bundle
from hemml.models.compiled.alike import independent
from hemml.models.compiled.ensemble import CompiledBundle
from hemml.models.compiled.inputs import CompositionColumns
from hemml.models.compiled.kernels import Radial
from hemml.models.compiled.prior import CompiledPrior
from hemml.models.compiled.table import Table
from hemml.models.prediction import Predictor
from hemml.models.target_prediction import TargetPrediction
from hemml.models.voltage_prior import VOLTAGE_PRIOR, VoltagePrior
from hemml.provenance import git_commit, versions
from hemml.screening import Job, Screener, Settings
from hemml.screening.found import highest
from hemml.screening.job import CHUNK_RANKS

SPACES: Final = Path(__file__).parents[2] / "configs" / "spaces"
ROWS: Final = 8192
ROUNDS: Final = 7
KINDS: Final = {"svr": "support vector machines", "gaussian_process": "Gaussian process", "ridge": "ridge"}


class Stages:
    """Times by stage, µs a candidate."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def time(self, name: str, rows: int, function: Callable[[], Any]) -> Any:
        """Time a function, the best of several rounds, and give what it gave."""
        best, result = np.inf, function()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            result = function()
            best = min(best, time.perf_counter() - began)
        self.found[name] = self.found.get(name, 0.0) + 1e6 * best / rows
        return result


def kernels(compiled: Any) -> list[Radial]:
    """Support vector machines in a compiled regressor."""
    if isinstance(compiled, Radial):
        return [compiled]
    return kernels(compiled.inner) if hasattr(compiled, "inner") else []


def product_flops(compiled: Any, table: Table) -> float:
    """Floating point operations of the products of one candidate with support vectors."""
    total = 0.0
    for machine in kernels(compiled):
        columns = independent(table.values - table.values.mean(axis=1)[:, None])
        width = len(table.varying) if columns is None else len(columns[0])
        total += 2.0 * width * len(machine.vectors.over(table.varying).distinct)
    return total


def speeds() -> tuple[float, float]:
    """Floating point operations and bytes a second of one processor."""
    a, b = np.random.default_rng(0).random((256, 64)), np.random.default_rng(1).random((64, 1000))
    out = np.empty((256, 1000))
    product = min(_seconds(lambda: np.matmul(a, b, out=out)) for _ in range(200))
    long, other = np.ones(40_000_000), np.empty(40_000_000)
    copy = min(_seconds(lambda: np.copyto(other, long)) for _ in range(5))
    return 2.0 * 256 * 64 * 1000 / product, 2.0 * long.nbytes / copy


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def of_bundle(
    stages: Stages, bundle: CompiledBundle, plain: Bundle, columns: CompositionColumns, frame: Any, encoded: np.ndarray
) -> tuple[float, int]:
    """Time one bundle; floating point operations of its products, and columns that vary."""
    n, is_cathode = columns.rows, frame["role"].to_numpy(dtype=object) == "cathode"
    table = stages.time("columns of the bundles", n, lambda: columns.table(bundle.inputs, is_cathode, encoded))
    flops = 0.0
    for name, member in bundle.members.items():
        stages.time(KINDS.get(name, "trees"), n, partial(member.predict, table))
        flops += product_flops(member, table)
    predicted, spread = bundle.predict(table)
    difficulty = stages.time("trees of the intervals", n, lambda: bundle.errors(table, predicted, spread))
    stages.time("distance to published records", n, lambda: bundle.records.distance(table))
    stages.time("values and intervals", n, lambda: TargetPrediction.of(plain, frame, predicted, difficulty, 0.9))
    return flops, len(table.varying)


def measured(space: DesignSpace) -> dict[str, Any]:
    """Times of all stages."""
    stages, whole = Stages(), Stages()
    predictor = Predictor.load()
    job = Job.of(space, Settings(), predictor)
    screener = Screener.of(job, predictor)
    asker, lattice = screener.asker, space.lattice
    ranks = np.arange(space.size // 3, space.size // 3 + min(CHUNK_RANKS, space.size // 2))
    blocks = [ranks[start : start + ROWS] for start in range(0, len(ranks), ROWS)]

    def constrained() -> np.ndarray:
        return np.concatenate([block[survivors(space.constraints, lattice.batch(block)).rows] for block in blocks])

    chosen = stages.time("constraints, for every candidate", len(ranks), constrained)[:ROWS]
    n = len(chosen)
    batch: CompositionBatch = stages.time("composition", n, lambda: lattice.batch(chosen))
    wanted = tuple(dict.fromkeys(name for name in (*asker.names, *NEEDED) if name != VOLTAGE_PRIOR))
    features = stages.time("descriptors", n, lambda: FeatureSet.default(wanted).compute(batch))
    known = dict(zip(wanted, features.T, strict=True))
    prior = CompiledPrior.of(VoltagePrior.load())
    hosts, rows = prior.prior.hosts(batch, known)
    of_hosts = stages.time("columns of the voltage prior", n, lambda: Table.of(host_columns(hosts), len(rows)))
    stages.time("trees", n, lambda: [member.predict(of_hosts) for member in prior.members])
    columns = CompositionColumns.of_batch(batch, asker.names, prior)
    frame = with_conditions(space.candidates(chosen[:1]))[1]
    flops, varying = 0.0, len(known) + len(of_hosts.varying)
    for target, plain in asker.bundles.items():
        encoded = plain.ensemble.inputs.conditions.transform(frame)
        more, width = of_bundle(stages, asker.compiled[target], plain, columns, frame, encoded)
        flops, varying = flops + more, varying + width
    block, _ = screener.predicted(chosen, batch)
    stages.time("ranking", n, lambda: highest(block, 1000))
    whole.time("all", n, lambda: screener.predicted(chosen, lattice.batch(chosen)))
    flop_rate, byte_rate = speeds()
    return {
        "benchmark": "stages of a screening",
        "space": space.title,
        "candidates": n,
        "microseconds": {name: round(value, 3) for name, value in stages.found.items()},
        "predicted_microseconds": round(whole.found["all"], 2),
        "product_microseconds": round(1e6 * flops / flop_rate, 2),
        "product_GFLOP_s": round(flop_rate / 1e9, 1),
        "memory_microseconds": round(1e6 * 2 * 8 * varying / byte_rate, 2),
        "memory_GB_s": round(byte_rate / 1e9, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "commit": git_commit(),
        "versions": versions(),
    }


def main(arguments: Sequence[str]) -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="zn_spinel_cathode", help="name of a space that comes with hemml")
    parser.add_argument("--table", action="store_true", help="print a table in the place of JSON")
    options = parser.parse_args(arguments)
    with threadpool_limits(1):
        result = measured(DesignSpace.load(SPACES / f"{options.space}.yaml"))
    if not options.table:
        print(json.dumps(result, ensure_ascii=False))
        return
    print("| stage | µs a candidate |\n| --- | --- |")
    for name, value in result["microseconds"].items():
        print(f"| {name} | {value:.2f} |")
    print(f"| all of a predicted candidate | {result['predicted_microseconds']:.1f} |")
    print(f"| limit: products, {result['product_GFLOP_s']:.0f} GFLOP/s | {result['product_microseconds']:.1f} |")
    print(f"| limit: memory, {result['memory_GB_s']:.0f} GB/s | {result['memory_microseconds']:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
