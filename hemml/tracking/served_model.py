"""The model that MLflow serves: this file is copied beside the bundles and run when the model is loaded.

It is never imported by hemml; the bundles are read by hemml's own loader, which runs nothing from their files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext

from hemml.data import Problem
from hemml.errors import DataError, InputError
from hemml.models.prediction import Predictor
from hemml.tracking.served_rows import LEVEL, predict_rows


class ServedModel(PythonModel):  # type: ignore[misc]  # MLflow has no types
    """The bundles of a training behind MLflow's interface."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundles; each folder is named as its target, their parent is a folder of bundles."""
        (root,) = {Path(bundle).parent for bundle in context.artifacts.values()}
        self._predictor = Predictor.load(root)

    # MLflow hands over a list or mapping too, but would take a type that says so for the whole signature.
    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Predict rows; see `hemml.tracking.served_rows.predict_rows`.

        Raises:
            MlflowException: Rows or level cannot be used; over HTTP this is status 400 with the list of problems.
        """
        try:
            return predict_rows(self._predictor, model_input, float((params or {}).get("level", LEVEL)))
        except InputError as err:
            found = err.problems if isinstance(err, DataError) else ()
            problems = [problem.as_dict() for problem in found if isinstance(problem, Problem)]
            raise MlflowException(str(err), INVALID_PARAMETER_VALUE, problems=problems) from err


set_model(ServedModel())
