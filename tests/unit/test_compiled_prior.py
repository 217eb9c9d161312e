"""The voltage prior laid out for very many rows gives the same numbers, whatever is known already."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemml.active.space import DesignSpace
from hemml.composition import CompositionBatch
from hemml.features import FeatureSet
from hemml.features.insertion import CAPACITIES, Insertion
from hemml.features.insertion_columns import NAMES, host_columns, insertion_columns
from hemml.models.compiled.prior import CompiledPrior
from hemml.models.voltage_prior import VoltagePrior

SPACES = Path(__file__).parents[2] / "configs" / "spaces"
FORMULAS = {
    "LiFePO4": "Li", "Na0.67Mn0.5Fe0.25Ni0.25O2": "Na", "FePO4": "Na", "ZnMn2O4": "Zn", "MnO2": "Zn",
    "Na2Mn[Fe(CN)6]": "Na", "TiS2": "Li", "Li1.2(Mn0.5Ni0.3)0.8O1.9F0.1": "Li", "K0.5MnO2": "K", "[CoCrFeNi]": "Li",
    "NH4V4O10": "NH4", "V2O5": "Mg", "Na3V2(PO4)2F3": "Na", "Zn0.3V2O5(H2O)1.5": "Zn", "LiNi0.8Co0.15Al0.05O2": "Li",
}  # fmt: skip


@pytest.fixture(scope="module")
def mixed() -> CompositionBatch:
    return CompositionBatch.from_formulas(list(FORMULAS), list(FORMULAS.values()))


def test_columns_of_many_hosts_are_those_of_each_alone(mixed: CompositionBatch) -> None:
    hosts, rows = Insertion.of(mixed)
    assert 10 < len(rows) < len(mixed)
    together = insertion_columns(hosts)
    alone = np.vstack([insertion_columns(Insertion.of(mixed[int(row)])[0]) for row in rows])
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12)
    many = insertion_columns(hosts[np.tile(np.arange(len(hosts)), 400)])
    np.testing.assert_allclose(many, np.tile(together, (400, 1)), rtol=1e-12, atol=1e-12)


def test_one_number_stands_for_a_column_that_is_the_same_in_all_rows(mixed: CompositionBatch) -> None:
    hosts, _ = Insertion.of(mixed)
    places = [i for i, ion in enumerate(hosts.ion.tolist()) if ion == "Na"]
    sodium = hosts[np.array(places)]
    columns = host_columns(sodium)
    assert columns[NAMES.index("ion_charge")] == 1.0
    assert isinstance(columns[NAMES.index("anion_Te")], float)
    # Blocks of other ions bring numbers and columns together.
    lithium = hosts[np.array([i for i, ion in enumerate(hosts.ion.tolist()) if ion == "Li"])]
    long = [part[np.resize(np.arange(len(part)), 2048)] for part in (sodium, lithium)]
    joined = Insertion(
        hosts.host[np.concatenate([np.resize(places, 2048), np.resize(np.flatnonzero(hosts.ion == "Li"), 2048)])],
        *(np.concatenate([getattr(part, name) for part in long]) for name in ("ion", "charged", "discharged")),
    )
    expected = np.vstack([insertion_columns(part) for part in long])
    np.testing.assert_allclose(insertion_columns(joined), expected, rtol=1e-12, atol=1e-12)


def test_known_features_are_not_computed_again(mixed: CompositionBatch) -> None:
    known = dict(zip(CAPACITIES, FeatureSet.default(CAPACITIES).compute(mixed).T, strict=True))
    prior = VoltagePrior.load()
    np.testing.assert_array_equal(prior.computed(mixed, known), prior.computed(mixed))
    assert np.isnan(prior.computed(mixed, known | {"charge_capacity_mAh_g": np.zeros(len(mixed))})).any()


@pytest.mark.parametrize("name", ["zn_spinel_cathode", "na_polyanion", "prussian_blue_zn", "alloy_coating"])
def test_a_laid_out_prior_equals_the_prior(name: str) -> None:
    space = DesignSpace.load(SPACES / f"{name}.yaml")
    batch = space.batch(space.sample(600, np.random.default_rng(1)))
    prior = VoltagePrior.load()
    np.testing.assert_array_equal(CompiledPrior.of(prior).computed(batch), prior.computed(batch))


def test_a_laid_out_prior_equals_the_prior_for_mixed_rows(mixed: CompositionBatch) -> None:
    prior = VoltagePrior.load()
    found = CompiledPrior.of(prior).computed(mixed)
    np.testing.assert_array_equal(found, prior.computed(mixed))
    assert 0 < np.isnan(found).sum() < len(found)
