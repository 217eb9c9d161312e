"""Steps of a campaign as MLflow runs: one experiment a campaign, one run a step."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hemml.errors import HemmlError
from hemml.tracking.connection import connected, experiment_id
from hemml.tracking.run_contents import parameters
from hemml.tracking.store import Store

_LONGEST: Final = 6000  # characters of a parameter that every MLflow store takes


def log_step(
    campaign: str,
    step: str,
    *,
    sequence: int,
    parameters_of_step: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    artifacts: Sequence[Path] = (),
    note: str = "",
    seconds: float = 0.0,
    tags: Mapping[str, str] | None = None,
    store: Store | None = None,
) -> str:
    """Log a step as a run of the experiment `campaign NAME`.

    The campaign file is the record; what is logged here may be lost without loss to the campaign. Call it when the
    step's events are stored, and warn if it raises.

    Args:
        campaign: Name of the campaign.
        step: What was done: "new", "propose", "observe", ...
        sequence: Number of the campaign's newest event after the step; becomes the step of the metrics, so that the
            curves of a campaign follow its events.
        parameters_of_step: Plain JSON, nested or not.
        metrics: By name; those that are not finite are left out.
        artifacts: Files, such as the proposals as CSV, JSON and HTML.
        note: Markdown that the UI shows on the run's page.
        seconds: Duration of the step, until now.
        tags: Further ones, such as the SHA-256 of the space.
        store: Where to log; None: `Store.default()`.

    Returns:
        Id of the run.

    Raises:
        HemmlError: The store cannot be reached or refuses, or a file is missing; a run begun is marked as failed.
    """
    store = Store.default() if store is None else store
    missing = [str(path) for path in artifacts if not path.is_file()]
    if missing:
        raise HemmlError(f"campaign {campaign!r}, {step}: files to log must exist, got none at {', '.join(missing)}")
    try:
        with connected(store) as client:
            experiment = experiment_id(client, store, f"campaign {campaign}")
            every = {
                "hemml.kind": f"campaign {step}",
                "hemml.campaign": campaign,
                "hemml.campaign_sequence": str(sequence),
                "mlflow.source.name": f"hemml campaign {step}",
                **({"mlflow.note.content": note} if note else {}),
                **(tags or {}),
            }
            name = f"{step} {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            began = int(1000 * (time.time() - seconds))
            run = str(client.create_run(experiment, start_time=began, tags=every, run_name=name).info.run_id)
            try:
                for key, value in parameters(parameters_of_step or {}).items():
                    client.log_param(run, key, value[:_LONGEST])
                for key, number in (metrics or {}).items():
                    if math.isfinite(number):
                        client.log_metric(run, key, float(number), step=sequence)
                for path in artifacts:
                    client.log_artifact(run, str(path))
            except BaseException as err:
                client.set_terminated(run, "FAILED" if isinstance(err, Exception) else "KILLED")
                raise
            client.set_terminated(run)
    except OSError as err:
        raise HemmlError(f"tracking store {store}: must be reachable and writable, got: {err}") from err
    return run
