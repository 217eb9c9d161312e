"""The command line: which commands there are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from hemml import __version__
from hemml.failures import DEBUG, run

# Command -> where it is written. A module is imported only when its command, or the list of commands, is asked for.
_COMMANDS: Final = {
    "describe": "hemml.cli.describe:describe",
    "predict": "hemml.cli.predict:predict",
    "explain": "hemml.cli.explain:explain",
    "train": "hemml.train:train",
    "voltage-prior": "hemml.cli.voltage_prior:voltage_prior",
    "single-phase": "hemml.cli.single_phase:single_phase_app",
    "campaign": "hemml.cli.campaign:campaign_app",
    "screen": "hemml.cli.screen:screen",
    "data": "hemml.cli.data_commands:data_app",
    "models": "hemml.cli.models_commands:models_app",
    "ui": "hemml.cli.ui:ui",
}


class _Commands(TyperGroup):
    """The commands of the table, each imported by name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of that name, None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        target = getattr(import_module(module), name)
        if not isinstance(target, typer.Typer):
            function, target = target, _typer()
            target.command(cmd_name)(function)
        command = typer.main.get_command(target)
        command.name = cmd_name
        return command


def _typer(**settings: Any) -> typer.Typer:
    # Without markup, typer neither imports rich for its help nor reads brackets in formulas as styles.
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False, **settings)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"hemml {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the traceback of an error.")] = False,
) -> None:
    """Capacity, voltage and capacity retention of high-entropy electrodes, from composition and test conditions."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; None: those of this process.

    Returns:
        0 for success, 1 for a failure, 2 for bad input, 130 where the user interrupted.
    """
    app = _typer(cls=_Commands, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
    app.callback()(_root)
    return run(app, argv, program="hemml")
