"""Time to read formulas and to lay them out; the aim is 10,000 formulas in at most 1 s on one core."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest

from hemml.composition import CompositionBatch, Material

pytest.importorskip("pytest_benchmark")

DATA = Path(__file__).parents[1] / "datasets" / "hem_electrodes.csv"
METALS = ("V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn")


@pytest.fixture(scope="module")
def formulas():
    """10,000 formulas: those of the data set in turn, then eight-metal oxides."""
    with DATA.open(encoding="utf-8", newline="") as file:
        known = sorted({row["formula"] for row in csv.DictReader(file)})
    amounts = np.random.default_rng(0).dirichlet(np.ones(8), 5000).round(3) + 0.001
    mixed = [f"Na0.7({''.join(f'{m}{a:.3f}' for m, a in zip(METALS, row, strict=True))})O2" for row in amounts]
    return [*itertools.islice(itertools.cycle(known), 5000), *mixed]


def test_parse_10000_formulas(benchmark, formulas):
    materials = benchmark.pedantic(lambda: [Material.parse(f, "Na") for f in formulas], rounds=3)
    assert len(materials) == 10_000


def test_batch_of_10000_formulas(benchmark, formulas):
    batch = benchmark.pedantic(CompositionBatch.from_formulas, args=(formulas, "Na"), rounds=3)
    assert len(batch) == 10_000


def test_batch_of_a_million_rows_from_arrays(benchmark):
    cation = np.random.default_rng(0).random((1_000_000, 8))
    oxygen = np.full((1_000_000, 1), 4.0)
    batch = benchmark.pedantic(
        lambda: CompositionBatch.from_arrays(
            METALS, cation=cation, anion=oxygen, anion_species=("O",), working_ion="Zn"
        ),
        rounds=3,
    )
    assert len(batch) == 1_000_000
