"""A correction by own measurements as one MLflow run: what it rests on, and its errors before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from hemml.errors import HemmlError
from hemml.models.own_lab_bundles import OwnLabResult, own_lab_table
from hemml.tracking.connection import connected, experiment_id
from hemml.tracking.run_contents import parameters
from hemml.tracking.store import Store

_KIND: Final = "own laboratory"


def log_own_lab(
    results: Sequence[OwnLabResult], source: Mapping[str, Any], bundles: Path, *, store: Store | None = None
) -> str:
    """Log a correction: table, base and data with their hashes, rows and errors a target, and the bundles.

    Args:
        results: One a target.
        source: Plain JSON; becomes parameters.
        bundles: Folder of the corrected bundles, one a target.
        store: Where to log; None: `Store.default()`.

    Returns:
        Id of the run.

    Raises:
        HemmlError: The store cannot be reached or refuses; a run begun is marked as failed.
    """
    store = Store.default() if store is None else store
    try:
        with connected(store) as client:
            table = own_lab_table(results)
            tags = {"hemml.kind": _KIND, "mlflow.note.content": table, "mlflow.source.name": "hemml train --base"}
            name = f"{_KIND} {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            run = str(client.create_run(experiment_id(client, store), tags=tags, run_name=name).info.run_id)
            try:
                for key, value in parameters(source).items():
                    client.log_param(run, key, value)
                for key, number in _metrics(results).items():
                    client.log_metric(run, key, number)
                client.log_text(run, table, "own_lab.md")
                for item in results:
                    client.log_artifacts(run, str(bundles / item.target), f"bundles/{item.target}")
            except BaseException as err:
                client.set_terminated(run, "FAILED" if isinstance(err, Exception) else "KILLED")
                raise
            client.set_terminated(run)
    except OSError as err:
        raise HemmlError(f"tracking store {store}: must be reachable and writable, got: {err}") from err
    return run


def _metrics(results: Sequence[OwnLabResult]) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in results:
        values = {
            "own_rows": float(item.n_rows),
            "mae_literature": item.mae_literature,
            "mae_leave_one_out": item.mae_corrected,
        }
        found |= {f"{item.target}/{name}": value for name, value in values.items() if np.isfinite(value)}
    return found
