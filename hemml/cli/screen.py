"""`hemml screen`: predict every candidate of a design space and keep the best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemml.cli.condition_options import Models
from hemml.cli.space_choice import SPACE_HELP, space_file


def screen(
    space: Annotated[Path, typer.Argument(metavar="SPACE", help=SPACE_HELP)],
    top: Annotated[int, typer.Option("--top", metavar="K", help="Candidates to keep.")] = 1000,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="QUANTITY[:GOAL]",
            help="Rank by this; by default the first objective of the space.",
            show_default=False,
        ),
    ] = "",
    acquisition: Annotated[
        str,
        typer.Option(
            "--acquisition", metavar="NAME", help="Rank by value, lower, upper, probability or improvement (see docs)."
        ),
    ] = "value",
    best: Annotated[
        float | None, typer.Option("--best", metavar="VALUE", help="Value to beat, for probability and improvement.")
    ] = None,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Keep the Pareto set of the space's objectives too.")
    ] = False,
    apart: Annotated[
        float,
        typer.Option("--apart", metavar="SHARE", help="Keep candidates that differ in this share of their atoms."),
    ] = 0.0,
    inside_domain: Annotated[
        bool, typer.Option("--inside-domain", help="Keep only candidates near enough to published records.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="Look at N candidates, spread evenly by rank.")
    ] = None,
    level: Annotated[float, typer.Option("--level", metavar="P", help="Level of the intervals.")] = 0.9,
    assume: Annotated[
        bool, typer.Option("--assume", help="Take typical rates and cycle numbers where the space states none.")
    ] = False,
    models: Models = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Parquet file to write.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted screening stopped.")] = False,
    threads: Annotated[
        int | None, typer.Option("--threads", metavar="N", help="Threads of this process; all processors by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", help="Processes on this machine, by Dask, not threads.")
    ] = None,
    scheduler: Annotated[
        str,
        typer.Option("--scheduler", metavar="ADDRESS", help="A Dask cluster: tcp://host:8786.", show_default=False),
    ] = "",
    search: Annotated[
        str, typer.Option("--search", metavar="HOW", help="all candidates, or evolve: a search for huge spaces.")
    ] = "all",
    evaluations: Annotated[
        int | None, typer.Option("--evaluations", metavar="N", help="Candidates that --search evolve looks at; 20000.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of --search evolve; 0.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Predict every candidate of a design space with intervals, and keep the best, the Pareto set, or both.

    Candidates that miss a constraint are not predicted. With --output, what is done is noted every ten seconds, and
    --resume goes on after an interruption; the result is the same to the byte.
    """
    from hemml.cli.screen_run import Where, run_screening
    from hemml.screening.settings import Settings

    settings = Settings(top, by, acquisition, best, pareto, apart, inside_domain, limit, level, assume)
    where = Where(threads, workers, scheduler, search, evaluations, seed)
    run_screening(space_file(space), settings, where, models=models, output=output, resume=resume, as_json=as_json)
