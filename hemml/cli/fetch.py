"""`hemml data fetch`: tables of others, fetched from where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemml.cli.output import print_json

fetch_app = typer.Typer(
    help="Fetch tables that hemml may not bring along.", no_args_is_help=True, rich_markup_mode=None
)


@fetch_app.callback()
def _fetch() -> None:
    """Fetch tables that hemml may not bring along."""


@fetch_app.command("materials-project")
def materials_project(
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Fetch the computed insertion electrodes of the Materials Project, the table behind the voltage prior.

    Needs the extra materials-project (pip install 'hemml[materials-project]') and your own key in the environment
    variable MP_API_KEY. The key is never printed or written.
    """
    from hemml.data.sources.materials_project import CITATION, LICENCE, fetch_electrodes, write_electrodes

    check_table(output)
    found = fetch_electrodes()
    note = write_electrodes(found, output)
    if as_json:
        print_json(
            {
                "output": str(output),
                "source_file": str(note),
                "rows": len(found.rows),
                "left_out": found.left_out,
                "licence": LICENCE,
                "citation": CITATION,
            }
        )
        return
    typer.echo(f"{len(found.rows)} electrodes in {output} ({found.left_out} without what is needed were left out).")
    typer.echo(f"Licence {LICENCE}, to be cited: {CITATION}; see {note}.")


def check_table(output: Path) -> None:
    """Refuse an output that cannot be written or would destroy something, before anything is fetched.

    Raises:
        InputError: The folder is missing, it is no CSV file, or a file holds something else.
    """
    from hemml.data.sources.materials_project import is_electrode_table
    from hemml.errors import InputError

    where = f"--output {str(output)!r}"
    if output.suffix.lower() != ".csv":
        raise InputError(f"{where}: must be a CSV file; name it {output.name + '.csv'!r}")
    if output.is_dir():
        raise InputError(f"{where}: must be a file, got a folder; add a file name")
    if not output.resolve().parent.is_dir():
        raise InputError(f"{where}: must be in a folder that exists, got none at {str(output.parent)!r}; make it first")
    if output.exists() and output.stat().st_size and not is_electrode_table(output):
        raise InputError(
            f"{where}: exists and holds something else, so it is not replaced; choose another name, or delete it"
        )
