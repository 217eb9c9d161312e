"""The bundles of a training as one MLflow model: the code of `served_model.py` beside their files, nothing pickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hemml import __version__
from hemml.columns import Column
from hemml.tracking.served_rows import INPUTS, LEVEL, output_types

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

NAME: Final = "hemml"
CODE: Final = Path(__file__).with_name("served_model.py")
_EXAMPLE_ROWS: Final = 2


def log_model(
    client: MlflowClient, run: str, experiment: str, bundles: Mapping[Column, Path], rows: pd.DataFrame
) -> str:
    """Log bundles as the model of a run: with signature and input example, loadable with `mlflow.pyfunc.load_model`.

    Args:
        client: Connected to the store that MLflow's global settings name.
        run: The run of the training that made the bundles.
        experiment: Its experiment.
        bundles: Folder of the bundle of each target, named as the target's column.
        rows: Rows with formula, working_ion, role and family; the first are the input example.

    Returns:
        Id of the model.
    """
    from mlflow import pyfunc
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    units = {str(target): target.unit for target in bundles}
    made = client.create_logged_model(experiment, name=NAME, source_run_id=run, model_type="hemml bundles")
    client.log_outputs(run, [LoggedModelOutput(made.model_id, step=0)])
    Model.log(
        artifact_path=None,
        flavor=pyfunc,
        model_id=made.model_id,
        python_model=str(CODE),
        artifacts={str(target): folder.resolve().as_uri() for target, folder in bundles.items()},
        signature=served_signature(tuple(bundles)),
        input_example=input_example(rows),
        # named, so that MLflow does not load the model again to find out
        pip_requirements=[f"hemml=={__version__}"],
        metadata={"hemml_version": __version__, "units": units, "inputs": dict(INPUTS)},
    )
    return str(made.model_id)


def served_signature(targets: Sequence[Column]) -> ModelSignature:
    """What the model gives, and the level of its intervals.

    The inputs are left to `hemml.tracking.served_rows`: MLflow would refuse whole numbers in columns of decimals, drop
    columns that it does not know without a word, and could not say in which row a value is wrong.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    kinds = {name: AnyType() if kind == "any" else kind for name, kind in output_types(targets).items()}
    return ModelSignature(
        outputs=Schema([ColSpec(kind, name) for name, kind in kinds.items()]),
        params=ParamSchema([ParamSpec("level", "double", LEVEL)]),
    )


def input_example(rows: pd.DataFrame) -> pd.DataFrame:
    """The first rows as a user would send them, with conditions."""
    names = [str(c) for c in (Column.FORMULA, Column.WORKING_ION, Column.ROLE, Column.FAMILY)]
    example = rows[names].head(_EXAMPLE_ROWS).reset_index(drop=True)
    return example.assign(**{str(Column.CAPACITY_CURRENT): 100, str(Column.RETENTION_CYCLES): 500})
