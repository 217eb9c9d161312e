"""`hemml data`: check a table, show the card of the data set, add rows to a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.convert import convert
from hemml.cli.fetch import fetch_app
from hemml.cli.output import console, print_json

if TYPE_CHECKING:
    from hemml.data import Problem

data_app = typer.Typer(
    help="Check, describe and merge tables of electrodes.", no_args_is_help=True, rich_markup_mode=None
)

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@data_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns of the data set.", show_default=False)],
    as_json: _AsJson = False,
) -> None:
    """Check a table and list every problem: line, column, value, reason and remedy. Exit code 2 if there are errors."""
    from hemml.data import read_table, validate
    from hemml.data.problems import errors_of

    raw = read_table(file)
    problems = sorted([*raw.problems, *validate(raw.frame, lines=raw.lines)], key=lambda problem: problem.row or 0)
    errors = errors_of(problems)
    if as_json:
        print_json(
            {
                "file": str(file),
                "rows": len(raw.frame),
                "usable": not errors,
                "errors": len(errors),
                "warnings": len(problems) - len(errors),
                "problems": [problem.as_dict() for problem in problems],
            }
        )
    else:
        _print_report(str(file), len(raw.frame), problems)
    if errors:
        raise typer.Exit(2)


@data_app.command()
def card(as_json: _AsJson = False) -> None:
    """Show the card of the data set that comes with hemml: columns, coverage, biases, licence and hash."""
    from hemml.data import resource_path

    if as_json:
        typer.echo(resource_path("datasets", "hem_electrodes.json").read_text(encoding="utf-8"), nl=False)
        return
    text = resource_path("datasets", "hem_electrodes.card.md").read_text(encoding="utf-8")
    out = console()
    if out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(text))
    else:
        typer.echo(text, nl=False)


@data_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A CSV file with new rows.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The table to add to; made if it does not exist.")],
    as_json: _AsJson = False,
) -> None:
    """Check a file and add its rows to a table; rows that the table has already are left out and listed."""
    from hemml.data.merge import merge_table
    from hemml.data.problems import plural

    report = merge_table(file, to)
    if as_json:
        print_json(
            {
                "table": str(report.table),
                "added": list(report.added),
                "repeated": [{"row": row, "table_row": table_row} for row, table_row in report.repeated],
                "warnings": [problem.as_dict() for problem in report.warnings],
            }
        )
        return
    typer.echo(f"{report.table}: {plural(len(report.added), 'row')} added, {len(report.repeated)} already there")
    for row, table_row in report.repeated:
        typer.echo(f"  line {row} of {file}: its facts stand on line {table_row} of {report.table} already")
    for problem in report.warnings:
        typer.echo(f"  warning: {problem}")


data_app.command()(convert)
data_app.add_typer(fetch_app, name="fetch")


def _print_report(name: str, rows: int, problems: list[Problem]) -> None:
    from hemml.data.problems import errors_of, plural

    errors = len(errors_of(problems))
    counts = f"{plural(rows, 'row')}, {plural(errors, 'error')}, {plural(len(problems) - errors, 'warning')}"
    typer.echo(f"{name}: {counts}")
    out = console()
    for severity, title in (("error", "Errors"), ("warning", "Warnings")):
        group = [problem for problem in problems if problem.severity == severity]
        if group and out.is_terminal:
            out.print(_problem_table(title, group))
        elif group:
            typer.echo(f"{title}:")
            for problem in group:
                typer.echo(f"  {problem}")
    if errors:
        typer.echo("Not usable until the errors are corrected. Line 1 is the header.")
    else:
        typer.echo("Usable.")


def _problem_table(title: str, problems: list[Problem]) -> object:
    from rich.table import Table
    from rich.text import Text

    from hemml.data.problems import shorten

    table = Table(title=title, title_justify="left")
    table.add_column("line", justify="right")
    for heading in ("column", "value", "reason", "what to do"):
        table.add_column(heading, overflow="fold")
    for problem in problems:
        line = "" if problem.row is None else str(problem.row)
        value = repr(shorten(problem.value))[1:-1]  # control characters must not reach the terminal
        cells = (line, problem.column, value, problem.reason, problem.remedy)
        table.add_row(*(Text(cell) for cell in cells))
    return table
