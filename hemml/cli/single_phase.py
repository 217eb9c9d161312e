"""`hemml single-phase`: how likely a composition forms a single phase, and learning that from tables of syntheses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemml.cli.output import print_json

_OUTPUT = Path("models/single_phase")

single_phase_app = typer.Typer(
    help="How likely a composition forms a single phase.", no_args_is_help=True, rich_markup_mode=None
)

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@single_phase_app.command()
def predict(
    formulas: Annotated[
        list[str], typer.Argument(metavar="FORMULA...", help="Such as CoCrFeMnNi.", show_default=False)
    ],
    ion: Annotated[str, typer.Option("--ion", metavar="ION", help="Working ion, if not found in the formulas.")] = "",
    model: Annotated[Path | None, typer.Option("--model", help="Folder; the one of hemml by default.")] = None,
    as_json: _AsJson = False,
) -> None:
    """Print the probability that each composition forms a single phase, beside the base rate of its kind.

    By formula alone. For oxides there is hardly more than the base rate; see docs/single_phase.md.
    """
    from hemml.cli.output import console
    from hemml.composition import CompositionBatch
    from hemml.models.single_phase import SinglePhase

    known = SinglePhase.load(model)
    batch = CompositionBatch.from_formulas(formulas, ion or None)
    probabilities, base = known.probability(batch), known.base_rates(batch)
    rows = list(zip(formulas, probabilities.tolist(), base.tolist(), strict=True))
    if as_json:
        print_json([{"formula": f, "single_phase_probability": p, "base_rate": b} for f, p, b in rows])
        return
    width = max(len("formula"), *(len(formula) for formula in formulas))
    out = console()
    out.print(f"{'formula':<{width}}  probability  base rate", soft_wrap=True)
    for formula, probability, rate in rows:
        out.print(f"{formula:<{width}}  {probability:>11.3f}  {rate:>9.2f}", soft_wrap=True)


@single_phase_app.command()
def train(
    oxides: Annotated[
        Path, typer.Option("--oxides", help="CSV file with formula and single_phase (1 or 0).", show_default=False)
    ],
    alloys: Annotated[Path, typer.Option("--alloys", help="The same of alloys.", show_default=False)],
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML with all settings; configs/single_phase.yaml by default.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the model.")] = _OUTPUT,
    as_json: _AsJson = False,
) -> None:
    """Learn from tables of syntheses, and judge the model on element sets that were kept out."""
    from hemml.cli.bundle_folder import check_bundle_folder
    from hemml.data import resource_path
    from hemml.data.problems import plural
    from hemml.models.single_phase import KIND
    from hemml.models.single_phase_card import kind_text, single_phase_card
    from hemml.models.single_phase_columns import ALLOY, IONIC
    from hemml.models.single_phase_config import load_single_phase_config
    from hemml.models.single_phase_table import Syntheses
    from hemml.models.single_phase_training import train_single_phase

    settings = load_single_phase_config(config or resource_path("configs", "single_phase.yaml"))
    check_bundle_folder(output, KIND)
    tables = (
        Syntheses.read(oxides, IONIC, tuple(settings.oxides.columns)),
        Syntheses.read(alloys, ALLOY, tuple(settings.alloys.columns)),
    )
    for table in tables:
        if table.left_out:
            typer.echo(f"{table.table}: {plural(len(table.left_out), 'row')} left out", err=True)
        for line, reason in table.left_out.items():
            typer.echo(f"  line {line}: {reason}", err=True)
    model = train_single_phase(*tables, settings, lambda name: typer.echo(name, err=True))
    model.save(output, single_phase_card(model))
    if as_json:
        print_json({"output": str(output), **model.metadata})
        return
    for kind, about in model.metadata["tables"].items():
        typer.echo(f"{kind_text(kind, about)}\n")
    typer.echo(f"Model: {output}")
