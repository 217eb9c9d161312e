"""Candidates a second of `hemml screen` against the pipeline that a user would write, both sides in one run.

    python benchmarks/throughput.py --sizes 10000 100000 1000000 10000000 --plot docs/screening_throughput.png

The pipeline: formulas, matminer's Magpie preset in one process or more, whichever is faster, a random forest of 300
trees from scikit-learn, for one target without intervals. hemml: three targets with 90 % intervals and the domain, as a
process of its own; a space with its constraints, where most candidates are refused before they are predicted, and the
same space without, where every candidate is predicted. Descriptors alone: all of hemml's, one process a processor.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from hemml.active.space import DesignSpace
from hemml.composition import CompositionBatch
from hemml.data import half_cell, load_table, resource_path
from hemml.features import FeatureSet
from hemml.provenance import git_commit, versions

SPACES: Final = Path(__file__).parents[1] / "configs" / "spaces"
SEED: Final = 0
TREES: Final = 300
NAIVE_ROWS: Final = 4000
DESCRIPTOR_ROWS: Final = 400_000
PROCESSORS: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best_of(rounds: int, function: Callable[[], object]) -> float:
    """Shortest time of several rounds, s: other programs only ever add time."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def pipeline(formulas: Sequence[str]) -> dict[str, float]:
    """What a user would write: candidates a second of features and forest, and of the features alone."""
    from pymatgen.core import Composition
    from sklearn.ensemble import RandomForestRegressor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matminer's own imports warn
        from matminer.featurizers.composition import ElementProperty
    magpie = ElementProperty.from_preset("magpie", impute_nan=True)

    def features(texts: Sequence[str], processes: int = 1) -> np.ndarray:
        magpie.set_n_jobs(processes)
        return np.array(magpie.featurize_many([Composition(text) for text in texts], pbar=False))

    records = load_table(resource_path("datasets", "hem_electrodes.csv"))
    records = records[half_cell(records) & records["capacity_mAh_g"].notna()]
    records = records[~records["formula"].str.contains("[^A-Za-z0-9().\\[\\]]")]
    forest = RandomForestRegressor(n_estimators=TREES, n_jobs=PROCESSORS, random_state=SEED)
    forest.fit(features(records["formula"].tolist()), np.log(records["capacity_mAh_g"]))
    # starting processes can cost more than they save: the faster way counts
    count = min((1, PROCESSORS), key=lambda processes: best_of(2, lambda: features(formulas, processes)))
    whole = best_of(2, lambda: forest.predict(features(formulas, count)))
    alone = best_of(2, lambda: features(formulas, count))
    return {
        "candidates_per_second": len(formulas) / whole,
        "features_per_second": len(formulas) / alone,
        "processes": count,
    }


def _describe(space: Path, first: int, rows: int) -> tuple[float, int]:
    drawn = DesignSpace.load(space)
    batch: CompositionBatch = drawn.batch(np.arange(first, first + rows))
    values = FeatureSet.default()
    values.compute(batch[:1000])
    return best_of(2, lambda: values.compute(batch)), len(values.names)


def descriptors(space: Path) -> dict[str, float]:
    """All descriptors of hemml for candidates of a space, one process a processor."""
    with ProcessPoolExecutor(PROCESSORS) as pool:
        share = DESCRIPTOR_ROWS // PROCESSORS
        done = [pool.submit(_describe, space, i * share, share) for i in range(PROCESSORS)]
        seconds, names = zip(*(one.result() for one in done), strict=True)
    return {"descriptors": names[0], "features_per_second": share * PROCESSORS / max(seconds)}


def screened(space: Path, limit: int, *options: str) -> dict[str, Any]:
    """What `hemml screen` reports of itself."""
    command = [sys.executable, "-m", "hemml", "screen", str(space), "--limit", str(limit), "--top", "1000", "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"hemml screen failed: {done.stderr}")
    said = json.loads(done.stdout)
    del said["best"]
    return {"limit": limit, "options": list(options), **said}


def without_constraints(space: Path, folder: Path) -> Path:
    """The same space with every candidate allowed."""
    about = yaml.safe_load(space.read_text(encoding="utf-8"))
    about["constraints"] = []
    about["title"] += ", without constraints"
    path = folder / space.name
    path.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    return path


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Both sides."""
    space = SPACES / f"{options.space}.yaml"
    drawn = DesignSpace.load(space)
    formulas = drawn.formulas(drawn.sample(NAIVE_ROWS, np.random.default_rng(SEED)))
    naive = pipeline(formulas)
    described = descriptors(space)
    with tempfile.TemporaryDirectory() as folder:
        free = without_constraints(space, Path(folder))
        runs = {
            "as shipped": [screened(space, size) for size in options.sizes],
            "every candidate predicted": [screened(free, size) for size in options.sizes],
        }
    return {
        "benchmark": "throughput of screening",
        "space": options.space,
        "size": drawn.size,
        "pipeline": naive,
        "descriptors": described,
        "descriptors_ratio": described["features_per_second"] / naive["features_per_second"],
        "runs": runs,
        "ratios": {
            name: [round(run["candidates_per_second"] / naive["candidates_per_second"], 1) for run in several]
            for name, several in runs.items()
        },
        "machine": f"{platform.machine()}, {PROCESSORS} processors",
        "commit": git_commit(),
        "versions": versions(),
    }


def plot(result: dict[str, Any], path: Path) -> None:
    """Cost of a candidate against the number of candidates."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
    for name, runs in result["runs"].items():
        cost = [1e6 / run["candidates_per_second"] for run in runs]
        axes.loglog([run["candidates"] for run in runs], cost, marker="o", label=f"hemml screen, {name}")
    naive = 1e6 / result["pipeline"]["candidates_per_second"]
    axes.axhline(naive, color="0.4", linestyle="--", label="matminer Magpie + random forest")
    axes.set_xlabel("candidates")
    axes.set_ylabel("time of a candidate, µs")
    axes.set_title(f"{result['space']}, {result['machine']}", fontsize=10)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)


def main(arguments: Sequence[str]) -> None:
    """Measure, print JSON, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="na_layered_oxide", help="name of a space that comes with hemml")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--plot", type=Path, help="PNG file of the cost of a candidate")
    options = parser.parse_args(arguments)
    result = measured(options)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if options.plot:
        plot(result, options.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
