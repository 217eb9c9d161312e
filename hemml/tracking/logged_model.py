"""A bundle as an MLflow model: the code of `served_model.py` beside the bundle's own files, nothing pickled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hemml import __version__
from hemml.columns import TARGETS, Column
from hemml.models.bundle import read_metadata
from hemml.tracking.served_rows import INPUTS, LEVEL, SERVED_BUNDLE, output_types

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

_CODE: Final = Path(__file__).with_name("served_model.py")
_EXAMPLE_ROWS: Final = 2


def log_bundle_model(client: MlflowClient, run: str, experiment: str, bundle: Path, rows: pd.DataFrame) -> str:
    """Log a bundle as a model of a run: with signature and input example, loadable with `mlflow.pyfunc.load_model`.

    Args:
        client: Connected to the store that MLflow's global settings name.
        run: The run that made the bundle.
        experiment: Its experiment.
        bundle: Folder of the bundle, named as its target's column.
        rows: Rows with formula, working_ion, role and family; the first are the input example.

    Returns:
        Id of the model.

    Raises:
        BundleError: The folder is no bundle.
    """
    from mlflow import pyfunc
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    about = read_metadata(bundle)
    target = next(column for column in TARGETS if column == about["target"])
    made = client.create_logged_model(
        experiment, name=str(target), source_run_id=run, tags={"hemml.unit": target.unit}, model_type="hemml bundle"
    )
    client.log_outputs(run, [LoggedModelOutput(made.model_id, step=0)])
    Model.log(
        artifact_path=None,
        flavor=pyfunc,
        model_id=made.model_id,
        python_model=str(_CODE),
        artifacts={SERVED_BUNDLE: bundle.resolve().as_uri()},
        signature=served_signature(target),
        input_example=input_example(rows),
        # named, so that MLflow does not load the model again to find out
        pip_requirements=[f"hemml=={__version__}"],
        metadata={"hemml_version": __version__, "target": str(target), "unit": target.unit},
    )
    return str(made.model_id)


def served_signature(target: Column) -> ModelSignature:
    """The columns that the model takes (only the formula is required) and gives, and the level of its intervals."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

    return ModelSignature(
        inputs=Schema([ColSpec(kind, str(name), required=name is Column.FORMULA) for name, kind in INPUTS.items()]),
        outputs=Schema([ColSpec(kind, name) for name, kind in output_types(target).items()]),
        params=ParamSchema([ParamSpec("level", "double", LEVEL)]),
    )


def input_example(rows: pd.DataFrame) -> pd.DataFrame:
    """The first rows as a user would send them, with conditions."""
    names = [str(c) for c in (Column.FORMULA, Column.WORKING_ION, Column.ROLE, Column.FAMILY)]
    example = rows[names].head(_EXAMPLE_ROWS).reset_index(drop=True)
    return example.assign(**{str(Column.CAPACITY_CURRENT): 100.0, str(Column.RETENTION_CYCLES): 500.0})
