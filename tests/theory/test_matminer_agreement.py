"""Statistics of element properties against matminer's, to 1e-9."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.features import FeatureSet
from hemml.features.statistics import PROPERTIES, STATISTICS, magpie_statistics

DATA = Path(__file__).parents[2] / "datasets" / "hem_electrodes.csv"
MATMINER = {"mean": "mean", "avg_dev": "avg_dev", "range": "range", "min": "minimum", "max": "maximum"}


@pytest.fixture(scope="module")
def magpie():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matminer's own imports warn
        from matminer.featurizers.composition import ElementProperty
    return ElementProperty.from_preset("magpie", impute_nan=False)


def matminer_values(magpie, amounts: dict[str, float]) -> list[float]:
    from pymatgen.core import Composition

    labels = magpie.feature_labels()
    columns = [labels.index(f"MagpieData {MATMINER[s]} {p}") for s in STATISTICS for p in PROPERTIES]
    values = magpie.featurize(Composition(amounts))
    return [values[column] for column in columns]


def formulas_of_the_data_set() -> list[str]:
    with DATA.open(encoding="utf-8") as file:
        formulas = sorted({row["formula"] for row in csv.DictReader(file)})
    return formulas[::8]


def test_all_atoms_equal_matminer_on_published_formulas(magpie) -> None:
    formulas = formulas_of_the_data_set()
    names = [f"atoms_{s}_{p}" for s in STATISTICS for p in PROPERTIES]
    batch = CompositionBatch.from_formulas(formulas)
    ours = FeatureSet.default(names).compute(batch)
    for i, row in enumerate(batch.amounts):
        amounts = {element: float(x) for element, x in zip(batch.elements, row, strict=True) if x > 0}
        np.testing.assert_allclose(
            ours[i], matminer_values(magpie, amounts), rtol=1e-12, atol=1e-9, err_msg=formulas[i]
        )
    assert len(formulas) > 100


def test_cation_sublattice_equals_matminer_on_the_cations_alone(magpie) -> None:
    names = [f"cation_{s}_{p}" for s in STATISTICS for p in PROPERTIES]
    batch = CompositionBatch.from_formulas(["Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2"], "Na")
    expected = matminer_values(magpie, dict.fromkeys(("Ni", "Fe", "Mn", "Cu", "Ti"), 0.2))
    np.testing.assert_allclose(FeatureSet.default(names).compute(batch)[0], expected, rtol=1e-12, atol=1e-9)


def test_many_element_sets_in_one_batch_equal_matminer(magpie) -> None:
    rng = np.random.default_rng(5)
    elements = ("Li", "O", "Mg", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "La", "W")
    amounts = rng.random((14, 60)) * (rng.random((14, 60)) < 0.4)
    amounts[0] += 0.1
    found = magpie_statistics(elements, amounts)
    ours = np.stack([found[statistic, name] for statistic in STATISTICS for name in PROPERTIES])
    for i in range(60):
        expected = matminer_values(magpie, {e: x for e, x in zip(elements, amounts[:, i], strict=True) if x > 0})
        np.testing.assert_allclose(ours[:, i], expected, rtol=1e-12, atol=1e-9)
