"""`hemml voltage-prior`: learn the voltage of cathodes from computed electrodes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemml.cli.output import print_json

_OUTPUT = Path("models/voltage_prior")


def voltage_prior(
    table: Annotated[
        Path,
        typer.Option(
            "--table",
            help="CSV file of computed electrodes, as hemml data fetch materials-project writes it.",
            show_default=False,
        ),
    ],
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML with all settings; configs/voltage_prior.yaml by default.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the prior.")] = _OUTPUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Learn the voltage prior from computed electrodes and judge it on host systems that were kept out.

    The prior that comes with hemml was made like this. Voltage models name the prior they were trained with and refuse
    another one, so train them again afterwards.
    """
    from hemml.cli.bundle_folder import check_bundle_folder
    from hemml.data import resource_path
    from hemml.models.voltage_prior import KIND
    from hemml.models.voltage_prior_card import prior_card, score_lines
    from hemml.models.voltage_prior_config import load_prior_config
    from hemml.models.voltage_prior_training import SOURCE, ComputedElectrodes, train_prior

    settings = load_prior_config(config or resource_path("configs", "voltage_prior.yaml"))
    check_bundle_folder(output, KIND)
    electrodes = ComputedElectrodes.read_table(table, settings.filter)
    prior, scores = train_prior(electrodes, settings, lambda name: typer.echo(name, err=True))
    prior.save(output, prior_card(prior, scores))
    if as_json:
        print_json({"output": str(output), **prior.metadata, "environments": list(prior.environments)})
        return
    typer.echo(score_lines(scores))
    systems = prior.metadata["n_host_systems"]
    typer.echo(
        f"{len(electrodes)} of {electrodes.read} rows pass the filter, {systems} host systems; scores on unseen ones."
    )
    typer.echo(f"Prior:  {output}")
    typer.echo(f"Source: {SOURCE}")
