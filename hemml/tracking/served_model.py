"""The model that MLflow serves: this file is copied beside a bundle and run when the model is loaded.

It is never imported by hemml; the bundle is read by hemml's own loader, which runs nothing from its files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from hemml.models.prediction import Predictor
from hemml.tracking.served_rows import LEVEL, SERVED_BUNDLE, predict_rows


class ServedModel(PythonModel):  # type: ignore[misc]  # MLflow has no types
    """One bundle behind MLflow's interface."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle; its folder is named as its target, so its parent is a folder of bundles."""
        self._predictor = Predictor.load(Path(context.artifacts[SERVED_BUNDLE]).parent)

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Predict rows; see `hemml.tracking.served_rows.predict_rows`."""
        return predict_rows(self._predictor, model_input, float((params or {}).get("level", LEVEL)))


set_model(ServedModel())
