"""`hemml campaign report`: a campaign as one page to read and to pass on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.campaign_options import AsJson, CampaignFile, NoLog, StoreOption, log
from hemml.cli.output import print_json

if TYPE_CHECKING:
    from hemml.active.progress import Progress

_SUFFIX = ".html"


def report(
    campaign: CampaignFile,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Page to write; CAMPAIGN.html by default.", show_default=False
        ),
    ] = None,
    store: StoreOption = "",
    no_log: NoLog = False,
    as_json: AsJson = False,
) -> None:
    """Write progress, predictions, experiments, recipes and events of a campaign as one HTML page.

    The page needs no other file and no network. An earlier report of that name is replaced, any other file is not.
    """
    began = time.perf_counter()
    from hemml.active.campaign import Campaign
    from hemml.active.progress import progress_of
    from hemml.active.store import replay
    from hemml.report.campaign_page import campaign_page, check_report_path, write_campaign_report

    path = campaign.with_name(campaign.name + _SUFFIX) if output is None else output
    with Campaign.open(campaign, read_only=True) as opened:
        check_report_path(path)
        recorded = opened.store.events()
        state = replay(recorded)  # not the file's: others may have added events meanwhile
        progress = progress_of(opened.space, state)
        write_campaign_report(path, campaign_page(opened.space, state, recorded, progress))
        about = {"report": str(path), "event": state.sequence}
        metrics = _metrics(progress)
        log(opened, "report", store=store, skip=no_log, began=began, about=about, metrics=metrics, artifacts=(path,))
    if as_json:
        print_json({"campaign": str(campaign), "report": str(path), "event": state.sequence, "metrics": metrics})
        return
    typer.echo(f"Report of {state.name!r} after event {state.sequence} written to {path}")


def _metrics(progress: Progress) -> dict[str, float]:
    found = {f"best_{name}": one.value for name, one in progress.best.items()}
    if progress.hypervolume is not None:
        found["hypervolume"] = progress.hypervolume
    found |= {f"coverage_{one.quantity}": one.share for one in progress.coverage}
    return {
        **found,
        "experiments_complete": float(sum(one.is_complete for one in progress.standings.values())),
        "experiments_pending": float(progress.pending),
    }
