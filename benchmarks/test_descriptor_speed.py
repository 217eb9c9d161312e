"""Speed of all composition descriptors against matminer's Magpie preset, both sides in one run.

Run `python benchmarks/test_descriptor_speed.py` for one line of JSON, or `pytest benchmarks/test_descriptor_speed.py`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.features import FeatureSet

ELEMENTS = ("O", "Na", "Mg", "Ti", "Mn", "Fe", "Ni", "Cu")
ROWS = int(os.environ.get("HEMML_BENCHMARK_ROWS", "1000000"))
MATMINER_ROWS = 2000
AIM = 300.0


def matrices(rows: int) -> dict[str, np.ndarray]:
    """Layered oxides Na_x(Mg, Ti, Mn, Fe, Ni, Cu)O2 with random fractions: eight elements, all present."""
    rng = np.random.default_rng(2024)
    cation, mobile = np.zeros((rows, 8)), np.zeros((rows, 8))
    cation[:, 2:] = rng.dirichlet(np.full(6, 2.0), rows)
    mobile[:, 1] = rng.uniform(0.6, 1.0, rows)
    return {"cation": cation, "mobile": mobile, "anion": np.full((rows, 1), 2.0)}


def describe(parts: dict[str, np.ndarray]) -> np.ndarray:
    batch = CompositionBatch.from_arrays(ELEMENTS, **parts, anion_species=("O",), working_ion="Na")
    return FeatureSet.default().compute(batch)


def magpie_of(amounts: np.ndarray) -> Callable[[], list[list[float]]]:
    """matminer's side: featurize ready-made compositions, its tables already read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matminer's own imports warn
        from matminer.featurizers.composition import ElementProperty
    from pymatgen.core import Composition

    magpie = ElementProperty.from_preset("magpie", impute_nan=False)
    compositions = [Composition(dict(zip(ELEMENTS, row, strict=True))) for row in amounts.tolist()]
    magpie.featurize(compositions[0])
    return lambda: [magpie.featurize(composition) for composition in compositions]


def best_seconds(function: Callable[[], object], rounds: int) -> float:
    """Shortest of several rounds: the first ones pay for fresh memory, and other programs only ever add time."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def first_rows(parts: dict[str, np.ndarray], rows: int) -> np.ndarray:
    amounts = parts["cation"][:rows] + parts["mobile"][:rows]
    amounts[:, 0] += parts["anion"][:rows, 0]
    return amounts


def compare(rows: int) -> dict[str, object]:
    parts = matrices(rows)
    values = describe({name: part[:100] for name, part in parts.items()})
    seconds = best_seconds(lambda: describe(parts), rounds=3)
    theirs = magpie_of(first_rows(parts, min(rows, MATMINER_ROWS)))
    ours, matminer = rows / seconds, min(rows, MATMINER_ROWS) / best_seconds(theirs, rounds=3)
    root = Path(__file__).parents[1]
    commit = subprocess.run(["git", "-C", root, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {
        "benchmark": "composition descriptors",
        "rows": rows,
        "hemml_features": values.shape[1],
        "matminer_features": len(theirs()[0]),
        "hemml_seconds": round(seconds, 2),
        "hemml_per_second": round(ours),
        "matminer_per_second": round(matminer),
        "ratio": round(ours / matminer, 1),
        "aim": AIM,
        "versions": {name: version(name) for name in ("hemml", "matminer", "pymatgen", "numpy")},
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commit": commit.stdout.strip() or "none",
    }


@pytest.mark.benchmark(group="descriptors")
def test_descriptors_of_a_matrix(benchmark) -> None:
    parts = matrices(min(ROWS, 200_000))
    values = benchmark.pedantic(describe, args=(parts,), rounds=3, warmup_rounds=1)
    assert np.isfinite(values[:, 0]).all()


def test_rate_against_matminer() -> None:
    result = compare(ROWS)
    print(json.dumps(result))
    assert result["hemml_features"] > result["matminer_features"]


if __name__ == "__main__":
    print(json.dumps(compare(ROWS)))
