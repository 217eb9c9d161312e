"""Fixtures that several folders share."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from space_texts import SMALL_SPACE

from hemml.columns import TARGETS, Column

# A shell that runs the tests in the background has them, and what they start, ignore Ctrl-C; some tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class FakePredictor:
    """Stands in for the trained models: fixed values, and a record of what it was asked."""

    targets: tuple[Column, ...] = TARGETS
    skill: dict[Column, bool] = field(default_factory=lambda: {Column.RETENTION: False})
    inside: bool = True
    limit: float = 0.0
    assumed: dict[str, Any] = field(default_factory=lambda: {"role": "cathode", "capacity_c_rate": 0.5})
    unusual: tuple[str, ...] = ("no training record contains Ta",)
    frames: list[pd.DataFrame] = field(default_factory=list)
    loaded: list[Path | None] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)

    @property
    def bundles(self) -> dict[Column, Any]:
        return {t: SimpleNamespace(metadata={"has_skill": self.skill.get(t, True)}) for t in self.targets}

    def load(self, root: Path | None = None) -> FakePredictor:
        self.loaded.append(root)
        return self

    def probability_above(self, predictions: Any, target: Column, value: float) -> np.ndarray:
        return np.full(len(predictions.frame), 0.25 if value > predictions.values[target][0] else 0.75)

    def predict(self, frame: pd.DataFrame, level: float = 0.9) -> Any:
        self.frames.append(frame)
        self.levels.append(level)
        n = len(frame)
        value = {Column.CAPACITY: 143.3333333, Column.VOLTAGE: 1.25, Column.RETENTION: 84.25}
        record = SimpleNamespace(
            record_id="HE0007",
            doi="10.1000/x",
            formula="ZnMn2O4",
            distance=0.375,
            values={"capacity_mAh_g": 150.0},
            tests={"capacity_mAh_g": "100 mA/g"},
        )
        return SimpleNamespace(
            frame=frame.assign(role="cathode"),
            values={t: np.full(n, value[t]) for t in self.targets},
            lower={t: np.full(n, value[t] * 0.5) for t in self.targets},
            upper={t: np.full(n, value[t] * 1.5) for t in self.targets},
            level=level,
            in_domain=np.full(n, self.inside),
            domain_of={t: np.full(n, self.inside and t is not Column.RETENTION) for t in self.targets},
            main=Column.CAPACITY,
            limits=dict.fromkeys(self.targets, self.limit or (0.5 if self.inside else 0.25)),
            error_ratios=dict.fromkeys(self.targets, 1.6),
            assumed=(self.assumed,) * n,
            nearest=tuple((record,) for _ in range(n)),
            nearest_of=dict.fromkeys(self.targets, (record,) * n),
            unusual=(self.unusual,) * n,
        )


@pytest.fixture
def fake_predictor(monkeypatch: pytest.MonkeyPatch) -> FakePredictor:
    """Put a `FakePredictor` in the place of `hemml.models.prediction.Predictor`."""
    fake = FakePredictor()
    module = ModuleType("hemml.models.prediction")
    module.Predictor = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hemml.models.prediction", module)
    return fake


@pytest.fixture
def small_space(tmp_path: Path) -> Path:
    """A design space of 41 candidates, of which 35 meet the constraints."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL_SPACE, encoding="utf-8")
    return path
