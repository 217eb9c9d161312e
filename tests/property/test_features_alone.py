"""A material has the same features alone as among others: rounding leaves no trace that a tree could split on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemml.active.space import DesignSpace
from hemml.composition import CompositionBatch
from hemml.data import load_table, resource_path
from hemml.features import FeatureSet
from hemml.features.insertion import Insertion
from hemml.features.insertion_columns import NAMES, insertion_columns

SPACES = sorted((Path(__file__).parents[2] / "configs" / "spaces").glob("*.yaml"))


def check(names: tuple[str, ...], among: np.ndarray, alone: np.ndarray) -> None:
    for j, name in enumerate(names):
        np.testing.assert_allclose(alone[:, j], among[:, j], rtol=1e-9, atol=0, err_msg=name)


def compare(batch: CompositionBatch, rows: np.ndarray) -> None:
    features = FeatureSet.default()
    check(features.names, features.compute(batch)[rows], np.concatenate([features.compute(batch[[r]]) for r in rows]))
    hosts, at = Insertion.of(batch)
    of_row = dict(zip(at.tolist(), insertion_columns(hosts), strict=True))
    for row in rows.tolist():
        alone, found = Insertion.of(batch[[row]])
        assert (row in of_row) == bool(len(found))
        if row in of_row:
            check(NAMES, of_row[row][None], insertion_columns(alone))


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_candidates_of_a_space(path):
    rng = np.random.default_rng(0)
    space = DesignSpace.load(path)
    compare(space.batch(space.sample(1500, rng)), rng.choice(1500, 40, replace=False))


def test_published_materials():
    rng = np.random.default_rng(1)
    frame = load_table(resource_path("datasets", "hem_electrodes.csv"))
    batch = CompositionBatch.from_formulas(frame["formula"].tolist(), [ion or None for ion in frame["working_ion"]])
    compare(batch, rng.choice(len(batch), 150, replace=False))
