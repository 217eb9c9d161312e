"""`hemml campaign new`: begin a campaign on a design space."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemml.cli.campaign_options import AcquisitionName, AsJson, NoLog, StoreOption, acquisition_of, log
from hemml.cli.output import console, print_json
from hemml.cli.space_choice import SPACE_HELP, space_file

if TYPE_CHECKING:
    from hemml.active.space import Count, Counts, DesignSpace


def new(
    space: Annotated[
        Path,
        typer.Argument(metavar="SPACE", help=SPACE_HELP),
    ],
    campaign: Annotated[
        Path | None,
        typer.Argument(
            metavar="CAMPAIGN",
            help="File to make for the campaign; leave out to count the candidates only.",
            show_default=False,
        ),
    ] = None,
    objectives: Annotated[
        list[str] | None,
        typer.Option(
            "--objective",
            metavar="QUANTITY:GOAL",
            help="Such as capacity_mAh_g:max or retention_pct:at_least:80; replaces those of the file (repeatable).",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help="Name of the campaign; that of its file by default.", show_default=False)
    ] = "",
    models: Annotated[
        str, typer.Option("--models", metavar="DIR", help="Folder of bundles to start from, shipped, or none.")
    ] = "shipped",
    acquisition: AcquisitionName = "auto",
    candidates: Annotated[
        int, typer.Option("--candidates", help="Candidates weighed at most, drawn evenly from a larger space.")
    ] = 20_000,
    seed: Annotated[int, typer.Option("--seed", help="Of everything random.")] = 0,
    level: Annotated[float, typer.Option("--level", metavar="P", help="Level of the intervals.")] = 0.9,
    store: StoreOption = "",
    no_log: NoLog = False,
    as_json: AsJson = False,
) -> None:
    """Count the candidates of a space and what each constraint leaves, then begin a campaign on it.

    Space, objectives and settings are frozen in the campaign's file.
    """
    began = time.perf_counter()
    from hemml.active.campaign import CampaignSettings
    from hemml.active.objective import Objective
    from hemml.active.space import DesignSpace, count_survivors
    from hemml.cli.campaign_files import check_new_campaign

    settings = CampaignSettings(_absolute(models), acquisition_of(acquisition), candidates, seed, level)
    if campaign is not None:
        check_new_campaign(campaign)
    goals = [Objective.parse(text) for text in objectives or ()]
    drawn = DesignSpace.load(space_file(space), goals or None)
    settings.check_for(drawn)
    counts = count_survivors(drawn, seed=seed)
    if not as_json:
        _print_counts(drawn, counts)
    counts.require_survivors(drawn.owner)
    about: dict[str, Any] = {
        "space": str(space),
        **counts.as_dict(),
        "objectives": [str(one) for one in drawn.objectives],
        "campaign": None,
    }
    if campaign is None:
        if as_json:
            print_json(about)
        return
    from hemml.active.campaign import Campaign

    with Campaign.create(campaign, drawn, settings, name=name) as made:
        about |= {"campaign": str(campaign), "name": made.name}
        if as_json:
            print_json(about)
        else:
            typer.echo(f"Campaign {made.name!r} begun in {campaign}; next: hemml campaign propose {campaign}")
        logged = {
            "space": str(space),
            "candidates": counts.total,
            "survivors": counts.survivors.value,
            "objectives": about["objectives"],
            "settings": settings.to_json(),
        }
        note = "\n".join([f"{drawn.title}: {counts.total:,} candidates", *_survivor_lines(counts)])
        log(made, "new", store=store, skip=no_log, began=began, about=logged, note=note)


def _absolute(models: str) -> str:
    """A folder that is still found from another one."""
    from hemml.active.starting_models import NONE, SHIPPED

    return models if models in (SHIPPED, NONE) else str(Path(models).absolute())


def _survivor_lines(counts: Counts) -> list[str]:
    return [f"- `{one.constraint}`: {one.so_far.value:,} left" for one in counts.steps]


def _print_counts(space: DesignSpace, counts: Counts) -> None:
    from rich.table import Table

    out = console()
    out.print(space.title, style="bold")
    out.print(f"candidates: {counts.total:,}")
    if counts.steps:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("constraint", "alone", "with those before"):
            table.add_column(title, justify="left" if title == "constraint" else "right", no_wrap=True)
        for step in counts.steps:
            table.add_row(step.constraint, _count(step.alone, counts.exact), _count(step.so_far, counts.exact))
        out.print(table)
        if not counts.exact:
            out.print(f"estimated from an even sample of {counts.looked_at:,}, with 95 % intervals")
    out.print(f"objectives: {', '.join(str(objective) for objective in space.objectives)}", soft_wrap=True)


def _count(count: Count, exact: bool) -> str:
    return f"{count.value:,}" if exact else f"{count.value:,} ({count.low:,} to {count.high:,})"
