"""`hemml campaign report`: a campaign as one page to read and to pass on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from hemml.cli.campaign_options import AsJson, CampaignFile, NoLog, StoreOption, log, metrics_of
from hemml.cli.output import print_json

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
        metrics = metrics_of(progress)
        log(opened, "report", store=store, skip=no_log, began=began, about=about, metrics=metrics, artifacts=(path,))
    if as_json:
        print_json({"campaign": str(campaign), "report": str(path), "event": state.sequence, "metrics": metrics})
        return
    typer.echo(f"Report of {state.name!r} after event {state.sequence} written to {path}")
