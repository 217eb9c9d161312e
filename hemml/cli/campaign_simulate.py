"""`hemml campaign simulate`: strategies compared on a table whose outcomes are known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.simulation import Plan, Pool, Result

_FILES: Final = ("curves.csv", "curves.png", "result.json")


def simulate(
    pool: Annotated[
        Path,
        typer.Option(
            "--pool",
            metavar="FILE",
            help="CSV file with formula, working_ion, role, the objectives' columns and, if wanted, test conditions.",
            show_default=False,
        ),
    ],
    objective: Annotated[
        list[str],
        typer.Option(
            "--objective",
            metavar="COLUMN:GOAL",
            help="What to improve: capacity_mAh_g:max, cost:min or average_voltage_V:target:1.3 (repeatable).",
            show_default=False,
        ),
    ],
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help="hemml, greedy, forest_ucb or random (repeatable); hemml and random by default.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[int, typer.Option("--budget", help="Experiments of a campaign, the start rows counted.")] = 120,
    batch: Annotated[int, typer.Option("--batch", help="Experiments between two looks at the results.")] = 5,
    seeds: Annotated[int, typer.Option("--seeds", help="Campaigns of each strategy: seeds 0, 1, ...")] = 10,
    start: Annotated[
        int, typer.Option("--start", help="Random rows measured at the start, the same for every strategy of a seed.")
    ] = 5,
    prior: Annotated[
        Path | None,
        typer.Option(
            "--prior",
            metavar="DIR",
            help="Bundles that hemml and greedy start from. Without it no strategy uses a model trained before.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", help="Processes, one thread each; as many as processors by default.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Folder for curves.csv, curves.png and result.json."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Play campaigns on a table whose outcomes are known, to compare strategies.

    Every campaign starts from random rows and is told the outcomes of the rows that it asks for, no others. Rows that
    lack an objective are left out.

    The hypervolume is a share of the pool's: every objective scaled to the pool's worst and best row, the reference
    point at the worst corner; with one objective it is the best value found, scaled in the same way. In JSON
    "hypervolume" is the mean over seeds, first after the start rows, then after each batch; "experiments_to_90" is the
    median over seeds of the experiments, start rows counted, until 90 % of it are reached, null where the median seed
    does not get there within the budget.
    """
    from hemml.active.objective import Objective
    from hemml.active.simulation import Plan, check_strategies, read_pool

    if seeds < 1:
        raise InputError(f"--seeds must be at least 1, got {seeds}; 20 or more give useful bands")
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs must be at least 1, got {jobs}; leave it out for one a processor")
    if prior is not None and not prior.is_dir():
        raise InputError(f"--prior must be a folder of bundles, got none at {str(prior)!r}; correct the path")
    strategies = tuple(strategy or ("hemml", "random"))
    check_strategies(strategies)
    objectives = [Objective.parse(text) for text in objective]
    plan = Plan(budget, batch, start, tuple(range(seeds)), prior)
    known = read_pool(pool, objectives)
    if output is not None:
        _check_folder(output)
    result = _played(known, strategies, plan, jobs or os.cpu_count() or 1)
    values = result.as_dict()
    if output is not None:
        _write(result, values, output)
    if as_json:
        from hemml.cli.output import print_json

        print_json(values)
    else:
        _print(result, values)
        if output is not None:
            typer.echo(f"Written: {', '.join(str(output / name) for name in _FILES)}")


def _played(pool: Pool, strategies: Sequence[str], plan: Plan, n_jobs: int) -> Result:
    """The result, with a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from hemml.active.simulation import simulate as simulated

    columns = (
        TextColumn("{task.description:28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        total = len(strategies) * len(plan.seeds)
        task = progress.add_task("campaigns", total=total)
        return simulated(
            pool,
            strategies,
            plan,
            n_jobs=min(n_jobs, total),
            done=lambda one: progress.update(task, advance=1, description=f"campaigns: {one.strategy} {one.seed}"),
        )


def _check_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(
            f"--output must be a folder that can be made, got {str(output)!r}: {err.strerror}; choose another"
        ) from err
    if not os.access(output, os.W_OK):
        raise InputError(f"--output must be a folder that can be written, got {str(output)!r}; choose another")


def _write(result: Result, values: dict[str, Any], output: Path) -> None:
    import io
    import json

    from hemml.active.simulation import curves_figure, curves_table
    from hemml.cli.output import plain
    from hemml.files import atomic_write_bytes, atomic_write_text

    picture = io.BytesIO()
    curves_figure(result).savefig(picture, format="png")
    orders = {name: rows.tolist() for name, rows in result.orders.items()}
    atomic_write_text(output / "curves.csv", curves_table(result))
    atomic_write_bytes(output / "curves.png", picture.getvalue())
    atomic_write_text(output / "result.json", json.dumps(plain({**values, "orders": orders}), indent=1) + "\n")


def _print(result: Result, values: dict[str, Any]) -> None:
    from rich.table import Table

    from hemml.active.simulation import LEVELS
    from hemml.cli.output import console

    pool = result.pool
    left_out = f" ({pool.left_out} left out, they lack an objective)" if pool.left_out else ""
    aims = ", ".join(str(objective) for objective in pool.objectives)
    typer.echo(f"{pool.name}: {len(pool):,} rows{left_out}; {aims}")
    typer.echo(
        f"{len(result.plan.seeds)} seeds, {result.sizes[-1]} experiments, {result.sizes[0]} of them at the start, "
        f"batches of {result.plan.batch}; medians over seeds"
    )
    one = len(pool.objectives) == 1
    table = Table(box=None, pad_edge=False)
    table.add_column("strategy")
    table.add_column("best found" if one else "hypervolume", justify="right")
    for level in LEVELS:
        table.add_column(f"to {level} %", justify="right")
    table.add_column("faster than random, to 90 %", justify="right")
    for name, told in values["strategies"].items():
        counts = [_count(told[f"experiments_to_{level}"]) for level in LEVELS]
        table.add_row(name, f"{told['hypervolume'][-1]:.1%}", *counts, _times(told["acceleration_to_90"]))
    console().print(table)
    if result.plan.prior is not None:
        typer.echo("The bundles of --prior may have learned from rows of this pool; then the campaigns look too good.")
    typer.echo('"-": not within the budget by the median seed; random picks for the last column go on to the end.')


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _times(band: list[float | None]) -> str:
    value, low, high = band
    if not value:
        return "-"
    return f"{value:.1f} ({low or 0:.1f} to {'any' if high is None else f'{high:.1f}'})"
