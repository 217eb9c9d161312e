"""What the commands of `hemml campaign` share: their arguments, and the log of each step."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemml.cli.stores import StoreOption, chosen
from hemml.errors import HemmlError

if TYPE_CHECKING:
    from hemml.active.acquisition import AcquisitionSettings
    from hemml.active.campaign import Campaign
    from hemml.active.progress import Progress

__all__ = [
    "AcquisitionName",
    "AsJson",
    "CampaignFile",
    "NoLog",
    "StoreOption",
    "acquisition_of",
    "log",
    "metrics_of",
    "progress_metrics",
]

CampaignFile = Annotated[
    Path, typer.Argument(metavar="CAMPAIGN", help="File of the campaign, as `new` made it.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
NoLog = Annotated[bool, typer.Option("--no-log", help="Do not record this step in MLflow.")]
AcquisitionName = Annotated[
    str,
    typer.Option(
        "--acquisition",
        metavar="NAME",
        help="auto (ei for one objective, nehvi for several), ei, nehvi, ucb, thompson or exploration.",
    ),
]


def acquisition_of(name: str) -> AcquisitionSettings:
    """Settings of the acquisition of that name.

    Raises:
        UnknownNameError: There is none.
    """
    from hemml.active.acquisition import AcquisitionSettings

    return AcquisitionSettings(name=name)


def progress_metrics(campaign: Campaign) -> dict[str, float]:
    """How far a campaign has come, as metrics of a run."""
    from hemml.active.progress import progress_of

    return metrics_of(progress_of(campaign.space, campaign.state()))


def metrics_of(progress: Progress) -> dict[str, float]:
    """The same of a progress that is known already."""
    found = {f"best_{name}": one.value for name, one in progress.best.items()}
    if progress.hypervolume is not None:
        found["hypervolume"] = progress.hypervolume
    found |= {f"coverage_{one.quantity}": one.share for one in progress.coverage}
    complete = sum(one.is_complete for one in progress.standings.values())
    return {**found, "experiments_complete": float(complete), "experiments_pending": float(progress.pending)}


def log(
    campaign: Campaign,
    step: str,
    *,
    store: str,
    skip: bool,
    began: float,
    about: Mapping[str, Any],
    metrics: Mapping[str, float] | None = None,
    artifacts: Sequence[Path] = (),
    note: str = "",
) -> None:
    """Record a step in MLflow; a campaign goes on without it, so a failure is only told.

    Args:
        campaign: The campaign; its file holds the step already.
        step: Name of the command.
        store: Of the option.
        skip: Of the option.
        began: `time.perf_counter()` at the beginning of the step.
        about: Becomes parameters.
        metrics: By name.
        artifacts: Files to keep with the run.
        note: Markdown for the page of the run.
    """
    if skip:
        return
    from hemml.tracking.campaign_runs import log_step

    state = campaign.state()
    try:
        log_step(
            campaign.name,
            step,
            sequence=state.sequence,
            parameters_of_step={"file": str(campaign.path.absolute()), **about},
            metrics=metrics,
            artifacts=artifacts,
            note=note,
            seconds=time.perf_counter() - began,
            tags={"hemml.space_sha256": state.space_sha256},
            store=chosen(store),
        )
    except HemmlError as err:
        typer.echo(f"warning: the step is kept in {campaign.path}, but not in MLflow: {err}", err=True)
