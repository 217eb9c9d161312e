"""The example spaces: arrays and formulas describe the same candidates, and constraints leave some."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hemml.active.space import DesignSpace, count_survivors
from hemml.active.space.spec import Range, Rest, Share, SpaceSpec, SublatticeSpec, SynthesisChoice
from hemml.active.synthesis.settings import RecipeSettings
from hemml.composition import CompositionBatch
from hemml.data import resource_path
from hemml.features import FeatureSet

FOLDER = resource_path("configs", "spaces")
FILES = sorted(FOLDER.glob("*.yaml"))
REQUIRED = {
    "zn_spinel_cathode",
    "zn_vanadate",
    "zn_manganese_dioxide",
    "prussian_blue_zn",
    "prussian_blue_na",
    "na_layered_oxide",
    "li_disordered_rocksalt",
    "li_rocksalt_anode",
    "li_spinel_anode",
    "na_polyanion",
    "alloy_coating",
}


def test_all_families_have_a_space() -> None:
    assert {file.stem for file in FILES} >= REQUIRED


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_arrays_and_written_formulas_have_the_same_descriptors(file: Path) -> None:
    space = DesignSpace.load(file)
    ranks = space.sample(150, np.random.default_rng(7))
    candidates = space.candidates(ranks)
    read = CompositionBatch.from_formulas(candidates.formulas, space.spec.working_ion)
    features = FeatureSet.default()
    direct, from_text = features.compute(candidates.batch), features.compute(read)
    # Omega divides by the mixing enthalpy: where that is zero but for rounding, so is what it says.
    enthalpy = direct[:, features.names.index("mixing_enthalpy_kJ_mol")]
    rows = np.isnan(enthalpy) | (np.abs(enthalpy) > 1e-9)
    np.testing.assert_allclose(direct[rows], from_text[rows], rtol=1e-9, atol=1e-9)
    assert space.rank_of(read).tolist() == ranks.tolist()
    assert space.rank_of(candidates.batch).tolist() == ranks.tolist()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_constraints_leave_candidates_and_each_removes_some(file: Path) -> None:
    space = DesignSpace.load(file)
    counts = count_survivors(space, limit=4000)
    counts.require_survivors(space.owner)
    assert counts.survivors.low > 1000
    shares = [step.so_far.value / counts.total for step in counts.steps]
    assert shares[-1] < 0.9
    assert len(space.objectives) > 1
    near = space.neighbours(space.sample(3, np.random.default_rng(0)))
    assert len(near) > 3


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_their_synthesis_can_be_used(file: Path) -> None:
    choice = DesignSpace.load(file).synthesis
    assert choice is not None
    settings = RecipeSettings.from_parts(choice.route, choice.batch_mg, choice.precursors, choice.options)
    assert settings.route == choice.route


def test_the_spinel_space_has_more_than_ten_thousand_candidates() -> None:
    counts = count_survivors(DesignSpace.load(FOLDER / "zn_spinel_cathode.yaml"), limit=20_000)
    assert counts.survivors.low > 10_000


def test_every_key_is_in_an_example_or_the_guide() -> None:
    examples = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
    guide = (Path(__file__).parents[2] / "docs" / "spaces.md").read_text(encoding="utf-8")
    for model in (SpaceSpec, SublatticeSpec, Range, Rest, Share, SynthesisChoice):
        for key in set(model.model_fields) - {"species"}:
            assert re.search(rf"\b{key}:", examples) or f"`{key}`" in guide, key
            assert re.search(rf"`{key}`|\b{key}:", guide), key
