"""A search of more than 10^12 candidates with the bundles that come with hemml."""

from __future__ import annotations

import numpy as np

from hemml.active.space import DesignSpace
from hemml.data import resource_path
from hemml.models.prediction import Predictor
from hemml.screening.evolve.search import evolve
from hemml.screening.evolve.settings import EvolveSettings
from hemml.screening.job import Job
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings


def test_it_gives_the_same_twice_and_what_looking_at_its_candidates_gives() -> None:
    space = DesignSpace.load(resource_path("configs", "spaces") / "li_spinel_anode.yaml")
    assert space.size > 10**12
    predictor = Predictor.load()
    screening = Screener.of(Job.of(space, Settings(pareto=True, top=3), predictor), predictor)
    one, again = (evolve(screening, EvolveSettings(evaluations=300, population=30, seed=5)).found for _ in range(2))
    assert one.best.values.tobytes() == again.best.values.tobytes()
    assert one.front.ranks.tolist() == again.front.ranks.tolist()
    looked = screening.found_among(one.best.ranks)
    np.testing.assert_allclose(looked.best.values, one.best.values, rtol=1e-12)
