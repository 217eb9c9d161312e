"""`hemml predict`: capacity, voltage and retention of formulas, or of the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.model_choice import MODELS_HELP, load_predictor
from hemml.columns import ROLES, WORKING_IONS, Column
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.cli.conditions import Texts
    from hemml.cli.thresholds import Threshold


def predict(
    formulas: Annotated[
        list[str] | None,
        typer.Argument(metavar="FORMULA", help="One or more formulas; leave out with --input.", show_default=False),
    ] = None,
    ion: Annotated[
        str,
        typer.Option(
            "--ion",
            metavar="ION",
            help=f"Working ion: {', '.join(WORKING_IONS)}. Found in the formula, or assumed, if not given.",
        ),
    ] = "",
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help=f"Electrode in the cell: {' or '.join(ROLES)}.")
    ] = "",
    family: Annotated[
        str, typer.Option("--family", metavar="NAME", help="Structural family, such as spinel or layered_oxide.")
    ] = "",
    current: Annotated[str, typer.Option("--current", metavar="mA/g", help="Current density in mA/g.")] = "",
    c_rate: Annotated[str, typer.Option("--c-rate", metavar="C", help="Or the C-rate.")] = "",
    window: Annotated[
        tuple[str, str], typer.Option("--window", metavar="LOW HIGH", help="Test window in V against the ion's metal.")
    ] = ("", ""),
    cycles: Annotated[str, typer.Option("--cycles", metavar="N", help="Cycles of the capacity retention.")] = "",
    temperature: Annotated[str, typer.Option("--temperature", metavar="degC", help="Temperature in degC.")] = "",
    electrolyte: Annotated[
        str, typer.Option("--electrolyte", metavar="TEXT", help="Electrolyte, such as '2 M ZnSO4'.")
    ] = "",
    composite: Annotated[bool, typer.Option("--composite", help="With carbon, a coating or a second phase.")] = False,
    notes: Annotated[
        str, typer.Option("--notes", metavar="TEXT", help="How the sample was treated, such as 'carbon-coated'.")
    ] = "",
    level: Annotated[
        float, typer.Option("--level", metavar="P", help="Probability that the interval covers the value.")
    ] = 0.9,
    above: Annotated[
        list[str] | None,
        typer.Option(
            "--above",
            metavar="TARGET=VALUE",
            help="Add the probability that a measurement exceeds this value, such as capacity=200 (repeatable).",
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option("--models", metavar="DIR_OR_VERSION", help=MODELS_HELP),
    ] = None,
    input_file: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Predict the rows of this CSV file; columns as in the data set."),
    ] = None,
    output_file: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="CSV file to write; without it the table goes to stdout."),
    ] = None,
    rejects_file: Annotated[
        Path | None,
        typer.Option("--rejects", metavar="FILE", help="CSV file for rows that cannot be predicted, with the reason."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Predict capacity, average voltage and capacity retention, with intervals and the nearest published records.

    Conditions that are not given are assumed from the material's role, ion and family, and shown. With --input, a
    condition given as an option counts for the rows that do not state it. One row that cannot be used fails the run
    before anything is written, unless --rejects says where to put such rows. An existing output is replaced only if
    it is one that hemml wrote.
    """
    from hemml.cli.conditions import check_conditions
    from hemml.cli.thresholds import parse_thresholds

    thresholds = parse_thresholds(above or ())
    if not 0 < level < 1:
        percent = f"; write {level / 100:g} for {level:g} %" if 1 < level < 100 else ""
        raise InputError(f"--level must be above 0 and below 1, got {level:g}{percent}")
    conditions = check_conditions(
        {
            Column.WORKING_ION: ion,
            Column.ROLE: role,
            Column.FAMILY: family,
            Column.CAPACITY_CURRENT: current,
            Column.CAPACITY_C_RATE: c_rate,
            Column.VOLTAGE_MIN: window[0],
            Column.VOLTAGE_MAX: window[1],
            Column.RETENTION_CYCLES: cycles,
            Column.TEMPERATURE: temperature,
            Column.ELECTROLYTE: electrolyte,
            Column.IS_COMPOSITE: "1" if composite else "",
            Column.NOTES: notes,
        }
    )
    if input_file is None:
        if output_file is not None or rejects_file is not None:
            raise InputError("--output and --rejects belong to --input; to keep a single prediction use --json > FILE")
        if not formulas:
            raise InputError("nothing to predict; give one or more formulas, or --input FILE")
        _predict_formulas(formulas, conditions, level=level, above=thresholds, models=models, as_json=as_json)
        return
    if formulas:
        raise InputError(f"give either formulas or --input, got both ({formulas[0]!r} and {str(input_file)!r})")
    from hemml.cli.predict_table import predict_table

    predict_table(
        input_file,
        output_file,
        rejects_file,
        conditions=conditions,
        level=level,
        above=thresholds,
        models=models,
        as_json=as_json,
    )


def _predict_formulas(
    formulas: list[str],
    conditions: Texts,
    *,
    level: float,
    above: Sequence[Threshold],
    models: Path | None,
    as_json: bool,
) -> None:
    from hemml.cli.formula_frame import formula_frame
    from hemml.cli.output import print_json
    from hemml.cli.prediction_report import prediction_values, print_predictions
    from hemml.cli.thresholds import chances

    frame = formula_frame(formulas, conditions)

    predictor = load_predictor(models)  # after the formulas are known to be usable: it is slow to import
    predictions = predictor.predict(frame, level)
    values = prediction_values(predictions, predictor, frame, chances(predictor, predictions, above))
    if as_json:
        print_json(values)
    else:
        print_predictions(values)
