"""Screenings that several tests look at."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from space_texts import SMALL_SPACE

from hemml.active.space import DesignSpace, survivors
from hemml.data import resource_path
from hemml.models.prediction import Predictor
from hemml.screening import Job, Screener, Settings

EXAMPLES = tuple(sorted(path.stem for path in resource_path("configs", "spaces").glob("*.yaml")))
TESTS = """{capacity_current_mA_g: 100, voltage_min_V: 0.8, voltage_max_V: 2.4, retention_cycles: 500,
  retention_current_mA_g: 500}"""
SPINELS = SMALL_SPACE.replace("step: 0.2", "step: 0.1").replace(
    "{capacity_current_mA_g: 100, voltage_min_V: 0.8, voltage_max_V: 1.9}", TESTS
)
"""316 candidates, of which 286 meet the constraints."""


@cache
def shipped() -> Predictor:
    """The bundles that come with hemml."""
    return Predictor.load()


def load_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands take the bundles that are loaded already."""
    predictor, load = shipped(), Predictor.load
    folders = (None, resource_path("models", "default"))
    monkeypatch.setattr(
        Predictor, "load", classmethod(lambda _, root=None: predictor if root in folders else load(root))
    )


def example(name: str) -> DesignSpace:
    """A space that comes with hemml."""
    return DesignSpace.load(resource_path("configs", "spaces") / f"{name}.yaml")


def screener_of(space: DesignSpace, predictor: Predictor | None = None, chunk_ranks: int = 256, **wanted: Any):
    """A screening in small chunks."""
    predictor = predictor or shipped()
    settings = Settings(**wanted)
    job = Job(space, settings, Job.of(space, settings, predictor).models, chunk_ranks)
    return Screener.of(job, predictor)


def feasible_ranks(space: DesignSpace, count: int, seed: int) -> np.ndarray:
    """Ranks at random of candidates that meet the constraints, rising."""
    ranks = space.sample(20_000, np.random.default_rng(seed))
    ranks = ranks[survivors(space.constraints, space.batch(ranks)).rows]
    return np.sort(np.random.default_rng(seed).choice(ranks, min(count, len(ranks)), replace=False))
