"""`hemml predict`: capacity, voltage and retention of formulas, or of the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.condition_options import (
    Composite,
    CRate,
    Current,
    Cycles,
    Electrolyte,
    Family,
    Ion,
    Models,
    Notes,
    Role,
    Temperature,
    Window,
    given_conditions,
)
from hemml.cli.model_choice import load_predictor
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.cli.conditions import Texts
    from hemml.cli.thresholds import Threshold


def predict(
    formulas: Annotated[
        list[str] | None,
        typer.Argument(metavar="FORMULA", help="One or more formulas; leave out with --input.", show_default=False),
    ] = None,
    ion: Ion = "",
    role: Role = "",
    family: Family = "",
    current: Current = "",
    c_rate: CRate = "",
    window: Window = ("", ""),
    cycles: Cycles = "",
    temperature: Temperature = "",
    electrolyte: Electrolyte = "",
    composite: Composite = False,
    notes: Notes = "",
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
    models: Models = None,
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
    from hemml.cli.thresholds import parse_thresholds

    thresholds = parse_thresholds(above or ())
    if not 0 < level < 1:
        percent = f"; write {level / 100:g} for {level:g} %" if 1 < level < 100 else ""
        raise InputError(f"--level must be above 0 and below 1, got {level:g}{percent}")
    conditions = given_conditions(
        ion=ion,
        role=role,
        family=family,
        current=current,
        c_rate=c_rate,
        window=window,
        cycles=cycles,
        temperature=temperature,
        electrolyte=electrolyte,
        composite=composite,
        notes=notes,
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
