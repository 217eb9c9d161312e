"""`hemml data convert`: turn a table of any origin into one with hemml's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemml.cli.output import print_json

_SHOWN = 8


def convert(
    file: Annotated[Path, typer.Argument(help="A CSV file with columns of its own.", show_default=False)],
    by: Annotated[
        str, typer.Option("--map", help="A map that comes with hemml, by name, or a YAML file.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.", show_default=False)],
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="CSV file for the rows that cannot be used, with reasons.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Convert a table by a map of its columns; rows that hemml's checks refuse are left out and counted."""
    from hemml.cli.output_files import write_csv
    from hemml.data import read_table
    from hemml.data.problems import plural
    from hemml.data.sources import convert_table, load_map

    _check_paths(file, {"--output": output, "--rejects": rejects})
    column_map = load_map(by)
    raw = read_table(file)
    done = convert_table(raw, column_map, f"table {str(file)!r}")
    write_csv(output, [str(name) for name in done.frame.columns], done.frame.itertuples(index=False, name=None))
    if rejects is not None:
        width = len(done.header)
        # A row with too many or too few cells has no place in the table; its line says where it stands.
        rows = ((str(r.line), r.reason, *(r.cells or ("",) * width)) for r in done.rejects)
        write_csv(rejects, ["line", "reason", *done.header], rows)
    read = len(done.frame) + len(done.rejects)
    if as_json:
        print_json(
            {
                "file": str(file),
                "map": by,
                "title": column_map.title,
                "source": column_map.source,
                "read": read,
                "written": len(done.frame),
                "left_out": len(done.rejects),
                "reasons": dict(done.reasons),
                "warnings": [problem.as_dict() for problem in done.warnings],
            }
        )
        return
    typer.echo(f"{file}: {column_map.title}")
    if column_map.source:
        typer.echo(f"source, to be cited: {column_map.source}")
    left_out = f"{plural(len(done.rejects), 'row')} left out"
    typer.echo(f"{plural(read, 'row')} read, {len(done.frame):,} written to {output}, {left_out}")
    reasons = list(done.reasons.items())
    for reason, count in reasons[:_SHOWN]:
        typer.echo(f"  {count:>5,}  {reason}")
    if len(reasons) > _SHOWN:
        typer.echo(f"  and {plural(len(reasons) - _SHOWN, 'more reason')}")
    if done.rejects and rejects is None:
        typer.echo("Give --rejects FILE to see each of them.")
    if done.warnings:
        typer.echo(f"{plural(len(done.warnings), 'warning')}; `hemml data check {output}` lists them.")


def _check_paths(file: Path, written: dict[str, Path | None]) -> None:
    """Refuse outputs that cannot be written or exist already: a table is never replaced."""
    from hemml.cli.output_files import check_output_paths
    from hemml.errors import InputError

    for option, path in written.items():
        if path is not None and path.is_file() and path.stat().st_size and not (file.exists() and path.samefile(file)):
            raise InputError(f"{option} {str(path)!r}: must be a new file, got one that exists; choose another name")
    check_output_paths(file, written, marks=())
