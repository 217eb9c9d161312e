"""`hemml campaign`: the commands of the active-learning loop; each is imported from its own module."""

from __future__ import annotations

import typer

from hemml.cli.campaign_new import new
from hemml.cli.campaign_observe import observe
from hemml.cli.campaign_propose import export, propose
from hemml.cli.campaign_report import report
from hemml.cli.campaign_simulate import simulate
from hemml.cli.campaign_status import status

campaign_app = typer.Typer(
    help="Choose the next compositions to make, and learn from each result.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@campaign_app.callback()
def _campaign() -> None:
    """Choose the next compositions to make, and learn from each result."""


for _command in (new, propose, observe, status, report, export, simulate):
    campaign_app.command()(_command)
